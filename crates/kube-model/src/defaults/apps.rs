//! The group `apps`, and `extensions`, in which some of its kinds once were.
//!
//! Versions that are no longer served are defaulted as `apps/v1`, except that their selector and
//! labels may be left to the pod template.

use super::core::{claim_template, template_of};
use super::fields::{
    child, child_or_new, each_item, is_set, new_object, set_if_absent, set_if_zero, text,
};
use super::metadata::{
    annotation, drop_annotation, labels_from_template, set_annotation, template_labels,
};
use sekisho_value::{Map, Value};

const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Defaults of an object of the group `apps` or `extensions`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    let set_defaults = match kind {
        "Deployment" => deployment,
        "DaemonSet" => daemon_set,
        "StatefulSet" => stateful_set,
        "ReplicaSet" => |spec: &mut Map| set_if_absent(spec, "replicas", 1),
        _ => return,
    };
    if let Some(spec) = child_or_new(object, "spec") {
        set_defaults(spec);
        template_of(spec);
    }
    match kind {
        "Deployment" => rewrite_number(object, ROLLBACK_TO, |revision| revision),
        "DaemonSet" => template_generation(object),
        _ => {}
    }
    if version != "v1" {
        selector_from_template(object);
    }
}

fn deployment(spec: &mut Map) {
    set_if_absent(spec, "replicas", 1);
    if let Some(strategy) = child_or_new(spec, "strategy") {
        set_if_zero(strategy, "type", "RollingUpdate");
        if text(strategy, "type") == "RollingUpdate" {
            rolling_update(strategy, Value::from("25%"), Value::from("25%"));
        }
    }
    set_if_absent(spec, "revisionHistoryLimit", 10);
    set_if_absent(spec, "progressDeadlineSeconds", 600);
}

fn daemon_set(spec: &mut Map) {
    if let Some(strategy) = child_or_new(spec, "updateStrategy") {
        set_if_zero(strategy, "type", "RollingUpdate");
        if text(strategy, "type") == "RollingUpdate" {
            rolling_update(strategy, Value::from(1), Value::from(0));
        } else if is_set(strategy, "rollingUpdate") {
            rolling_update(strategy, Value::from(0), Value::from(0));
        }
    }
    set_if_absent(spec, "revisionHistoryLimit", 10);
}

fn rolling_update(strategy: &mut Map, max_unavailable: Value, max_surge: Value) {
    if let Some(update) = child_or_new(strategy, "rollingUpdate") {
        set_if_absent(update, "maxUnavailable", max_unavailable);
        set_if_absent(update, "maxSurge", max_surge);
    }
}

fn stateful_set(spec: &mut Map) {
    set_if_zero(spec, "podManagementPolicy", "OrderedReady");
    if let Some(strategy) = child_or_new(spec, "updateStrategy") {
        if text(strategy, "type").is_empty() {
            strategy.insert("type", "RollingUpdate");
            set_if_absent(strategy, "rollingUpdate", Value::object());
        }
        let is_rolling = text(strategy, "type") == "RollingUpdate";
        if let Some(update) = child(strategy, "rollingUpdate") {
            if is_rolling {
                set_if_absent(update, "partition", 0);
            }
            // Its feature gate (`MaxUnavailableStatefulSet`) is off.
            update.remove("maxUnavailable");
        }
    }
    if let Some(policy) = child_or_new(spec, "persistentVolumeClaimRetentionPolicy") {
        set_if_zero(policy, "whenDeleted", "Retain");
        set_if_zero(policy, "whenScaled", "Retain");
    }
    set_if_absent(spec, "replicas", 1);
    set_if_absent(spec, "revisionHistoryLimit", 10);
    each_item(spec, "volumeClaimTemplates", claim_template);
}

/// The generation of the template, which `apps/v1` shows as an annotation.
fn template_generation(object: &mut Map) {
    if annotation(object, TEMPLATE_GENERATION).is_none() {
        set_annotation(object, TEMPLATE_GENERATION, "1".to_owned());
    } else {
        rewrite_number(object, TEMPLATE_GENERATION, |generation| generation.max(1));
    }
}

/// Writes the number in an annotation anew; an empty one is dropped, and what is no number is left
/// to be refused.
fn rewrite_number(object: &mut Map, name: &'static str, change: impl Fn(i64) -> i64) {
    match annotation(object, name) {
        Some("") => drop_annotation(object, name),
        Some(text) => {
            if let Ok(number) = text.parse().map(change) {
                set_annotation(object, name, number.to_string());
            }
        }
        None => {}
    }
}

/// Before `apps/v1` the selector could be left to the labels of the template.
fn selector_from_template(object: &mut Map) {
    let Some(spec) = child(object, "spec") else { return };
    let Some(labels) = template_labels(spec) else { return };
    if !is_set(spec, "selector") {
        spec.insert("selector", new_object([("matchLabels", Value::from(labels.clone()))]));
    }
    labels_from_template(object, &labels);
}
