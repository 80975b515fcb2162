//! Judges one pod by one level, and puts what is forbidden into words.

use crate::check::{Check, Forbidden};
use crate::level::LevelVersion;
use crate::pod::Pod;
use crate::registry;
use sekisho_policy::{Action, EvalContext, EvalError, KubernetesVersion, Violation};
use sekisho_value::{Pointer, Str, Value};
use std::sync::Arc;

/// What the checks of a level forbid, in upstream's order.
pub(crate) type Results = Vec<(&'static Check, Forbidden)>;

/// Runs every check of a level. Nothing is allocated where the pod is allowed.
pub(crate) fn judge(pod: &Pod<'_>, wanted: LevelVersion, target: KubernetesVersion) -> Results {
    registry::resolve(wanted, target)
        .iter()
        .filter_map(|resolved| Some((resolved.check, (resolved.judge)(pod)?)))
        .collect()
}

/// Accounts for the judgement of a pod by one level.
pub(crate) fn account(pod: &Pod<'_>, context: &EvalContext<'_>) -> Result<(), EvalError> {
    let containers = u64::try_from(pod.containers().count()).unwrap_or(u64::MAX);
    Ok(context.budget.step(containers.saturating_add(1).saturating_mul(16))?)
}

/// The violations that the results are, below `base` in the object that was sent.
pub(crate) fn violations(
    results: Results,
    base: &Pointer,
    policy: Option<&Arc<str>>,
    action: Option<Action>,
) -> impl Iterator<Item = Violation> {
    results.into_iter().map(move |(check, forbidden)| Violation {
        parameter: None,
        policy: policy.cloned(),
        rule: Str::new_static(check.rule.id),
        message: forbidden.message(),
        pointers: below(base, forbidden.pointers),
        action,
        severity: forbidden.severity.unwrap_or(check.rule.severity),
        help: Some(Str::new_static(check.help)),
        details: Value::Null,
    })
}

fn below(base: &Pointer, pointers: Vec<Pointer>) -> Vec<Pointer> {
    if base.is_root() {
        return pointers;
    }
    pointers.iter().map(|pointer| base.join(pointer)).collect()
}

/// The text of a warning and of the audit annotation.
pub(crate) fn would_violate(policy: &str, messages: &str) -> String {
    format!("would violate PodSecurity \"{policy}\": {messages}")
}

/// The text of a refusal.
pub(crate) fn violates(policy: &str, messages: &str) -> String {
    format!("violates PodSecurity \"{policy}\": {messages}")
}

/// The messages of results as upstream joins them.
pub(crate) fn messages(results: &Results) -> String {
    let messages: Vec<String> = results.iter().map(|(_, forbidden)| forbidden.message()).collect();
    messages.join(", ")
}

/// The messages of violations as upstream joins them.
pub(crate) fn joined(violations: &[&Violation]) -> String {
    let messages: Vec<&str> =
        violations.iter().map(|violation| violation.message.as_str()).collect();
    messages.join(", ")
}

/// Refuses to judge what is no object: the API server could not decode it.
pub(crate) fn decodable(object: &Value) -> Result<(), EvalError> {
    if object.as_object().is_some() {
        return Ok(());
    }
    let message = format!("the request's object is a {}, not an object", object.kind());
    Err(EvalError::Failed { message, help: None })
}
