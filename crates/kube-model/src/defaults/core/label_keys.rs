//! Label keys that a pod's affinity and spread constraints match on: the API server writes them
//! into the label selectors when a pod is made.

use super::pod::labels;
use crate::defaults::fields::{child, each_item, is_zero, new_object, push};
use sekisho_value::{Map, Value};

/// Writes the label keys of a pod into its selectors.
pub(super) fn apply(pod: &mut Map) {
    let has_field = |field| !is_zero(pod.get("spec").and_then(|spec| spec.get(field)));
    if !has_field("affinity") && !has_field("topologySpreadConstraints") {
        return;
    }
    let labels = labels(pod);
    let Some(spec) = child(pod, "spec") else { return };
    if let Some(affinity) = child(spec, "affinity") {
        for name in ["podAffinity", "podAntiAffinity"] {
            let Some(affinity) = child(affinity, name) else { continue };
            each_item(affinity, "preferredDuringSchedulingIgnoredDuringExecution", |weighted| {
                if let Some(term) = child(weighted, "podAffinityTerm") {
                    affinity_term(term, &labels);
                }
            });
            each_item(affinity, "requiredDuringSchedulingIgnoredDuringExecution", |term| {
                affinity_term(term, &labels);
            });
        }
    }
    each_item(spec, "topologySpreadConstraints", |constraint| {
        merge(constraint, "matchLabelKeys", "In", &labels);
    });
}

fn affinity_term(term: &mut Map, labels: &Map) {
    merge(term, "matchLabelKeys", "In", labels);
    merge(term, "mismatchLabelKeys", "NotIn", labels);
}

/// Requires of a selector what a pod's own labels have at the keys; a selector that is absent
/// selects nothing and stays so.
fn merge(term: &mut Map, keys: &str, operator: &'static str, labels: &Map) {
    let requirements: Vec<Value> = term
        .get(keys)
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(|key| Some((key, labels.get(key.as_str()?)?)))
        .map(|(key, label)| {
            new_object([
                ("key", key.clone()),
                ("operator", Value::from(operator)),
                ("values", Value::from(vec![label.clone()])),
            ])
        })
        .collect();
    if let Some(selector) = child(term, "labelSelector") {
        for requirement in requirements {
            push(selector, "matchExpressions", requirement);
        }
    }
}
