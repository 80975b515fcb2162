use sekisho_value::{Map, Value};

/// `namespaceObject`: the fields of a Namespace that expressions may read.
///
/// Source of the rule: `CreateNamespaceObject` in `pkg/admission/plugin/cel` of `k8s.io/apiserver`.
#[must_use]
pub fn shown_namespace(namespace: &Value) -> Value {
    const METADATA: [&str; 12] = [
        "name",
        "generateName",
        "namespace",
        "labels",
        "annotations",
        "uid",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "resourceVersion",
        "finalizers",
    ];
    let metadata = METADATA
        .into_iter()
        .filter_map(|key| Some((key, namespace.path(&["metadata", key])?.clone())));
    let part = |key: &str| {
        let part = namespace.get(key).filter(|part| part.as_object().is_some());
        part.cloned().unwrap_or_else(Value::object)
    };
    Value::Object(Map::from_iter([
        ("metadata", Value::Object(metadata.collect())),
        ("spec", part("spec")),
        ("status", part("status")),
    ]))
}
