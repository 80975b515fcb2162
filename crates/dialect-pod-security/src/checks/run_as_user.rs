use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::references;
use crate::wording::Setters;
use sekisho_policy::{Rule, Severity};
use sekisho_value::Value;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: None,
    help: "set `runAsUser` to a user id other than 0, or leave it out",
    versions: &[(23, not_zero), (35, not_zero_on_host_users)],
};

pub(crate) static RULE: Rule = Rule {
    id: "runAsUser",
    title: "Containers must not ask for user 0",
    severity: Severity::Medium,
    what: "`securityContext.runAsUser` may not be 0, for the pod and for every container, init \
           and ephemeral ones included. Restricted, since v1.23; since v1.35 not for pods with \
           `spec.hostUsers: false`.",
    why: "User 0 is root, in the container and, once one barrier falls, on the node. Together \
          with `runAsNonRoot: true` the container would not even start.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsUser: 0
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
    runAsUser: 10001
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    references: &[
        references::RESTRICTED,
        references::SECURITY_CONTEXT,
        references::NSA_NON_ROOT,
        references::OWASP_K01,
    ],
};

fn not_zero_on_host_users(pod: &Pod<'_>) -> Option<Forbidden> {
    if pod.has_user_namespace() { None } else { not_zero(pod) }
}

fn not_zero(pod: &Pod<'_>) -> Option<Forbidden> {
    let is_root = |user: Option<&Value>| user.and_then(Value::as_i64) == Some(0);
    let mut setters = Setters::default();
    let mut pointers = Vec::new();
    if is_root(pod.security.run_as_user) {
        setters.pod = true;
        pointers.push(Pod::security_pointer(&["runAsUser"]));
    }
    for container in pod.containers() {
        if is_root(container.security.run_as_user) {
            setters.containers.push(container.name());
            pointers.push(container.security_pointer(&["runAsUser"]));
        }
    }
    (!setters.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "runAsUser=0",
        detail: format!("{} must not set runAsUser=0", setters.in_words()),
        pointers,
    })
}
