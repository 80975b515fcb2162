//! Findings as SARIF results.

use super::Text;
use super::place::{Place, field};
use crate::model::{Action, Finding, Severity, Status};
use crate::render::wording::sentence;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Place; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place>,
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression>>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "sekishoFindingKey/v1")]
    key: &'a str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    policy: &'a str,
    policy_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<&'a str>,
    action: Action,
    declared_action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'a str>,
    severity: Severity,
    implied: bool,
    pointer: &'a str,
}

/// One finding; `suppressions` tells whether the results of the run have that property.
pub(super) fn result<'a>(
    finding: &'a Finding,
    (rule_id, rule_index): (&'a str, usize),
    suppressions: bool,
) -> SarifResult<'a> {
    SarifResult {
        rule_id,
        rule_index,
        level: match finding.action {
            Action::Deny => "error",
            Action::Warn => "warning",
            Action::Audit => "note",
            Action::Off => "none",
        },
        message: message(finding),
        locations: [field(&finding.location).with_resource(&finding.resource)],
        related_locations: finding
            .related
            .iter()
            .map(|location| field(location).with_message("offends too"))
            .collect(),
        partial_fingerprints: Fingerprints { key: &finding.key },
        suppressions: suppressions.then(|| suppression(finding).into_iter().collect()),
        properties: Properties {
            policy: &finding.policy,
            policy_id: &finding.policy_id,
            binding: finding.binding.as_deref(),
            action: finding.action,
            declared_action: finding.declared_action,
            action_reason: finding.action_reason.as_deref(),
            severity: finding.severity,
            implied: finding.implied,
            pointer: &finding.location.pointer,
        },
    }
}

fn message(finding: &Finding) -> Text {
    let mut text = format!("{}: {}", finding.resource, sentence(finding));
    if let Some(help) = &finding.help {
        text.push_str("\nFix: ");
        text.push_str(help);
    }
    Text::message(&text)
}

fn suppression(finding: &Finding) -> Option<Suppression> {
    let justification = match finding.status {
        Status::Active => return None,
        Status::Excepted => match &finding.exception {
            Some(id) => format!("covered by the exception `{id}`"),
            None => "covered by an exception".to_owned(),
        },
        Status::Baselined => "known to the baseline".to_owned(),
    };
    Some(Suppression { kind: "external", status: "accepted", justification })
}
