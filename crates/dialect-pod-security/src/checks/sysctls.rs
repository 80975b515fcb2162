use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, items, text};
use crate::references;
use sekisho_policy::{Reference, Rule, Severity};

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove the sysctl, or use one of the safe set",
    versions: &[(0, safe_v0), (27, safe_v27), (29, safe_v29), (32, safe_v32), (37, safe_v37)],
};

pub(crate) static RULE: Rule = Rule {
    id: "sysctls",
    title: "Pods may only set safe sysctls",
    severity: Severity::Medium,
    what: "`spec.securityContext.sysctls[*].name` may only be kernel.shm_rmid_forced, \
           net.ipv4.ip_local_port_range, net.ipv4.tcp_syncookies, net.ipv4.ping_group_range and \
           net.ipv4.ip_unprivileged_port_start; since v1.27 net.ipv4.ip_local_reserved_ports; \
           since v1.29 net.ipv4.tcp_keepalive_time, net.ipv4.tcp_fin_timeout, \
           net.ipv4.tcp_keepalive_intvl and net.ipv4.tcp_keepalive_probes; since v1.32 \
           net.ipv4.tcp_rmem and net.ipv4.tcp_wmem; since v1.37 \
           net.ipv4.tcp_slow_start_after_idle and net.ipv4.tcp_notsent_lowat. Baseline, since \
           v1.0.",
    why: "Other kernel parameters are not confined to the pod, or harm its neighbours: they can \
          disable protections, exhaust the node's memory, or change the node's network.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    sysctls:
    - {name: kernel.msgmax, value: \"65536\"}
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
    sysctls:
    - {name: net.ipv4.ip_unprivileged_port_start, value: \"80\"}
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    references: &[
        references::BASELINE,
        Reference {
            title: "Kubernetes: Using sysctls in a Kubernetes Cluster",
            url: "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
        },
        references::NSA_HARDENING,
        references::OWASP_K01,
    ],
};

/// The safe sysctls, each with the minor version that added it.
const SAFE: [(u16, &str); 14] = [
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

fn safe_v0(pod: &Pod<'_>) -> Option<Forbidden> {
    only_safe(pod, 0)
}

fn safe_v27(pod: &Pod<'_>) -> Option<Forbidden> {
    only_safe(pod, 27)
}

fn safe_v29(pod: &Pod<'_>) -> Option<Forbidden> {
    only_safe(pod, 29)
}

fn safe_v32(pod: &Pod<'_>) -> Option<Forbidden> {
    only_safe(pod, 32)
}

fn safe_v37(pod: &Pod<'_>) -> Option<Forbidden> {
    only_safe(pod, 37)
}

fn only_safe(pod: &Pod<'_>, minor: u16) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    for (index, sysctl) in items(pod.security.sysctls).iter().enumerate() {
        let name = text(sysctl, "name");
        if !SAFE.iter().any(|(since, safe)| *since <= minor && *safe == name) {
            names.push(name);
            pointers.push(Pod::security_pointer(&["sysctls"]).index(index).key("name"));
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "forbidden sysctls",
        detail: names.join(", "),
        pointers,
    })
}
