use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field, items, text};
use crate::references;
use crate::wording::{join_quoted, plural};
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeSet;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Restricted,
    overrides: Some("hostPathVolumes"),
    help: "use a persistentVolumeClaim in place of storage that the pod names itself",
    versions: &[(0, only_allowed_types)],
};

pub(crate) static RULE: Rule = Rule {
    id: "restrictedVolumes",
    title: "Pods may only use volumes that the cluster manages",
    severity: Severity::Medium,
    what: "Every entry of `spec.volumes` has to be a configMap, csi, downwardAPI, emptyDir, \
           ephemeral, image, persistentVolumeClaim, projected or secret volume. Restricted, since \
           v1.0, in place of `hostPathVolumes`.",
    why: "hostPath gives the node's files away. The other types let whoever writes a pod talk to \
          storage directly, with addresses and credentials of their choice, through drivers that \
          run in the kubelet or the kernel; with a PersistentVolume an administrator decides.",
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
    nfs: {server: files.example, path: /web}
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
        references::RESTRICTED,
        Reference {
            title: "Kubernetes: Persistent Volumes",
            url: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
        },
        super::host_path_volumes::HOST_PATH,
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

const ALLOWED: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// In upstream's order: where a volume sets several, the first is named.
const RESTRICTED: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

fn is_allowed(volume: &Value) -> bool {
    // Fewer fields are set than types exist, so look from the fields.
    volume.as_object().is_some_and(|fields| {
        fields.iter().any(|(key, value)| !value.is_null() && ALLOWED.contains(&key.as_str()))
    })
}

fn only_allowed_types(pod: &Pod<'_>) -> Option<Forbidden> {
    let (mut names, mut pointers) = (Vec::new(), Vec::new());
    let mut types = BTreeSet::new();
    for (index, volume) in items(pod.spec.volumes).iter().enumerate() {
        if is_allowed(volume) {
            continue;
        }
        let pointer = Pointer::root().keys(&["spec", "volumes"]).index(index);
        let found = RESTRICTED.into_iter().find(|name| field(volume, name).is_some());
        names.push(text(volume, "name"));
        types.insert(found.unwrap_or("unknown"));
        pointers.push(found.map_or(pointer.clone(), |name| pointer.key(name)));
    }
    (!names.is_empty()).then(|| Forbidden {
        severity: types.contains("hostPath").then_some(Severity::High),
        reason: "restricted volume types",
        detail: format!(
            "{} {} {} {} {}",
            plural("volume", "volumes", names.len()),
            join_quoted(names.iter().copied()),
            plural("uses", "use", names.len()),
            plural("restricted volume type", "restricted volume types", types.len()),
            join_quoted(types)
        ),
        pointers,
    })
}
