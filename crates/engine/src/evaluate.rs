use crate::about::About;
use crate::verdict::{ErrorKind, Verdict, VerdictError};
use crate::violations::{self, Decision};
use crate::{PolicySet, implied, mutate};
use sekisho_kube_model::Schemas;
use sekisho_policy::{
    Budget, CompiledPolicy, EvalContext, EvalError, Inventory, PolicyId, Reads, Request, Shared,
};
use sekisho_value::Pointer;
use std::sync::atomic::AtomicBool;

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
    pub cancelled: Option<&'a AtomicBool>,
}

/// Judges a request: the one place where verdicts are made.
#[must_use]
pub fn evaluate(set: &PolicySet, request: &Request, judge: &Judge<'_>) -> Verdict {
    if let Some(expired) = expired(set, judge.now) {
        return Verdict { errors: vec![expired], ..Verdict::default() };
    }
    let mut verdict = evaluate_alone(set, request, judge, None);
    if judge.implied
        && let Some(pod) = implied::pod_request(request, judge.schemas)
    {
        match pod {
            Ok(mut pod) => {
                // Mutating admission has its turn when the controller creates the pod.
                let mutated = mutate(set, &pod, judge);
                pod.object = mutated.object;
                let mut of_pod = match mutated.errors.as_slice() {
                    [] => evaluate_alone(set, &pod, judge, Some(request)),
                    _ => Verdict {
                        errors: implied::below(request, mutated.errors),
                        ..Verdict::default()
                    },
                };
                of_pod.reads.keys.extend(mutated.reads.keys);
                of_pod.reads.ranges.extend(mutated.reads.ranges);
                implied::merge(&mut verdict, of_pod);
            }
            Err(errors) => verdict.errors.extend(errors),
        }
    }
    verdict
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

/// Judges one request; one for an implied pod comes with that of its controller.
fn evaluate_alone(
    set: &PolicySet,
    request: &Request,
    judge: &Judge<'_>,
    controller: Option<&Request>,
) -> Verdict {
    let inventory =
        if judge.record { Reads::recording(judge.inventory) } else { Reads::new(judge.inventory) };
    let mut verdict = Verdict::default();
    let shared = Shared::default();
    let mut about = None;
    for policy in set.candidates(request) {
        if !policy.matcher.matches(request) {
            continue;
        }
        let budget = Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, judge.cancelled);
        let context = EvalContext {
            request,
            inventory: &inventory,
            target: set.target(),
            budget: &budget,
            now: judge.now,
            shared: &shared,
        };
        match policy.evaluate.evaluate(&context) {
            Ok(outcome) => {
                if !outcome.violations.is_empty() {
                    let about = about.get_or_insert_with(|| {
                        let sent = controller.unwrap_or(request);
                        About::new(sent, judge.schemas, controller.is_some())
                    });
                    let decision = Decision { set, policy, now: judge.now };
                    violations::judge(&decision, outcome.violations, about, &mut verdict);
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

fn policy_error(policy: &CompiledPolicy, error: EvalError) -> VerdictError {
    error_of(Some(policy.id.clone()), error)
}

/// What could not be evaluated, of a policy or of all.
pub(crate) fn error_of(policy: Option<PolicyId>, error: EvalError) -> VerdictError {
    let message = error.to_string();
    let (kind, help) = match error {
        EvalError::Budget(_) => (ErrorKind::Budget, None),
        EvalError::Unmatched { help, .. } => (ErrorKind::Unmatched, help),
        EvalError::Failed { help, .. } => (ErrorKind::Failed, help),
    };
    VerdictError { kind, policy, pointer: Pointer::root(), message, help }
}
