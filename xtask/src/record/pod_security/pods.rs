//! Pods around every check: a pod that passes all of them, and changes to it.

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// The hand-made table.
#[derive(Deserialize)]
struct Table {
    /// passes every check
    hardened: Json,
    /// sets nothing
    plain: Json,
    /// merge patches (RFC 7396) of a container
    container: Vec<(String, Json)>,
    /// merge patches of a pod
    pod: Vec<(String, Json)>,
}

/// All pods by name. A change of a container is tried in a container and in an init container,
/// and some beside a second container.
pub(super) fn pods() -> anyhow::Result<Vec<(String, Json)>> {
    let table: Table = serde_json::from_str(include_str!("pods.json"))?;
    let mut pods = vec![("plain".to_owned(), table.plain)];
    let fine = table.hardened.pointer("/spec/containers/0").context("no container")?.clone();
    for (index, (name, patch)) in table.container.iter().enumerate() {
        let mut changed = fine.clone();
        merge(&mut changed, patch);
        let mut add = |what: &str, key: &str, containers: Vec<Json>| {
            let mut pod = table.hardened.clone();
            if let Some(spec) = pod.get_mut("spec") {
                merge(spec, &json!({ key: containers }));
            }
            pods.push((format!("{what}: {name}"), pod));
        };
        add("container", "containers", vec![changed.clone()]);
        let other = |name: &str, mut container: Json| {
            merge(&mut container, &json!({ "name": name }));
            container
        };
        // A container that ends has no probes.
        if patch.get("securityContext").is_some() || name.starts_with("hostPort") {
            add("init container", "initContainers", vec![other("init", changed.clone())]);
        }
        if index % 3 == 0 {
            add(
                "containers",
                "containers",
                vec![other("b", changed.clone()), fine.clone(), other("c", changed)],
            );
        }
    }
    for (name, patch) in table.pod {
        let mut pod = table.hardened.clone();
        merge(&mut pod, &patch);
        pods.push((format!("pod: {name}"), pod));
    }
    Ok(pods)
}

/// A merge patch (RFC 7396).
fn merge(node: &mut Json, patch: &Json) {
    let Json::Object(patch) = patch else {
        *node = patch.clone();
        return;
    };
    if !node.is_object() {
        *node = json!({});
    }
    for (key, value) in patch {
        if let Some(fields) = node.as_object_mut() {
            if value.is_null() {
                fields.remove(key);
            } else {
                merge(fields.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
    }
}
