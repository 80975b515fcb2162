//! Policies of a cluster as the files of a bundle.

use crate::ApiResource;
use sekisho_manifest::to_yaml;
use sekisho_policy::BundleFile;
use sekisho_value::Value;

/// The first part of the ids of policies that were read from a cluster, and how the paths of their
/// files begin.
pub const ORIGIN: &str = "cluster";
const START: &str = "cluster:";

/// What `kubectl apply` notes, so that it can tell what it changed.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What somebody wrote of an object's metadata; the rest is the API server's.
const WRITTEN: [&str; 4] = ["name", "namespace", "labels", "annotations"];

/// How the paths of these files begin, and the first part of their policies' ids.
#[must_use]
pub fn origin() -> (String, String) {
    (START.to_owned(), ORIGIN.to_owned())
}

/// The file that a policy is: what somebody wrote of it, without what changes while it stands
/// there.
#[must_use]
pub fn bundle_file(resource: &ApiResource, object: &Value) -> BundleFile {
    let name = object.path_str(&["metadata", "name"]).unwrap_or_default();
    let place = match object.path_str(&["metadata", "namespace"]) {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    };
    BundleFile {
        path: format!("{START}{}/{place}", resource.qualified()).into(),
        bytes: to_yaml(&written(object)).into_bytes().into(),
    }
}

/// What somebody wrote of an object.
fn written(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|key, _| WRITTEN.contains(&key.as_str()));
            if let Some(notes) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                notes.remove(LAST_APPLIED);
            }
        }
    }
    object
}

/// The files that the keys of a ConfigMap are.
#[must_use]
pub fn config_map_files(config_map: &Value) -> Vec<BundleFile> {
    let of = |key: &str| config_map.path_str(&["metadata", key]).unwrap_or_default();
    let data = config_map.get("data").and_then(Value::as_object);
    let file = |(key, text): (&sekisho_value::Key, &Value)| BundleFile {
        path: format!("{START}configmaps/{}/{}/{key}", of("namespace"), of("name")).into(),
        bytes: text.as_str().unwrap_or_default().as_bytes().into(),
    };
    data.into_iter().flat_map(|data| data.iter()).map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::{bundle_file, config_map_files};
    use crate::ApiResource;
    use sekisho_value::from_json;

    #[test]
    fn a_file_is_what_somebody_wrote() {
        let resource = ApiResource {
            group: "constraints.gatekeeper.sh".into(),
            version: "v1beta1".into(),
            kind: "K8sX".into(),
            plural: "k8sx".into(),
            namespaced: false,
            listable: true,
            watchable: true,
        };
        let object = |version: u32, status: &str| {
            let text = format!(
                r#"{{"apiVersion":"constraints.gatekeeper.sh/v1beta1","kind":"K8sX","metadata":{{"name":"a","resourceVersion":"{version}","uid":"u","labels":{{"a":"b"}},"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"x"}}}},"spec":{{"x":1}},"status":{{"byPod":"{status}"}}}}"#
            );
            bundle_file(&resource, &from_json(&text).unwrap())
        };
        let (one, other) = (object(1, "a"), object(2, "b"));
        assert_eq!(&*one.path, "cluster:k8sx.constraints.gatekeeper.sh/a");
        assert_eq!(one.bytes, other.bytes);
        let text = String::from_utf8(one.bytes.to_vec()).unwrap();
        assert!(text.contains("x: 1") && text.contains("a: b") && !text.contains("uid"), "{text}");
    }

    #[test]
    fn every_key_of_a_config_map_is_a_file() {
        let map = r#"{"metadata":{"name":"m","namespace":"n"},"data":{"a.yaml":"x: 1"}}"#;
        let files = config_map_files(&from_json(map).unwrap());
        assert_eq!(files.len(), 1);
        assert_eq!(
            (&*files[0].path, &*files[0].bytes),
            ("cluster:configmaps/n/m/a.yaml", &b"x: 1"[..])
        );
    }
}
