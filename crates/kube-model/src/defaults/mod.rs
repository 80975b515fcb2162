//! Objects as the API server would store them.
//!
//! [`apply_defaults`] does to a decoded object what kube-apiserver 1.36 does to it between decoding
//! and storing, with its feature gates as they are by default: the defaults of its version
//! (`pkg/apis/*/*/defaults.go`), what conversion to another version and back changes, and what the
//! strategy of its kind changes when it is created (`pkg/registry/*/*/strategy.go`).
//! [`apply_admission`] adds what the admission plugins add.
//!
//! What only a live cluster can know is left out: uids, times, managed fields, generations, status,
//! allocated addresses and ports, generated names and selectors.
//!
//! One file for each group of the API; [`fields`] has the vocabulary in which they are written.

mod admission;
mod admissionregistration;
mod apiextensions;
mod apiregistration;
mod apps;
mod autoscaling;
mod batch;
mod certificates;
mod coordination;
mod core;
mod discovery;
mod fields;
mod flowcontrol;
mod metadata;
mod networking;
mod policy;
mod rbac;
mod resource;
mod round_trip;
mod scheduling;
mod storage;

pub use admission::{PriorityClass, PriorityClasses, SystemPriorityClasses, apply_admission};

use crate::gvk::Gvk;
use sekisho_value::{Map, Value};

/// Gives a decoded object the defaults of its kind, and drops what the API server would not keep.
///
/// The object is one whose fields have the right types and whose quantities are canonical. Where a
/// field has another type it is left alone.
pub fn apply_defaults(gvk: &Gvk, object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    metadata::drop_server_owned(object);
    let (group, version, kind) = (gvk.group.as_str(), gvk.version.as_str(), gvk.kind.as_str());
    if apply_of_group(group, version, kind, object) {
        // A node alone may bring its status along.
        if (group, kind) != ("", "Node") {
            object.remove("status");
        }
        round_trip::apply(group, version, kind, object);
    }
}

/// Whether the group is the API server's own.
fn apply_of_group(group: &str, version: &str, kind: &str, object: &mut Map) -> bool {
    match group {
        "" => core::apply(kind, object),
        "apps" | "extensions" => apps::apply(version, kind, object),
        "batch" => batch::apply(kind, object),
        "autoscaling" => autoscaling::apply(version, kind, object),
        "networking.k8s.io" => networking::apply(kind, object),
        "discovery.k8s.io" => discovery::apply(version, kind, object),
        "storage.k8s.io" => storage::apply(kind, object),
        "rbac.authorization.k8s.io" => rbac::apply(kind, object),
        "policy" => policy::apply(kind, object),
        "scheduling.k8s.io" => scheduling::apply(kind, object),
        "coordination.k8s.io" => coordination::apply(kind, object),
        "certificates.k8s.io" => certificates::apply(kind, object),
        "admissionregistration.k8s.io" => admissionregistration::apply(version, kind, object),
        "apiextensions.k8s.io" => apiextensions::apply(kind, object),
        "apiregistration.k8s.io" => apiregistration::apply(kind, object),
        "flowcontrol.apiserver.k8s.io" => flowcontrol::apply(kind, object),
        "resource.k8s.io" => resource::apply(version, kind, object),
        "events.k8s.io"
        | "node.k8s.io"
        | "internal.apiserver.k8s.io"
        | "storagemigration.k8s.io" => {}
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests;
