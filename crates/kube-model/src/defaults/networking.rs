//! The groups `networking.k8s.io` and `discovery.k8s.io`.

use super::fields::{each_item, is_zero, object_or_new, set_if_absent};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `networking.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "NetworkPolicy" => {
            if let Some(spec) = object_or_new(object, "spec") {
                network_policy(spec);
            }
        }
        "IngressClass" => {
            if let Some(spec) = super::fields::object(object, "spec")
                && let Some(parameters) = super::fields::object(spec, "parameters")
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

/// Defaults of an object of the group `discovery.k8s.io`.
pub(super) fn apply_discovery(version: &str, kind: &str, object: &mut Map) {
    if kind != "EndpointSlice" {
        return;
    }
    each_item(object, "ports", |port| {
        set_if_absent(port, "name", "");
        set_if_absent(port, "protocol", "TCP");
    });
    if version == "v1" {
        // It stands for the topology of v1beta1, and cannot be written.
        each_item(object, "endpoints", |endpoint| {
            endpoint.remove("deprecatedTopology");
        });
    }
}
