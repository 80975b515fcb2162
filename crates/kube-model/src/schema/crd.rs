//! The kinds that a CustomResourceDefinition defines.

use super::structural::Structural;
use super::{Problem, ProblemKind};
use crate::gvk::Gvk;
use sekisho_value::{Pointer, Str, Value};

/// A kind of one version that a CustomResourceDefinition defines.
#[derive(Clone, Debug)]
pub(crate) struct CustomKind {
    pub(super) group: Str,
    pub(super) version: Str,
    pub(super) kind: Str,
    pub(super) plural: Str,
    pub(super) namespaced: bool,
    pub(super) served: bool,
    pub(super) subresources: Vec<String>,
    /// the stored version, where this one is not served
    pub(super) replacement: Option<Gvk>,
    pub(super) schema: Option<Structural>,
}

impl CustomKind {
    pub(super) fn key(&self) -> (&str, &str, &str) {
        (&self.kind, &self.group, &self.version)
    }
}

/// Reads a CustomResourceDefinition of `v1` or `v1beta1`; of anything else come no kinds.
pub(super) fn kinds(definition: &Value) -> (Vec<CustomKind>, Vec<Problem>) {
    let is_definition = Gvk::of(definition)
        .is_some_and(|gvk| gvk.is("apiextensions.k8s.io", "CustomResourceDefinition"));
    if !is_definition {
        return (Vec::new(), Vec::new());
    }
    let text = |path: &[&str]| definition.path_str(path).filter(|text| !text.is_empty());
    let group = text(&["spec", "group"]);
    let kind = text(&["spec", "names", "kind"]);
    let plural = text(&["spec", "names", "plural"]);
    let (Some(group), Some(kind), Some(plural)) = (group, kind, plural) else {
        let missing: &[&str] = match (group, kind) {
            (None, _) => &["spec", "group"],
            (_, None) => &["spec", "names", "kind"],
            _ => &["spec", "names", "plural"],
        };
        let message =
            format!("`{}` is missing: the kind that it defines is not known", missing.join("."));
        let pointer = Pointer::root().keys(missing);
        return (Vec::new(), vec![Problem::new(ProblemKind::WrongType, pointer, message)]);
    };

    let spec = definition.get("spec").unwrap_or(&Value::Null);
    // `v1` prunes always; `v1beta1` only where it says so (and `v1` may carry the old flag).
    let beta = text(&["apiVersion"]) == Some("apiextensions.k8s.io/v1beta1");
    let preserves = spec.get("preserveUnknownFields").and_then(Value::as_bool).unwrap_or(beta);
    let shared_schema = spec.path(&["validation", "openAPIV3Schema"]);
    let shared_subresources = spec.get("subresources");
    let stored = versions(spec)
        .iter()
        .find(|version| version.get("storage").and_then(Value::as_bool) == Some(true))
        .and_then(|version| version.path_str(&["name"]));

    let kind_of = |name: &str, version: &Value| {
        let schema = version.path(&["schema", "openAPIV3Schema"]).or(shared_schema);
        let subresources = version.get("subresources").or(shared_subresources);
        let served = version.get("served").and_then(Value::as_bool).unwrap_or(true);
        CustomKind {
            group: group.into(),
            version: name.into(),
            kind: kind.into(),
            plural: plural.into(),
            namespaced: text(&["spec", "scope"]) != Some("Cluster"),
            served,
            subresources: subresources
                .and_then(Value::as_object)
                .map(|map| map.keys().map(ToString::to_string).collect())
                .unwrap_or_default(),
            replacement: stored
                .filter(|stored| !served && *stored != name)
                .map(|stored| Gvk::new(group, stored, kind)),
            schema: schema
                .and_then(Value::as_object)
                .map(|schema| Structural::read(schema, !preserves)),
        }
    };
    let mut kinds: Vec<CustomKind> = versions(spec)
        .iter()
        .filter_map(|version| Some(kind_of(version.path_str(&["name"])?, version)))
        .collect();
    if kinds.is_empty()
        && let Some(name) = text(&["spec", "version"])
    {
        kinds.push(kind_of(name, &Value::Null));
    }
    let mut problems = Vec::new();
    if kinds.is_empty() {
        let pointer = Pointer::root().keys(&["spec", "versions"]);
        let message = "`spec.versions` names no version: the kind that it defines is not known";
        problems.push(Problem::new(ProblemKind::WrongType, pointer, message));
    }
    (kinds, problems)
}

fn versions(spec: &Value) -> &[Value] {
    spec.get("versions").and_then(Value::as_array).unwrap_or_default()
}
