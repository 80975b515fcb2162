use crate::Subject;
use sekisho_kube_model::Gvk;
use sekisho_value::Value;

/// Whose finding it is across rollouts: the root of the object's owners, as far as the object
/// itself tells.
///
/// A pod of a ReplicaSet that carries the Deployment controller's `pod-template-hash` counts to
/// the Deployment, a pod of a Job named by the CronJob controller to the CronJob, any other owned
/// object to its controller; what nobody owns counts to itself.
#[must_use]
pub fn subject(gvk: &Gvk, object: &Value, namespace: Option<&str>) -> Subject {
    let namespace = namespace.unwrap_or_default();
    let label = |name: &str| object.path_str(&["metadata", "labels", name]);
    let hash = label("pod-template-hash");
    let (group, kind, name) = match controller(object) {
        Some((group, kind, name)) => (group, kind, name.to_owned()),
        None => (gvk.group.to_string(), gvk.kind.to_string(), own_name(object)),
    };
    let deployment = || {
        let stem = name.trim_end_matches('-').strip_suffix(hash?)?.strip_suffix('-')?;
        let of_replica_set = kind == "ReplicaSet" && group == "apps" || kind == "Pod";
        (of_replica_set && !stem.is_empty()).then(|| stem.to_owned())
    };
    let cron_job = || {
        let (stem, minutes) = name.trim_end_matches('-').rsplit_once('-')?;
        let scheduled = minutes.len() >= 8 && minutes.bytes().all(|b| b.is_ascii_digit());
        let of_job = kind == "Job" && group == "batch";
        (of_job && scheduled && !stem.is_empty()).then(|| stem.to_owned())
    };
    let root = |group: &str, kind: &str, name: String| Subject {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name,
    };
    if let Some(stem) = deployment() {
        root("apps", "Deployment", stem)
    } else if let Some(stem) = cron_job() {
        root("batch", "CronJob", stem)
    } else {
        root(&group, &kind, name.clone())
    }
}

/// The name, or the fixed part of a generated one.
fn own_name(object: &Value) -> String {
    let metadata = |field| object.path_str(&["metadata", field]).filter(|name| !name.is_empty());
    metadata("generateName").or_else(|| metadata("name")).unwrap_or_default().to_owned()
}

/// Group, kind and name of the owner that controls an object.
fn controller(object: &Value) -> Option<(String, String, &str)> {
    let owners = object.path(&["metadata", "ownerReferences"])?.as_array()?;
    let owner =
        owners.iter().find(|o| o.get("controller").and_then(Value::as_bool) == Some(true))?;
    let api_version = owner.path_str(&["apiVersion"])?;
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    Some((group.to_owned(), owner.path_str(&["kind"])?.to_owned(), owner.path_str(&["name"])?))
}

#[cfg(test)]
mod tests {
    use super::subject;
    use sekisho_kube_model::Gvk;
    use sekisho_value::from_json;

    #[test]
    fn pods_count_to_their_roots() {
        let owner = |api: &str, kind: &str, name: &str| {
            format!(
                r#""ownerReferences":[{{"apiVersion":"{api}","kind":"{kind}","name":"{name}","controller":true}}]"#
            )
        };
        let hash = r#""labels":{"pod-template-hash":"7d4b9c"}"#;
        for (metadata, want) in [
            (r#""name":"web""#.to_owned(), "/Pod/web"),
            (
                format!(
                    r#""name":"web-7d4b9c-x8k2p",{hash},{}"#,
                    owner("apps/v1", "ReplicaSet", "web-7d4b9c")
                ),
                "apps/Deployment/web",
            ),
            (
                format!(r#""name":"web-7d4b9c-x8k2p","generateName":"web-7d4b9c-",{hash}"#),
                "apps/Deployment/web",
            ),
            (r#""generateName":"task-","name":"task-abc""#.to_owned(), "/Pod/task-"),
            (
                format!(r#""name":"b-29012345-a",{}"#, owner("batch/v1", "Job", "b-29012345")),
                "batch/CronJob/b",
            ),
            (format!(r#""name":"m-a",{}"#, owner("batch/v1", "Job", "m")), "batch/Job/m"),
            (
                format!(r#""name":"db-0",{}"#, owner("apps/v1", "StatefulSet", "db")),
                "apps/StatefulSet/db",
            ),
        ] {
            let text = format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{{metadata}}}}}"#);
            let pod = from_json(&text).unwrap();
            let found = subject(&Gvk::of(&pod).unwrap(), &pod, Some("default"));
            assert_eq!(format!("{}/{}/{}", found.group, found.kind, found.name), want, "{text}");
        }
    }
}
