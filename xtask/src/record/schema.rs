//! The server's own OpenAPI documents, as far as generators need them.

use anyhow::{Context as _, bail};
use sekisho_testenv::TestEnv;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Everything the server serves.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    /// by full name, `io.k8s.api.core.v1.Probe`
    pub(crate) structs: BTreeMap<String, Struct>,
    /// what can be created, in order of group, version and kind
    pub(crate) kinds: Vec<Kind>,
}

/// An object type with named fields.
#[derive(Debug)]
pub(crate) struct Struct {
    /// the last part of its full name, `Probe`
    pub(crate) short: String,
    /// sorted by name
    pub(crate) fields: BTreeMap<String, Field>,
}

/// A field of a [`Struct`].
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) ty: Type,
    pub(crate) required: bool,
    /// OpenAPI's `default`
    pub(crate) default: Option<Json>,
    pub(crate) description: String,
}

/// What a field may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// a [`Struct`] by its full name
    Struct(String),
    List(Box<Type>),
    Map(Box<Type>),
    /// a string, its allowed values where they are listed
    Text(Vec<String>),
    /// base64
    Bytes,
    Time,
    MicroTime,
    /// `true` where it has 64 bits
    Integer(bool),
    Double,
    Bool,
    Quantity,
    IntOrString,
    /// anything, or a type that OpenAPI does not describe
    Any(String),
}

/// A kind that can be created.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    /// its full type name
    pub(crate) ty: String,
}

impl Kind {
    /// `v1` or `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

impl Schemas {
    /// Asks the server for all its documents.
    pub(crate) fn read(env: &TestEnv) -> anyhow::Result<Self> {
        let index = get(env, "/openapi/v3")?;
        let paths = index.get("paths").and_then(Json::as_object).context("no list of documents")?;
        let mut schemas = Self::default();
        let mut kinds = BTreeMap::new();
        for (name, entry) in paths {
            if !name.starts_with("api") {
                continue;
            }
            let url = entry.get("serverRelativeURL").and_then(Json::as_str);
            let document = get(env, url.context("a document without a path")?)?;
            let types = document.pointer("/components/schemas").and_then(Json::as_object);
            for (name, schema) in types.into_iter().flatten() {
                if schema.get("properties").is_some() {
                    schemas.structs.insert(name.clone(), read_struct(name, schema));
                }
                for gvk in of_list(schema, "x-kubernetes-group-version-kind") {
                    kinds.insert(gvk_key(gvk), (name.clone(), None));
                }
            }
            let served = document.get("paths").and_then(Json::as_object);
            for (path, methods) in served.into_iter().flatten() {
                let post = methods.pointer("/post/x-kubernetes-group-version-kind");
                if let Some(gvk) = post.filter(|_| !path.contains("{name}"))
                    && let Some((_, namespaced)) = kinds.get_mut(&gvk_key(gvk))
                {
                    *namespaced = Some(path.contains("{namespace}"));
                }
            }
        }
        for ((group, version, kind), (ty, namespaced)) in kinds {
            if let Some(namespaced) = namespaced {
                schemas.kinds.push(Kind { group, version, kind, namespaced, ty });
            }
        }
        if schemas.kinds.len() < 50 {
            bail!("the server serves {} kinds only", schemas.kinds.len());
        }
        Ok(schemas)
    }

    /// The short name of a type; empty for one without fields.
    pub(crate) fn short<'a>(&'a self, ty: &'a Type) -> &'a str {
        match ty {
            Type::Struct(name) => self.structs.get(name).map_or("", |of| of.short.as_str()),
            Type::Any(name) => name,
            _ => "",
        }
    }

    /// The fields of a type; `None` for one without.
    pub(crate) fn fields(&self, ty: &Type) -> Option<&BTreeMap<String, Field>> {
        match ty {
            Type::Struct(name) => self.structs.get(name).map(|of| &of.fields),
            _ => None,
        }
    }
}

fn get(env: &TestEnv, path: &str) -> anyhow::Result<Json> {
    let answer = env.admin().get(path)?;
    if !answer.is_success() {
        bail!("{path}: status {}", answer.status);
    }
    Ok(serde_json::from_str(&answer.body.to_json())?)
}

fn gvk_key(gvk: &Json) -> (String, String, String) {
    let part = |name: &str| gvk.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    (part("group"), part("version"), part("kind"))
}

fn of_list<'a>(schema: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    schema.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// Types that share the last part of their name with another that has other fields.
const RENAMED: [(&str, &str); 5] = [
    ("io.k8s.api.core.v1.ResourceClaim", "ContainerResourceClaim"),
    ("io.k8s.api.flowcontrol.v1.Subject", "FlowSubject"),
    ("io.k8s.api.resource.v1beta1.Device", "DeviceV1beta1"),
    ("io.k8s.api.resource.v1beta1.DeviceClaim", "DeviceClaimV1beta1"),
    ("io.k8s.api.resource.v1beta1.DeviceRequest", "DeviceRequestV1beta1"),
];

fn short(name: &str) -> &str {
    match RENAMED.iter().find(|(long, _)| *long == name) {
        Some((_, short)) => short,
        None => name.rsplit('.').next().unwrap_or(name),
    }
}

fn read_struct(name: &str, schema: &Json) -> Struct {
    let required: Vec<&str> = of_list(schema, "required").filter_map(Json::as_str).collect();
    let properties = schema.get("properties").and_then(Json::as_object);
    let fields = properties.into_iter().flatten().map(|(name, schema)| {
        let description = schema.get("description").and_then(Json::as_str).unwrap_or_default();
        let field = Field {
            ty: read_type(schema),
            required: required.contains(&name.as_str()),
            default: schema.get("default").cloned(),
            description: description.to_owned(),
        };
        (name.clone(), field)
    });
    Struct { short: short(name).to_owned(), fields: fields.collect() }
}

fn read_type(schema: &Json) -> Type {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
    if let Some(reference) = reference.and_then(Json::as_str) {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return match short(name) {
            "Quantity" => Type::Quantity,
            "IntOrString" => Type::IntOrString,
            "Time" => Type::Time,
            "MicroTime" => Type::MicroTime,
            other @ ("FieldsV1"
            | "Patch"
            | "RawExtension"
            | "JSON"
            | "JSONSchemaPropsOrArray"
            | "JSONSchemaPropsOrBool"
            | "JSONSchemaPropsOrStringArray") => Type::Any(other.to_owned()),
            _ => Type::Struct(name.to_owned()),
        };
    }
    let text = |key: &str| schema.get(key).and_then(Json::as_str).unwrap_or_default();
    match (text("type"), text("format")) {
        ("array", _) => Type::List(Box::new(schema.get("items").map_or(any(), read_type))),
        ("object", _) => match schema.get("additionalProperties") {
            Some(items @ Json::Object(_)) => Type::Map(Box::new(read_type(items))),
            _ => any(),
        },
        ("string", "byte") => Type::Bytes,
        ("string", "date-time") => Type::Time,
        ("string", _) => {
            let values = of_list(schema, "enum").filter_map(Json::as_str).map(str::to_owned);
            Type::Text(values.collect())
        }
        ("integer", format) => Type::Integer(format == "int64"),
        ("number", _) => Type::Double,
        ("boolean", _) => Type::Bool,
        _ => any(),
    }
}

fn any() -> Type {
    Type::Any(String::new())
}
