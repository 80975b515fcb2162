//! Judgements as findings, located by the object they are about.

use sekisho_engine::{Judgement, VerdictError};
use sekisho_policy::{Dialect, Request};
use sekisho_report::{Diagnostic, Finding, Location, Resource};
use std::sync::Arc;

/// The finding that a judgement is.
pub(crate) fn finding(judgement: Judgement, dialects: &[&dyn Dialect]) -> Finding {
    let resource = Arc::clone(&judgement.resource);
    judgement.into_finding(dialects, |at| Location::in_cluster(&resource, at.to_string()))
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
