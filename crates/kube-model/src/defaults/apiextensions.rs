//! The group `apiextensions.k8s.io`.

use super::admissionregistration::service_port;
use super::fields::{child, child_or_new, is_set, new_object, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `apiextensions.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind != "CustomResourceDefinition" {
        return;
    }
    let Some(spec) = child_or_new(object, "spec") else { return };
    if let Some(names) = child_or_new(spec, "names") {
        let kind = text(names, "kind").to_owned();
        if !kind.is_empty() {
            set_if_zero(names, "singular", kind.to_lowercase());
            set_if_zero(names, "listKind", format!("{kind}List"));
        }
    }
    set_if_absent(spec, "conversion", new_object([("strategy", Value::from("None"))]));
    if let Some(conversion) = child(spec, "conversion")
        && let Some(webhook) = child(conversion, "webhook")
    {
        if let Some(client) = child(webhook, "clientConfig") {
            service_port(client);
        } else if !is_set(webhook, "conversionReviewVersions") {
            conversion.remove("webhook");
        }
    }
}
