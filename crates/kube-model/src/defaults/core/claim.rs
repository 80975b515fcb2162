//! Persistent volumes and claims.

use super::resources::{requirements, resource_list};
use super::volume::shared_sources;
use crate::defaults::fields::{child, child_or_new, is_set, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// A persistent volume.
pub(crate) fn persistent_volume(object: &mut Map) {
    let Some(spec) = child_or_new(object, "spec") else { return };
    set_if_zero(spec, "persistentVolumeReclaimPolicy", "Retain");
    set_if_absent(spec, "volumeMode", "Filesystem");
    persistent_volume_sources(spec);
}

/// What the spec of a persistent volume has also where it stands in a volume attachment.
pub(crate) fn persistent_volume_sources(spec: &mut Map) {
    resource_list(spec, "capacity");
    shared_sources(spec);
}

/// A persistent volume claim.
pub(crate) fn persistent_volume_claim(object: &mut Map) {
    claim_spec(object);
    if let Some(spec) = child(object, "spec") {
        data_sources(spec);
    }
}

/// A claim from which a stateful set makes claims: it has a status, and its kind is written.
pub(crate) fn claim_template(template: &mut Map) {
    claim_spec(template);
    if let Some(status) = child_or_new(template, "status") {
        set_if_zero(status, "phase", "Pending");
    }
    template.insert("apiVersion", "v1");
    template.insert("kind", "PersistentVolumeClaim");
}

/// Defaults of `spec` in a claim or in the template of one.
pub(super) fn claim_spec(claim: &mut Map) {
    let Some(spec) = child_or_new(claim, "spec") else { return };
    set_if_absent(spec, "volumeMode", "Filesystem");
    requirements(spec);
}

/// Drops data sources that the API server ignores, and gives `dataSource` and `dataSourceRef` the
/// same content.
fn data_sources(spec: &mut Map) {
    // The feature gate `CrossNamespaceVolumeDataSource` is off.
    let namespace = child(spec, "dataSourceRef").map(|reference| text(reference, "namespace"));
    if namespace.is_some_and(|namespace| !namespace.is_empty()) {
        spec.remove("dataSourceRef");
    }
    match (is_set(spec, "dataSource"), is_set(spec, "dataSourceRef")) {
        (true, false) => {
            let is_known =
                spec.get("dataSource").and_then(Value::as_object).is_some_and(|source| {
                    matches!(
                        (text(source, "apiGroup"), text(source, "kind")),
                        ("", "PersistentVolumeClaim")
                            | ("snapshot.storage.k8s.io", "VolumeSnapshot")
                    )
                });
            if !is_known {
                spec.remove("dataSource");
            } else if let Some(source) = spec.get("dataSource").cloned() {
                spec.insert("dataSourceRef", source);
            }
        }
        (false, true) => {
            if let Some(mut source) = spec.get("dataSourceRef").cloned() {
                if let Some(source) = source.as_object_mut() {
                    source.remove("namespace");
                }
                spec.insert("dataSource", source);
            }
        }
        _ => {}
    }
}
