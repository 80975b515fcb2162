//! What only the API server writes in `metadata`, and annotations that it rewrites.

use super::fields::{child, child_or_new, drop_if_empty, is_zero};
use sekisho_value::Map;

/// Fields that the API server sets or clears on every create.
const SERVER_OWNED: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Annotations in which init containers stood before they had a field (before 1.8); the API server
/// drops them.
const INIT_CONTAINER_ANNOTATIONS: [&str; 4] = [
    "pod.alpha.kubernetes.io/init-container-statuses",
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
    "pod.beta.kubernetes.io/init-containers",
];

/// Drops what only the API server writes.
pub(super) fn drop_server_owned(object: &mut Map) {
    if let Some(metadata) = child(object, "metadata") {
        for field in SERVER_OWNED {
            metadata.remove(field);
        }
    }
}

/// Drops the annotations that stood for init containers.
pub(super) fn drop_init_container_annotations(object: &mut Map) {
    for name in INIT_CONTAINER_ANNOTATIONS {
        drop_annotation(object, name);
    }
}

/// Drops an annotation, and `annotations` where nothing is left.
pub(super) fn drop_annotation(object: &mut Map, name: &str) {
    if annotation(object, name).is_none() {
        return;
    }
    if let Some(metadata) = child(object, "metadata") {
        if let Some(annotations) = child(metadata, "annotations") {
            annotations.remove(name);
        }
        drop_if_empty(metadata, "annotations");
    }
}

/// The value of an annotation.
pub(super) fn annotation<'a>(object: &'a Map, name: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// Sets an annotation.
pub(super) fn set_annotation(object: &mut Map, name: &'static str, value: String) {
    if let Some(metadata) = child_or_new(object, "metadata")
        && let Some(annotations) = child_or_new(metadata, "annotations")
    {
        annotations.insert(name, value);
    }
}

/// Gives an object that has no labels those of its pod template.
pub(super) fn labels_from_template(object: &mut Map, labels: &Map) {
    if let Some(metadata) = child_or_new(object, "metadata")
        && is_zero(metadata.get("labels"))
        && !labels.is_empty()
    {
        metadata.insert("labels", labels.clone());
    }
}

/// The labels of a pod template, where it has any.
pub(super) fn template_labels(spec: &Map) -> Option<Map> {
    spec.get("template")?.path(&["metadata", "labels"])?.as_object().cloned()
}
