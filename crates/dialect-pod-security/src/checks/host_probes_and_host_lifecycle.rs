use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field, text};
use crate::references;
use crate::wording::{join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `host` from the probe or lifecycle handler; the kubelet then asks the pod itself",
    versions: &[(34, no_host)],
};

pub(crate) static RULE: Rule = Rule {
    id: "hostProbesAndHostLifecycle",
    title: "Probes and lifecycle handlers must not name a host",
    severity: Severity::Medium,
    what: "`host` has to be absent or empty in `httpGet` and `tcpSocket` of liveness, readiness \
           and startup probes and of `lifecycle.postStart` and `lifecycle.preStop`, in every \
           container. Baseline, since v1.34.",
    why: "The kubelet carries out the request, from the node's network. With a host of their \
          choice, whoever writes the pod lets the node ask services that the pod itself cannot \
          reach: loopback, the cloud's metadata service, other tenants (server-side request \
          forgery).",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
    livenessProbe:
      httpGet: {host: 127.0.0.1, port: 8080, path: /healthz}
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
    livenessProbe:
      httpGet: {port: 8080, path: /healthz}
",
    references: &[
        references::BASELINE,
        Reference {
            title: "Kubernetes: Configure Liveness, Readiness and Startup Probes",
            url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
        },
        references::NSA_NETWORK,
        references::OWASP_K01,
        references::OWASP_K07,
    ],
};

fn no_host(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut hosts) = (BTreeSet::new(), BTreeSet::new());
    let mut pointers = Vec::new();
    for container in pod.containers() {
        let mut judge = |handler: Option<&Value>, path: &[&str]| {
            let Some(handler) = handler else { return };
            for action in ["httpGet", "tcpSocket"] {
                let host = field(handler, action).map_or("", |action| text(action, "host"));
                if !host.is_empty() {
                    names.insert(container.name().to_owned());
                    hosts.insert(host.to_owned());
                    pointers.push(pointer(container.pointer(), path, action));
                }
            }
        };
        let fields = &container.fields;
        judge(fields.liveness_probe, &["livenessProbe"]);
        judge(fields.readiness_probe, &["readinessProbe"]);
        judge(fields.startup_probe, &["startupProbe"]);
        if let Some(lifecycle) = fields.lifecycle {
            for hook in ["postStart", "preStop"] {
                judge(field(lifecycle, hook), &["lifecycle", hook]);
            }
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "probe or lifecycle host",
        detail: format!(
            "{} {} {} {} {}",
            plural("container", "containers", names.len()),
            join_quoted(names.iter().map(String::as_str)),
            plural("uses", "use", names.len()),
            plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.len()),
            join_quoted(hosts.iter().map(String::as_str))
        ),
        pointers,
    })
}

fn pointer(container: Pointer, path: &[&str], action: &str) -> Pointer {
    container.keys(path).key(action).key("host")
}
