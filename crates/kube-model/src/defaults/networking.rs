//! The group `networking.k8s.io`.

use super::fields::{child, child_or_new, each_item, is_zero, set_if_absent};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `networking.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "NetworkPolicy" => {
            if let Some(spec) = child_or_new(object, "spec") {
                network_policy(spec);
            }
        }
        "IngressClass" => {
            if let Some(spec) = child(object, "spec")
                && let Some(parameters) = child(spec, "parameters")
            {
                set_if_absent(parameters, "scope", "Cluster");
            }
        }
        _ => {}
    }
}

fn network_policy(spec: &mut Map) {
    if is_zero(spec.get("policyTypes")) {
        let mut types = vec![Value::from("Ingress")];
        if !is_zero(spec.get("egress")) {
            types.push(Value::from("Egress"));
        }
        spec.insert("policyTypes", types);
    }
    for direction in ["ingress", "egress"] {
        each_item(spec, direction, |rule| {
            each_item(rule, "ports", |port| set_if_absent(port, "protocol", "TCP"));
        });
    }
}
