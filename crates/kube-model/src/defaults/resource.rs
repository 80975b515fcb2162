//! The group `resource.k8s.io`: claims of devices. The times at which taints were added are left
//! out.

use super::fields::{child, child_or_new, each_item, is_zero, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `resource.k8s.io`.
pub(super) fn apply(version: &str, kind: &str, object: &mut Map) {
    match kind {
        "ResourceClaim" => requests(version, object),
        "ResourceClaimTemplate" => {
            if let Some(template) = child(object, "spec") {
                requests(version, template);
            }
        }
        "ResourceSlice" => {
            if let Some(spec) = child(object, "spec") {
                each_item(spec, "devices", |device| match version {
                    // Later versions have no other kind of device.
                    "v1beta1" => {
                        if let Some(basic) = child_or_new(device, "basic") {
                            self::device(basic);
                        }
                    }
                    _ => self::device(device),
                });
            }
        }
        "ResourcePoolStatusRequest" => {
            if let Some(spec) = child_or_new(object, "spec") {
                set_if_absent(spec, "limit", 100);
            }
        }
        _ => {}
    }
}

fn requests(version: &str, claim: &mut Map) {
    let Some(devices) = child(claim, "spec").and_then(|spec| child(spec, "devices")) else {
        return;
    };
    each_item(devices, "requests", |request| {
        if version == "v1beta1" {
            // A request without a class is a choice of subrequests.
            if !text(request, "deviceClassName").is_empty() {
                allocation(request);
            }
            tolerations(request);
        } else if let Some(exactly) = child(request, "exactly") {
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
    if let Some(attributes) = child(device, "attributes") {
        for attribute in attributes.iter_mut().filter_map(|(_, value)| value.as_object_mut()) {
            attribute.retain(|key, _| {
                !matches!(key.as_str(), "bools" | "ints" | "strings" | "versions")
            });
        }
    }
}
