//! Kinds whose versions hold the same in fields of other names, or at other places: Events, and
//! claims of devices.
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
        let spec = match to.kind.as_str() {
            "ResourceClaim" => fields.get_mut("spec"),
            "ResourceClaimTemplate" => fields.get_mut("spec")?.get_mut("spec"),
            _ => return None,
        };
        let requests = spec.and_then(|spec| spec.get_mut("devices")?.get_mut("requests"));
        let requests = requests.and_then(Value::as_array_mut);
        let is_flat = |gvk: &Gvk| gvk.version == "v1beta1";
        let nests = match (is_flat(from), is_flat(to)) {
            (true, false) => nest as fn(&mut Map),
            (false, true) => flatten,
            // Between those there is no other difference.
            _ => return None,
        };
        requests.into_iter().flatten().filter_map(Value::as_object_mut).for_each(nests);
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

fn nest(request: &mut Map) {
    let exactly: Vec<(&str, Value)> =
        EXACTLY.into_iter().filter_map(|name| Some((name, request.remove(name)?))).collect();
    if !exactly.is_empty() {
        request.insert("exactly", Value::Object(Map::from_iter(exactly)));
    }
}

fn flatten(request: &mut Map) {
    if let Some(Value::Object(exactly)) = request.remove("exactly") {
        for name in EXACTLY {
            if let Some(value) = exactly.get(name) {
                request.insert(name, value.clone());
            }
        }
    }
}
