//! Required fields of built-in types.
//!
//! OpenAPI calls a field required where its Go type always writes it. For most of them the API
//! server's validation agrees; those that it takes as absent were found by leaving each out of
//! an object that kube-apiserver 1.36 accepts.

use crate::schema::{BlobField as Field, Struct};
use sekisho_value::Value;

/// Group, type and field of what OpenAPI calls required and the API server does not, in every
/// version.
const NOT_REQUIRED: &[(&str, &str, &str)] = &[
    // A number that may be 0.
    ("apps", "ControllerRevision", "revision"),
    ("core", "ISCSIPersistentVolumeSource", "lun"),
    ("core", "ISCSIVolumeSource", "lun"),
    ("core", "SleepAction", "seconds"),
    ("resource", "DeviceCapacity", "value"),
    ("resource", "ResourcePool", "generation"),
    // A text that may be empty.
    ("core", "HTTPHeader", "value"),
    ("core", "Sysctl", "value"),
    ("discovery", "ForZone", "name"),
    ("storage", "TokenRequest", "audience"),
    // A boolean that may be false.
    ("apiextensions", "CustomResourceDefinitionVersion", "served"),
    ("apiextensions", "CustomResourceDefinitionVersion", "storage"),
    // A list that may be empty, or an object whose fields all may be absent.
    ("batch", "PodFailurePolicy", "rules"),
    ("core", "Event", "involvedObject"),
    ("core", "LimitRangeSpec", "limits"),
    ("core", "PreferredSchedulingTerm", "preference"),
    ("core", "ScaleIOPersistentVolumeSource", "secretRef"),
    ("core", "ScaleIOVolumeSource", "secretRef"),
    ("resource", "DeviceClass", "spec"),
    ("resource", "ResourceClaim", "spec"),
    ("resource", "ResourceClaimTemplate", "spec"),
    ("resource", "ResourceClaimTemplateSpec", "spec"),
    ("storage", "CSIDriver", "spec"),
    ("storage", "CSINode", "spec"),
    ("storage", "CSINodeSpec", "drivers"),
];

/// Whether the absence of a field that OpenAPI calls required is held against an object.
pub(super) fn is_checked(of: Struct, field: &str) -> bool {
    // `core/v1.HTTPHeader`
    let split = || {
        let (group, rest) = of.name().split_once('/')?;
        let (_version, name) = rest.split_once('.')?;
        Some((group, name))
    };
    split().is_none_or(|(group, name)| !NOT_REQUIRED.contains(&(group, name, field)))
}

/// Whether a value of a required field is taken for none: Go does not tell an empty string from
/// an absent one, and a pod without containers is as good as one with an empty list.
pub(super) fn is_none(field: Field, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() && !field.pointer(),
        Value::Array(items) => items.is_empty() && field.name() == "containers",
        _ => false,
    }
}

/// The field that leads from a type to the pod in it: without it there is a pod with nothing in
/// it, which validation refuses.
pub(super) fn of_holder(of: Struct) -> Option<&'static str> {
    match of.name() {
        "core/v1.Pod"
        | "core/v1.PodTemplateSpec"
        | "core/v1.ReplicationController"
        | "apps/v1.DaemonSet"
        | "apps/v1.Deployment"
        | "apps/v1.ReplicaSet"
        | "apps/v1.StatefulSet"
        | "batch/v1.CronJob"
        | "batch/v1.Job"
        | "batch/v1.JobTemplateSpec" => Some("spec"),
        "core/v1.PodTemplate" | "core/v1.ReplicationControllerSpec" | "apps/v1.ReplicaSetSpec" => {
            Some("template")
        }
        _ => None,
    }
}

/// What validation wants of containers (`validateContainerCommon` in
/// `pkg/apis/core/validation/validation.go` of Kubernetes).
pub(super) fn of_container(of: Struct) -> Option<&'static str> {
    let container = matches!(of.name(), "core/v1.Container" | "core/v1.EphemeralContainer");
    container.then_some("image")
}

/// Whether the objects of a group are only sent and answered, never stored, so that they need no
/// name.
pub(super) fn is_nameless(group: &str, kind: &str) -> bool {
    matches!(group, "authentication.k8s.io" | "authorization.k8s.io")
        || matches!(kind, "Binding" | "Eviction")
}

#[cfg(test)]
mod tests {
    use super::NOT_REQUIRED;
    use crate::schema::{Schemas, TypeRef};
    use std::collections::BTreeSet;

    #[test]
    fn every_exception_is_of_a_required_field() {
        let mut required = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let schemas = Schemas::builtin();
        let mut todo: Vec<TypeRef<'_>> =
            schemas.kinds().filter_map(|kind| kind.object_type()).collect();
        while let Some(of) = todo.pop() {
            todo.extend(of.item());
            let Some(name) = of.name().filter(|name| seen.insert(*name)) else { continue };
            for field in of.fields() {
                todo.push(field.value_type());
                if field.required() {
                    let (group, rest) = name.split_once('/').unwrap();
                    let (_, name) = rest.split_once('.').unwrap();
                    required.insert((group, name, field.name()));
                }
            }
        }
        for exception in NOT_REQUIRED {
            assert!(required.contains(exception), "{exception:?}");
        }
        assert!(required.len() > 300);
    }
}
