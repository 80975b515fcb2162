use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, text};
use crate::references;
use crate::wording::{Setters, go_quoted, join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::Pointer;
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "use the profile type `RuntimeDefault` or `Localhost`",
    versions: &[(0, only_safe_annotations), (19, only_safe_types)],
};

pub(crate) static RULE: Rule = Rule {
    id: "seccompProfile_baseline",
    title: "Seccomp must not be switched off",
    severity: Severity::Medium,
    what: "`securityContext.seccompProfile.type` of the pod and of every container may only be \
           `RuntimeDefault` or `Localhost`, or absent. Baseline, since v1.19; before, the \
           annotations `seccomp.security.alpha.kubernetes.io/pod` and \
           `container.seccomp.security.alpha.kubernetes.io/NAME` may only be `runtime/default`, \
           `docker/default` or `localhost/…`. Restricted replaces it by \
           `seccompProfile_restricted` since v1.19.",
    why: "Seccomp keeps a container from system calls that hardly any program needs, and in which \
          most kernel bugs that lead out of containers were found. `Unconfined` opens them all.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    seccompProfile:
      type: Unconfined
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
    references: &[references::BASELINE, SECCOMP, references::NSA_HARDENING, references::OWASP_K01],
};

pub(super) const SECCOMP: Reference = Reference {
    title: "Kubernetes: Restrict a Container's Syscalls with seccomp",
    url: "https://kubernetes.io/docs/tutorials/security/seccomp/",
};

const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn is_safe_type(profile: &str) -> bool {
    matches!(profile, "RuntimeDefault" | "Localhost")
}

fn is_safe_annotation(profile: &str) -> bool {
    matches!(profile, "runtime/default" | "docker/default") || profile.starts_with("localhost/")
}

/// What sets a profile type that is not allowed.
#[derive(Default)]
pub(super) struct Unsafe<'a> {
    setters: Setters<'a>,
    types: BTreeSet<&'a str>,
    pointers: Vec<Pointer>,
    /// containers that set none
    pub(super) silent: Vec<&'a str>,
    /// where these would
    pub(super) wanted: Vec<Pointer>,
}

impl<'a> Unsafe<'a> {
    /// Looks at the pod and its containers; `silent` only where `required` and the pod's own
    /// profile does not stand in.
    pub(super) fn of(pod: &Pod<'a>, required: bool) -> Self {
        let mut found = Self::default();
        let of_pod = pod.security.seccomp_profile.map(|p| text(p, "type"));
        if let Some(profile) = of_pod.filter(|profile| !is_safe_type(profile)) {
            found.setters.pod = true;
            found.types.insert(profile);
            found.pointers.push(Pod::security_pointer(&["seccompProfile", "type"]));
        }
        let wanted = required && !of_pod.is_some_and(is_safe_type);
        for container in pod.containers() {
            let pointer = || container.security_pointer(&["seccompProfile", "type"]);
            match container.security.seccomp_profile.map(|p| text(p, "type")) {
                Some(profile) if is_safe_type(profile) => {}
                Some(profile) => {
                    found.setters.containers.push(container.name());
                    found.types.insert(profile);
                    found.pointers.push(pointer());
                }
                None if wanted => {
                    found.silent.push(container.name());
                    found.wanted.push(pointer());
                }
                None => {}
            }
        }
        found
    }

    /// The violation, where anything sets a type that is not allowed.
    pub(super) fn forbidden(&mut self) -> Option<Forbidden> {
        (!self.setters.is_empty()).then(|| Forbidden {
            severity: None,
            reason: "seccompProfile",
            detail: format!(
                "{} must not set securityContext.seccompProfile.type to {}",
                self.setters.in_words(),
                join_quoted(self.types.iter().copied())
            ),
            pointers: std::mem::take(&mut self.pointers),
        })
    }
}

fn only_safe_types(pod: &Pod<'_>) -> Option<Forbidden> {
    Unsafe::of(pod, false).forbidden()
}

fn only_safe_annotations(pod: &Pod<'_>) -> Option<Forbidden> {
    let mut forbidden = BTreeSet::new();
    let mut pointers = Vec::new();
    let mut judge = |key: &str| {
        if let Some(profile) = pod.annotation(key).filter(|profile| !is_safe_annotation(profile)) {
            // Containers of the same name share an annotation.
            if forbidden.insert(format!("{key}={}", go_quoted(profile))) {
                pointers.push(Pod::annotation_pointer(key));
            }
        }
    };
    if pod.annotations().next().is_some() {
        judge(POD_ANNOTATION);
        for container in pod.containers() {
            judge(&format!("{CONTAINER_ANNOTATION}{}", container.name()));
        }
    }
    (!forbidden.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "seccompProfile",
        detail: format!(
            "forbidden {} {}",
            plural("annotation", "annotations", forbidden.len()),
            forbidden.into_iter().collect::<Vec<_>>().join(", ")
        ),
        pointers,
    })
}
