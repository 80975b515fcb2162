//! The group `apiregistration.k8s.io`.

use super::admissionregistration::service_port;
use super::fields::child;
use sekisho_value::Map;

/// Defaults of an object of the group `apiregistration.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if kind == "APIService"
        && let Some(spec) = child(object, "spec")
    {
        service_port(spec);
    }
}
