use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::references;
use crate::wording::{Setters, containers};
use sekisho_policy::{Rule, Severity};
use sekisho_value::Value;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: None,
    help: "set `securityContext.runAsNonRoot: true` for the pod or for every container, and give \
           the image a user that is not root",
    versions: &[(0, must_be_non_root), (35, must_be_non_root_on_host_users)],
};

pub(crate) static RULE: Rule = Rule {
    id: "runAsNonRoot",
    title: "Containers must not run as root",
    severity: Severity::Medium,
    what: "`securityContext.runAsNonRoot` has to be true for the pod or for every container, init \
           and ephemeral ones included, and may nowhere be false. Restricted, since v1.0; since \
           v1.35 not for pods with `spec.hostUsers: false`.",
    why: "Root in a container is root on the node as soon as one other barrier falls: a kernel \
          bug, a mounted path, a leaked file descriptor. With the field the kubelet refuses to \
          start a container whose image would run as root.",
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
    runAsNonRoot: true
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

fn must_be_non_root_on_host_users(pod: &Pod<'_>) -> Option<Forbidden> {
    if pod.has_user_namespace() { None } else { must_be_non_root(pod) }
}

fn must_be_non_root(pod: &Pod<'_>) -> Option<Forbidden> {
    let field = "runAsNonRoot";
    let of_pod = pod.security.run_as_non_root.map(|value| value.as_bool() == Some(true));
    let mut refusing = Setters { pod: of_pod == Some(false), ..Setters::default() };
    let mut silent = Vec::new();
    let (mut wrong, mut wanted) = (Vec::new(), Vec::new());
    if refusing.pod {
        wrong.push(Pod::security_pointer(&[field]));
    }
    for container in pod.containers() {
        match container.security.run_as_non_root.map(Value::as_bool) {
            Some(Some(true)) => {}
            Some(_) => {
                refusing.containers.push(container.name());
                wrong.push(container.security_pointer(&[field]));
            }
            None if of_pod == Some(true) => {}
            None => {
                silent.push(container.name());
                wanted.push(container.security_pointer(&[field]));
            }
        }
    }
    let (detail, pointers) = if !refusing.is_empty() {
        let who = refusing.in_words();
        (format!("{who} must not set securityContext.runAsNonRoot=false"), wrong)
    } else if !silent.is_empty() {
        let who = containers(&silent);
        (format!("pod or {who} must set securityContext.runAsNonRoot=true"), wanted)
    } else {
        return None;
    };
    let reason = "runAsNonRoot != true";
    Some(Forbidden { severity: None, reason, detail, pointers })
}
