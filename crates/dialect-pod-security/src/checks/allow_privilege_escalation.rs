use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::{references, wording};
use sekisho_policy::{Rule, Severity};

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: None,
    help: "set `securityContext.allowPrivilegeEscalation: false` in every container",
    versions: &[(8, must_be_false), (25, must_be_false_on_linux)],
};

pub(crate) static RULE: Rule = Rule {
    id: "allowPrivilegeEscalation",
    title: "Containers must forbid privilege escalation",
    severity: Severity::Medium,
    what: "Every container, init and ephemeral ones included, has to set \
           `securityContext.allowPrivilegeEscalation: false`; leaving it out is not enough. \
           Restricted, since v1.8; since v1.25 not for pods with `spec.os.name: windows`.",
    why: "Without it a process can gain more privileges than its parent, for example through a \
          set-user-ID binary such as `sudo`, `mount` or a forgotten debugging tool. The field \
          sets the kernel's `no_new_privs` flag, which closes that way for the whole container.",
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
  containers:
  - name: web
    image: registry.example/web:1.4.2
    securityContext:
      allowPrivilegeEscalation: false
",
    references: &[
        references::RESTRICTED,
        references::SECURITY_CONTEXT,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

fn must_be_false_on_linux(pod: &Pod<'_>) -> Option<Forbidden> {
    // The API server refuses the field for Windows pods.
    if pod.is_windows() { None } else { must_be_false(pod) }
}

fn must_be_false(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    for container in pod.containers() {
        let field = container.security.allow_privilege_escalation;
        if field.and_then(|value| value.as_bool()) != Some(false) {
            names.push(container.name());
            pointers.push(container.security_pointer(&["allowPrivilegeEscalation"]));
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "allowPrivilegeEscalation != false",
        detail: format!(
            "{} must set securityContext.allowPrivilegeEscalation=false",
            wording::containers(&names)
        ),
        pointers,
    })
}
