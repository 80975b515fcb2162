//! The creation of generated objects, as an API server asks about it.

use crate::generate_tree;
use anyhow::anyhow;
use bytes::Bytes;
use sekisho_kube_model::{Created, Schemas};
use sekisho_manifest::read_value;
use sekisho_value::{Map, Value};
use std::sync::Arc;

/// Reviews of what a cluster holds, pods and namespaces among it.
pub(super) fn generated(count: usize) -> anyhow::Result<Arc<[Bytes]>> {
    let (schemas, _) = Schemas::with_crds(std::iter::empty());
    let manifests = generate_tree::cluster().take(count).enumerate();
    let reviews = manifests.map(|(number, manifest)| {
        let object = read_value(&manifest.text)
            .map_err(|error| anyhow!("{}: {}", manifest.path, error.message))?;
        Ok(Bytes::from(review(number, schemas.create(&object, "default")).to_json()))
    });
    reviews.collect()
}

fn of<const N: usize>(pairs: [(&'static str, Value); N]) -> Value {
    Value::Object(pairs.into_iter().collect::<Map>())
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// In the form that kube-apiserver sends: every field that it fills in, and those of an object
/// that was stored, its managers among them.
fn review(number: usize, created: Created) -> Value {
    let Created { decoded, namespace, .. } = created;
    let uid = format!("{number:08x}-1f6d-4e8f-9f4b-6f1c2b7a9d3e");
    let gvk = &decoded.gvk;
    let kind = of([
        ("group", text(&gvk.group)),
        ("version", text(&gvk.version)),
        ("kind", text(&gvk.kind)),
    ]);
    let resource = of([
        ("group", text(&gvk.group)),
        ("version", text(&gvk.version)),
        ("resource", text(&decoded.resource)),
    ]);
    let name = decoded.object.path_str(&["metadata", "name"]).unwrap_or_default().to_owned();
    let api_version = decoded.object.path_str(&["apiVersion"]).unwrap_or_default().to_owned();
    let mut object = decoded.object;
    let fields = fields(&object, 0);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid", uid.as_str());
        metadata.insert("creationTimestamp", "2026-11-21T12:00:00Z");
        let manager = of([
            ("manager", text("kubectl-client-side-apply")),
            ("operation", text("Update")),
            ("apiVersion", text(&api_version)),
            ("time", text("2026-11-21T12:00:00Z")),
            ("fieldsType", text("FieldsV1")),
            ("fieldsV1", fields),
        ]);
        metadata.insert("managedFields", Value::from(vec![manager]));
    }
    let groups = ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"];
    let credential = of([(
        "authentication.kubernetes.io/credential-id",
        Value::from(vec![text("JTI=6a2c8ac8-93c6-4f0a-8f3e-6f0f2f1f3c1e")]),
    )]);
    let user = of([
        ("username", text("system:serviceaccount:ci:deployer")),
        ("uid", text("0b7f0f0e-6d7c-4b59-8f7c-8a3f9a3f5a10")),
        ("groups", Value::from(groups.map(text).to_vec())),
        ("extra", credential),
    ]);
    let options = of([
        ("kind", text("CreateOptions")),
        ("apiVersion", text("meta.k8s.io/v1")),
        ("fieldManager", text("kubectl-client-side-apply")),
        ("fieldValidation", text("Strict")),
    ]);
    let request = of([
        ("uid", text(&uid)),
        ("kind", kind.clone()),
        ("resource", resource.clone()),
        ("requestKind", kind),
        ("requestResource", resource),
        ("name", text(&name)),
        ("namespace", text(namespace.as_deref().unwrap_or_default())),
        ("operation", text("CREATE")),
        ("userInfo", user),
        ("object", object),
        ("oldObject", Value::Null),
        ("dryRun", Value::from(false)),
        ("options", options),
    ]);
    of([
        ("kind", text("AdmissionReview")),
        ("apiVersion", text("admission.k8s.io/v1")),
        ("request", request),
    ])
}

/// The fields that a manager owns, as far down as most of them go.
fn fields(object: &Value, depth: usize) -> Value {
    let Some(map) = object.as_object().filter(|_| depth < 6) else { return of([]) };
    let owned = map.iter().map(|(key, value)| (format!("f:{key}"), fields(value, depth + 1)));
    Value::Object(owned.collect::<Map>())
}
