//! What is unwise about policies, as findings at their place.

use crate::places::Places;
use sekisho_engine::{finding_key, subject};
use sekisho_kube_model::Gvk;
use sekisho_policy::Advice;
use sekisho_report::{Action, Finding, Resource, Status};

/// The finding that an advice is. It warns: the policy does what it says.
pub(crate) fn finding(advice: &Advice, places: &Places) -> Finding {
    let document = &advice.document;
    let subject = Gvk::of(&document.value)
        .map(|gvk| subject(&gvk, &document.value, None))
        .unwrap_or_default();
    // A list of a constraint has no keys: its message tells one entry from another.
    let key = finding_key(&advice.policy, advice.rule.id, &subject, &[], &advice.message);
    let dialect = advice.policy.dialect();
    Finding {
        key,
        policy: dialect.to_owned(),
        policy_id: advice.policy.as_str().to_owned(),
        binding: None,
        dialect: dialect.to_owned(),
        rule: advice.rule.id.to_owned(),
        action: Action::Warn,
        declared_action: Action::Warn,
        action_reason: None,
        status: Status::Active,
        exception: None,
        implied: false,
        severity: advice.rule.severity,
        message: advice.message.clone(),
        help: Some(advice.help.clone()),
        resource: Resource {
            api_version: document.api_version().to_owned(),
            kind: document.kind().to_owned(),
            namespace: None,
            name: document.name().unwrap_or_default().to_owned(),
        },
        location: places.location_in(document, &advice.pointer, advice.place),
        related: Vec::new(),
        docs: advice.rule.references.first().map(|reference| reference.url.to_owned()),
    }
}
