//! Namespaces that are given more than once: whose labels count must not depend on the order of
//! files in silence.

use crate::objects::Object;
use crate::places::Places;
use sekisho_engine::{finding_key, subject};
use sekisho_manifest::Document;
use sekisho_policy::PolicyId;
use sekisho_report::{Action, Diagnostic, Finding, Resource, Severity, Status};
use sekisho_value::{Pointer, Value};
use std::collections::HashMap;

const DIALECT: &str = "inventory";
const RULE: &str = "inventory/namespace";

/// The errors of Namespaces that stand among the policies twice, with different labels.
pub(crate) fn errors(policies: &[Object<'_>], places: &Places) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, &Object<'_>> = HashMap::new();
    let mut errors = Vec::new();
    for (name, object) in named(policies) {
        let Some(before) = seen.insert(name, object) else { continue };
        if labels(before) != labels(object) {
            let message = format!(
                "Namespace `{name}` stands twice, with other labels in `{}`",
                place(before.document)
            );
            let help = "the labels decide on what is judged: take one away".to_owned();
            let error = places.diagnostic(object.document, &pointer(), message);
            errors.push(Diagnostic { help: Some(help), ..error });
        }
    }
    errors
}

/// A finding for each Namespace whose labels do not count: because the policies have the same
/// Namespace with others, or because a later input has.
pub(crate) fn overridden(
    policies: &[Object<'_>],
    inputs: &[Object<'_>],
    places: &Places,
) -> Vec<Finding> {
    let given: HashMap<&str, &Object<'_>> = named(policies).collect();
    let last: HashMap<&str, &Object<'_>> = named(inputs).collect();
    let finding = |(name, object): (&str, &Object<'_>)| {
        let (stands, counts) = match (given.get(name), last.get(name)) {
            (Some(given), _) => ("among the policies or the inventory", given),
            (None, Some(last)) => ("again", last),
            (None, None) => return None,
        };
        if labels(counts) == labels(object) {
            return None;
        }
        let at = place(counts.document);
        let message = format!(
            "the labels of Namespace `{name}` do not count: it stands {stands}, with others, in \
             `{at}`"
        );
        Some(overridden_by(name, object, message, places))
    };
    named(inputs).filter_map(finding).collect()
}

fn overridden_by(name: &str, object: &Object<'_>, message: String, places: &Places) -> Finding {
    let id = PolicyId::new("sekisho", DIALECT, "Namespace", name);
    let subject = subject(&object.decoded.gvk, &object.document.value, None);
    Finding {
        key: finding_key(&id, RULE, &subject, &[], RULE),
        policy: DIALECT.to_owned(),
        policy_id: id.as_str().to_owned(),
        binding: None,
        dialect: DIALECT.to_owned(),
        rule: RULE.to_owned(),
        action: Action::Warn,
        declared_action: Action::Warn,
        action_reason: None,
        status: Status::Active,
        exception: None,
        implied: false,
        severity: Severity::Medium,
        message,
        help: Some("judge what belongs to different clusters in different runs".to_owned()),
        resource: Resource {
            api_version: object.document.api_version().to_owned(),
            kind: object.document.kind().to_owned(),
            namespace: None,
            name: name.to_owned(),
        },
        location: places.location(object.document, &pointer()),
        related: Vec::new(),
        docs: None,
    }
}

fn named<'a, 'o>(objects: &'o [Object<'a>]) -> impl Iterator<Item = (&'o str, &'o Object<'a>)> {
    let namespaces = objects
        .iter()
        .filter(|object| object.decoded.gvk.is("", "Namespace") && object.decoded.is_readable());
    namespaces.filter_map(|object| Some((object.document.name()?, object)))
}

fn pointer() -> Pointer {
    Pointer::root().keys(&["metadata", "labels"])
}

fn labels<'o>(object: &'o Object<'_>) -> Option<&'o Value> {
    let labels = object.decoded.object.path(&["metadata", "labels"])?;
    labels.as_object().is_some_and(|map| !map.is_empty()).then_some(labels)
}

fn place(document: &Document) -> String {
    format!("{}:{}", document.source().name, document.locate(&Pointer::root()).line)
}
