use super::capabilities_baseline::{CAPABILITIES, added, is_default};
use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field, items};
use crate::{references, wording};
use sekisho_policy::{Rule, Severity};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: Some("capabilities_baseline"),
    help: "set `securityContext.capabilities.drop: [ALL]` in every container, and add at most \
           NET_BIND_SERVICE",
    versions: &[(22, drop_all), (25, drop_all_on_linux)],
};

pub(crate) static RULE: Rule = Rule {
    id: "capabilities_restricted",
    title: "Containers must drop all capabilities",
    severity: Severity::Medium,
    what: "Every container, init and ephemeral ones included, has to list `ALL` in \
           `securityContext.capabilities.drop`, and may add nothing but NET_BIND_SERVICE. \
           Restricted, since v1.22, in place of `capabilities_baseline`; since v1.25 not for pods \
           with `spec.os.name: windows`.",
    why: "Even the default set lets a process that runs as root change owners of files, forge \
          packets on older runtimes and bypass file permissions. Hardly any service needs one of \
          them, and what is dropped cannot be abused after a break-in.",
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
      capabilities:
        drop: [ALL]
",
    references: &[
        references::RESTRICTED,
        CAPABILITIES,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

fn drop_all_on_linux(pod: &Pod<'_>) -> Option<Forbidden> {
    // The API server refuses capabilities for Windows pods.
    if pod.is_windows() { None } else { drop_all(pod) }
}

fn drop_all(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut missing, mut adding) = (Vec::new(), Vec::new());
    let (mut wanted, mut pointers) = (Vec::new(), Vec::new());
    let mut capabilities = BTreeSet::new();
    for container in pod.containers() {
        let dropped = container.security.capabilities.and_then(|c| field(c, "drop"));
        if !items(dropped).iter().any(|capability| capability.as_str() == Some("ALL")) {
            missing.push(container.name());
            wanted.push(container.security_pointer(&["capabilities", "drop"]));
        }
        let before = pointers.len();
        for (capability, pointer) in added(container) {
            if capability != "NET_BIND_SERVICE" {
                capabilities.insert(capability);
                pointers.push(pointer());
            }
        }
        if pointers.len() > before {
            adding.push(container.name());
        }
    }
    if missing.is_empty() && adding.is_empty() {
        return None;
    }
    let beyond_default = capabilities.iter().any(|capability| !is_default(capability));
    let drop = (!missing.is_empty()).then(|| {
        let who = wording::containers(&missing);
        format!(r#"{who} must set securityContext.capabilities.drop=["ALL"]"#)
    });
    let add = (!adding.is_empty()).then(|| {
        let (who, what) = (wording::containers(&adding), wording::join_quoted(capabilities));
        format!("{who} must not include {what} in securityContext.capabilities.add")
    });
    // What is there offends more than what is missing.
    pointers.append(&mut wanted);
    Some(Forbidden {
        severity: beyond_default.then_some(Severity::High),
        reason: "unrestricted capabilities",
        detail: drop.into_iter().chain(add).collect::<Vec<_>>().join("; "),
        pointers,
    })
}
