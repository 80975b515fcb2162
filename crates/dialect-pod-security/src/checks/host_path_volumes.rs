use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field, items, text};
use crate::references;
use crate::wording::{join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::Pointer;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "use a persistentVolumeClaim, an emptyDir or another volume that is no part of the node",
    versions: &[(0, no_host_path)],
};

pub(crate) static RULE: Rule = Rule {
    id: "hostPathVolumes",
    title: "Pods must not mount the node's files",
    severity: Severity::High,
    what: "`spec.volumes[*].hostPath` may not be set. Baseline, since v1.0; restricted replaces \
           it by `restrictedVolumes`.",
    why: "A path of the node inside a container is a way out of it: the kubelet's credentials, \
          the container runtime's socket, other pods' secrets and volumes, or a place from which \
          the node runs programs. Even a read-only mount gives secrets away.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry.example/web:1.4.2
    volumeMounts:
    - {name: data, mountPath: /data}
  volumes:
  - name: data
    hostPath: {path: /var/lib/web}
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
    volumeMounts:
    - {name: data, mountPath: /data}
  volumes:
  - name: data
    persistentVolumeClaim: {claimName: web-data}
",
    references: &[
        references::BASELINE,
        HOST_PATH,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

pub(super) const HOST_PATH: Reference = Reference {
    title: "Kubernetes: hostPath volumes",
    url: "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
};

fn no_host_path(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    for (index, volume) in items(pod.spec.volumes).iter().enumerate() {
        if field(volume, "hostPath").is_some() {
            names.push(text(volume, "name"));
            let volumes = Pointer::root().keys(&["spec", "volumes"]);
            pointers.push(volumes.index(index).key("hostPath"));
        }
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "hostPath volumes",
        detail: format!(
            "{} {}",
            plural("volume", "volumes", names.len()),
            join_quoted(names.iter().copied())
        ),
        pointers,
    })
}
