//! The group `autoscaling`.

use super::fields::{child, child_or_new, is_zero, new_object, set_if_absent};
use super::metadata::{annotation, drop_annotation};
use sekisho_value::{Map, Value, from_json};

/// Percent of the requested CPU.
const CPU_UTILIZATION: i32 = 80;

/// Annotations that carry fields of newer versions through `v1`.
const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
/// Annotations that carry status, or nothing any more.
const DROPPED: [&str; 4] = [
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
];

/// Defaults of an object of the group `autoscaling`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    if kind != "HorizontalPodAutoscaler" {
        return;
    }
    for name in DROPPED {
        drop_annotation(object, name);
    }
    let has_metrics = annotation(object, METRICS).is_some_and(is_list_with_items);
    if let Some(spec) = child_or_new(object, "spec") {
        set_if_absent(spec, "minReplicas", 1);
        match version {
            "v1" if !has_metrics => {
                set_if_absent(spec, "targetCPUUtilizationPercentage", CPU_UTILIZATION);
            }
            "v1" => {}
            _ => {
                if is_zero(spec.get("metrics")) {
                    spec.insert("metrics", vec![cpu_utilization()]);
                }
                if let Some(behavior) = child(spec, "behavior") {
                    self::behavior(behavior);
                }
            }
        }
    }
    if version == "v1" {
        if !has_metrics {
            drop_annotation(object, METRICS);
        }
        if !annotation(object, BEHAVIOR).is_some_and(is_object_with_fields) {
            drop_annotation(object, BEHAVIOR);
        }
    } else {
        drop_annotation(object, METRICS);
        drop_annotation(object, BEHAVIOR);
    }
}

fn is_list_with_items(json: &str) -> bool {
    from_json(json)
        .ok()
        .is_some_and(|value| value.as_array().is_some_and(|items| !items.is_empty()))
}

fn is_object_with_fields(json: &str) -> bool {
    from_json(json).ok().is_some_and(|value| value.as_object().is_some_and(|map| !map.is_empty()))
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
