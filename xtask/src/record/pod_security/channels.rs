//! What is warned of and recorded, of pods and of the controllers that would make them.

use super::{HOW, Pending, dry_run, file, namespace, pods, value};
use crate::record::golden::File;
use sekisho_testenv::{Builder, TestEnv};
use serde_json::{Value as Json, json};

/// Asks for pods and controllers in namespaces of several labels.
pub(super) fn record(
    env: &TestEnv,
    builder: &Builder,
    report: &mut Vec<String>,
) -> anyhow::Result<File> {
    let mut file = file("channels", env, builder, HOW)?;
    let pods = pods::pods()?;
    let mut pending = Pending::default();
    let mut invalid = 0;
    for (index, labels) in LABELS.iter().enumerate() {
        let labels: Json = serde_json::from_str(labels)?;
        let namespace_name = format!("channels-{index}");
        namespace(env, &namespace_name, &labels)?;
        for (number, (name, pod)) in pods.iter().enumerate() {
            let controllers = CONTROLLERS.iter().enumerate();
            // The first labels see every pod, by itself or by turns in a controller; the others some.
            let chosen = controllers.filter(|(turn, _)| match index {
                0 => number % CONTROLLERS.len() == *turn || (*turn == 1 && number % 5 == 0),
                _ => (number + index) % 80 == *turn * 10,
            });
            for (_, controller) in chosen {
                let object = wrapped(controller, pod, &namespace_name);
                let given = value(&object)?;
                let answer = dry_run(&env.admin(), &given)?;
                if ![201, 403].contains(&answer.status) {
                    invalid += 1;
                    continue;
                }
                let of = [("given", given), ("labels", value(&labels)?)];
                pending.add(&format!("{labels} {controller}: {name}"), of, answer);
            }
        }
    }
    report.push(format!("{invalid} controllers are invalid"));
    file.cases = pending.settle(env)?;
    Ok(file)
}

/// Labels of namespaces, without their prefix.
const LABELS: [&str; 14] = [
    r#"{"warn": "restricted", "audit": "baseline"}"#,
    "{}",
    r#"{"enforce": "baseline"}"#,
    r#"{"enforce": "restricted"}"#,
    r#"{"enforce": "restricted", "warn": "baseline"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.20"}"#,
    r#"{"enforce": "restricted", "enforce-version": "v1.24", "warn": "restricted", "warn-version": "v1.20"}"#,
    r#"{"enforce": "privileged", "warn": "restricted", "warn-version": "v1.34", "audit": "restricted"}"#,
    r#"{"enforce": "baseline", "warn": "restricted", "audit": "restricted"}"#,
    r#"{"enforce-version": "v1.20"}"#,
    r#"{"warn-version": "v1.20", "audit-version": "v1.20"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.99"}"#,
    r#"{"warn": "restricted", "warn-version": "v1.99", "audit": "baseline", "audit-version": "v1.0"}"#,
    r#"{"enforce": "privileged", "warn": "privileged", "audit": "privileged"}"#,
];

/// Everything that makes pods, and pods.
const CONTROLLERS: [&str; 8] = [
    "Pod",
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
];

/// A controller that makes pods like this one.
fn wrapped(controller: &str, pod: &Json, namespace: &str) -> Json {
    let metadata = json!({"name": "x", "namespace": namespace});
    if controller == "Pod" {
        let mut pod = pod.clone();
        if let Some(of) = pod.pointer_mut("/metadata").and_then(Json::as_object_mut) {
            of.insert("namespace".to_owned(), namespace.into());
        }
        return pod;
    }
    let mut template = json!({"metadata": {"labels": {"a": "b"}}, "spec": pod.get("spec")});
    if let Some(annotations) = pod.pointer("/metadata/annotations")
        && let Some(of) = template.pointer_mut("/metadata").and_then(Json::as_object_mut)
    {
        of.insert("annotations".to_owned(), annotations.clone());
    }
    let selector = json!({"matchLabels": {"a": "b"}});
    let apps = ["Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"].contains(&controller);
    if ["Job", "CronJob"].contains(&controller)
        && let Some(spec) = template.pointer_mut("/spec").and_then(Json::as_object_mut)
    {
        spec.insert("restartPolicy".to_owned(), "Never".into());
    }
    let (api_version, spec) = match controller {
        _ if apps => ("apps/v1", json!({"selector": selector, "template": template})),
        "Job" => ("batch/v1", json!({"template": template})),
        "CronJob" => (
            "batch/v1",
            json!({"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}),
        ),
        _ => ("v1", json!({"selector": {"a": "b"}, "template": template})),
    };
    json!({"apiVersion": api_version, "kind": controller, "metadata": metadata, "spec": spec})
}
