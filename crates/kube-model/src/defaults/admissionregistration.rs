//! The group `admissionregistration.k8s.io`.

use super::fields::{child, child_or_new, each_item, set_if_absent};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `admissionregistration.k8s.io`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    match kind {
        "ValidatingWebhookConfiguration" => each_item(object, "webhooks", webhook),
        "MutatingWebhookConfiguration" => each_item(object, "webhooks", |hook| {
            webhook(hook);
            set_if_absent(hook, "reinvocationPolicy", "Never");
        }),
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => {
            let Some(spec) = child_or_new(object, "spec") else { return };
            set_if_absent(spec, "failurePolicy", "Fail");
            match_resources(spec, "matchConstraints");
        }
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            let Some(spec) = child(object, "spec") else { return };
            match_resources(spec, "matchResources");
            // Later versions want the action written.
            if version == "v1alpha1"
                && let Some(parameters) = child(spec, "paramRef")
            {
                set_if_absent(parameters, "parameterNotFoundAction", "Deny");
            }
        }
        _ => {}
    }
}

fn webhook(hook: &mut Map) {
    set_if_absent(hook, "failurePolicy", "Fail");
    set_if_absent(hook, "matchPolicy", "Equivalent");
    set_if_absent(hook, "namespaceSelector", Value::object());
    set_if_absent(hook, "objectSelector", Value::object());
    set_if_absent(hook, "timeoutSeconds", 10);
    if let Some(client) = child(hook, "clientConfig") {
        service_port(client);
    }
    each_item(hook, "rules", rule);
}

/// The port of the service that an API server calls.
pub(super) fn service_port(client: &mut Map) {
    if let Some(service) = child(client, "service") {
        set_if_absent(service, "port", 443);
    }
}

fn match_resources(spec: &mut Map, key: &str) {
    let Some(resources) = child(spec, key) else { return };
    set_if_absent(resources, "matchPolicy", "Equivalent");
    set_if_absent(resources, "namespaceSelector", Value::object());
    set_if_absent(resources, "objectSelector", Value::object());
    each_item(resources, "resourceRules", rule);
    each_item(resources, "excludeResourceRules", rule);
}

fn rule(rule: &mut Map) {
    set_if_absent(rule, "scope", "*");
}
