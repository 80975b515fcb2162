use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::{references, wording};
use sekisho_policy::{Rule, Severity};
use sekisho_value::Value;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `privileged: true`, and add the single capability or device that is needed",
    versions: &[(0, not_privileged)],
};

pub(crate) static RULE: Rule = Rule {
    id: "privileged",
    title: "Containers must not be privileged",
    severity: Severity::Critical,
    what: "`securityContext.privileged` may not be true in any container, init and ephemeral ones \
           included. Baseline, since v1.0.",
    why: "A privileged container has all capabilities, all devices of the node, and neither \
          seccomp nor AppArmor nor SELinux confine it. Root in it is root on the node: it mounts \
          the node's disk and reads every secret of every pod there.",
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
      privileged: true
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
      privileged: false
",
    references: &[
        references::BASELINE,
        references::LINUX_SECURITY,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

fn not_privileged(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    for container in pod.containers() {
        if container.security.privileged.and_then(Value::as_bool) == Some(true) {
            names.push(container.name());
            pointers.push(container.security_pointer(&["privileged"]));
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "privileged",
        detail: format!(
            "{} must not set securityContext.privileged=true",
            wording::containers(&names)
        ),
        pointers,
    })
}
