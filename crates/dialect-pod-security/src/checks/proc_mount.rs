use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::{references, wording};
use sekisho_policy::{Rule, Severity};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `procMount`, or run the pod in a user namespace with `hostUsers: false`",
    versions: &[(0, only_default), (35, only_default_on_host_users)],
};

pub(crate) static RULE: Rule = Rule {
    id: "procMount",
    title: "The masks over /proc must stay",
    severity: Severity::High,
    what: "`securityContext.procMount` of every container has to be absent or `Default`. \
           Baseline, since v1.0; since v1.35 any value is allowed with `spec.hostUsers: false`, \
           and restricted replaces it by `procMount_restricted`.",
    why: "The container runtime masks parts of `/proc` and makes others read-only, because \
          through them the kernel is configured and information about the node leaks. `Unmasked` \
          lifts all of that.",
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
      procMount: Unmasked
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
      procMount: Default
",
    references: &[
        references::BASELINE,
        super::proc_mount_restricted::PROC_ACCESS,
        references::NSA_HARDENING,
        references::OWASP_K01,
    ],
};

fn only_default_on_host_users(pod: &Pod<'_>) -> Option<Forbidden> {
    if pod.has_user_namespace() { None } else { only_default(pod) }
}

pub(super) fn only_default(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    let mut types = BTreeSet::new();
    for container in pod.containers() {
        let proc_mount = container.security.proc_mount.map(|m| m.as_str().unwrap_or_default());
        if let Some(proc_mount) = proc_mount.filter(|proc_mount| *proc_mount != "Default") {
            names.push(container.name());
            types.insert(proc_mount);
            pointers.push(container.security_pointer(&["procMount"]));
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "procMount",
        detail: format!(
            "{} must not set securityContext.procMount to {}",
            wording::containers(&names),
            wording::join_quoted(types)
        ),
        pointers,
    })
}
