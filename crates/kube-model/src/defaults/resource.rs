//! The group `resource.k8s.io`: claims of devices. The times at which taints were added are left
//! out.

use super::fields::{each_item, is_zero, object, object_or_new, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `resource.k8s.io`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    match kind {
        "ResourceClaim" => requests(version, object),
        "ResourceClaimTemplate" => {
            if let Some(template) = super::fields::object(object, "spec") {
                requests(version, template);
            }
        }
        "ResourceSlice" => {
            if let Some(spec) = super::fields::object(object, "spec") {
                each_item(spec, "devices", |device| match version {
                    // Later versions have no other kind of device.
                    "v1beta1" => {
                        if let Some(basic) = object_or_new(device, "basic") {
                            self::device(basic);
                        }
                    }
                    _ => self::device(device),
                });
            }
        }
        "ResourcePoolStatusRequest" => {
            if let Some(spec) = object_or_new(object, "spec") {
                set_if_absent(spec, "limit", 100);
            }
        }
        _ => {}
    }
}

fn requests(version: &str, claim: &mut Map) {
    let Some(devices) = object(claim, "spec").and_then(|spec| object(spec, "devices")) else {
        return;
    };
    each_item(devices, "requests", |request| {
        if version == "v1beta1" {
            // A request without a class is a choice of subrequests.
            if !text(request, "deviceClassName").is_empty() {
                allocation(request);
            }
            tolerations(request);
        } else if let Some(exactly) = object(request, "exactly") {
            allocation(exactly);
            tolerations(exactly);
        }
        each_item(request, "firstAvailable", |request| {
            allocation(request);
            tolerations(request);
        });
    });
}

fn allocation(request: &mut Map) {
    set_if_zero(request, "allocationMode", "ExactCount");
    if text(request, "allocationMode") == "ExactCount" {
        set_if_zero(request, "count", 1);
    }
}

fn tolerations(request: &mut Map) {
    each_item(request, "tolerations", |toleration| set_if_zero(toleration, "operator", "Equal"));
}

/// Drops fields of devices whose feature gates (`DRANodeAllocatableResources`,
/// `DRAListTypeAttributes`) are off.
fn device(device: &mut Map) {
    device.remove("nodeAllocatableResourceMappings");
    let is_list = |attribute: &Value| {
        ["bools", "ints", "strings", "versions"].iter().any(|list| attribute.get(list).is_some())
    };
    let attributes = device.get("attributes").and_then(Value::as_object);
    if is_zero(device.get("attributes"))
        || !attributes.is_some_and(|attributes| attributes.iter().any(|(_, value)| is_list(value)))
    {
        return;
    }
    if let Some(attributes) = object(device, "attributes") {
        for attribute in attributes.iter_mut().filter_map(|(_, value)| value.as_object_mut()) {
            attribute.retain(|key, _| {
                !matches!(key.as_str(), "bools" | "ints" | "strings" | "versions")
            });
        }
    }
}
