//! Labels of namespaces: which are let in, and what is said of the pods that are there when
//! they change.

use super::{HOW, Pending, dry_replace, dry_run, file, labelled, namespace, value};
use crate::record::golden::File;
use anyhow::{Context as _, bail};
use sekisho_testenv::{Builder, TestEnv};
use sekisho_value::Value;
use serde_json::{Value as Json, json};

/// Labels without their prefix.
const LABELS: [&str; 28] = [
    "{}",
    r#"{"enforce": "privileged"}"#,
    r#"{"enforce": "baseline"}"#,
    r#"{"enforce": "restricted"}"#,
    r#"{"enforce": "Restricted"}"#,
    r#"{"enforce": ""}"#,
    r#"{"enforce": "strict"}"#,
    r#"{"warn": "strict"}"#,
    r#"{"audit": "strict"}"#,
    r#"{"enforce": "strict", "audit": "x", "warn": "y"}"#,
    r#"{"enforce": "baseline", "enforce-version": "latest"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.0"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.25"}"#,
    r#"{"enforce": "restricted", "enforce-version": "v1.7"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.99"}"#,
    r#"{"enforce": "baseline", "enforce-version": "1.25"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.025"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v2.0"}"#,
    r#"{"enforce": "baseline", "enforce-version": "v1.25.1"}"#,
    r#"{"enforce": "baseline", "enforce-version": "Latest"}"#,
    r#"{"enforce": "baseline", "enforce-version": ""}"#,
    r#"{"enforce": "strict", "enforce-version": "x", "audit-version": "y", "warn-version": "z"}"#,
    r#"{"enforce-version": "v1.25"}"#,
    r#"{"enforce-version": "x"}"#,
    r#"{"warn": "restricted", "audit": "restricted"}"#,
    r#"{"warn-version": "v1.25", "audit-version": "v1.99"}"#,
    r#"{"nope": "restricted"}"#,
    r#"{"enforce": "restricted", "warn": "restricted", "audit": "restricted"}"#,
];

/// Pods that are there: a name, who owns it, and what is wrong with it.
const PODS: [(&str, &str, &str); 9] = [
    ("plain", "", "{}"),
    (
        "privileged",
        "",
        r#"{"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}]}"#,
    ),
    ("host-b", "", r#"{"hostPID": true}"#),
    ("host-a", "", r#"{"hostPID": true}"#),
    ("host-network", "", r#"{"hostNetwork": true}"#),
    ("owned-2", "u1", r#"{"hostIPC": true}"#),
    ("owned-1", "u1", r#"{"hostIPC": true}"#),
    (
        "owned-3",
        "u2",
        r#"{"hostIPC": true, "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}"#,
    ),
    (
        "sysctl",
        "",
        r#"{"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}}"#,
    ),
];

/// Asks for namespaces with each of the labels, and for each change from some of them.
pub(super) fn record(env: &TestEnv, builder: &Builder) -> anyhow::Result<File> {
    let how = format!("{HOW}, and PUT …?dryRun=All where there are labels `before`");
    let mut file = file("namespaces", env, builder, &how)?;
    let mut pending = Pending::default();
    for labels in LABELS {
        let given = value(&labelled("made", &serde_json::from_str(labels)?))?;
        let answer = dry_run(&env.admin(), &given)?;
        pending.add(&format!("create {labels}"), [("given", given)], answer);
    }
    let mut pods = Vec::new();
    for before in ["{}", LABELS[2], LABELS[3], LABELS[12]] {
        let name = format!("changed-{}", pods.len());
        // Made without labels, for the pods would not be let in.
        namespace(env, &name, &json!({}))?;
        let there = put_pods(env, &name)?;
        let old = labelled(&name, &serde_json::from_str(before)?);
        let answer = env.admin().replace(&value(&old)?)?;
        if !answer.is_success() {
            bail!("{before}: {}", answer.message());
        }
        for after in LABELS {
            let given = value(&labelled(&name, &serde_json::from_str(after)?))?;
            let answer = dry_replace(env, &given)?;
            pending.add(
                &format!("change {before} to {after}"),
                [("given", given), ("before", value(&old)?)],
                answer,
            );
        }
        pods.push(Value::from(there));
    }
    file.header.insert("pods", Value::from(pods));
    file.cases = pending.settle(env)?;
    Ok(file)
}

/// Makes the pods in a namespace and gives them. Their owners are there, too: what has none is
/// collected as garbage.
fn put_pods(env: &TestEnv, namespace: &str) -> anyhow::Result<Vec<Value>> {
    let mut there = Vec::new();
    for (name, owner, spec) in PODS {
        let mut spec: Json = serde_json::from_str(spec)?;
        if let Some(spec) = spec.as_object_mut() {
            spec.entry("containers").or_insert_with(|| json!([{"name": "c", "image": "i"}]));
        }
        let pod = |uid: &str| {
            let mut metadata = json!({"name": name, "namespace": namespace});
            if let Some(metadata) = metadata.as_object_mut().filter(|_| !owner.is_empty()) {
                let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner,
                    "uid": uid, "controller": true}]);
                metadata.insert("ownerReferences".to_owned(), owner);
            }
            value(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
        };
        let uid = if owner.is_empty() { String::new() } else { put_owner(env, namespace, owner)? };
        let answer = env.admin().create(&pod(&uid)?)?;
        if !answer.is_success() {
            bail!("pod {name}: {}", answer.message());
        }
        // Recorded as if the owner's name were its UID, which is another every time.
        there.push(pod(owner)?);
    }
    Ok(there)
}

/// Makes a ReplicaSet, if it is not there, and gives its UID.
fn put_owner(env: &TestEnv, namespace: &str, name: &str) -> anyhow::Result<String> {
    let template = json!({"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let object = value(&json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }))?;
    env.admin().create(&object)?;
    let path = format!("{}/{name}", env.admin().collection(&object)?);
    let answer = env.admin().get(&path)?;
    let uid = answer.body.path_str(&["metadata", "uid"]).context("a ReplicaSet without UID")?;
    Ok(uid.to_owned())
}
