//! Since when built-in kinds are served in a version.
//!
//! Source: the `introduced` marks of k8s.io/api 0.36. Only what came with Kubernetes 1.14 or later
//! is told.

use super::BlobKind;

/// Group, version, kinds (none: all of them), and the minor version of Kubernetes 1.
const INTRODUCED: &[(&str, &str, &[&str], u16)] = &[
    (
        "admissionregistration.k8s.io",
        "v1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        30,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        36,
    ),
    ("admissionregistration.k8s.io", "v1alpha1", &[], 32),
    ("admissionregistration.k8s.io", "v1beta1", &[], 34),
    ("apiextensions.k8s.io", "v1", &[], 16),
    ("authentication.k8s.io", "v1", &["SelfSubjectReview"], 28),
    ("autoscaling", "v2", &[], 23),
    ("batch", "v1", &["CronJob"], 21),
    ("certificates.k8s.io", "v1", &[], 19),
    ("certificates.k8s.io", "v1beta1", &["ClusterTrustBundle"], 33),
    ("certificates.k8s.io", "v1beta1", &["PodCertificateRequest"], 35),
    ("coordination.k8s.io", "v1", &[], 14),
    ("coordination.k8s.io", "v1alpha2", &[], 32),
    ("coordination.k8s.io", "v1beta1", &["LeaseCandidate"], 33),
    ("discovery.k8s.io", "v1", &[], 21),
    ("events.k8s.io", "v1", &[], 19),
    ("flowcontrol.apiserver.k8s.io", "v1", &[], 29),
    ("networking.k8s.io", "v1", &["Ingress", "IngressClass"], 19),
    ("networking.k8s.io", "v1", &["IPAddress", "ServiceCIDR"], 33),
    ("networking.k8s.io", "v1beta1", &["IPAddress", "ServiceCIDR"], 31),
    ("node.k8s.io", "v1", &[], 20),
    ("policy", "v1", &["PodDisruptionBudget"], 21),
    ("policy", "v1", &["Eviction"], 22),
    ("resource.k8s.io", "v1", &[], 34),
    ("resource.k8s.io", "v1alpha3", &["DeviceTaintRule"], 33),
    ("resource.k8s.io", "v1alpha3", &["ResourcePoolStatusRequest"], 36),
    ("resource.k8s.io", "v1beta1", &[], 32),
    ("resource.k8s.io", "v1beta2", &["DeviceTaintRule"], 36),
    ("resource.k8s.io", "v1beta2", &[], 33),
    ("scheduling.k8s.io", "v1", &[], 14),
    ("storage.k8s.io", "v1", &["CSIDriver"], 18),
    ("storage.k8s.io", "v1", &["CSINode"], 17),
    ("storage.k8s.io", "v1", &["CSIStorageCapacity"], 24),
    ("storage.k8s.io", "v1", &["VolumeAttributesClass"], 34),
    ("storage.k8s.io", "v1beta1", &["VolumeAttributesClass"], 31),
    ("storagemigration.k8s.io", "v1beta1", &[], 35),
];

/// The minor version of Kubernetes 1 that a built-in kind came with.
pub(super) fn introduced(kind: BlobKind) -> Option<u16> {
    let of = |(group, version, kinds, _): &&(&str, &str, &[&str], u16)| {
        *group == kind.group()
            && *version == kind.version()
            && (kinds.is_empty() || kinds.contains(&kind.kind()))
    };
    INTRODUCED.iter().find(of).map(|(_, _, _, minor)| *minor)
}

#[cfg(test)]
mod tests {
    use super::INTRODUCED;
    use crate::schema::Schemas;

    #[test]
    fn what_is_listed_is_served() {
        let schemas = Schemas::builtin();
        for (group, version, kinds, minor) in INTRODUCED {
            let served = |kind: Option<&str>| {
                schemas.kinds().any(|known| {
                    known.served()
                        && (known.group(), known.version()) == (group, version)
                        && kind.is_none_or(|kind| known.kind() == kind)
                })
            };
            assert!(served(None), "{group}/{version}");
            for kind in *kinds {
                assert!(served(Some(kind)), "{group}/{version} {kind}");
            }
            assert!((14..=36).contains(minor));
        }
    }

    #[test]
    fn kinds_came_with_versions() {
        let schemas = Schemas::builtin();
        for (group, version, kind, want) in [
            ("batch", "v1", "CronJob", Some(21)),
            ("batch", "v1", "Job", None),
            ("resource.k8s.io", "v1beta2", "DeviceTaintRule", Some(36)),
            ("resource.k8s.io", "v1beta2", "ResourceClaim", Some(33)),
            ("", "v1", "Pod", None),
        ] {
            let found = schemas.kind(group, version, kind).unwrap().introduced_in();
            assert_eq!(found, want, "{group}/{version} {kind}");
        }
    }
}
