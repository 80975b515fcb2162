//! Kinds whose versions hold the same in fields of other names, or at other places: Events, claims
//! of devices, and slices of devices.
//!
//! Source of the rules: `pkg/apis/events/v1/conversion.go` and
//! `pkg/apis/resource/v1beta1/conversion.go` of Kubernetes.

use super::equivalent::relabel;
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_value::{Map, Value};

/// Fields of Events of the core group, and of `events.k8s.io`.
const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// What `v1beta1` has in a request for devices, and later versions below `exactly`.
const EXACTLY: [&str; 7] = [
    "deviceClassName",
    "selectors",
    "allocationMode",
    "count",
    "adminAccess",
    "tolerations",
    "capacity",
];

/// What `v1beta1` has of a device below `basic`, and later versions in the device.
const BASIC: [&str; 12] = [
    "attributes",
    "capacity",
    "consumesCounters",
    "nodeName",
    "nodeSelector",
    "allNodes",
    "taints",
    "bindsToNode",
    "bindingConditions",
    "bindingFailureConditions",
    "allowMultipleAllocations",
    "nodeAllocatableResourceMappings",
];

/// The object in another version; `None` where it is none of these kinds.
pub(super) fn convert(object: &Value, from: &Gvk, to: &Gvk) -> Option<Value> {
    let mut object = relabel(object, to);
    let fields = object.as_object_mut()?;
    if to.kind == "Event" && from.kind == "Event" {
        match (from.group.as_str(), to.group.as_str()) {
            ("", "events.k8s.io") => rename(fields, EVENT),
            ("events.k8s.io", "") => rename(fields, EVENT.map(|(core, own)| (own, core))),
            _ => return None,
        }
    } else if to.group == "resource.k8s.io" && from.group == to.group && from.kind == to.kind {
        let is_old = |gvk: &Gvk| gvk.version == "v1beta1";
        // Between the later ones there is no other difference.
        if is_old(from) == is_old(to) {
            return None;
        }
        let spec = fields.get_mut("spec");
        let items = match to.kind.as_str() {
            "ResourceClaim" => spec.and_then(requests),
            "ResourceClaimTemplate" => {
                spec.and_then(|spec| spec.get_mut("spec")).and_then(requests)
            }
            "ResourceSlice" => spec.and_then(|spec| spec.get_mut("devices")),
            _ => return None,
        };
        let is_slice = to.kind == "ResourceSlice";
        let items = items.and_then(Value::as_array_mut).into_iter().flatten();
        for item in items.filter_map(Value::as_object_mut) {
            match is_slice {
                true if is_old(to) => nest(item, "basic", &BASIC, true),
                true => flatten(item, "basic", &BASIC),
                false if is_old(to) => flatten(item, "exactly", &EXACTLY),
                false => nest(item, "exactly", &EXACTLY, false),
            }
        }
    } else {
        return None;
    }
    // What is empty is written in one version, and left out in the other. What a request to create
    // may not bring stays, for what is stored has it.
    let mut stored = Schemas::builtin().store(&object).object;
    let kept = stored.as_object_mut()?;
    for field in ["metadata", "status"] {
        if let Some(value) = object.get(field) {
            kept.insert(field, value.clone());
        }
    }
    Some(stored)
}

fn rename<const N: usize>(fields: &mut Map, names: [(&str, &str); N]) {
    for (from, to) in names {
        if let Some(value) = fields.remove(from) {
            fields.insert(to, value);
        }
    }
}

fn requests(spec: &mut Value) -> Option<&mut Value> {
    spec.get_mut("devices")?.get_mut("requests")
}

/// Moves fields into one; that is there, if need be, where none of them is.
fn nest(item: &mut Map, into: &'static str, names: &[&'static str], always: bool) {
    let moved: Vec<(&str, Value)> =
        names.iter().filter_map(|name| Some((*name, item.remove(name)?))).collect();
    if always || !moved.is_empty() {
        item.insert(into, Value::Object(Map::from_iter(moved)));
    }
}

/// Moves the fields of one field beside it.
fn flatten(item: &mut Map, from: &str, names: &[&'static str]) {
    if let Some(Value::Object(below)) = item.remove(from) {
        for name in names {
            if let Some(value) = below.get(name) {
                item.insert(*name, value.clone());
            }
        }
    }
}
