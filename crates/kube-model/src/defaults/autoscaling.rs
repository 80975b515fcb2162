//! The group `autoscaling`.

use super::fields::{child, child_or_new, is_zero, new_object, set_if_absent};
use crate::conversion::{drop_scaler_annotations, scaler_round_trip};
use sekisho_value::{Map, Value};

/// Percent of the requested CPU.
const CPU_UTILIZATION: i32 = 80;

/// Defaults of an object of the group `autoscaling`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    if kind != "HorizontalPodAutoscaler" {
        return;
    }
    if let Some(spec) = child_or_new(object, "spec") {
        set_if_absent(spec, "minReplicas", 1);
        if version != "v1" {
            if is_zero(spec.get("metrics")) {
                spec.insert("metrics", vec![cpu_utilization()]);
            }
            if let Some(behavior) = child(spec, "behavior") {
                self::behavior(behavior);
            }
        }
    }
    match version {
        "v1" => scaler_round_trip(object),
        _ => drop_scaler_annotations(object),
    }
}

fn cpu_utilization() -> Value {
    let target = new_object([
        ("averageUtilization", Value::from(CPU_UTILIZATION)),
        ("type", Value::from("Utilization")),
    ]);
    let resource = new_object([("name", Value::from("cpu")), ("target", target)]);
    new_object([("resource", resource), ("type", Value::from("Resource"))])
}

/// Fills both directions where any behavior is given.
fn behavior(behavior: &mut Map) {
    if let Some(up) = child_or_new(behavior, "scaleUp") {
        set_if_absent(up, "stabilizationWindowSeconds", 0);
        scaling_rules(up, || vec![policy("Pods", 4), policy("Percent", 100)]);
    }
    if let Some(down) = child_or_new(behavior, "scaleDown") {
        scaling_rules(down, || vec![policy("Percent", 100)]);
    }
}

fn scaling_rules(rules: &mut Map, policies: impl FnOnce() -> Vec<Value>) {
    set_if_absent(rules, "selectPolicy", "Max");
    if is_zero(rules.get("policies")) {
        rules.insert("policies", policies());
    }
}

fn policy(kind: &str, value: i32) -> Value {
    new_object([
        ("periodSeconds", Value::from(15)),
        ("type", Value::from(kind)),
        ("value", Value::from(value)),
    ])
}
