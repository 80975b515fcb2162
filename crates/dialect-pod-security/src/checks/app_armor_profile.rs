use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, text};
use crate::references;
use crate::wording::{Setters, go_quoted, join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "use the profile type `RuntimeDefault` or `Localhost`, or leave the profile out",
    versions: &[(0, only_safe_profiles)],
};

pub(crate) static RULE: Rule = Rule {
    id: "appArmorProfile",
    title: "AppArmor must not be switched off",
    severity: Severity::Medium,
    what: "`securityContext.appArmorProfile.type` of the pod and of every container may only be \
           `RuntimeDefault` or `Localhost`, and annotations that begin with \
           `container.apparmor.security.beta.kubernetes.io/` may only be `runtime/default`, \
           `localhost/…` or empty. Baseline, since v1.0.",
    why: "On hosts with AppArmor the container runtime's profile is applied by default and keeps \
          a container from mounting file systems, writing to `/proc` and `/sys` and tracing \
          other processes. `Unconfined` takes that layer away.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
    securityContext:
      appArmorProfile:
        type: Unconfined
",
    fix: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
    securityContext:
      appArmorProfile:
        type: RuntimeDefault
",
    references: &[
        references::BASELINE,
        Reference {
            title: "Kubernetes: Restrict a Container's Access to Resources with AppArmor",
            url: "https://kubernetes.io/docs/tutorials/security/apparmor/",
        },
        references::NSA_HARDENING,
        references::OWASP_K01,
    ],
};

const ANNOTATION_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

fn is_safe_type(profile: &str) -> bool {
    matches!(profile, "RuntimeDefault" | "Localhost")
}

fn is_safe_annotation(profile: &str) -> bool {
    matches!(profile, "" | "runtime/default") || profile.starts_with("localhost/")
}

fn only_safe_profiles(pod: &Pod<'_>) -> Option<Forbidden> {
    let mut setters = Setters::default();
    let mut types = BTreeSet::new();
    let mut pointers = Vec::new();
    let of_pod = pod.security.app_armor_profile.map(|p| text(p, "type"));
    if let Some(profile) = of_pod.filter(|profile| !is_safe_type(profile)) {
        setters.pod = true;
        types.insert(profile);
        pointers.push(Pod::security_pointer(&["appArmorProfile", "type"]));
    }
    for container in pod.containers() {
        let profile = container.security.app_armor_profile.map(|p| text(p, "type"));
        if let Some(profile) = profile.filter(|profile| !is_safe_type(profile)) {
            setters.containers.push(container.name());
            types.insert(profile);
            pointers.push(container.security_pointer(&["appArmorProfile", "type"]));
        }
    }
    let mut annotations = Vec::new();
    for (key, profile) in pod.annotations() {
        if key.starts_with(ANNOTATION_PREFIX) && !is_safe_annotation(profile) {
            annotations.push(format!("{key}={}", go_quoted(profile)));
            pointers.push(Pod::annotation_pointer(key));
        }
    }
    if pointers.is_empty() {
        return None;
    }
    // Sorted as upstream sorts them: `key="value"`, which is not quite the order of the keys.
    annotations.sort();
    let mut parts = setters.parts();
    if !annotations.is_empty() {
        parts.push(plural("annotation", "annotations", annotations.len()).to_owned());
    }
    let count = types.len() + annotations.len();
    let values = types.into_iter().chain(annotations.iter().map(String::as_str));
    Some(Forbidden {
        severity: None,
        reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", count),
        detail: format!(
            "{} must not set AppArmor profile type to {}",
            parts.join(" and "),
            join_quoted(values)
        ),
        pointers,
    })
}
