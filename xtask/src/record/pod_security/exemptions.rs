//! Who is exempt by configuration, and what its defaults do.

use super::{HOW, Pending, dry_run, file, labelled, namespace, value};
use crate::record::golden::File;
use sekisho_testenv::TestEnv;
use sekisho_value::Value;
use serde_json::{Value as Json, json};
use std::path::Path;

const CONFIGURATION: &str = r#"{
  "apiVersion": "pod-security.admission.config.k8s.io/v1",
  "kind": "PodSecurityConfiguration",
  "defaults": {
    "enforce": "baseline", "enforce-version": "v1.30",
    "audit": "restricted", "audit-version": "latest",
    "warn": "restricted", "warn-version": "v1.25"
  },
  "exemptions": {
    "usernames": ["exempt-user"],
    "namespaces": ["exempt-namespace"],
    "runtimeClasses": ["exempt-class"]
  }
}"#;

/// Objects in the namespace `NAMESPACE`.
const OBJECTS: [(&str, &str); 7] = [
    (
        "plain pod",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}"#,
    ),
    (
        "host pod",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"hostPID": true, "containers": [{"name": "c", "image": "i"}]}}"#,
    ),
    (
        "host pod of a class",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"runtimeClassName": "exempt-class", "hostPID": true, "containers": [{"name": "c", "image": "i"}]}}"#,
    ),
    (
        "host pod of another class",
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"runtimeClassName": "other-class", "hostPID": true, "containers": [{"name": "c", "image": "i"}]}}"#,
    ),
    (
        "ReplicaSet",
        r#"{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"hostPID": true, "containers": [{"name": "c", "image": "i"}]}}}}"#,
    ),
    (
        "ReplicaSet of a class",
        r#"{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "x", "namespace": "NAMESPACE"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"runtimeClassName": "exempt-class", "hostPID": true, "containers": [{"name": "c", "image": "i"}]}}}}"#,
    ),
    (
        "ConfigMap",
        r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "NAMESPACE"}}"#,
    ),
];

/// Namespaces and their labels.
const NAMESPACES: [(&str, &str); 4] = [
    ("default", "{}"),
    ("exempt-namespace", "{}"),
    ("privileged", r#"{"enforce": "privileged"}"#),
    ("restricted", r#"{"enforce": "restricted"}"#),
];

/// Starts a server with the configuration and asks it.
pub(super) fn record(report: &mut Vec<String>) -> anyhow::Result<File> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("admission.json");
    let configuration: Json = serde_json::from_str(CONFIGURATION)?;
    std::fs::write(&path, admission(&configuration).to_string())?;
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let env = builder.clone().admission_config(Path::new(&path)).start()?;
    let mut file = file("exemptions", &env, &builder, &format!("{HOW} or as the user named"))?;
    file.header.insert("configuration", value(&configuration)?);
    for class in ["exempt-class", "other-class"] {
        let object = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
            "metadata": {"name": class}, "handler": "h"});
        env.admin().create(&value(&object)?)?;
    }
    let mut pending = Pending::default();
    for (name, labels) in NAMESPACES {
        let labels: Json = serde_json::from_str(labels)?;
        namespace(&env, name, &labels)?;
        for user in ["admin", "exempt-user", "other-user"] {
            let who = env.as_user(user);
            let who = if user == "admin" { who } else { who.in_group("system:masters") };
            for (what, object) in OBJECTS {
                let given = value(&serde_json::from_str(&object.replace("NAMESPACE", name))?)?;
                let answer = dry_run(&who, &given)?;
                pending.add(
                    &format!("{what} in {name} by {user}"),
                    [("given", given), ("user", Value::from(user)), ("labels", value(&labels)?)],
                    answer,
                );
            }
        }
    }
    for labels in [
        r#"{"enforce": "restricted"}"#,
        r#"{"enforce": "baseline", "enforce-version": "v1.30"}"#,
        r#"{"enforce": "strict"}"#,
        "{}",
    ] {
        let given = value(&labelled("exempt-namespace-2", &serde_json::from_str(labels)?))?;
        let answer = dry_run(&env.admin(), &given)?;
        pending.add(
            &format!("namespace {labels}"),
            [("given", given), ("user", Value::from("admin"))],
            answer,
        );
    }
    file.cases = pending.settle(&env)?;
    report.push(format!("{} questions about exemptions", file.cases.len()));
    Ok(file)
}

fn admission(configuration: &Json) -> Json {
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": "PodSecurity", "configuration": configuration}],
    })
}
