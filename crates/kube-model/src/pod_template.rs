use crate::gvk::Gvk;
use sekisho_value::{Map, Pointer, Value};

/// The pod that a controller would create from an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// where the template stands in the object: what is below it stands below the pod's root
    pub pointer: Pointer,
    /// a `v1` Pod with the template's labels, annotations, finalizers and spec, in the namespace
    /// of the object, its `generateName` from the object's name
    pub pod: Value,
}

/// Kinds that hold a pod template, in every version, and where.
///
/// A kind of an operator is one line here.
const TEMPLATES: &[(&str, &str, &[&str])] = &[
    ("", "PodTemplate", &["template"]),
    ("", "ReplicationController", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "PetSet", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "ScheduledJob", &["spec", "jobTemplate", "spec", "template"]),
    ("extensions", "DaemonSet", &["spec", "template"]),
    ("extensions", "Deployment", &["spec", "template"]),
    ("extensions", "Job", &["spec", "template"]),
    ("extensions", "ReplicaSet", &["spec", "template"]),
    // https://argo-rollouts.readthedocs.io/en/stable/features/specification/
    ("argoproj.io", "Rollout", &["spec", "template"]),
    // https://docs.redhat.com/en/documentation/openshift_container_platform (DeploymentConfig)
    ("apps.openshift.io", "DeploymentConfig", &["spec", "template"]),
    // https://openkruise.io/docs/user-manuals/cloneset
    ("apps.kruise.io", "CloneSet", &["spec", "template"]),
    ("apps.kruise.io", "DaemonSet", &["spec", "template"]),
    ("apps.kruise.io", "StatefulSet", &["spec", "template"]),
    // https://keda.sh/docs/latest/reference/scaledjob-spec/
    ("keda.sh", "ScaledJob", &["spec", "jobTargetRef", "template"]),
    // https://knative.dev/docs/serving/spec/knative-api-specification-1.0/ ; a revision is its
    // own template
    ("serving.knative.dev", "Configuration", &["spec", "template"]),
    ("serving.knative.dev", "Revision", &[]),
    ("serving.knative.dev", "Service", &["spec", "template"]),
];

/// Where objects of a kind hold a pod template; `None` for kinds that hold none.
#[must_use]
pub fn pod_template_pointer(gvk: &Gvk) -> Option<Pointer> {
    path(gvk).map(|path| Pointer::root().keys(path))
}

/// The pod that a controller would create from an object; `None` where the kind holds no pod
/// template, or the object has none. (A Pod is no template.)
#[must_use]
pub fn pod_template(gvk: &Gvk, object: &Value) -> Option<PodTemplate> {
    let path = path(gvk)?;
    let template = object.path(path)?.as_object()?;
    let own = |field: &str| object.path(&["metadata", field]);

    let mut metadata = Map::new();
    let of_template = template.get("metadata");
    for field in ["annotations", "finalizers", "labels"] {
        // A revision is a whole object, whose finalizers are its own.
        if let Some(value) = of_template.and_then(|metadata| metadata.get(field))
            && !(path.is_empty() && field == "finalizers")
        {
            metadata.insert(field, value.clone());
        }
    }
    if let Some(name) = own("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        metadata.insert("generateName", format!("{name}-"));
    } else if let Some(name) = own("generateName") {
        metadata.insert("generateName", name.clone());
    }
    if let Some(namespace) = own("namespace") {
        metadata.insert("namespace", namespace.clone());
    }
    let spec = template.get("spec").filter(|spec| !spec.is_null());
    let pod = Map::from_iter([
        ("apiVersion", Value::from("v1")),
        ("kind", "Pod".into()),
        ("metadata", metadata.into()),
        ("spec", spec.cloned().unwrap_or_else(Value::object)),
    ]);
    Some(PodTemplate { pointer: Pointer::root().keys(path), pod: pod.into() })
}

fn path(gvk: &Gvk) -> Option<&'static [&'static str]> {
    TEMPLATES.iter().find(|(group, kind, _)| gvk.is(group, kind)).map(|(_, _, path)| *path)
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATES, pod_template, pod_template_pointer};
    use crate::gvk::Gvk;
    use crate::schema::Schemas;
    use sekisho_value::from_json;

    #[test]
    fn every_built_in_kind_with_a_pod_template_is_listed() {
        // Whatever holds a `core/v1.PodTemplateSpec` within its spec.
        let schemas = Schemas::builtin();
        let mut found = 0;
        for kind in schemas.kinds() {
            let Some(of) = kind.object_type() else { continue };
            let below = |of: crate::TypeRef<'_>| {
                of.fields()
                    .any(|field| field.value_type().name() == Some("core/v1.PodTemplateSpec"))
            };
            let spec = of.field("spec").map(|field| field.value_type());
            let job = spec.and_then(|spec| spec.field("jobTemplate"));
            let job = job.and_then(|job| job.value_type().field("spec"));
            let holds =
                below(of) || spec.is_some_and(below) || job.is_some_and(|j| below(j.value_type()));
            assert_eq!(pod_template_pointer(&kind.gvk()).is_some(), holds, "{}", kind.gvk());
            found += usize::from(holds);
        }
        assert!(found >= 15, "{found}");
        let mut kinds: Vec<_> = TEMPLATES.iter().map(|(group, kind, _)| (group, kind)).collect();
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), TEMPLATES.len());
    }

    #[test]
    fn pods_are_built_from_templates() {
        let template = r#"{"metadata":{"labels":{"a":"b"},"annotations":{"c":"d"},"name":"x"},
            "spec":{"containers":[]}}"#;
        let pod = |metadata: &str| {
            let json = format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{metadata},"spec":{{"containers":[]}}}}"#
            );
            from_json(&json).unwrap()
        };
        for (kind, object, pointer, metadata) in [
            (
                Gvk::new("apps", "v1", "Deployment"),
                format!(r#"{{"metadata":{{"name":"web","namespace":"n"}},"spec":{{"template":{template}}}}}"#),
                "/spec/template",
                r#"{"annotations":{"c":"d"},"labels":{"a":"b"},"generateName":"web-","namespace":"n"}"#,
            ),
            (
                Gvk::new("batch", "v1beta1", "CronJob"),
                format!(
                    r#"{{"metadata":{{"generateName":"j-"}},"spec":{{"jobTemplate":{{"spec":{{"template":{template}}}}}}}}}"#
                ),
                "/spec/jobTemplate/spec/template",
                r#"{"annotations":{"c":"d"},"labels":{"a":"b"},"generateName":"j-"}"#,
            ),
            (
                Gvk::new("", "v1", "PodTemplate"),
                format!(r#"{{"metadata":{{"name":"t"}},"template":{template}}}"#),
                "/template",
                r#"{"annotations":{"c":"d"},"labels":{"a":"b"},"generateName":"t-"}"#,
            ),
            (
                Gvk::new("serving.knative.dev", "v1", "Revision"),
                r#"{"metadata":{"name":"r","labels":{"a":"b"},"finalizers":["f"]},"spec":{"containers":[]}}"#.to_owned(),
                "",
                r#"{"labels":{"a":"b"},"generateName":"r-"}"#,
            ),
        ] {
            let built = pod_template(&kind, &from_json(&object).unwrap()).unwrap();
            assert_eq!(built.pointer.as_str(), pointer);
            assert_eq!(built.pod, pod(metadata), "{kind}");
        }
    }

    #[test]
    fn without_a_template_there_is_no_pod() {
        for (kind, object) in [
            (Gvk::new("", "v1", "Pod"), r#"{"spec":{"containers":[]}}"#),
            (Gvk::new("apps", "v1", "Deployment"), r#"{"spec":{}}"#),
            (Gvk::new("apps", "v1", "Deployment"), r#"{"spec":{"template":null}}"#),
            (Gvk::new("apps", "v1", "Deployment"), r#"{"spec":[]}"#),
            (Gvk::new("example.com", "v1", "Deployment"), r#"{"spec":{"template":{}}}"#),
        ] {
            assert_eq!(pod_template(&kind, &from_json(object).unwrap()), None, "{kind} {object}");
        }
    }
}
