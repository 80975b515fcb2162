//! AppArmor profiles given by annotation, as before 1.30: the API server copies them into the field
//! of each container of a pod that has none.

use super::container::CONTAINER_LISTS;
use crate::defaults::fields::{child, child_or_new, each_item, is_set, new_object, text};
use sekisho_value::{Map, Value};

const ANNOTATION_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
/// The longest name of a profile.
const MAX_PROFILE_NAME: usize = 4095;

/// Copies the annotations of a pod into the security contexts of its containers.
pub(super) fn fields_from_annotations(pod: &mut Map) {
    let annotations = child(pod, "metadata").and_then(|metadata| child(metadata, "annotations"));
    let Some(annotations) = annotations.map(|annotations| annotations.clone()) else { return };
    if !annotations.keys().any(|name| name.starts_with(ANNOTATION_PREFIX)) {
        return;
    }
    let Some(spec) = child(pod, "spec") else { return };
    if child(spec, "os").is_some_and(|os| text(os, "name") == "windows") {
        return;
    }
    let of_pod = spec.get("securityContext").and_then(|context| context.get("appArmorProfile"));
    let of_pod = of_pod.cloned();
    for list in CONTAINER_LISTS {
        each_item(spec, list, |container| {
            let name = format!("{ANNOTATION_PREFIX}{}", text(container, "name"));
            let profile = annotations.get(&name).and_then(Value::as_str).and_then(profile);
            if let Some(profile) = profile.filter(|profile| Some(profile) != of_pod.as_ref()) {
                set_profile(container, profile);
            }
        });
    }
}

fn set_profile(container: &mut Map, profile: Value) {
    let has_profile = child(container, "securityContext")
        .is_some_and(|context| is_set(context, "appArmorProfile"));
    if !has_profile && let Some(context) = child_or_new(container, "securityContext") {
        context.insert("appArmorProfile", profile);
    }
}

/// The field that an annotation stands for; `None` where it is none that the API server takes.
fn profile(annotation: &str) -> Option<Value> {
    match annotation {
        "unconfined" => Some(new_object([("type", Value::from("Unconfined"))])),
        "runtime/default" => Some(new_object([("type", Value::from("RuntimeDefault"))])),
        _ => {
            let name = annotation.strip_prefix("localhost/")?;
            let valid = !name.is_empty() && name.trim() == name && name.len() <= MAX_PROFILE_NAME;
            valid.then(|| {
                new_object([
                    ("type", Value::from("Localhost")),
                    ("localhostProfile", Value::from(name)),
                ])
            })
        }
    }
}
