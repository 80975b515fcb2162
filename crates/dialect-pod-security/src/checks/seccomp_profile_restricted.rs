use super::seccomp_profile_baseline::{SECCOMP, Unsafe};
use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::{references, wording};
use sekisho_policy::{Rule, Severity};

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: Some("seccompProfile_baseline"),
    help: "set `securityContext.seccompProfile.type: RuntimeDefault` for the pod",
    versions: &[(19, must_be_set), (25, must_be_set_on_linux)],
};

pub(crate) static RULE: Rule = Rule {
    id: "seccompProfile_restricted",
    title: "A seccomp profile must be set",
    severity: Severity::Medium,
    what: "`securityContext.seccompProfile.type` has to be `RuntimeDefault` or `Localhost`, for \
           the pod or for every container, init and ephemeral ones included. Restricted, since \
           v1.19, in place of `seccompProfile_baseline`; since v1.25 not for pods with \
           `spec.os.name: windows`.",
    why: "Without a profile a container may use every system call of the kernel, unless the \
          kubelet is set to apply the runtime's profile by default. Most kernel bugs that lead \
          out of containers are in calls that the runtime's profile forbids.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    fix: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    references: &[
        references::RESTRICTED,
        SECCOMP,
        references::NSA_HARDENING,
        references::OWASP_K01,
    ],
};

fn must_be_set_on_linux(pod: &Pod<'_>) -> Option<Forbidden> {
    // The API server refuses the field for Windows pods.
    if pod.is_windows() { None } else { must_be_set(pod) }
}

fn must_be_set(pod: &Pod<'_>) -> Option<Forbidden> {
    let mut found = Unsafe::of(pod, true);
    if let Some(forbidden) = found.forbidden() {
        return Some(forbidden);
    }
    (!found.silent.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "seccompProfile",
        detail: format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
             \"Localhost\"",
            wording::containers(&found.silent)
        ),
        pointers: found.wanted,
    })
}
