//! Recorded OpenAPI v3: `components.schemas`, and `served`, which lists every path.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// All documents of a folder together.
#[derive(Debug, Default)]
pub(super) struct OpenApi {
    /// by OpenAPI name, for example `io.k8s.api.core.v1.Pod`
    pub(super) schemas: BTreeMap<String, Map<String, Value>>,
    pub(super) served: Vec<Served>,
}

/// A kind that the recorded server serves.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    /// empty where the kind is served as a subresource only
    pub(super) plural: String,
    pub(super) namespaced: bool,
    /// of the resource, whatever their kind
    pub(super) subresources: BTreeSet<String>,
}

pub(super) fn read(dir: &Path) -> anyhow::Result<OpenApi> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .with_context(|| format!("cannot read the folder {}", dir.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        bail!("{} holds no OpenAPI document", dir.display());
    }
    let mut openapi = OpenApi::default();
    let mut paths = Vec::new();
    for file in files {
        let document: Value = serde_json::from_slice(&std::fs::read(&file)?)
            .with_context(|| format!("{} is no JSON", file.display()))?;
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            let schema = schema.as_object().context("a schema is no object")?;
            openapi.schemas.insert(name.clone(), schema.clone());
        }
        for entry in document.get("served").and_then(Value::as_array).into_iter().flatten() {
            if let Some(path) = path(entry)? {
                paths.push(path);
            }
        }
    }
    openapi.served = served(&paths)?;
    Ok(openapi)
}

/// One served path.
struct ApiPath {
    /// (group, version) of the path, which for a subresource may differ from the kind's
    api: (String, String),
    plural: String,
    subresource: Option<String>,
    namespaced: bool,
    kind: (String, String, String),
}

fn path(entry: &Value) -> anyhow::Result<Option<ApiPath>> {
    let text = |at: &str| entry.pointer(at).and_then(Value::as_str);
    let (Some(path), Some(group), Some(version), Some(kind)) =
        (text("/0"), text("/3/group"), text("/3/version"), text("/3/kind"))
    else {
        return Ok(None);
    };
    let mut steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    let api = match steps.as_slice() {
        ["api", version, ..] => (String::new(), (*version).to_owned()),
        ["apis", group, version, ..] => ((*group).to_owned(), (*version).to_owned()),
        _ => bail!("unexpected path `{path}`"),
    };
    steps.drain(..if api.0.is_empty() { 2 } else { 3 });
    if steps.first() == Some(&"watch") {
        return Ok(None);
    }
    let namespaced = steps.starts_with(&["namespaces", "{namespace}"]);
    if namespaced {
        steps.drain(..2);
    }
    let (plural, subresource) = match steps.as_slice() {
        [plural] | [plural, "{name}"] => (*plural, None),
        [plural, "{name}", subresource, ..] => (*plural, Some((*subresource).to_owned())),
        _ => bail!("unexpected path `{path}`"),
    };
    Ok(Some(ApiPath {
        api,
        plural: plural.to_owned(),
        subresource,
        namespaced,
        kind: (group.to_owned(), version.to_owned(), kind.to_owned()),
    }))
}

fn served(paths: &[ApiPath]) -> anyhow::Result<Vec<Served>> {
    let mut kinds: BTreeMap<(String, String, String), Served> = BTreeMap::new();
    for path in paths {
        let (group, version, kind) = path.kind.clone();
        let served = kinds.entry(path.kind.clone()).or_insert_with(|| Served {
            group,
            version,
            kind,
            plural: String::new(),
            namespaced: false,
            subresources: BTreeSet::new(),
        });
        // A resource's list over all namespaces has no namespace in its path, so that any path
        // with one decides. Bindings and evictions live in a namespace as well.
        served.namespaced |= path.namespaced;
        if path.subresource.is_none() {
            if !served.plural.is_empty() && served.plural != path.plural {
                bail!("{:?} is both {} and {}", path.kind, served.plural, path.plural);
            }
            served.plural.clone_from(&path.plural);
        }
    }
    for path in paths {
        let Some(subresource) = &path.subresource else { continue };
        let parent = kinds.values_mut().find(|kind| {
            (&kind.group, &kind.version, &kind.plural) == (&path.api.0, &path.api.1, &path.plural)
        });
        let parent = parent.with_context(|| format!("no resource `{}`", path.plural))?;
        parent.subresources.insert(subresource.clone());
    }
    Ok(kinds.into_values().collect())
}
