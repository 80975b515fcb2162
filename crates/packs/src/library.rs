//! The files below `policies/`.

/// One policy: its files as they stand in the repository.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// the name of its folder
    pub name: &'static str,
    /// the `ConstraintTemplate`
    pub template: &'static str,
    /// the recommended constraint
    pub constraint: &'static str,
}

/// A folder below `policies/`.
macro_rules! policy {
    ($name:literal) => {
        Library {
            name: $name,
            template: include_str!(concat!("../../../policies/", $name, "/template.yaml")),
            constraint: include_str!(concat!("../../../policies/", $name, "/constraint.yaml")),
        }
    };
}

/// What the packs are made of.
pub(crate) const PACKS: &str = include_str!("../../../policies/pack.yaml");

/// Every policy that comes with Sekisho, by name.
pub const LIBRARY: &[Library] = &[
    policy!("allowed-registries"),
    policy!("apparmor"),
    policy!("capabilities"),
    policy!("ephemeral-containers"),
    policy!("host-namespaces"),
    policy!("host-paths"),
    policy!("host-ports"),
    policy!("image-digests"),
    policy!("image-tags"),
    policy!("ingress"),
    policy!("metadata-egress"),
    policy!("namespaces"),
    policy!("pod-exec"),
    policy!("privilege-escalation"),
    policy!("privileged"),
    policy!("probes"),
    policy!("rbac-bindings"),
    policy!("rbac-wildcards"),
    policy!("read-only-root"),
    policy!("required-labels"),
    policy!("resources"),
    policy!("run-as-non-root"),
    policy!("runtime-class"),
    policy!("seccomp"),
    policy!("secrets-in-env"),
    policy!("service-account-tokens"),
    policy!("service-exposure"),
];
