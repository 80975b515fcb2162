//! Containers, init containers and ephemeral containers.

use super::image::default_pull_policy;
use super::resources::requirements;
use crate::defaults::fields::{child, each_item, is_zero, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// The lists of a pod's containers.
pub(super) const CONTAINER_LISTS: [&str; 3] =
    ["initContainers", "containers", "ephemeralContainers"];

/// Defaults of one container.
pub(super) fn container(container: &mut Map) {
    if is_zero(container.get("imagePullPolicy")) {
        let policy = default_pull_policy(text(container, "image"));
        container.insert("imagePullPolicy", policy);
    }
    set_if_zero(container, "terminationMessagePath", "/dev/termination-log");
    set_if_zero(container, "terminationMessagePolicy", "File");
    each_item(container, "ports", |port| set_if_zero(port, "protocol", "TCP"));
    each_item(container, "env", environment_variable);
    requirements(container);
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = child(container, name) {
            self::probe(probe);
        }
    }
    if let Some(lifecycle) = child(container, "lifecycle") {
        for name in ["postStart", "preStop"] {
            if let Some(handler) = child(lifecycle, name) {
                http_get(handler);
            }
        }
    }
    drop_stop_signal(container);
}

fn environment_variable(variable: &mut Map) {
    let Some(source) = child(variable, "valueFrom") else { return };
    if let Some(reference) = child(source, "fieldRef") {
        set_if_zero(reference, "apiVersion", "v1");
    }
    if let Some(reference) = child(source, "fileKeyRef") {
        set_if_absent(reference, "optional", false);
    }
}

fn probe(probe: &mut Map) {
    set_if_zero(probe, "timeoutSeconds", 1);
    set_if_zero(probe, "periodSeconds", 10);
    set_if_zero(probe, "successThreshold", 1);
    set_if_zero(probe, "failureThreshold", 3);
    http_get(probe);
    if let Some(grpc) = child(probe, "grpc") {
        set_if_absent(grpc, "service", "");
    }
}

fn http_get(handler: &mut Map) {
    if let Some(action) = child(handler, "httpGet") {
        set_if_zero(action, "path", "/");
        set_if_zero(action, "scheme", "HTTP");
    }
}

/// Drops a stop signal (the feature gate `ContainerStopSignals` is off), and a lifecycle of which
/// nothing is left.
fn drop_stop_signal(container: &mut Map) {
    let Some(lifecycle) = container.get("lifecycle").and_then(Value::as_object) else { return };
    if !lifecycle.contains_key("stopSignal") {
        return;
    }
    if lifecycle.len() == 1 {
        container.remove("lifecycle");
    } else if let Some(lifecycle) = child(container, "lifecycle") {
        lifecycle.remove("stopSignal");
    }
}
