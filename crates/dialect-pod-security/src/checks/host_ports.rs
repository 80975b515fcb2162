use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field, items};
use crate::references;
use crate::wording::{containers, plural};
use sekisho_policy::{Rule, Severity};
use sekisho_value::Value;
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `hostPort` and reach the pod through a Service",
    versions: &[(0, no_host_ports)],
};

pub(crate) static RULE: Rule = Rule {
    id: "hostPorts",
    title: "Containers must not open ports on the node",
    severity: Severity::Medium,
    what: "`ports[*].hostPort` of every container, init and ephemeral ones included, has to be \
           absent or 0. Baseline, since v1.0.",
    why: "A host port is open on the node's own addresses: outside of Services, often outside of \
          network policies and firewalls that expect pod addresses, and it can stand in for a \
          service of the node. It also ties the pod to nodes on which the port is free.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
    ports:
    - containerPort: 8080
      hostPort: 8080
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
    ports:
    - containerPort: 8080
",
    references: &[
        references::BASELINE,
        references::NSA_NETWORK,
        references::OWASP_K01,
        references::OWASP_K07,
    ],
};

fn no_host_ports(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    let mut ports = BTreeSet::new();
    for container in pod.containers() {
        let before = pointers.len();
        for (index, port) in items(container.fields.ports).iter().enumerate() {
            let number = field(port, "hostPort").and_then(Value::as_number);
            if let Some(number) = number.filter(|number| number.as_i64() != Some(0)) {
                // Sorted as text, as upstream sorts them.
                ports.insert(number.literal().into_owned());
                pointers.push(container.pointer().key("ports").index(index).key("hostPort"));
            }
        }
        if pointers.len() > before {
            names.push(container.name());
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "hostPort",
        detail: format!(
            "{} {} {} {}",
            containers(&names),
            plural("uses", "use", names.len()),
            plural("hostPort", "hostPorts", ports.len()),
            ports.into_iter().collect::<Vec<_>>().join(", ")
        ),
        pointers,
    })
}
