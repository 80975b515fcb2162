//! The group `scheduling.k8s.io`.

use super::fields::set_if_absent;
use sekisho_value::Map;

/// Defaults of an object of the group `scheduling.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind == "PriorityClass" {
        set_if_absent(object, "preemptionPolicy", "PreemptLowerPriority");
    }
}
