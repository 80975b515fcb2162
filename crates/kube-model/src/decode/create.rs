//! An object as a request to create it has it.

use super::Decoded;
use crate::conversion::stored_scaler;
use crate::{Schemas, pod_template_pointer};
use sekisho_value::{Str, Value};

/// An object that is created: as it would be stored, and where.
#[derive(Clone, Debug)]
pub struct Created {
    /// the object as it would be stored
    pub decoded: Decoded,
    /// the namespace it is created in; `None` for cluster-scoped kinds
    pub namespace: Option<Str>,
    /// the object in the version that it is stored in, where the one that it was given in has no
    /// room for all of it
    pub stored_as: Option<Value>,
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
        let stored_as = match decoded.gvk.is("autoscaling", "HorizontalPodAutoscaler") {
            true => stored_scaler(&self.decode(object).object, &decoded.object, &decoded.gvk),
            false => None,
        };
        Created { decoded, namespace, stored_as }
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

    #[test]
    fn what_a_version_has_no_room_for_is_stored_all_the_same() {
        let schemas = Schemas::builtin();
        let cpu = r#"{"type":"Resource","resource":{"name":"cpu","targetAverageUtilization":60}}"#;
        let memory =
            r#"{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}"#;
        for (metrics, target, stored) in [
            (format!("[{memory}]"), "55", None),
            (format!("[{cpu}]"), "null", None),
            (format!("[{cpu}]"), "55", Some(vec!["cpu 60", "cpu 55"])),
            (format!("[{cpu},{memory}]"), "null", Some(vec!["cpu 60", "memory 0"])),
            (
                format!("[{cpu},{memory},{cpu}]"),
                "7",
                Some(vec!["cpu 60", "memory 0", "cpu 60", "cpu 7"]),
            ),
            ("[5]".to_owned(), "55", None),
            ("{".to_owned(), "55", None),
        ] {
            let metrics = metrics.replace('"', r#"\""#);
            let text = format!(
                r#"{{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{{"name":"a",
                "annotations":{{"autoscaling.alpha.kubernetes.io/metrics":"{metrics}"}}}},
                "spec":{{"maxReplicas":3,"targetCPUUtilizationPercentage":{target}}}}}"#
            );
            let found = schemas.create(&from_json(&text).unwrap(), "d").stored_as;
            let found = found.map(|object| {
                assert_eq!(object.path_str(&["apiVersion"]), Some("autoscaling/v2"));
                let metrics =
                    object.path(&["spec", "metrics"]).unwrap().as_array().unwrap().to_vec();
                let said = metrics.iter().map(|metric| {
                    let name = metric.path_str(&["resource", "name"]).unwrap();
                    let of = metric.path(&["resource", "target", "averageUtilization"]);
                    format!("{name} {}", of.and_then(|of| of.as_i64()).unwrap_or_default())
                });
                said.collect::<Vec<_>>()
            });
            let stored = stored.map(|stored| stored.iter().map(ToString::to_string).collect());
            assert_eq!(found, stored, "{text}");
        }
    }
}
