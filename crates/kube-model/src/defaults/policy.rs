//! The group `policy`.

use super::fields::child;
use sekisho_value::{Map, Value};

/// A label that stands in selectors for what they meant in `policy/v1beta1`.
const V1BETA1_SELECTOR: &str = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

/// Defaults of an object of the group `policy`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind == "PodDisruptionBudget"
        && let Some(spec) = child(object, "spec")
        && let Some(selector) = child(spec, "selector")
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
