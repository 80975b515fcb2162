//! The core group.

mod app_armor;
mod claim;
mod container;
mod image;
mod label_keys;
mod pod;
mod resources;
mod service;
mod volume;

pub(super) use claim::{claim_template, persistent_volume_sources};
pub(super) use pod::template_of;

use super::fields::{
    child, child_or_new, child_ref, each_item, is_set, is_zero, items, new_object, push,
    push_text_if_absent, set_if_absent, set_if_zero, text,
};
use super::metadata::{labels_from_template, template_labels};
use resources::resource_list;
use sekisho_value::{Map, Value};

/// Defaults of an object of the core group.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "Pod" => pod::pod(object),
        "PodTemplate" => template_of(object),
        "ReplicationController" => replication_controller(object),
        "Service" => service::service(object),
        "PersistentVolume" => claim::persistent_volume(object),
        "PersistentVolumeClaim" => claim::persistent_volume_claim(object),
        "Namespace" => namespace(object),
        "Secret" => set_if_zero(object, "type", "Opaque"),
        "Endpoints" => each_item(object, "subsets", |subset| {
            each_item(subset, "ports", |port| set_if_zero(port, "protocol", "TCP"));
        }),
        "ServiceAccount" => service_account(object),
        "LimitRange" => limit_range(object),
        "ResourceQuota" => {
            if let Some(spec) = child(object, "spec") {
                resource_list(spec, "hard");
            }
        }
        "Node" => node(object),
        _ => {}
    }
}

fn replication_controller(object: &mut Map) {
    let Some(spec) = child_or_new(object, "spec") else { return };
    set_if_absent(spec, "replicas", 1);
    if is_set(spec, "template") {
        template_of(spec);
    }
    if let Some(labels) = template_labels(spec) {
        if is_zero(spec.get("selector")) {
            spec.insert("selector", labels.clone());
        }
        labels_from_template(object, &labels);
    }
}

/// Labels a namespace with its name, and keeps it until its content is deleted.
fn namespace(object: &mut Map) {
    if let Some(metadata) = child_or_new(object, "metadata") {
        let name = text(metadata, "name").to_owned();
        if !name.is_empty()
            && let Some(labels) = child_or_new(metadata, "labels")
        {
            labels.insert("kubernetes.io/metadata.name", name);
        }
    }
    if let Some(spec) = child_or_new(object, "spec") {
        push_text_if_absent(spec, "finalizers", "kubernetes");
    }
}

/// Of references to secrets only the name is kept.
fn service_account(object: &mut Map) {
    each_item(object, "secrets", |secret| secret.retain(|key, _| key == "name"));
}

fn limit_range(object: &mut Map) {
    let Some(spec) = child(object, "spec") else { return };
    each_item(spec, "limits", |item| {
        if text(item, "type") == "Container" {
            fill(item, "default", "max");
            fill(item, "defaultRequest", "default");
            fill(item, "defaultRequest", "min");
        }
        for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            resource_list(item, list);
        }
    });
}

/// Gives a resource list those entries of another that it lacks.
fn fill(item: &mut Map, list: &'static str, from: &str) {
    let Some(from) = child_ref(item, from).filter(|from| !from.is_empty()).cloned() else {
        return;
    };
    let Some(list) = child_or_new(item, list) else { return };
    for (name, value) in from.iter() {
        if !list.contains_key(name) {
            list.insert(name.clone(), value.clone());
        }
    }
}

/// Drops the configuration source, which is gone since 1.24, and makes `podCIDR` the first of
/// `podCIDRs`. A node may bring its status; all that it can hold may be used by pods.
fn node(object: &mut Map) {
    if let Some(status) = child(object, "status") {
        if let Some(capacity) = status.get("capacity").filter(|list| !is_zero(Some(list))).cloned()
        {
            set_if_absent(status, "allocatable", capacity);
        }
        resource_list(status, "capacity");
        resource_list(status, "allocatable");
    }
    let Some(spec) = child(object, "spec") else { return };
    spec.remove("configSource");
    let first = spec.get("podCIDRs").and_then(|cidrs| cidrs.at(0)).cloned();
    let single = spec.get("podCIDR").filter(|cidr| !is_zero(Some(cidr))).cloned();
    match (single, first) {
        (Some(single), first) if first.as_ref() != Some(&single) => {
            spec.insert("podCIDRs", vec![single]);
        }
        (None, Some(first)) => {
            spec.insert("podCIDR", first);
        }
        _ => {}
    }
}

/// Keeps nodes free of pods until they are ready.
pub(super) fn taint_not_ready(object: &mut Map) {
    const KEY: &str = "node.kubernetes.io/not-ready";
    let Some(spec) = child_or_new(object, "spec") else { return };
    let has_taint = items(spec, "taints")
        .any(|taint| text(taint, "key") == KEY && text(taint, "effect") == "NoSchedule");
    if !has_taint {
        let taint = new_object([("effect", Value::from("NoSchedule")), ("key", Value::from(KEY))]);
        push(spec, "taints", taint);
    }
}
