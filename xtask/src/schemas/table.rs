//! Joins the Go types with OpenAPI.

use super::go::{GoField, GoKind, GoShape, GoTypes};
use super::openapi::{OpenApi, Served};
use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The Kubernetes 1 minor version whose schemas these are.
const MINOR: u16 = 36;

/// What is written.
#[derive(Debug)]
pub(super) struct Table {
    /// sorted by kind, group, version
    pub(super) kinds: Vec<Kind>,
    pub(super) types: Vec<Type>,
}

#[derive(Debug, Default)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    pub(super) namespaced: bool,
    pub(super) subresources: Vec<String>,
    /// index into the types; `None` where the schema is no longer known
    pub(super) type_index: Option<usize>,
    pub(super) unserved: Option<Unserved>,
}

#[derive(Debug, Default)]
pub(super) struct Unserved {
    /// minor version of Kubernetes 1
    pub(super) removed: Option<u16>,
    /// group, version, kind
    pub(super) replacement: Option<(String, String, String)>,
}

#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: String,
    /// sorted by name
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) pointer: bool,
    pub(super) required: bool,
    /// stored even where absent
    pub(super) always: bool,
    /// dropped where it has its zero value
    pub(super) drops_zero: bool,
    pub(super) extra: Extra,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// the number that `schema/blob.rs` gives it
    Scalar(u16),
    Struct(usize),
    List(Box<Shape>),
    Map(Box<Shape>),
    /// a JSON schema or a boolean (1), a list of schemas (2), a list of strings (3)
    SchemaOr(u16, usize),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extra {
    pub(super) default: Option<String>,
    /// 0 none, 1 atomic, 2 set, 3 map, 4 merged by a patch key alone
    pub(super) list: u16,
    pub(super) keys: Vec<String>,
    pub(super) values: Vec<String>,
}

/// Kinds whose Go types are gone: group, version, kind, plural, namespaced, minor version of
/// removal, what replaces it, and the kind whose schema still reads it (deprecation guide and
/// change logs of Kubernetes).
type Gone = (
    (&'static str, &'static str, &'static str),
    &'static str,
    bool,
    u16,
    Option<(&'static str, &'static str, &'static str)>,
    bool,
);
const GONE: &[Gone] = &[
    (("apps", "v1alpha1", "PetSet"), "petsets", true, 5, Some(("apps", "v1", "StatefulSet")), true),
    (("auditregistration.k8s.io", "v1alpha1", "AuditSink"), "auditsinks", false, 19, None, false),
    (
        ("autoscaling", "v2beta1", "HorizontalPodAutoscaler"),
        "horizontalpodautoscalers",
        true,
        25,
        Some(("autoscaling", "v2", "HorizontalPodAutoscaler")),
        false,
    ),
    (
        ("autoscaling", "v2beta2", "HorizontalPodAutoscaler"),
        "horizontalpodautoscalers",
        true,
        26,
        Some(("autoscaling", "v2", "HorizontalPodAutoscaler")),
        true,
    ),
    (
        ("batch", "v2alpha1", "CronJob"),
        "cronjobs",
        true,
        21,
        Some(("batch", "v1", "CronJob")),
        true,
    ),
    (
        ("batch", "v2alpha1", "ScheduledJob"),
        "scheduledjobs",
        true,
        8,
        Some(("batch", "v1", "CronJob")),
        true,
    ),
    (
        ("discovery.k8s.io", "v1alpha1", "EndpointSlice"),
        "endpointslices",
        true,
        19,
        Some(("discovery.k8s.io", "v1", "EndpointSlice")),
        false,
    ),
    (
        ("extensions", "v1beta1", "HorizontalPodAutoscaler"),
        "horizontalpodautoscalers",
        true,
        8,
        Some(("autoscaling", "v1", "HorizontalPodAutoscaler")),
        false,
    ),
    (("extensions", "v1beta1", "Job"), "jobs", true, 6, Some(("batch", "v1", "Job")), true),
    (("extensions", "v1beta1", "PodSecurityPolicy"), "podsecuritypolicies", false, 16, None, false),
    (
        ("flowcontrol.apiserver.k8s.io", "v1alpha1", "FlowSchema"),
        "flowschemas",
        false,
        21,
        Some(("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema")),
        false,
    ),
    (
        ("flowcontrol.apiserver.k8s.io", "v1alpha1", "PriorityLevelConfiguration"),
        "prioritylevelconfigurations",
        false,
        21,
        Some(("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration")),
        false,
    ),
    (("policy", "v1beta1", "PodSecurityPolicy"), "podsecuritypolicies", false, 25, None, false),
    (
        ("scheduling.k8s.io", "v1alpha1", "PriorityClass"),
        "priorityclasses",
        false,
        24,
        Some(("scheduling.k8s.io", "v1", "PriorityClass")),
        true,
    ),
    (("settings.k8s.io", "v1alpha1", "PodPreset"), "podpresets", true, 20, None, false),
];

/// Joins both sources.
pub(super) fn join(go: &GoTypes, openapi: &OpenApi) -> anyhow::Result<Table> {
    let mut builder = Builder { go, openapi, types: Vec::new(), by_name: BTreeMap::new() };
    let mut kinds: Vec<Kind> = openapi
        .served
        .iter()
        .map(|served| builder.served(served))
        .collect::<anyhow::Result<_>>()?;
    let known: BTreeSet<_> = kinds
        .iter()
        .map(|kind| (kind.group.clone(), kind.version.clone(), kind.kind.clone()))
        .collect();
    for kind in &go.kinds {
        let key = (kind.group.clone(), kind.version.clone(), kind.kind.clone());
        if !known.contains(&key) {
            kinds.extend(builder.unserved(kind)?);
        }
    }
    for gone in GONE {
        kinds.push(builder.gone(gone)?);
    }
    kinds.sort_by(|a, b| (&a.kind, &a.group, &a.version).cmp(&(&b.kind, &b.group, &b.version)));
    let Builder { types, .. } = builder;
    let types = types.into_iter().collect::<Option<_>>().context("a type was left unfinished")?;
    Ok(Table { kinds, types })
}

struct Builder<'a> {
    go: &'a GoTypes,
    openapi: &'a OpenApi,
    types: Vec<Option<Type>>,
    by_name: BTreeMap<String, usize>,
}

impl Builder<'_> {
    fn served(&mut self, served: &Served) -> anyhow::Result<Kind> {
        let go = go_kind(self.go, &served.group, &served.version, &served.kind)?;
        Ok(Kind {
            group: served.group.clone(),
            version: served.version.clone(),
            kind: served.kind.clone(),
            plural: served.plural.clone(),
            namespaced: served.namespaced,
            subresources: served.subresources.iter().cloned().collect(),
            type_index: Some(self.type_index(&go.type_name)?),
            unserved: None,
        })
    }

    /// A kind of which the Go types are still there: an object of a version that the recorded
    /// server serves no longer (or only where it is turned on).
    fn unserved(&mut self, go: &GoKind) -> anyhow::Result<Option<Kind>> {
        let fields = self.go.types.get(&go.type_name).context("a kind has no type")?;
        let has_metadata = |wanted: &str| {
            fields.iter().any(|field| {
                field.name == "metadata"
                    && matches!(&field.shape, GoShape::Struct(name) if name.ends_with(wanted))
            })
        };
        // Lists, options and replies are no objects that one stores.
        if !has_metadata(".ObjectMeta")
            || ["Scale", "PodStatusResult", "RangeAllocation"].contains(&go.kind.as_str())
        {
            return Ok(None);
        }
        let same = self
            .openapi
            .served
            .iter()
            .filter(|served| served.kind == go.kind && !served.plural.is_empty());
        let nearest = same.clone().find(|served| served.group == go.group);
        let replacement = match (&go.replacement, nearest) {
            (Some((group, version, kind)), _) => {
                let kind = kind.strip_suffix("List").unwrap_or(kind);
                // A beta may be replaced by a beta that is itself gone by now.
                let served =
                    same.clone().find(|served| served.group == *group && served.kind == kind);
                let version = served.map_or(version, |served| &served.version);
                Some((group.clone(), version.clone(), kind.to_owned()))
            }
            (None, Some(served)) => {
                Some((served.group.clone(), served.version.clone(), served.kind.clone()))
            }
            (None, None) => None,
        };
        let removed = go.removed.filter(|minor| *minor <= MINOR);
        // Neither removed nor superseded: an alpha or beta that a cluster may turn on.
        let unserved = (removed.is_some() || replacement.is_some())
            .then_some(Unserved { removed, replacement });
        let (plural, namespaced, subresources) = match nearest.or_else(|| same.clone().next()) {
            Some(served) => (
                served.plural.clone(),
                served.namespaced,
                served.subresources.iter().cloned().collect(),
            ),
            None => {
                let (plural, namespaced) = match go.kind.as_str() {
                    "ClusterTrustBundle" => ("clustertrustbundles", false),
                    "Eviction" => ("", true),
                    "PodCertificateRequest" => ("podcertificaterequests", true),
                    "PodGroup" => ("podgroups", true),
                    "StorageVersionMigration" => ("storageversionmigrations", false),
                    "Workload" => ("workloads", true),
                    other => bail!(
                        "the plural and the scope of {}/{} {other} are not known",
                        go.group,
                        go.version
                    ),
                };
                (plural.to_owned(), namespaced, Vec::new())
            }
        };
        Ok(Some(Kind {
            group: go.group.clone(),
            version: go.version.clone(),
            kind: go.kind.clone(),
            plural,
            namespaced,
            subresources,
            type_index: Some(self.type_index(&go.type_name)?),
            unserved,
        }))
    }

    fn gone(&mut self, gone: &Gone) -> anyhow::Result<Kind> {
        let ((group, version, kind), plural, namespaced, removed, replacement, same_schema) = *gone;
        let type_index = match replacement {
            Some((group, version, kind)) if same_schema => {
                Some(self.type_index(&go_kind(self.go, group, version, kind)?.type_name)?)
            }
            _ => None,
        };
        let owned = |(a, b, c): (&str, &str, &str)| (a.to_owned(), b.to_owned(), c.to_owned());
        Ok(Kind {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced,
            subresources: Vec::new(),
            type_index,
            unserved: Some(Unserved {
                removed: Some(removed),
                replacement: replacement.map(owned),
            }),
        })
    }

    fn type_index(&mut self, go_name: &str) -> anyhow::Result<usize> {
        if let Some(index) = self.by_name.get(go_name) {
            return Ok(*index);
        }
        let index = self.types.len();
        // Reserved first, so that a type that holds itself finds it.
        self.types.push(None);
        self.by_name.insert(go_name.to_owned(), index);
        let (go, openapi) = (self.go, self.openapi);
        let go_fields = go.types.get(go_name).with_context(|| format!("no Go type {go_name}"))?;
        let schema = openapi.schemas.get(&openapi_name(go_name)?);
        let mut fields = Vec::new();
        for field in go_fields {
            let of_schema = |key: &str| schema.and_then(|schema| schema.get(key));
            let required = of_schema("required")
                .and_then(Value::as_array)
                .is_some_and(|names| names.iter().any(|name| name.as_str() == Some(&field.name)));
            let property = match of_schema("properties") {
                Some(properties) => Some(
                    properties
                        .get(&field.name)
                        .and_then(Value::as_object)
                        .with_context(|| format!("OpenAPI has no {go_name}.{}", field.name))?,
                ),
                None => None,
            };
            fields.push(self.field(field, required, property)?);
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let name = short_name(go_name)?;
        if let Some(slot) = self.types.get_mut(index) {
            *slot = Some(Type { name, fields });
        }
        Ok(index)
    }

    fn field(
        &mut self,
        go: &GoField,
        required: bool,
        property: Option<&Map<String, Value>>,
    ) -> anyhow::Result<Field> {
        let shape = self.shape(&go.shape)?;
        // `encoding/json`: `omitempty` drops false, 0, "", nil, and empty lists and maps, but
        // never a struct; `omitzero` drops a struct too. A set pointer is never empty.
        let has_no_empty_value =
            !go.pointer && matches!(go.shape, GoShape::Struct(_) | GoShape::Special(_));
        let always =
            if has_no_empty_value { !go.omit_zero } else { !go.omit_empty && !go.omit_zero };
        let drops_zero = !go.pointer && !always;
        Ok(Field {
            name: go.name.clone(),
            shape,
            pointer: go.pointer,
            required,
            always,
            drops_zero,
            extra: extra(go, property)?,
        })
    }

    fn shape(&mut self, go: &GoShape) -> anyhow::Result<Shape> {
        Ok(match go {
            GoShape::Bool => Shape::Scalar(0),
            GoShape::String => Shape::Scalar(1),
            GoShape::Int32 => Shape::Scalar(2),
            GoShape::Int64 => Shape::Scalar(3),
            GoShape::Float64 => Shape::Scalar(4),
            GoShape::Bytes => Shape::Scalar(5),
            GoShape::Any => Shape::Scalar(6),
            GoShape::Struct(name) => Shape::Struct(self.type_index(name)?),
            GoShape::List(item) => Shape::List(Box::new(self.shape(item)?)),
            GoShape::Map(item) => Shape::Map(Box::new(self.shape(item)?)),
            GoShape::Special(name) => match name.as_str() {
                "RawExtension" | "FieldsV1" | "JSON" => Shape::Scalar(6),
                "Quantity" => Shape::Scalar(7),
                "IntOrString" => Shape::Scalar(8),
                "Time" => Shape::Scalar(9),
                "MicroTime" => Shape::Scalar(10),
                "JSONSchemaPropsOrBool" => Shape::SchemaOr(1, self.json_schema()?),
                "JSONSchemaPropsOrArray" => Shape::SchemaOr(2, self.json_schema()?),
                "JSONSchemaPropsOrStringArray" => Shape::SchemaOr(3, self.json_schema()?),
                other => bail!("`{other}` decodes itself in a way that the table does not know"),
            },
        })
    }

    fn json_schema(&mut self) -> anyhow::Result<usize> {
        // The beta's schema of schemas has the same fields.
        self.type_index("k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaProps")
    }
}

fn go_kind<'a>(
    go: &'a GoTypes,
    group: &str,
    version: &str,
    kind: &str,
) -> anyhow::Result<&'a GoKind> {
    let wanted = (group, version, kind);
    go.kinds
        .iter()
        .find(|go| (go.group.as_str(), go.version.as_str(), go.kind.as_str()) == wanted)
        .with_context(|| format!("{group}/{version} {kind} has no Go type"))
}

fn extra(go: &GoField, property: Option<&Map<String, Value>>) -> anyhow::Result<Extra> {
    let strings = |key: &str| -> Vec<String> {
        let list = property.and_then(|property| property.get(key)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let text = |key: &str| property.and_then(|property| property.get(key)).and_then(Value::as_str);
    let mut extra = Extra {
        default: property.and_then(|property| property.get("default")).map(Value::to_string),
        list: match text("x-kubernetes-list-type") {
            None => 0,
            Some("atomic") => 1,
            Some("set") => 2,
            Some("map") => 3,
            Some(other) => bail!("unknown list type `{other}`"),
        },
        keys: strings("x-kubernetes-list-map-keys"),
        values: strings("enum"),
    };
    let merge_key = text("x-kubernetes-patch-merge-key").or(go.merge_key.as_deref());
    if let Some(key) = merge_key.filter(|_| extra.keys.is_empty()) {
        extra.keys.push(key.to_owned());
        if extra.list == 0 {
            extra.list = 4;
        }
    }
    Ok(extra)
}

/// `k8s.io/api/core/v1.Pod` → `io.k8s.api.core.v1.Pod`
fn openapi_name(go: &str) -> anyhow::Result<String> {
    let rest = go.strip_prefix("k8s.io/").with_context(|| format!("unexpected package of {go}"))?;
    Ok(format!("io.k8s.{}", rest.replace('/', ".")))
}

/// `k8s.io/api/core/v1.Pod` → `core/v1.Pod`
fn short_name(go: &str) -> anyhow::Result<String> {
    let start = go.rmatch_indices('/').nth(1).map(|(at, _)| at + 1);
    let start = start.with_context(|| format!("unexpected package of {go}"))?;
    Ok(go.get(start..).unwrap_or_default().to_owned())
}
