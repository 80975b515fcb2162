//! An object as a request to create it has it.

use super::Decoded;
use crate::{Schemas, pod_template_pointer};
use sekisho_value::{Str, Value};

/// An object that is created: as it would be stored, and where.
#[derive(Clone, Debug)]
pub struct Created {
    /// the object as it would be stored
    pub decoded: Decoded,
    /// the namespace it is created in; `None` for cluster-scoped kinds
    pub namespace: Option<Str>,
}

impl Schemas {
    /// An object as it would be stored when it is created; one that names no namespace, and lives
    /// in one, goes into `default`.
    #[must_use]
    pub fn create(&self, object: &Value, default: &str) -> Created {
        let mut decoded = self.store(object);
        // What creates pods lives where they do.
        let like_pods = || pod_template_pointer(&decoded.gvk).map(|_| true);
        let namespaced = decoded.known.namespaced().or_else(like_pods);
        let stated = object.path_str(&["metadata", "namespace"]).filter(|name| !name.is_empty());
        let namespace = match (namespaced, stated) {
            (Some(false), _) => None,
            (_, Some(name)) => Some(Str::new(name)),
            (Some(true), None) => Some(Str::new(default)),
            // The scope of an unknown kind is not known: it is taken at its word.
            (None, None) => None,
        };
        if let Some(Value::Object(metadata)) = decoded.object.get_mut("metadata") {
            match &namespace {
                Some(namespace) if stated.is_none() => {
                    metadata.insert("namespace", Value::String(namespace.clone()));
                }
                None if stated.is_some() => {
                    metadata.remove("namespace");
                }
                _ => {}
            }
        }
        Created { decoded, namespace }
    }
}

#[cfg(test)]
mod tests {
    use crate::Schemas;
    use sekisho_value::from_json;

    #[test]
    fn objects_go_where_they_live() {
        let schemas = Schemas::with_crds(std::iter::empty()).0;
        for (kind, metadata, namespace, stored) in [
            ("v1 Pod", r#"{"name":"a"}"#, Some("d"), Some("d")),
            ("v1 Pod", r#"{"name":"a","namespace":""}"#, Some("d"), Some("d")),
            ("v1 Pod", r#"{"name":"a","namespace":"n"}"#, Some("n"), Some("n")),
            ("v1 Node", r#"{"name":"a","namespace":"n"}"#, None, None),
            ("x.io/v1 Unknown", r#"{"name":"a"}"#, None, None),
            ("x.io/v1 Unknown", r#"{"name":"a","namespace":"n"}"#, Some("n"), Some("n")),
        ] {
            let (version, kind) = kind.split_once(' ').unwrap();
            let text =
                format!(r#"{{"apiVersion":"{version}","kind":"{kind}","metadata":{metadata}}}"#);
            let created = schemas.create(&from_json(&text).unwrap(), "d");
            assert_eq!(created.namespace.as_deref(), namespace, "{text}");
            let object = created.decoded.object;
            assert_eq!(object.path_str(&["metadata", "namespace"]), stored, "{text}");
        }
    }
}
