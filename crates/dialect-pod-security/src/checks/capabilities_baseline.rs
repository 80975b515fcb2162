use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Container, Pod, field, items};
use crate::{references, wording};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::Pointer;
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "add no capability beyond the container runtime's default set, and never NET_RAW",
    versions: &[(0, only_default_capabilities)],
};

pub(crate) static RULE: Rule = Rule {
    id: "capabilities_baseline",
    title: "Containers must not add capabilities beyond the default set",
    severity: Severity::High,
    what: "`securityContext.capabilities.add` of every container may only hold AUDIT_WRITE, CHOWN, \
           DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, \
           SETUID and SYS_CHROOT. Baseline, since v1.0; restricted replaces it by \
           `capabilities_restricted` since v1.22.",
    why: "Capabilities are the pieces of root's power. SYS_ADMIN, SYS_PTRACE, SYS_MODULE or \
          DAC_READ_SEARCH are ways out of the container; NET_RAW and NET_ADMIN let it forge and \
          intercept the traffic of its neighbours.",
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
      capabilities:
        add: [SYS_ADMIN]
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
      capabilities:
        add: [NET_BIND_SERVICE]
",
    references: &[
        references::BASELINE,
        CAPABILITIES,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

pub(super) const CAPABILITIES: Reference = Reference {
    title: "Kubernetes: Set capabilities for a Container",
    url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-capabilities-for-a-container",
};

const DEFAULT_SET: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Whether a capability is in the set that baseline allows.
pub(super) fn is_default(capability: &str) -> bool {
    DEFAULT_SET.contains(&capability)
}

/// What a container adds, with the pointer to each.
pub(super) fn added<'a>(
    container: &Container<'a>,
) -> impl Iterator<Item = (&'a str, impl FnOnce() -> Pointer)> {
    let list = container.security.capabilities.and_then(|c| field(c, "add"));
    items(list).iter().enumerate().map(move |(index, capability)| {
        let pointer = move || container.security_pointer(&["capabilities", "add"]).index(index);
        (capability.as_str().unwrap_or_default(), pointer)
    })
}

fn only_default_capabilities(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    let mut capabilities = BTreeSet::new();
    for container in pod.containers() {
        let before = pointers.len();
        for (capability, pointer) in added(container) {
            if !is_default(capability) {
                capabilities.insert(capability);
                pointers.push(pointer());
            }
        }
        if pointers.len() > before {
            names.push(container.name());
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "non-default capabilities",
        detail: format!(
            "{} must not include {} in securityContext.capabilities.add",
            wording::containers(&names),
            wording::join_quoted(capabilities)
        ),
        pointers,
    })
}
