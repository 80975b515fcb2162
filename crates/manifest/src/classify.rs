//! What a document is: a Kubernetes object, or what else.

use sekisho_value::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Why a document is no Kubernetes object to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// An object that is never sent to an API server.
    ClientOnly {
        /// The kind.
        kind: String,
        /// The API version.
        api_version: String,
        /// What reads it.
        reader: &'static str,
    },
    /// A Helm values file.
    HelmValues,
    /// A Helm `Chart.yaml`.
    HelmChart,
    /// A template that was not rendered.
    Template,
    /// A kustomization that names no kind, as kustomize lets it.
    Kustomization,
    /// A compose file.
    Compose,
    /// A pipeline of a CI system.
    Pipeline {
        /// The CI system.
        system: &'static str,
    },
    /// A `List` without items.
    EmptyList {
        /// The kind.
        kind: String,
    },
    /// Anything else.
    NoObject {
        /// What is missing or wrong.
        detail: Cow<'static, str>,
    },
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientOnly { kind, api_version, reader } => {
                write!(f, "{api_version} {kind}: only {reader} reads it, no API server does")
            }
            Self::HelmValues => f.write_str("Helm values file"),
            Self::HelmChart => f.write_str("Helm chart metadata"),
            Self::Template => f.write_str("unrendered Helm template"),
            Self::Kustomization => f.write_str("kustomization: only kustomize reads it"),
            Self::Compose => f.write_str("compose file"),
            Self::Pipeline { system } => write!(f, "{system} file"),
            Self::EmptyList { kind } => write!(f, "{kind} without items"),
            Self::NoObject { detail } => write!(f, "no Kubernetes object: {detail}"),
        }
    }
}

/// What a document is.
pub(crate) enum Class {
    Object,
    List,
    Skip(SkipReason),
    /// kubectl refuses it: what is missing, and how to mend it.
    Broken(&'static str, &'static str),
}

/// Groups whose kinds no API server stores, and what reads them.
const CLIENT_GROUPS: &[(&str, &str)] = &[
    ("kustomize.config.k8s.io", "kustomize"),
    ("kubeadm.k8s.io", "kubeadm"),
    ("kubelet.config.k8s.io", "the kubelet"),
    ("kubeproxy.config.k8s.io", "kube-proxy"),
    ("kubescheduler.config.k8s.io", "kube-scheduler"),
    ("kubecontrollermanager.config.k8s.io", "kube-controller-manager"),
    ("apiserver.config.k8s.io", "kube-apiserver at its start"),
    ("apiserver.k8s.io", "kube-apiserver at its start"),
    ("audit.k8s.io", "kube-apiserver at its start"),
    ("pod-security.admission.config.k8s.io", "kube-apiserver at its start"),
    ("eventratelimit.admission.k8s.io", "kube-apiserver at its start"),
    ("resourcequota.admission.k8s.io", "kube-apiserver at its start"),
    ("client.authentication.k8s.io", "kubectl"),
    ("kubectl.config.k8s.io", "kubectl"),
    ("kind.x-k8s.io", "kind"),
    ("k3d.io", "k3d"),
    ("eksctl.io", "eksctl"),
    ("skaffold", "skaffold"),
    ("test.gatekeeper.sh", "gator"),
    ("cli.kyverno.io", "the Kyverno command line"),
];

/// Says what a document is. `name` is the path it was read from.
pub(crate) fn classify(value: &Value, name: &str) -> Class {
    let Value::Object(map) = value else {
        return no_object(value);
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("apiVersion"), text("kind")) {
        (Some(api_version), Some(kind)) => object(map, api_version, kind),
        (api_version, kind) => {
            let reason = other(map, name);
            if reason.is_none() && map.contains_key("metadata") {
                if api_version.is_some() && !map.contains_key("kind") {
                    return Class::Broken(
                        "the object has no `kind`",
                        "add one, such as `kind: Pod`",
                    );
                }
                if kind.is_some() && !map.contains_key("apiVersion") {
                    let help = "add one, such as `apiVersion: v1`";
                    return Class::Broken("the object has no `apiVersion`", help);
                }
                if map.contains_key("apiVersion") || map.contains_key("kind") {
                    let help = "kubectl refuses the object; put quotes around the value";
                    let message = if api_version.is_none() && map.contains_key("apiVersion") {
                        "the object's `apiVersion` is no text"
                    } else {
                        "the object's `kind` is no text"
                    };
                    return Class::Broken(message, help);
                }
            }
            Class::Skip(reason.unwrap_or_else(|| {
                let missing = match (api_version, kind) {
                    (Some(_), _) => "it has no `kind`",
                    (_, Some(_)) => "it has no `apiVersion`",
                    _ => "it has neither `apiVersion` nor `kind`",
                };
                SkipReason::NoObject { detail: missing.into() }
            }))
        }
    }
}

fn object(map: &Map, api_version: &str, kind: &str) -> Class {
    if let Some(list) = list(map, api_version, kind) {
        return list;
    }
    let templated = |value: Option<&str>| value.is_some_and(|text| text.contains("{{"));
    let meta = |key: &str| map.get("metadata").and_then(|meta| meta.get(key)?.as_str());
    if templated(Some(api_version))
        || templated(Some(kind))
        || templated(meta("name"))
        || templated(meta("namespace"))
    {
        return Class::Skip(SkipReason::Template);
    }
    let client = |reader| {
        let (kind, api_version) = (kind.to_owned(), api_version.to_owned());
        Class::Skip(SkipReason::ClientOnly { kind, api_version, reader })
    };
    if api_version == "v1" && kind == "Config" {
        return client("kubectl and other clients (a kubeconfig)");
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if let Some((_, reader)) = CLIENT_GROUPS.iter().find(|(client, _)| *client == group) {
        return client(reader);
    }
    Class::Object
}

/// To kubectl any object that has `items` is a list, whatever its kind and its other fields are
/// (`unstructuredJSONScheme.decode` of `k8s.io/apimachinery/pkg/apis/meta/v1/unstructured`).
fn list(map: &Map, api_version: &str, kind: &str) -> Option<Class> {
    match map.get("items") {
        Some(Value::Array(_) | Value::Null) => Some(Class::List),
        Some(_) => Some(Class::Broken(
            "`items` is no list",
            "kubectl takes an object with `items` for a list of objects, and refuses this one",
        )),
        // Groups of custom resources have a dot in their name.
        None if kind.ends_with("List") && !api_version.contains('.') => Some(Class::Broken(
            "a list without `items`",
            "no API server has such a kind; add `items`, if only as `items: []`",
        )),
        None => None,
    }
}

/// A document that is no mapping.
fn no_object(value: &Value) -> Class {
    let is_object = |item: &Value| item.get("apiVersion").is_some() && item.get("kind").is_some();
    match value.as_array() {
        Some(items) if items.iter().any(is_object) => Class::Broken(
            "a list of objects is no manifest",
            "kubectl refuses it; part the objects with `---`, or put them in a `kind: List`",
        ),
        Some(items)
            if items.iter().any(|item| {
                item.get("hosts").is_some()
                    && (item.get("tasks").is_some() || item.get("roles").is_some())
            }) =>
        {
            Class::Skip(SkipReason::NoObject { detail: "an Ansible playbook".into() })
        }
        _ => {
            let detail = format!("a {}", value.kind()).into();
            Class::Skip(SkipReason::NoObject { detail })
        }
    }
}

/// What else a mapping is known to be, by its path and by its keys.
fn other(map: &Map, path: &str) -> Option<SkipReason> {
    let has = |key: &str| map.contains_key(key);
    let is_map = |key: &str| matches!(map.get(key), Some(Value::Object(_)));
    let pipeline = |system| Some(SkipReason::Pipeline { system });
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if has("version") && has("name") && (stem == "Chart" || (has("apiVersion") && !has("kind"))) {
        return Some(SkipReason::HelmChart);
    }
    if matches!(file, "kustomization.yaml" | "kustomization.yml") {
        return Some(SkipReason::Kustomization);
    }
    let is_service = |service: &Value| {
        ["image", "build", "extends", "command"].iter().any(|key| service.get(key).is_some())
    };
    let services = map.get("services").and_then(Value::as_object);
    if services.is_some_and(|services| services.iter().any(|(_, service)| is_service(service))) {
        return Some(SkipReason::Compose);
    }
    // In YAML 1.1 the key `on` reads as a boolean.
    if is_map("jobs") && (has("true") || has("on")) {
        return pipeline("GitHub workflow");
    }
    if has("runs") && has("name") && is_map("runs") {
        return pipeline("GitHub action");
    }
    let is_job = |job: &Value| job.get("script").is_some() || job.get("trigger").is_some();
    if file.ends_with(".gitlab-ci.yml") || map.iter().any(|(_, job)| is_job(job)) && has("stages") {
        return pipeline("GitLab CI");
    }
    if is_map("jobs") && has("workflows") {
        return pipeline("CircleCI");
    }
    if matches!(stem, "azure-pipelines" | "cloudbuild" | ".travis" | "bitbucket-pipelines") {
        return pipeline("CI");
    }
    if stem == "values"
        || stem.starts_with("values-")
        || stem.starts_with("values.")
        || stem.ends_with("-values")
        || stem.ends_with(".values")
    {
        return Some(SkipReason::HelmValues);
    }
    let other = if has("openapi") || has("swagger") {
        "an OpenAPI description"
    } else if has("$schema") {
        "it names a JSON schema"
    } else if has("repos") && file == ".pre-commit-config.yaml" {
        "a pre-commit configuration"
    } else if has("updates") && stem == "dependabot" {
        "a Dependabot configuration"
    } else if has("dependencies") && matches!(stem, "requirements" | "Chart") {
        "Helm chart dependencies"
    } else {
        return None;
    };
    Some(SkipReason::NoObject { detail: other.into() })
}
