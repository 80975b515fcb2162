//! The groups `policy`, `scheduling.k8s.io`, `coordination.k8s.io` and `certificates.k8s.io`.

use super::fields::set_if_absent;
use sekisho_value::{Map, Value};

/// A label that stands in selectors for what they meant in `policy/v1beta1`.
const V1BETA1_SELECTOR: &str = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

/// Defaults of an object of the group `policy`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind == "PodDisruptionBudget"
        && let Some(spec) = super::fields::object(object, "spec")
        && let Some(selector) = super::fields::object(spec, "selector")
    {
        drop_v1beta1_label(selector);
    }
}

/// Drops the label from selectors in which it is not alone.
fn drop_v1beta1_label(selector: &mut Map) {
    let is_label = |requirement: &Value| {
        requirement.get("key").and_then(Value::as_str) == Some(V1BETA1_SELECTOR)
    };
    let Some(requirements) = selector.get("matchExpressions").and_then(Value::as_array) else {
        return;
    };
    let has_meaning = |requirement: &Value| {
        matches!(requirement.path_str(&["operator"]), Some("Exists" | "DoesNotExist"))
            && requirement.get("values").is_none()
    };
    let alone =
        selector.len() == 1 && requirements.len() == 1 && requirements.iter().all(has_meaning);
    if alone || !requirements.iter().any(is_label) {
        return;
    }
    let kept: Vec<Value> = requirements.iter().filter(|kept| !is_label(kept)).cloned().collect();
    if kept.is_empty() {
        selector.remove("matchExpressions");
    } else {
        selector.insert("matchExpressions", kept);
    }
}

/// Defaults of an object of the group `scheduling.k8s.io`.
pub(super) fn apply_scheduling(kind: &str, object: &mut Map) {
    if kind == "PriorityClass" {
        set_if_absent(object, "preemptionPolicy", "PreemptLowerPriority");
    }
}

/// Defaults of an object of the group `coordination.k8s.io`.
pub(super) fn apply_coordination(kind: &str, object: &mut Map) {
    if kind == "Lease"
        && let Some(spec) = super::fields::object(object, "spec")
    {
        // Their feature gate (`CoordinatedLeaderElection`) is off.
        spec.remove("strategy");
        spec.remove("preferredHolder");
    }
}

/// Defaults of an object of the group `certificates.k8s.io`.
pub(super) fn apply_certificates(kind: &str, object: &mut Map) {
    let Some(spec) = super::fields::object(object, "spec") else { return };
    match kind {
        "CertificateSigningRequest" => {
            // The API server writes who asks.
            for field in ["username", "uid", "groups", "extra"] {
                spec.remove(field);
            }
        }
        "PodCertificateRequest" => set_if_absent(spec, "maxExpirationSeconds", 86_400),
        _ => {}
    }
}
