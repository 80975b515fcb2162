//! What the Go program prints.

use anyhow::{Context as _, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// The Go types by name (`k8s.io/api/core/v1.Pod`), and the kinds.
#[derive(Debug)]
pub(super) struct GoTypes {
    pub(super) kinds: Vec<GoKind>,
    pub(super) types: BTreeMap<String, Vec<GoField>>,
}

#[derive(Debug)]
pub(super) struct GoKind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) type_name: String,
    pub(super) removed: Option<u16>,
    pub(super) replacement: Option<(String, String, String)>,
}

#[derive(Debug)]
pub(super) struct GoField {
    pub(super) name: String,
    pub(super) omit_empty: bool,
    pub(super) omit_zero: bool,
    pub(super) merge_key: Option<String>,
    pub(super) pointer: bool,
    pub(super) shape: GoShape,
}

#[derive(Clone, Debug)]
pub(super) enum GoShape {
    Bool,
    String,
    Int32,
    Int64,
    Float64,
    Bytes,
    Any,
    Struct(String),
    /// a type with its own decoder, by its bare name
    Special(String),
    List(Box<GoShape>),
    Map(Box<GoShape>),
}

pub(super) fn parse(json: &[u8]) -> anyhow::Result<GoTypes> {
    let json: Value = serde_json::from_slice(json).context("the Go program printed no JSON")?;
    let kinds = array(&json, "kinds")?.iter().map(kind).collect::<anyhow::Result<_>>()?;
    let types = json.get("types").and_then(Value::as_object).context("no types")?;
    let types = types
        .iter()
        .map(|(name, fields)| {
            let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
            let fields = fields.iter().map(field).collect::<anyhow::Result<Vec<_>>>()?;
            Ok((name.clone(), fields))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(GoTypes { kinds, types })
}

fn kind(json: &Value) -> anyhow::Result<GoKind> {
    let removed = json.get("removed").and_then(Value::as_u64);
    let replacement = match json.get("replacement") {
        Some(to) => Some((text(to, "Group")?, text(to, "Version")?, text(to, "Kind")?)),
        None => None,
    };
    Ok(GoKind {
        group: text(json, "group")?,
        version: text(json, "version")?,
        kind: text(json, "kind")?,
        type_name: text(json, "type")?,
        removed: removed.map(u16::try_from).transpose()?,
        replacement,
    })
}

fn field(json: &Value) -> anyhow::Result<GoField> {
    let name = text(json, "name")?;
    let shape_json = json.get("shape").with_context(|| format!("`{name}` has no shape"))?;
    Ok(GoField {
        omit_empty: flag(json, "omitempty"),
        omit_zero: flag(json, "omitzero"),
        merge_key: json.get("mergeKey").and_then(Value::as_str).map(str::to_owned),
        pointer: flag(shape_json, "pointer"),
        shape: shape(shape_json)?,
        name,
    })
}

fn shape(json: &Value) -> anyhow::Result<GoShape> {
    let item = || -> anyhow::Result<Box<GoShape>> {
        let item = json.get("item").context("a list or map has no item")?;
        if flag(item, "pointer") {
            bail!("an item is a pointer, which the table cannot tell");
        }
        shape(item).map(Box::new)
    };
    Ok(match text(json, "kind")?.as_str() {
        "bool" => GoShape::Bool,
        "string" => GoShape::String,
        "int32" => GoShape::Int32,
        "int64" => GoShape::Int64,
        "float64" => GoShape::Float64,
        "bytes" => GoShape::Bytes,
        "any" => GoShape::Any,
        "struct" => GoShape::Struct(text(json, "name")?),
        "special" => {
            let name = text(json, "name")?;
            GoShape::Special(name.rsplit('.').next().unwrap_or_default().to_owned())
        }
        "list" => GoShape::List(item()?),
        "map" => GoShape::Map(item()?),
        other => bail!("unknown kind of Go type `{other}`"),
    })
}

fn text(json: &Value, key: &str) -> anyhow::Result<String> {
    let text = json.get(key).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no `{key}` in {json}"))?.to_owned())
}

fn array<'a>(json: &'a Value, key: &str) -> anyhow::Result<&'a [Value]> {
    json.get(key).and_then(Value::as_array).map(Vec::as_slice).context("a list is missing")
}

fn flag(json: &Value, key: &str) -> bool {
    json.get(key).and_then(Value::as_bool).unwrap_or_default()
}
