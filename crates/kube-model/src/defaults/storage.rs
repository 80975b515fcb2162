//! The group `storage.k8s.io`.

use super::core::persistent_volume_sources;
use super::fields::{child, child_or_new, is_zero, set_if_absent};
use sekisho_value::{Map, Value};

/// Defaults of an object of the group `storage.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "StorageClass" => {
            set_if_absent(object, "reclaimPolicy", "Delete");
            set_if_absent(object, "volumeBindingMode", "Immediate");
        }
        "CSIDriver" => {
            if let Some(spec) = child_or_new(object, "spec") {
                csi_driver(spec);
            }
        }
        "VolumeAttachment" => {
            if let Some(volume) = inline_volume(object) {
                persistent_volume_sources(volume);
            }
        }
        _ => {}
    }
}

fn csi_driver(spec: &mut Map) {
    set_if_absent(spec, "attachRequired", true);
    set_if_absent(spec, "podInfoOnMount", false);
    set_if_absent(spec, "storageCapacity", false);
    set_if_absent(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if is_zero(spec.get("volumeLifecycleModes")) {
        spec.insert("volumeLifecycleModes", vec![Value::from("Persistent")]);
    }
    set_if_absent(spec, "requiresRepublish", false);
    set_if_absent(spec, "seLinuxMount", false);
    // Its feature gate (`VolumeLimitScaling`) is off.
    spec.remove("preventPodSchedulingIfMissing");
}

fn inline_volume(attachment: &mut Map) -> Option<&mut Map> {
    let spec = child(attachment, "spec")?;
    child(child(spec, "source")?, "inlineVolumeSpec")
}
