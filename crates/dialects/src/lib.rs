//! The list of policy dialects: one line each.
//!
//! **Invariant:** a dialect is added by its crate and one line here; help texts, options, docs
//! tables and the conformance matrix come from this list.

mod cores;

pub use cores::Cores;

use cores::OnCores;
use sekisho_dialect_admission_policy::AdmissionPolicy;
use sekisho_dialect_gatekeeper::{Gatekeeper, GatekeeperCli};
use sekisho_dialect_pod_security::PodSecurity;
use sekisho_policy::Dialect;

/// Every dialect that is built in.
pub static DIALECTS: &[&dyn Dialect] = &[&PodSecurity, &OnCores(Gatekeeper), &AdmissionPolicy];

/// The same, with Gatekeeper's documents as its CLI takes them: what `--gator-compat` stands for.
pub static GATOR_COMPAT: &[&dyn Dialect] =
    &[&PodSecurity, &OnCores(GatekeeperCli), &AdmissionPolicy];

/// Policy kinds that no dialect here reads: (API group, kind or `*`, whose they are). Loading one
/// is an error, since a policy that is passed over in silence protects nothing.
const UNSUPPORTED: &[(&str, &str, &str)] = &[
    ("kyverno.io", "*", "kyverno"),
    ("policies.kyverno.io", "*", "kyverno"),
    ("cli.kyverno.io", "*", "kyverno"),
    ("policies.kubewarden.io", "*", "kubewarden"),
    ("policy", "PodSecurityPolicy", "pod-security-policy"),
    ("extensions", "PodSecurityPolicy", "pod-security-policy"),
];

/// Whose policy a kind is, where it is one that no dialect here reads.
#[must_use]
pub fn unsupported(group: &str, kind: &str) -> Option<&'static str> {
    let known = UNSUPPORTED.iter().find(|(g, k, _)| *g == group && (*k == "*" || *k == kind));
    known.map(|(_, _, dialect)| *dialect)
}

#[cfg(test)]
mod tests {
    use super::{DIALECTS, GATOR_COMPAT, unsupported};

    #[test]
    fn the_same_dialects_are_there_for_compatibility() {
        let names = |dialects: &[&dyn super::Dialect]| -> Vec<_> {
            dialects.iter().map(|dialect| dialect.name()).collect()
        };
        assert_eq!(names(DIALECTS), names(GATOR_COMPAT));
    }

    #[test]
    fn no_dialect_is_both_here_and_unsupported() {
        for (group, kind, _) in super::UNSUPPORTED {
            assert!(!DIALECTS.iter().any(|dialect| dialect.reads(group, kind)), "{group} {kind}");
        }
        assert_eq!(unsupported("kyverno.io", "ClusterPolicy"), Some("kyverno"));
        assert_eq!(
            unsupported("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            None
        );
    }
}
