use crate::about::About;
use crate::split::{First, Partner, Said, Split};
use crate::verdict::{ErrorKind, Verdict, VerdictError};
use crate::violations::{self, Decision};
use crate::{PolicySet, expand, implied, mutate};
use sekisho_kube_model::Schemas;
use sekisho_policy::{
    Budget, CompiledPolicy, EvalContext, EvalError, Evaluate, Expanded, Form, Inventory, Operation,
    Outcome, PolicyId, Reads, Request, Shared, Stop, Violation,
};
use sekisho_value::{Pointer, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// What a request is judged on beside the policy set: the same basis gives the same verdict.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// the objects known beside the one that is judged
    pub inventory: &'a dyn Inventory,
    /// the schemas of the API server
    pub schemas: &'a Schemas,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// judge the pods that controllers would create, too
    pub implied: bool,
    /// keep a record of what is read from the inventory
    pub record: bool,
    /// ends every evaluation when raised
    pub cancelled: Option<&'a Stop>,
}

/// Judges a request: the one place where verdicts are made.
#[must_use]
pub fn evaluate(set: &PolicySet, request: &Request, judge: &Judge<'_>) -> Verdict {
    evaluate_with(set, request, judge, None)
}

/// Judges a request, and may have another thread take part: the verdict is that of [`evaluate()`].
/// What ends evaluations one by one ([`Stop::raise_for`](sekisho_policy::Stop::raise_for)) ends
/// those of the other thread when the first has no other left.
#[must_use]
pub fn evaluate_with(
    set: &PolicySet,
    request: &Request,
    judge: &Judge<'_>,
    partner: Option<&dyn Partner>,
) -> Verdict {
    if let Some(expired) = expired(set, judge.now) {
        return Verdict { errors: vec![expired], ..Verdict::default() };
    }
    let mut verdict = evaluate_one(set, request, judge, &Judged::Sent, partner);
    expand::judge(set, request, judge, &mut verdict);
    if judge.implied {
        judge_implied(set, request, judge, &mut verdict);
    }
    verdict
}

/// Takes part in another thread's evaluation of the same request, until nothing is left of it.
pub fn take_part(set: &PolicySet, request: &Request, judge: &Judge<'_>, split: &Split) {
    let judge = Judge { cancelled: Some(split.over()), ..*judge };
    let evaluation = Evaluation::new(set, request, &judge);
    split.each(|policy| evaluation.of(policy));
}

/// Judges the pods that controllers would create of a request's object, and adds to its verdict
/// what is found: the half of [`evaluate()`] that an API server does not ask for.
pub fn judge_implied(set: &PolicySet, request: &Request, judge: &Judge<'_>, verdict: &mut Verdict) {
    if expired(set, judge.now).is_some() {
        return;
    }
    match implied::pod_request(request, judge.schemas) {
        None => {}
        Some(Ok(mut pod)) => {
            // Mutating admission has its turn when the controller creates the pod.
            let mutated = mutate(set, &pod, judge);
            pod.object = mutated.object;
            let mut of_pod = match mutated.errors.as_slice() {
                [] => evaluate_alone(set, &pod, judge, &Judged::Pod { of: request }),
                _ => Verdict {
                    errors: implied::below(request, mutated.errors),
                    ..Verdict::default()
                },
            };
            of_pod.reads.keys.extend(mutated.reads.keys);
            of_pod.reads.ranges.extend(mutated.reads.ranges);
            let expanded = std::mem::take(&mut verdict.expanded_pods);
            implied::take_told(&mut of_pod, &pod, verdict, &expanded);
            implied::merge(verdict, of_pod);
        }
        Some(Err(errors)) => verdict.errors.extend(errors),
    }
}

/// A policy set that may not be used any more judges nothing.
pub(crate) fn expired(set: &PolicySet, now: jiff::Timestamp) -> Option<VerdictError> {
    let not_after = set.manifest().not_after.filter(|not_after| now > *not_after)?;
    Some(VerdictError {
        kind: ErrorKind::Failed,
        policy: None,
        pointer: Pointer::root(),
        message: format!("the policy set may be used until {not_after}"),
        help: Some("get a newer one".to_owned()),
    })
}

/// What a request that is judged has to do with the one that came.
pub(crate) enum Judged<'a> {
    /// it came
    Sent,
    /// it is the creation of the pod that the object of the one that came implies
    Pod {
        /// the one that came
        of: &'a Request,
    },
    /// it is the creation of what a dialect says would come of the object
    Expanded {
        /// the one that came
        of: &'a Request,
        /// whose policies judge it
        dialect: &'static str,
        /// of which place of the object, under which words, and what is done about it
        expanded: &'a Expanded,
    },
}

impl<'a> Judged<'a> {
    fn is_for(&self, policy: &CompiledPolicy) -> bool {
        match self {
            Self::Sent | Self::Pod { .. } => true,
            Self::Expanded { dialect, .. } => policy.dialect == *dialect,
        }
    }

    fn about<'s>(&self, request: &'s Request, schemas: &'s Schemas) -> About<'s>
    where
        'a: 's,
    {
        match self {
            Self::Sent => About::new(request, schemas, false),
            Self::Pod { of } => About::new(of, schemas, true),
            Self::Expanded { of, .. } => About::new(of, schemas, false),
        }
    }

    /// Violations as they are told of the object that was sent.
    fn told(&self, mut violations: Vec<Violation>) -> Vec<Violation> {
        if let Self::Expanded { expanded, .. } = self {
            for violation in &mut violations {
                violation.message.insert_str(0, &expanded.prefix);
                violation.action = expanded.action.or(violation.action);
                for pointer in &mut violation.pointers {
                    *pointer = expanded.source.join(pointer);
                }
            }
        }
        violations
    }

    fn told_error(&self, mut error: VerdictError) -> VerdictError {
        if let Self::Expanded { expanded, .. } = self {
            error.message.insert_str(0, &expanded.prefix);
            error.pointer = expanded.source.join(&error.pointer);
        }
        error
    }
}

/// Judges one request.
pub(crate) fn evaluate_alone(
    set: &PolicySet,
    request: &Request,
    judge: &Judge<'_>,
    judged: &Judged<'_>,
) -> Verdict {
    evaluate_one(set, request, judge, judged, None)
}

fn evaluate_one(
    set: &PolicySet,
    request: &Request,
    judge: &Judge<'_>,
    judged: &Judged<'_>,
    partner: Option<&dyn Partner>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let is_asked =
        |policy: &&CompiledPolicy| judged.is_for(policy) && policy.matcher.matches(request);
    let mut policies: Vec<&CompiledPolicy> = Vec::with_capacity(set.policies().len().min(USUAL));
    policies.extend(set.candidates(request).filter(is_asked));
    let evaluation = Evaluation::new(set, request, judge);
    // One step after the other for all policies, and not one policy after the other: what the
    // processor keeps of a step's code serves all of them.
    // What another thread reads is not recorded.
    let is_worth_it = policies.len() >= MANY && !judge.record;
    let told = match partner.filter(|partner| is_worth_it && partner.is_free()) {
        None => evaluation.of_all(&policies),
        Some(partner) => evaluation.of_all_with(&policies, partner),
    };
    let mut about = None;
    for (policy, outcome) in told {
        match outcome {
            Ok(outcome) => {
                if !outcome.violations.is_empty() {
                    let about = about.get_or_insert_with(|| judged.about(request, judge.schemas));
                    let decision = Decision { set, policy, now: judge.now };
                    let violations = judged.told(outcome.violations);
                    violations::judge(&decision, violations, about, &mut verdict);
                }
                for error in outcome.errors {
                    violations::unevaluated(set, policy, error, &mut verdict);
                }
                verdict.warnings.extend(outcome.warnings);
                verdict.annotations.extend(outcome.annotations);
            }
            Err(error) => verdict.errors.push(judged.told_error(policy_error(policy, error))),
        }
    }
    verdict.reads = evaluation.inventory.into_read_set();
    verdict
}

/// More policies are seldom about one request.
const USUAL: usize = 64;

/// From so many policies on it pays to wake another thread.
const MANY: usize = 16;

/// The evaluation of a request's policies by one thread.
struct Evaluation<'a> {
    set: &'a PolicySet,
    judge: &'a Judge<'a>,
    request: Cow<'a, Request>,
    inventory: Reads<'a>,
    shared: Shared,
}

/// Policies that have something to tell.
type Told<'p> = Vec<(&'p CompiledPolicy, Said)>;

impl<'a> Evaluation<'a> {
    fn new(set: &'a PolicySet, request: &'a Request, judge: &'a Judge<'a>) -> Self {
        let reads = if judge.record { Reads::recording } else { Reads::new };
        let request = named(request).map_or(Cow::Borrowed(request), Cow::Owned);
        Self { set, judge, request, inventory: reads(judge.inventory), shared: Shared::default() }
    }

    fn of(&self, policy: &dyn Evaluate) -> Said {
        let Judge { schemas, now, cancelled, .. } = *self.judge;
        policy.evaluate(&EvalContext {
            request: &self.request,
            inventory: &self.inventory,
            target: self.set.target(),
            schemas,
            budget: &Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, cancelled),
            now,
            shared: &self.shared,
        })
    }

    fn of_all<'p>(&self, policies: &[&'p CompiledPolicy]) -> Told<'p> {
        let mut told = Vec::with_capacity(policies.len());
        for policy in policies {
            let said = self.of(&*policy.evaluate);
            if tells(&said) {
                told.push((*policy, said));
            }
        }
        told
    }

    /// Has another thread evaluate some of those that stand alone.
    fn of_all_with<'p>(&self, policies: &[&'p CompiledPolicy], partner: &dyn Partner) -> Told<'p> {
        let (shared, own): (Vec<_>, Vec<_>) =
            policies.iter().enumerate().partition(|(_, policy)| policy.evaluate.stands_alone());
        let split = shared.iter().map(|(_, policy)| Arc::clone(&policy.evaluate));
        let first = First::of(split.collect());
        if shared.len() >= MANY {
            first.invite(partner);
        }
        let of =
            |(at, policy): (usize, &&'p CompiledPolicy)| (at, *policy, self.of(&*policy.evaluate));
        let mut told = Vec::with_capacity(policies.len());
        told.extend(own.into_iter().map(of));
        let place = |at: usize| shared.get(at).copied();
        while let Some(place) = first.take().and_then(place) {
            told.push(of(place));
        }
        let (said, given_up) = first.close();
        told.extend(given_up.and_then(place).map(of));
        let elsewhere = said.into_iter().filter_map(|(at, said)| place(at).zip(Some(said)));
        told.extend(elsewhere.map(|((at, policy), said)| (at, *policy, said)));
        told.retain(|(_, _, said)| tells(said));
        told.sort_unstable_by_key(|(at, ..)| *at);
        told.into_iter().map(|(_, policy, said)| (policy, said)).collect()
    }
}

fn tells(said: &Said) -> bool {
    !said.as_ref().is_ok_and(Outcome::is_empty)
}

/// What stands for the five characters that the API server puts behind a `generateName`.
pub(crate) const GENERATED: &str = "xxxxx";

/// The request with the name that its object has once it is generated: the API server does so
/// before it asks what validates, and rules put names into their messages. None where nothing is
/// to be generated.
fn named(request: &Request) -> Option<Request> {
    let text = |key: &str| request.object.path_str(&["metadata", key]).unwrap_or_default();
    let generates = request.operation == Operation::Create && request.form == Form::Admission;
    if !generates || !text("name").is_empty() || text("generateName").is_empty() {
        return None;
    }
    let name = format!("{}{GENERATED}", text("generateName"));
    let mut named = request.clone();
    let metadata = named.object.get_mut("metadata").and_then(Value::as_object_mut)?;
    metadata.insert("name", name.as_str());
    named.name = name.into();
    Some(named)
}

fn policy_error(policy: &CompiledPolicy, error: EvalError) -> VerdictError {
    error_of(Some(policy.id.clone()), error)
}

/// What could not be evaluated, of a policy or of all.
pub(crate) fn error_of(policy: Option<PolicyId>, error: EvalError) -> VerdictError {
    let message = error.to_string();
    let (kind, help) = match error {
        EvalError::Budget(_) => (ErrorKind::Budget, None),
        EvalError::Exceeded { help, .. } => (ErrorKind::Budget, Some(help)),
        EvalError::Unmatched { help, .. } => (ErrorKind::Unmatched, help),
        EvalError::Malformed { help, .. } => (ErrorKind::Malformed, help),
        EvalError::Unanswered { help, .. } => (ErrorKind::Unanswered, help),
        EvalError::Failed { help, .. } => (ErrorKind::Failed, help),
    };
    VerdictError { kind, policy, pointer: Pointer::root(), message, help }
}
