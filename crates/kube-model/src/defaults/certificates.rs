//! The group `certificates.k8s.io`. Who asks for a certificate is left out.

use super::fields::{child, set_if_absent};
use sekisho_value::Map;

/// Defaults of an object of the group `certificates.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    let Some(spec) = child(object, "spec") else { return };
    match kind {
        "CertificateSigningRequest" => {
            // The API server writes who asks.
            for field in ["username", "uid", "groups", "extra"] {
                spec.remove(field);
            }
        }
        "PodCertificateRequest" => set_if_absent(spec, "maxExpirationSeconds", 86_400),
        _ => {}
    }
}
