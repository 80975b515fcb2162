//! Takes out of a stored object what only a live cluster knows.

use sekisho_value::{Map, Value};

/// What [`strip`] takes out, for the header of a golden file.
pub(crate) const STRIPPED: [&str; 10] = [
    "metadata: uid, creationTimestamp, managedFields, generation, resourceVersion",
    "metadata: name, where it was generated",
    "status",
    "Service spec, where not given: clusterIP, clusterIPs, ipFamilies, healthCheckNodePort",
    "Service spec.ports, where not given: nodePort",
    "Job spec.selector, where not given",
    "Job labels and those of its template, where not given: controller-uid, job-name, and with batch.kubernetes.io/",
    "CertificateSigningRequest spec: username, uid, groups, extra",
    "timeAdded of taints, where not given",
    "labels that are left empty by that",
];

/// The labels that a Job gives its pods.
const JOB_LABELS: [&str; 4] = [
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];

/// The stored object without what depends on the cluster, the time or the request.
pub(crate) fn strip(given: &Value, stored: &Value) -> Value {
    let mut stored = stored.clone();
    let kind = stored.path_str(&["kind"]).unwrap_or_default().to_owned();
    let Some(object) = stored.as_object_mut() else { return stored };
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["uid", "creationTimestamp", "managedFields", "generation", "resourceVersion"] {
            metadata.remove(key);
        }
        if given.path(&["metadata", "name"]).is_none() {
            metadata.remove("name");
        }
    }
    match kind.as_str() {
        "Service" => service(given, object),
        "Job" => job(given, object),
        "CertificateSigningRequest" => {
            let spec = object.get_mut("spec").and_then(Value::as_object_mut);
            if let Some(spec) = spec {
                spec.retain(|key, _| {
                    !["username", "uid", "groups", "extra"].contains(&key.as_str())
                });
            }
        }
        _ => {}
    }
    clock(given, &mut stored);
    stored
}

/// Taints are stamped with the time.
fn clock(given: &Value, stored: &mut Value) {
    if let Some(object) = stored.as_object_mut() {
        if !was_given(given.get("timeAdded")) {
            object.remove("timeAdded");
        }
        for (key, value) in object.iter_mut() {
            clock(given.get(key).unwrap_or(&Value::Null), value);
        }
    }
    for (index, value) in stored.as_array_mut().into_iter().flatten().enumerate() {
        clock(given.at(index).unwrap_or(&Value::Null), value);
    }
}

/// Whether something was really given: null is nothing.
fn was_given(given: Option<&Value>) -> bool {
    given.is_some_and(|value| !value.is_null())
}

fn service(given: &Value, object: &mut Map) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "healthCheckNodePort"] {
        let before = given.path(&["spec", key]);
        let empty = before.and_then(Value::as_str) == Some("")
            || before.and_then(Value::as_array).is_some_and(<[Value]>::is_empty)
            || before.and_then(Value::as_i64) == Some(0);
        if !was_given(before) || empty {
            spec.remove(key);
        }
    }
    let Some(ports) = spec.get_mut("ports").and_then(Value::as_array_mut) else { return };
    for (index, port) in ports.iter_mut().enumerate() {
        let before =
            given.path(&["spec", "ports"]).and_then(|ports| ports.at(index)?.get("nodePort"));
        if before.and_then(Value::as_i64).unwrap_or_default() == 0
            && let Some(port) = port.as_object_mut()
        {
            port.remove("nodePort");
        }
    }
}

fn job(given: &Value, object: &mut Map) {
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        if !was_given(given.path(&["spec", "selector"])) {
            spec.remove("selector");
        }
        if let Some(template) = spec.get_mut("template").and_then(Value::as_object_mut) {
            job_labels(given.path(&["spec", "template", "metadata", "labels"]), template);
        }
    }
    // A Job without labels takes those of its template.
    job_labels(given.path(&["metadata", "labels"]), object);
}

/// Takes the labels that a Job is given out of the metadata of an object.
fn job_labels(given: Option<&Value>, object: &mut Map) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        for label in JOB_LABELS {
            if given.and_then(|given| given.get(label)).is_none() {
                labels.remove(label);
            }
        }
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
}
