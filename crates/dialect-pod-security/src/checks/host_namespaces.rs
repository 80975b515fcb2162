use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::Pod;
use crate::references;
use sekisho_policy::{Rule, Severity};
use sekisho_value::{Pointer, Value};

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `hostNetwork`, `hostPID` and `hostIPC`",
    versions: &[(0, no_host_namespaces)],
};

pub(crate) static RULE: Rule = Rule {
    id: "hostNamespaces",
    title: "Pods must not share the node's namespaces",
    severity: Severity::High,
    what: "`spec.hostNetwork`, `spec.hostPID` and `spec.hostIPC` may not be true. Baseline, since \
           v1.0.",
    why: "With the node's process namespace a container sees every process of the node, reads \
          their environment and, if it is root, enters PID 1 with `nsenter` and owns the node. \
          With the node's network it reaches services bound to loopback and the cloud's metadata \
          service, and no network policy holds it.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostPID: true
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
",
    references: &[references::BASELINE, references::NSA_POD_SECURITY, references::OWASP_K01],
};

fn no_host_namespaces(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut set, mut pointers) = (Vec::new(), Vec::new());
    for (key, field, words) in [
        ("hostNetwork", pod.spec.host_network, "hostNetwork=true"),
        ("hostPID", pod.spec.host_pid, "hostPID=true"),
        ("hostIPC", pod.spec.host_ipc, "hostIPC=true"),
    ] {
        if field.and_then(Value::as_bool) == Some(true) {
            set.push(words);
            pointers.push(Pointer::root().keys(&["spec", key]));
        }
    }
    (!set.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "host namespaces",
        detail: set.join(", "),
        pointers,
    })
}
