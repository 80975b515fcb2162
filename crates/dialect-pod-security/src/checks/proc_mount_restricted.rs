use crate::check::Check;
use crate::level::Level;
use crate::references;
use sekisho_policy::{Reference, Rule, Severity};

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: Some("procMount"),
    help: "remove `procMount`, or set it to `Default`",
    versions: &[(35, super::proc_mount::only_default)],
};

pub(crate) static RULE: Rule = Rule {
    id: "procMount_restricted",
    title: "The masks over /proc must stay, in user namespaces too",
    severity: Severity::High,
    what: "`securityContext.procMount` of every container has to be absent or `Default`, whatever \
           `spec.hostUsers` says. Restricted, since v1.35, in place of `procMount`; before, \
           `procMount` itself made no exception.",
    why: "The container runtime masks parts of `/proc` and makes others read-only, because \
          through them the kernel is configured and information about the node leaks. A user \
          namespace takes away most of the power to write there, not all that can be read.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: false
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
  hostUsers: false
  containers:
  - name: web
    image: registry.example/web:1.4.2
    securityContext:
      procMount: Default
",
    references: &[
        references::RESTRICTED,
        PROC_ACCESS,
        references::NSA_HARDENING,
        references::OWASP_K01,
    ],
};

pub(super) const PROC_ACCESS: Reference = Reference {
    title: "Kubernetes: Managing access to the /proc filesystem",
    url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#proc-access",
};
