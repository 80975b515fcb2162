//! The list of all checks, and which of them make up a level in a version.
//!
//! Source of the rules: `policy/registry.go` of k8s.io/pod-security-admission.

use crate::check::{Check, CheckFn};
use crate::checks;
use crate::level::{Level, LevelVersion};
use sekisho_policy::KubernetesVersion;
use std::sync::LazyLock;

/// Every check: those of baseline by id, then those of restricted by id. Messages follow this
/// order.
pub(crate) static CHECKS: [&Check; 19] = [
    &checks::app_armor_profile::CHECK,
    &checks::capabilities_baseline::CHECK,
    &checks::host_namespaces::CHECK,
    &checks::host_path_volumes::CHECK,
    &checks::host_ports::CHECK,
    &checks::host_probes_and_host_lifecycle::CHECK,
    &checks::privileged::CHECK,
    &checks::proc_mount::CHECK,
    &checks::se_linux_options::CHECK,
    &checks::seccomp_profile_baseline::CHECK,
    &checks::sysctls::CHECK,
    &checks::windows_host_process::CHECK,
    &checks::allow_privilege_escalation::CHECK,
    &checks::capabilities_restricted::CHECK,
    &checks::proc_mount_restricted::CHECK,
    &checks::restricted_volumes::CHECK,
    &checks::run_as_non_root::CHECK,
    &checks::run_as_user::CHECK,
    &checks::seccomp_profile_restricted::CHECK,
];

/// A check with its judgement in one version.
#[derive(Clone, Copy)]
pub(crate) struct Resolved {
    /// the check
    pub(crate) check: &'static Check,
    /// its judgement
    pub(crate) judge: CheckFn,
}

/// The checks of a level in a version, in the order of messages.
pub(crate) fn resolve(wanted: LevelVersion, target: KubernetesVersion) -> &'static [Resolved] {
    static BY_VERSION: LazyLock<Vec<[Vec<Resolved>; 2]>> = LazyLock::new(|| {
        let versions = 0..=KubernetesVersion::NEWEST.minor;
        versions.map(|minor| [baseline(minor), restricted(minor)]).collect()
    });
    let minor = usize::from(wanted.version.resolve(target));
    match (wanted.level, BY_VERSION.get(minor)) {
        (Level::Privileged, _) | (_, None) => &[],
        (Level::Baseline, Some([baseline, _])) => baseline,
        (Level::Restricted, Some([_, restricted])) => restricted,
    }
}

fn active(minor: u16) -> impl Iterator<Item = Resolved> {
    CHECKS.iter().filter_map(move |check| Some(Resolved { check, judge: check.at(minor)? }))
}

fn baseline(minor: u16) -> Vec<Resolved> {
    active(minor).filter(|resolved| resolved.check.level == Level::Baseline).collect()
}

fn restricted(minor: u16) -> Vec<Resolved> {
    let overridden: Vec<&str> = active(minor).filter_map(|r| r.check.overrides).collect();
    active(minor).filter(|resolved| !overridden.contains(&resolved.check.rule.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, resolve};
    use crate::level::{Level, LevelVersion, Version};
    use sekisho_policy::KubernetesVersion;

    fn ids(level: Level, minor: u32) -> Vec<&'static str> {
        let wanted = LevelVersion { level, version: Version::Minor(minor) };
        let checks = resolve(wanted, KubernetesVersion::NEWEST);
        checks.iter().map(|resolved| resolved.check.rule.id).collect()
    }

    #[test]
    fn the_list_is_in_upstream_order() {
        let key = |check: &&super::Check| (check.level, check.rule.id);
        assert!(CHECKS.is_sorted_by_key(key));
        let count = |level| CHECKS.iter().filter(|check| check.level == level).count();
        assert_eq!((count(Level::Baseline), count(Level::Restricted)), (12, 7));
        for check in CHECKS {
            assert!(check.versions.is_sorted_by(|(a, _), (b, _)| a < b), "{}", check.rule.id);
            let overridden = check.overrides.map(|id| CHECKS.iter().find(|c| c.rule.id == id));
            if let Some(overridden) = overridden {
                assert_eq!(overridden.map(|c| c.level), Some(Level::Baseline));
                assert_eq!(check.level, Level::Restricted);
            }
        }
    }

    #[test]
    fn levels_have_the_checks_of_their_version() {
        let baseline = [
            "appArmorProfile",
            "capabilities_baseline",
            "hostNamespaces",
            "hostPathVolumes",
            "hostPorts",
            "privileged",
            "procMount",
            "seLinuxOptions",
            "seccompProfile_baseline",
            "sysctls",
            "windowsHostProcess",
        ];
        assert_eq!(ids(Level::Baseline, 0), baseline);
        assert_eq!(ids(Level::Baseline, 33), baseline);
        assert_eq!(ids(Level::Baseline, 34).len(), 12);
        assert_eq!(ids(Level::Privileged, 37), [""; 0]);
        for (minor, added, removed) in [
            (0, vec!["restrictedVolumes", "runAsNonRoot"], vec!["hostPathVolumes"]),
            (8, vec!["allowPrivilegeEscalation"], vec![]),
            (19, vec!["seccompProfile_restricted"], vec!["seccompProfile_baseline"]),
            (22, vec!["capabilities_restricted"], vec!["capabilities_baseline"]),
            (23, vec!["runAsUser"], vec![]),
            (34, vec!["hostProbesAndHostLifecycle"], vec![]),
            (35, vec!["procMount_restricted"], vec!["procMount"]),
        ] {
            let now = ids(Level::Restricted, minor);
            let before = match minor {
                0 => baseline.to_vec(),
                minor => ids(Level::Restricted, minor - 1),
            };
            for id in &added {
                assert!(now.contains(id) && !before.contains(id), "{id} in v1.{minor}");
            }
            for id in &removed {
                assert!(!now.contains(id) && before.contains(id), "{id} in v1.{minor}");
            }
            assert_eq!(now.len(), before.len() + added.len() - removed.len(), "v1.{minor}");
        }
        assert_eq!(
            ids(Level::Restricted, 37),
            [
                "appArmorProfile",
                "hostNamespaces",
                "hostPorts",
                "hostProbesAndHostLifecycle",
                "privileged",
                "seLinuxOptions",
                "sysctls",
                "windowsHostProcess",
                "allowPrivilegeEscalation",
                "capabilities_restricted",
                "procMount_restricted",
                "restrictedVolumes",
                "runAsNonRoot",
                "runAsUser",
                "seccompProfile_restricted",
            ]
        );
    }
}
