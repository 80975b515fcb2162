//! What an object loses on its way through the store.
//!
//! The API server keeps its own kinds as protocol buffers, which know no list that is there and
//! empty, and no map entry that is `null`. Most such lists are dropped anyway; those that are
//! always written come back as `null`. Bytes that are `null` come back empty.

use super::fields::child;
use sekisho_value::{Map, Value};

/// Does to an object what storing it does.
pub(super) fn apply(group: &str, version: &str, kind: &str, object: &mut Map) {
    match (group, kind) {
        ("", "Secret") => fill_bytes(object, "data"),
        ("", "ConfigMap") => fill_bytes(object, "binaryData"),
        _ => {}
    }
    if is_served(group, version) {
        drop_empty_lists(group, kind, object);
    }
}

/// Whether a version is one that is stored at all, and whose lists were dropped where they may be
/// left out. Of an object that is not, nobody knows which lists are always written.
fn is_served(group: &str, version: &str) -> bool {
    let is_stable = !version.contains("alpha") && !version.contains("beta");
    group != "extensions"
        && (is_stable
            || matches!(
                group,
                "admissionregistration.k8s.io"
                    | "coordination.k8s.io"
                    | "internal.apiserver.k8s.io"
                    | "networking.k8s.io"
                    | "resource.k8s.io"
                    | "storage.k8s.io"
            ))
}

fn fill_bytes(map: &mut Map, key: &str) {
    let has_null = |value: &Value| {
        value.as_object().is_some_and(|map| map.iter().any(|(_, value)| value.is_null()))
    };
    if map.get(key).is_some_and(has_null)
        && let Some(entries) = child(map, key)
    {
        for (_, value) in entries.iter_mut().filter(|(_, value)| value.is_null()) {
            *value = Value::from("");
        }
    }
}

/// Makes the empty lists of an object `null`. It has only those that are always written.
fn drop_empty_lists(group: &str, kind: &str, object: &mut Map) {
    // These two groups are kept as JSON, and a revision's data is JSON itself.
    if matches!(group, "apiextensions.k8s.io" | "apiregistration.k8s.io")
        || kind == "ControllerRevision"
    {
        return;
    }
    if map_has_empty_list(object) {
        nullify_in_map(object);
    }
}

/// The parameters of a device's driver are JSON that the API server does not look into; other
/// parameters have no lists.
fn is_opaque(key: &str) -> bool {
    key == "parameters"
}

fn map_has_empty_list(map: &Map) -> bool {
    map.iter().any(|(key, value)| has_empty_list(value) && !is_opaque(key))
}

fn has_empty_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty() || items.iter().any(has_empty_list),
        Value::Object(map) => map_has_empty_list(map),
        _ => false,
    }
}

fn nullify_in_map(map: &mut Map) {
    for (_, value) in map.iter_mut().filter(|(key, _)| !is_opaque(key)) {
        nullify(value);
    }
}

fn nullify(value: &mut Value) {
    match value {
        Value::Array(items) if items.is_empty() => *value = Value::Null,
        Value::Object(map) => nullify_in_map(map),
        other => {
            if let Some(items) = other.as_array_mut() {
                items.iter_mut().for_each(nullify);
            }
        }
    }
}
