//! Judgements as findings, located by the object they are about.

use sekisho_engine::{Judgement, VerdictError};
use sekisho_policy::{Dialect, Request};
use sekisho_report::{Diagnostic, Finding, Location, Resource};
use sekisho_value::Pointer;
use std::sync::Arc;

/// The finding that a judgement is.
pub(crate) fn finding(judgement: Judgement, dialects: &[&dyn Dialect]) -> Finding {
    let docs = docs(dialects, judgement.dialect, &judgement.rule);
    let resource = Arc::unwrap_or_clone(judgement.resource);
    let place = |at: &Pointer| Location::in_cluster(&resource, at.to_string());
    let mut places = judgement.pointers.iter().map(place);
    let first = places.next().unwrap_or_else(|| place(&Pointer::root()));
    let related: Vec<Location> = places.collect();
    Finding {
        docs,
        key: judgement.key,
        policy: judgement.policy.to_string(),
        policy_id: judgement.policy_id.as_str().to_owned(),
        binding: judgement.binding.map(|binding| binding.to_string()),
        dialect: judgement.dialect.to_owned(),
        rule: judgement.rule.to_string(),
        action: judgement.action,
        declared_action: judgement.declared_action,
        action_reason: judgement.action_reason,
        status: judgement.status,
        exception: judgement.exception,
        implied: judgement.implied,
        severity: judgement.severity,
        message: judgement.message,
        help: judgement.help.map(|help| help.to_string()),
        location: first,
        related,
        resource,
    }
}

fn docs(dialects: &[&dyn Dialect], dialect: &str, rule: &str) -> Option<String> {
    let dialect = dialects.iter().find(|known| known.name() == dialect)?;
    let rule = dialect.rules().iter().find(|known| known.id == rule)?;
    rule.references.first().map(|reference| reference.url.to_owned())
}

/// What could not be judged of an object.
pub(crate) fn error(request: &Request, error: &VerdictError) -> Diagnostic {
    let resource = Resource {
        api_version: request.gvk.api_version(),
        kind: request.gvk.kind.to_string(),
        namespace: request.namespace.as_ref().map(ToString::to_string),
        name: request.name.to_string(),
    };
    let message = match &error.policy {
        Some(policy) => format!("policy `{policy}`: {}", error.message),
        None => error.message.clone(),
    };
    let place = Location::in_cluster(&resource, "");
    let help = error.help.clone();
    Diagnostic { help, ..Diagnostic::file(place.file, format!("{resource}: {message}")) }
}
