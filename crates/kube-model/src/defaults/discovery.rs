//! The group `discovery.k8s.io`.

use super::fields::{each_item, set_if_absent};
use sekisho_value::Map;

/// Defaults of an object of the group `discovery.k8s.io`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
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
