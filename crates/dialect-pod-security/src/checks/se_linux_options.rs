use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, text};
use crate::references;
use crate::wording::{Setters, join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "leave `user` and `role` out, and use one of the container types, or none",
    versions: &[(0, container_types), (31, container_types_and_engine)],
};

pub(crate) static RULE: Rule = Rule {
    id: "seLinuxOptions",
    title: "SELinux must keep confining containers",
    severity: Severity::Medium,
    what: "In `securityContext.seLinuxOptions` of the pod and of every container, `type` may only \
           be `container_t`, `container_init_t` or `container_kvm_t` (since v1.31 also \
           `container_engine_t`) or empty, and neither `user` nor `role` may be set. Baseline, \
           since v1.0.",
    why: "On hosts with SELinux the type decides which files and processes of the node a \
          container may touch. A type such as `spc_t`, or another user or role, lifts the \
          confinement.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    seLinuxOptions:
      type: spc_t
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
    seLinuxOptions:
      type: container_t
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    references: &[
        references::BASELINE,
        Reference {
            title: "Kubernetes: Assign SELinux labels to a Container",
            url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#assign-selinux-labels-to-a-container",
        },
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

const CONTAINER_TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t"];
const CONTAINER_TYPES_AND_ENGINE: &[&str] =
    &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

fn container_types(pod: &Pod<'_>) -> Option<Forbidden> {
    only_types(pod, CONTAINER_TYPES)
}

fn container_types_and_engine(pod: &Pod<'_>) -> Option<Forbidden> {
    only_types(pod, CONTAINER_TYPES_AND_ENGINE)
}

#[derive(Default)]
struct Bad<'a> {
    types: BTreeSet<&'a str>,
    user: bool,
    role: bool,
    pointers: Vec<Pointer>,
}

impl<'a> Bad<'a> {
    /// Whether the options are allowed; what is not is kept.
    fn collect(
        &mut self,
        options: &'a Value,
        allowed: &[&str],
        pointer: &dyn Fn() -> Pointer,
    ) -> bool {
        let before = self.pointers.len();
        let selinux_type = text(options, "type");
        if !allowed.contains(&selinux_type) {
            self.types.insert(selinux_type);
            self.pointers.push(pointer().key("type"));
        }
        if !text(options, "user").is_empty() {
            self.user = true;
            self.pointers.push(pointer().key("user"));
        }
        if !text(options, "role").is_empty() {
            self.role = true;
            self.pointers.push(pointer().key("role"));
        }
        self.pointers.len() == before
    }

    fn in_words(&self) -> String {
        let types = (!self.types.is_empty()).then(|| {
            let noun = plural("type", "types", self.types.len());
            format!("{noun} {}", join_quoted(self.types.iter().copied()))
        });
        let user = self.user.then(|| "user may not be set".to_owned());
        let role = self.role.then(|| "role may not be set".to_owned());
        types.into_iter().chain(user).chain(role).collect::<Vec<_>>().join("; ")
    }
}

fn only_types(pod: &Pod<'_>, allowed: &[&str]) -> Option<Forbidden> {
    let mut setters = Setters::default();
    let mut bad = Bad::default();
    if let Some(options) = pod.security.se_linux_options {
        let pointer = || Pod::security_pointer(&["seLinuxOptions"]);
        setters.pod = !bad.collect(options, allowed, &pointer);
    }
    for container in pod.containers() {
        if let Some(options) = container.security.se_linux_options {
            let pointer = || container.security_pointer(&["seLinuxOptions"]);
            if !bad.collect(options, allowed, &pointer) {
                setters.containers.push(container.name());
            }
        }
    }
    (!setters.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "seLinuxOptions",
        detail: format!(
            "{} set forbidden securityContext.seLinuxOptions: {}",
            setters.in_words(),
            bad.in_words()
        ),
        pointers: bad.pointers,
    })
}
