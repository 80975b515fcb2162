use crate::about::About;
use crate::exceptions::Candidate;
use crate::verdict::{Cause, Denial, ErrorKind, Judgement, Verdict, VerdictError};
use crate::{PolicySet, actions};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Action, CompiledPolicy, Request, Severity, Unevaluated, Violation};
use sekisho_report::Status;
use sekisho_value::{Pointer, Value};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// What decides on violations beside the policy that found them.
pub(crate) struct Decision<'a> {
    pub(crate) set: &'a PolicySet,
    pub(crate) policy: &'a CompiledPolicy,
    pub(crate) now: jiff::Timestamp,
}

/// What is done about one violation.
struct Ruling {
    /// the name people know
    name: Arc<str>,
    declared: Action,
    action: Action,
    action_reason: Option<String>,
    exception: Option<String>,
}

impl Ruling {
    fn is_active(&self) -> bool {
        self.exception.is_none()
    }
}

/// Decides on the violations that one policy found: action, exception, and the words for them.
pub(crate) fn judge(
    decision: &Decision<'_>,
    violations: Vec<Violation>,
    about: &mut About<'_>,
    verdict: &mut Verdict,
) {
    let mut ruled: Vec<(Violation, Ruling)> = Vec::with_capacity(violations.len());
    for violation in violations {
        let ruling = rule(decision, &violation, about);
        if ruling.action != Action::Off {
            ruled.push((violation, ruling));
        }
    }
    word(decision.policy, &ruled, verdict);
    let shown = match decision.policy.evaluate.counts_each() {
        true => vec![true; ruled.len()],
        false => shown(&ruled),
    };
    for ((violation, ruling), shown) in ruled.into_iter().zip(shown) {
        if shown {
            verdict.judgements.push(judgement(decision.policy, violation, ruling, about));
        }
    }
}

/// Decides on what one policy could not evaluate.
pub(crate) fn unevaluated(
    set: &PolicySet,
    policy: &CompiledPolicy,
    error: Unevaluated,
    verdict: &mut Verdict,
) {
    let (action, _) = actions::effective(set, &policy.id, &policy.name, error.action);
    let told = match action {
        Action::Off => return,
        Action::Deny => &mut verdict.errors,
        Action::Warn => {
            verdict.warnings.push(policy.evaluate.error_warning(&policy.name, &error));
            &mut verdict.tolerated
        }
        Action::Audit => &mut verdict.tolerated,
    };
    told.push(VerdictError {
        kind: ErrorKind::Failed,
        policy: Some(policy.id.clone()),
        pointer: Pointer::root(),
        message: error.message,
        help: error.help,
    });
}

/// What a policy could not be asked of a request, as a violation of that policy: so Gatekeeper's CLI
/// tells it. `None` where the error is no policy's, and where nothing is done about the policy. What
/// cost too much, what gave an answer that cannot be read and what was given none stays an error.
#[must_use]
pub fn as_violation(
    set: &PolicySet,
    error: &VerdictError,
    request: &Request,
    schemas: &Schemas,
    now: jiff::Timestamp,
) -> Option<Judgement> {
    let (ErrorKind::Unmatched | ErrorKind::Failed, Some(id)) = (&error.kind, &error.policy) else {
        return None;
    };
    let policy = set.policies().iter().find(|policy| policy.id == *id)?;
    let violation = Violation {
        policy: None,
        rule: policy.name.as_ref().into(),
        message: error.message.clone(),
        parameter: None,
        pointers: Vec::new(),
        action: policy.evaluate.action_at(request.point),
        severity: Severity::Medium,
        help: error.help.as_deref().map(Into::into),
        details: Value::Null,
    };
    let mut about = About::new(request, schemas, false);
    let ruling = rule(&Decision { set, policy, now }, &violation, &about);
    (ruling.action != Action::Off).then(|| judgement(policy, violation, ruling, &mut about))
}

fn rule(decision: &Decision<'_>, violation: &Violation, about: &About<'_>) -> Ruling {
    let Decision { set, policy, now } = *decision;
    let name = violation.policy.clone().unwrap_or_else(|| Arc::clone(&policy.name));
    let declared = violation.action.unwrap_or(policy.action);
    let (action, action_reason) = actions::effective(set, &policy.id, &name, declared);
    let candidate = Candidate {
        policy_id: &policy.id,
        policy: &name,
        rule: &violation.rule,
        subject: &about.subject,
        resource: &about.resource,
        containers: &|| about.containers(&violation.pointers),
    };
    let exception = match action {
        Action::Off => None,
        _ => set.exceptions().find(&candidate, set.target(), now),
    };
    Ruling { name, declared, action, action_reason, exception }
}

/// Which of one policy's violations are findings of their own. The same rule on the same fields
/// is one finding, at its strongest action; where no field is named, the message stands in for
/// the fields. What differs in its message at the same action never hides behind another.
fn shown(ruled: &[(Violation, Ruling)]) -> Vec<bool> {
    let of_fields = firsts(ruled.iter().map(|(violation, _)| fields(violation)));
    if of_fields.iter().enumerate().all(|(index, first)| index == *first) {
        return vec![true; ruled.len()];
    }
    let mut strongest = HashMap::with_capacity(ruled.len());
    for ((_, ruling), first) in ruled.iter().zip(&of_fields) {
        let action = strongest.entry(*first).or_insert(ruling.action);
        *action = ruling.action.max(*action);
    }
    let mut seen = HashSet::with_capacity(ruled.len());
    let each = ruled.iter().zip(of_fields);
    each.map(|((violation, ruling), first)| {
        strongest.get(&first) == Some(&ruling.action) && seen.insert((first, &violation.message))
    })
    .collect()
}

/// For each of `all` the index of the first that is the same.
fn firsts<T: Eq + Hash>(all: impl ExactSizeIterator<Item = T>) -> Vec<usize> {
    // So many are compared faster than hashed: what differs does so at its beginning.
    const FEW: usize = 16;
    if all.len() <= FEW {
        let all: Vec<T> = all.collect();
        let first = |one| all.iter().position(|other| other == one).unwrap_or_default();
        return all.iter().map(first).collect();
    }
    let mut known = HashMap::with_capacity(all.len());
    all.enumerate().map(|(index, one)| *known.entry(one).or_insert(index)).collect()
}

/// What tells the violations of one policy apart.
fn fields(violation: &Violation) -> (&str, &[Pointer], &str, &Value, Option<&str>) {
    let message = if violation.pointers.is_empty() { violation.message.as_str() } else { "" };
    let parameter = violation.parameter.as_deref();
    (&violation.rule, &violation.pointers, message, &violation.details, parameter)
}

fn judgement(
    policy: &CompiledPolicy,
    violation: Violation,
    ruling: Ruling,
    about: &mut About<'_>,
) -> Judgement {
    Judgement {
        policy_id: policy.id.clone(),
        policy: ruling.name,
        dialect: policy.dialect,
        binding: policy.binding.clone(),
        rule: violation.rule,
        parameter: violation.parameter,
        action: ruling.action,
        declared_action: ruling.declared,
        action_reason: ruling.action_reason,
        status: if ruling.exception.is_some() { Status::Excepted } else { Status::Active },
        exception: ruling.exception,
        implied: about.implied,
        severity: violation.severity,
        message: violation.message,
        help: violation.help,
        resource: Arc::clone(&about.resource),
        subject: Arc::clone(&about.subject),
        loci: about.loci(&violation.pointers),
        pointers: about.pointers(violation.pointers),
        details: violation.details,
    }
}

/// Words refusals and warnings of what is active, by policy name, as the dialect does.
fn word(policy: &CompiledPolicy, ruled: &[(Violation, Ruling)], verdict: &mut Verdict) {
    for action in [Action::Deny, Action::Warn] {
        let mut by_name: Vec<(&Arc<str>, Vec<&Violation>)> = Vec::new();
        for (violation, ruling) in ruled {
            if ruling.action != action || !ruling.is_active() {
                continue;
            }
            // A policy goes by one name, or by as many as there are levels and versions.
            match by_name.iter_mut().find(|(name, _)| **name == ruling.name) {
                Some((_, violations)) => violations.push(violation),
                None => by_name.push((&ruling.name, vec![violation])),
            }
        }
        for (name, violations) in by_name {
            if action == Action::Warn {
                verdict.warnings.push(policy.evaluate.warning(name, &violations));
            } else {
                let manner = policy.evaluate.manner(&violations);
                let told = violations.iter().filter(|_| manner.tells_causes());
                verdict.denials.push(Denial {
                    policy: policy.id.clone(),
                    message: policy.evaluate.refusal(name, &violations),
                    manner,
                    causes: told.copied().map(cause).collect(),
                });
            }
        }
    }
}

fn cause(violation: &Violation) -> Cause {
    let pointer = match violation.pointers.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    Cause { message: violation.message.clone(), pointer }
}
