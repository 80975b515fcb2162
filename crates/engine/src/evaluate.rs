use crate::exceptions::Candidate;
use crate::verdict::{Denial, Judgement, PolicyError, Verdict};
use crate::{PolicySet, Subject, actions, finding_key, implied, subject};
use sekisho_kube_model::{Gvk, Schemas, locus, pod_template};
use sekisho_policy::{
    Action, Budget, CompiledPolicy, EvalContext, EvalError, Inventory, Outcome, Reads, Request,
    Target, Violation,
};
use sekisho_report::{Resource, Status};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a request is judged on beside the policy set: the same basis gives the same verdict.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// the objects known beside the one that is judged
    pub inventory: &'a dyn Inventory,
    /// the schemas of the API server
    pub schemas: &'a Schemas,
    /// what is judged for
    pub target: &'a Target,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// judge the pods that controllers would create, too
    pub implied: bool,
    /// keep a record of what is read from the inventory
    pub record: bool,
    /// ends every evaluation when raised
    pub cancelled: Option<&'a AtomicBool>,
}

/// Judges a request: the one place where verdicts are made.
#[must_use]
pub fn evaluate(set: &PolicySet, request: &Request, judge: &Judge<'_>) -> Verdict {
    let mut verdict = evaluate_alone(set, request, judge, None);
    if judge.implied
        && let Some((pod, template)) = implied::pod_request(request, judge.schemas)
    {
        let origin = Origin { controller: request, template: &template };
        let pod = evaluate_alone(set, &pod, judge, Some(&origin));
        merge_implied(&mut verdict, pod);
    }
    verdict
}

/// The controller that an implied pod comes of.
struct Origin<'a> {
    controller: &'a Request,
    template: &'a Pointer,
}

fn evaluate_alone(
    set: &PolicySet,
    request: &Request,
    judge: &Judge<'_>,
    origin: Option<&Origin<'_>>,
) -> Verdict {
    let inventory =
        if judge.record { Reads::recording(judge.inventory) } else { Reads::new(judge.inventory) };
    let mut verdict = Verdict::default();
    let mut subjects = None;
    for policy in set.candidates(request) {
        if !policy.matcher.matches(request) {
            continue;
        }
        let budget = Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, judge.cancelled);
        let context =
            EvalContext { request, inventory: &inventory, target: judge.target, budget: &budget };
        match policy.evaluate.evaluate(&context) {
            Ok(outcome) => {
                if !outcome.violations.is_empty() {
                    let about = subjects.get_or_insert_with(|| About::new(request, judge, origin));
                    judge_violations(set, policy, &outcome, about, judge, &mut verdict);
                }
                verdict.warnings.extend(outcome.warnings);
                verdict.annotations.extend(outcome.annotations);
            }
            Err(error) => verdict.errors.push(policy_error(policy, error)),
        }
    }
    verdict.reads = inventory.into_read_set();
    verdict
}

fn policy_error(policy: &CompiledPolicy, error: EvalError) -> PolicyError {
    let message = error.to_string();
    let help = match error {
        EvalError::Budget(_) => None,
        EvalError::Failed { help, .. } => help,
    };
    PolicyError { policy: policy.id.clone(), message, help }
}

/// Names and places of what is judged, worked out once a violation asks for them.
struct About<'a> {
    /// the request as it was sent: the controller's for an implied pod
    sent: &'a Request,
    schemas: &'a Schemas,
    subject: Subject,
    resource: Resource,
    /// the pod within the object that was sent, and where it stands there
    pod: Option<(Pointer, Value)>,
    /// what is put before pointers of an implied pod
    prefix: Option<&'a Pointer>,
}

impl<'a> About<'a> {
    fn new(request: &'a Request, judge: &Judge<'a>, origin: Option<&Origin<'a>>) -> Self {
        let sent = origin.map_or(request, |origin| origin.controller);
        let object = if sent.object.is_null() { &sent.old_object } else { &sent.object };
        let namespace = sent.namespace.as_deref();
        let name = |field| object.path_str(&["metadata", field]).filter(|name| !name.is_empty());
        let name = name("name").or_else(|| name("generateName")).unwrap_or(&sent.name);
        Self {
            sent,
            schemas: judge.schemas,
            subject: subject(&sent.gvk, object, namespace),
            resource: Resource {
                api_version: sent.gvk.api_version(),
                kind: sent.gvk.kind.to_string(),
                namespace: namespace.map(str::to_owned),
                name: name.to_owned(),
            },
            pod: pod_template(&sent.gvk, object).map(|template| (template.pointer, template.pod)),
            prefix: origin.map(|origin| origin.template),
        }
    }

    /// Pointers into the object that was sent.
    fn pointers(&self, violation: &Violation) -> Vec<Pointer> {
        match self.prefix {
            Some(prefix) => violation.pointers.iter().map(|p| prefix.join(p)).collect(),
            None => violation.pointers.clone(),
        }
    }

    /// Loci relative to the pod, so that a pod and the controller that made it agree.
    fn locus(&self, pointer: &Pointer) -> String {
        if let Some((template, pod)) = &self.pod
            && let Some(within) = pointer.strip_prefix(template)
        {
            return locus(self.schemas, &Gvk::new("", "v1", "Pod"), pod, &within);
        }
        locus(self.schemas, &self.sent.gvk, &self.sent.object, pointer)
    }

    /// The containers that hold the offending fields; `None` where one stands outside of all.
    fn containers(&self, pointers: &[Pointer]) -> Option<Vec<String>> {
        let name = |pointer: &Pointer| {
            let object = &self.sent.object;
            let within = match &self.pod {
                Some((template, _)) => pointer.strip_prefix(template)?,
                None => pointer.clone(),
            };
            let tokens: Vec<_> = within.tokens().collect();
            let [spec, list, index, ..] = tokens.as_slice() else {
                return None;
            };
            let lists = ["containers", "initContainers", "ephemeralContainers"];
            if spec.as_str() != "spec" || !lists.contains(&list.as_str()) {
                return None;
            }
            let base = self.pod.as_ref().map_or_else(Pointer::root, |(at, _)| at.clone());
            let base = base.keys(&["spec", list.as_str(), index.as_str(), "name"]);
            object.pointer(&base)?.as_str().map(str::to_owned)
        };
        if pointers.is_empty() {
            return None;
        }
        pointers.iter().map(name).collect()
    }
}

fn judge_violations(
    set: &PolicySet,
    policy: &CompiledPolicy,
    outcome: &Outcome,
    about: &About<'_>,
    judge: &Judge<'_>,
    verdict: &mut Verdict,
) {
    let mut judged: Vec<(Judgement, &Violation)> = Vec::with_capacity(outcome.violations.len());
    for violation in &outcome.violations {
        let name = violation.policy.clone().unwrap_or_else(|| Arc::clone(&policy.name));
        let declared = violation.action.unwrap_or(policy.action);
        let (action, action_reason) = actions::effective(set, &policy.id, &name, declared);
        if action == Action::Off {
            continue;
        }
        let pointers = about.pointers(violation);
        let loci: Vec<String> = pointers.iter().map(|pointer| about.locus(pointer)).collect();
        let key =
            finding_key(&policy.id, &violation.rule, &about.subject, &loci, &violation.message);
        let exception = set.exceptions().find(
            &Candidate {
                policy_id: &policy.id,
                policy: &name,
                rule: &violation.rule,
                subject: &about.subject,
                resource: &about.resource,
                containers: about.containers(&pointers),
            },
            judge.target,
            judge.now,
        );
        let judgement = Judgement {
            key,
            policy_id: policy.id.clone(),
            policy: name,
            dialect: policy.dialect,
            binding: policy.binding.clone(),
            rule: violation.rule.clone(),
            action,
            declared_action: declared,
            action_reason,
            status: if exception.is_some() { Status::Excepted } else { Status::Active },
            exception,
            implied: about.prefix.is_some(),
            severity: violation.severity,
            message: violation.message.clone(),
            help: violation.help.clone(),
            resource: about.resource.clone(),
            subject: about.subject.clone(),
            pointers,
        };
        judged.push((judgement, violation));
    }
    word(policy, &judged, verdict);
    for (judgement, _) in judged {
        keep_strongest(&mut verdict.judgements, judgement);
    }
}

/// Words refusals and warnings of what is active, by policy name, as the dialect does.
fn word(policy: &CompiledPolicy, judged: &[(Judgement, &Violation)], verdict: &mut Verdict) {
    for action in [Action::Deny, Action::Warn] {
        let active: Vec<_> = judged
            .iter()
            .filter(|(j, _)| j.action == action && j.status == Status::Active)
            .collect();
        let mut names: Vec<&Arc<str>> = Vec::new();
        for (judgement, _) in &active {
            if !names.contains(&&judgement.policy) {
                names.push(&judgement.policy);
            }
        }
        for name in names {
            let of_name: Vec<&Violation> =
                active.iter().filter(|(j, _)| j.policy == *name).map(|(_, v)| *v).collect();
            if action == Action::Warn {
                verdict.warnings.push(policy.evaluate.warning(name, &of_name));
            } else if verdict.denial.is_none() {
                let message = policy.evaluate.refusal(name, &of_name);
                verdict.denial = Some(Denial { policy: policy.id.clone(), message });
            }
        }
    }
}

/// The same rule of the same policy on the same fields is one finding, at its strongest action.
fn keep_strongest(judgements: &mut Vec<Judgement>, new: Judgement) {
    let same = |old: &&mut Judgement| {
        old.policy_id == new.policy_id && old.rule == new.rule && old.pointers == new.pointers
    };
    match judgements.iter_mut().find(same) {
        Some(old) if new.action > old.action => *old = new,
        Some(_) => {}
        None => judgements.push(new),
    }
}

/// Adds what the implied pod would meet. A violation is shown once: at the stronger action, and
/// at equal actions as the object's own. A weaker one of the object is dropped, too, where a
/// stronger one of its pod names all its fields.
fn merge_implied(verdict: &mut Verdict, pod: Verdict) {
    let covered = |own: &Judgement| {
        let stronger =
            |of_pod: &&Judgement| of_pod.policy_id == own.policy_id && of_pod.action > own.action;
        let same_rule =
            pod.judgements.iter().filter(stronger).any(|of_pod| of_pod.rule == own.rule);
        let same_fields = !own.pointers.is_empty()
            && own.pointers.iter().all(|pointer| {
                pod.judgements.iter().filter(stronger).any(|p| p.pointers.contains(pointer))
            });
        same_rule || same_fields
    };
    verdict.judgements.retain(|own| !covered(own));
    let kept = verdict.judgements.len();
    for of_pod in pod.judgements {
        let own = verdict.judgements.get(..kept).unwrap_or_default();
        let shown = own.iter().any(|own| {
            own.policy_id == of_pod.policy_id
                && own.rule == of_pod.rule
                && own.action >= of_pod.action
        });
        if !shown {
            verdict.judgements.push(of_pod);
        }
    }
    for error in pod.errors {
        if !verdict.errors.contains(&error) {
            verdict.errors.push(error);
        }
    }
    verdict.reads.keys.extend(pod.reads.keys);
    verdict.reads.ranges.extend(pod.reads.ranges);
}
