//! The files below `policies/`.

use sekisho_policy::Severity;

/// One policy: its files as they stand in the repository.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// the name of its folder
    pub name: &'static str,
    /// the `ConstraintTemplate`
    pub template: &'static str,
    /// the recommended constraint
    pub constraint: &'static str,
    /// what, why, how to mend, in Markdown
    pub readme: &'static str,
}

impl Library {
    /// The kind of its constraints, as in findings: `SekishoPrivileged`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        value(self.constraint, "kind: ")
    }

    /// One line, as a heading.
    #[must_use]
    pub fn title(&self) -> &'static str {
        value(self.readme, "# ")
    }

    /// What it asks for, in one sentence.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.readme.split("\n\n").nth(1).unwrap_or_default()
    }

    /// How bad a violation is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        let word = value(self.template, "    sekisho.dev/severity: ");
        let known = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        known.into_iter().find(|known| known.as_str() == word).unwrap_or(Severity::Medium)
    }
}

/// The rest of the first line that begins so.
fn value(text: &'static str, start: &str) -> &'static str {
    text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default()
}

/// A folder below `policies/`.
macro_rules! policy {
    ($name:literal) => {
        Library {
            name: $name,
            template: include_str!(concat!("../../../policies/", $name, "/template.yaml")),
            constraint: include_str!(concat!("../../../policies/", $name, "/constraint.yaml")),
            readme: include_str!(concat!("../../../policies/", $name, "/README.md")),
        }
    };
}

/// The dialect that reads them.
pub const DIALECT: &str = "gatekeeper";

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
