//! The groups `apiextensions.k8s.io` and `apiregistration.k8s.io`.

use super::admissionregistration::service_port;
use super::fields::{new_object, object_or_new, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `apiextensions.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind != "CustomResourceDefinition" {
        return;
    }
    let Some(spec) = object_or_new(object, "spec") else { return };
    if let Some(names) = object_or_new(spec, "names") {
        let kind = text(names, "kind").to_owned();
        if !kind.is_empty() {
            set_if_zero(names, "singular", kind.to_lowercase());
            set_if_zero(names, "listKind", format!("{kind}List"));
        }
    }
    set_if_absent(spec, "conversion", new_object([("strategy", Value::from("None"))]));
    if let Some(conversion) = super::fields::object(spec, "conversion")
        && let Some(webhook) = super::fields::object(conversion, "webhook")
        && let Some(client) = super::fields::object(webhook, "clientConfig")
    {
        service_port(client);
    }
}

/// Defaults of an object of the group `apiregistration.k8s.io`.
pub(super) fn apply_registration(kind: &str, object: &mut Map) {
    if kind == "APIService"
        && let Some(spec) = super::fields::object(object, "spec")
    {
        service_port(spec);
    }
}
