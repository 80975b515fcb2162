//! The group `coordination.k8s.io`.

use super::fields::child;
use sekisho_value::Map;

/// Defaults of an object of the group `coordination.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind == "Lease"
        && let Some(spec) = child(object, "spec")
    {
        // Their feature gate (`CoordinatedLeaderElection`) is off.
        spec.remove("strategy");
        spec.remove("preferredHolder");
    }
}
