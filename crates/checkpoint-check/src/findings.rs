//! Judgements and problems into findings with their places in the files.

use crate::places::Places;
use sekisho_engine::Judgement;
use sekisho_manifest::Document;
use sekisho_report::Finding;
use sekisho_value::Pointer;
use std::sync::Arc;

/// A judgement with its places; `docs` is the link to its rule's documentation.
pub(crate) fn finding(
    judgement: Judgement,
    document: &Document,
    places: &Places,
    docs: Option<String>,
) -> Finding {
    let root = Pointer::root();
    let mut found = judgement.pointers.iter().map(|at| places.location(document, at));
    let first = found.next().unwrap_or_else(|| places.location(document, &root));
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
        resource: Arc::unwrap_or_clone(judgement.resource),
        location: first,
        related: found.collect(),
    }
}
