//! Reads `PodSecurityConfiguration`, alone or within an `AdmissionConfiguration`, as the API
//! server reads its file.
//!
//! Source of the rules: `admission/api` of k8s.io/pod-security-admission.

use crate::admission::Admission;
use crate::channels::Channels;
use crate::exemptions::Exemptions;
use crate::fields::Fields;
use crate::level::{Level, LevelVersion};
use sekisho_manifest::{Document, ReadOptions};
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Pointer, Value};

pub(crate) const GROUP: &str = "pod-security.admission.config.k8s.io";
pub(crate) const KIND: &str = "PodSecurityConfiguration";
pub(crate) const WRAPPER_KIND: &str = "AdmissionConfiguration";
/// `v1` and `v1alpha1` are of different groups.
pub(crate) const WRAPPER_GROUPS: [&str; 2] = ["apiserver.config.k8s.io", "apiserver.k8s.io"];

const PLUGIN: &str = "PodSecurity";
const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];

/// A configuration, with its name where it has one.
pub(crate) struct Configuration {
    pub(crate) name: Option<String>,
    pub(crate) admission: Admission,
}

/// What is wrong with a file that is to hold one configuration and nothing else, as kube-apiserver
/// takes it, beside what its reading and compiling tell.
#[must_use]
pub fn not_a_configuration(name: &str, bytes: &[u8]) -> Vec<Diagnostic> {
    let options = ReadOptions { client_kinds: true, ..ReadOptions::default() };
    let read = sekisho_manifest::read(name, bytes, &options);
    let kind = Pointer::root().key("kind");
    let at = |document: &Document, message: String| {
        let place = document.locate(&kind);
        Diagnostic::at(name, place.line, place.column, message)
    };
    let (configurations, others): (Vec<&Document>, Vec<&Document>) =
        read.documents.iter().partition(|document| is_configuration(document));
    let mut errors: Vec<Diagnostic> = others
        .iter()
        .map(|other| {
            let message = format!("`{}` is no `{KIND}`", other.kind());
            at(other, message).with_help("give what else there is with `--policies`")
        })
        .collect();
    errors.extend(configurations.iter().skip(1).map(|second| {
        at(second, format!("a second `{}`", second.kind())).with_help("take one of them away")
    }));
    if read.documents.is_empty() && read.errors.is_empty() && read.skipped.is_empty() {
        errors.push(Diagnostic::file(name, format!("the file holds no `{KIND}`")));
    }
    errors
}

fn is_configuration(document: &Document) -> bool {
    let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
    reads(group, document.kind())
}

/// Whether a kind is a configuration, or holds one.
pub(crate) fn reads(group: &str, kind: &str) -> bool {
    match kind {
        KIND => group == GROUP,
        WRAPPER_KIND => WRAPPER_GROUPS.contains(&group),
        _ => false,
    }
}

/// Reads the configuration that stands at `at`.
pub(crate) fn read<'a>(
    fields: &mut Fields<'a>,
    value: Option<&'a Value>,
    at: &Pointer,
) -> Option<Configuration> {
    let known = ["apiVersion", "kind", "metadata", "defaults", "exemptions"];
    let object = fields.object(value, at, &known)?;
    check_type(fields, object, at);
    let metadata = object.get("metadata").and_then(|metadata| metadata.path_str(&["name"]));
    Some(Configuration {
        name: metadata.filter(|name| !name.is_empty()).map(str::to_owned),
        admission: Admission {
            defaults: defaults(fields, object, &at.key("defaults")),
            exemptions: exemptions(fields, object, &at.key("exemptions")),
        },
    })
}

/// Reads the configuration within an `AdmissionConfiguration`. Other plugins are none of our
/// business.
pub(crate) fn read_wrapped<'a>(fields: &mut Fields<'a>, value: &'a Value) -> Option<Configuration> {
    let plugins = Pointer::root().key("plugins");
    let items = value.get("plugins").and_then(Value::as_array).unwrap_or_default();
    let mut found =
        items.iter().enumerate().filter(|(_, plugin)| plugin.path_str(&["name"]) == Some(PLUGIN));
    let Some((index, plugin)) = found.next() else {
        let help = "without a configuration the API server allows every pod that no label forbids";
        fields.error(&plugins, format!("there is no plugin `{PLUGIN}`"), help);
        return None;
    };
    if let Some((second, _)) = found.next() {
        let at = plugins.index(second).key("name");
        fields.error(&at, format!("plugin `{PLUGIN}` stands twice"), "take one of them away");
    }
    let at = plugins.index(index);
    let plugin = fields.object(Some(plugin), &at, &["name", "path", "configuration"])?;
    if fields.text(Some(plugin), &at, "path").is_some() {
        let help = "put the configuration inline below `configuration`, or give its file itself";
        let message = "the configuration is in another file".to_owned();
        fields.error(&at.key("path"), message, help);
        return None;
    }
    let inline = plugin.get("configuration").filter(|inline| !inline.is_null());
    if inline.is_none() {
        let help = format!("put a `{KIND}` inline below `configuration`");
        fields.error(&at, format!("plugin `{PLUGIN}` has no configuration"), &help);
    }
    read(fields, inline, &at.key("configuration"))
}

fn check_type<'a>(fields: &mut Fields<'a>, object: &'a Map, at: &Pointer) {
    let kind = fields.text(Some(object), at, "kind").unwrap_or_default();
    if kind != KIND {
        let help = format!("the plugin `{PLUGIN}` is configured by a `{KIND}`");
        fields.error(&at.key("kind"), format!("unknown kind `{kind}`"), &help);
    }
    let api_version = fields.text(Some(object), at, "apiVersion").unwrap_or_default();
    let known = api_version
        .split_once('/')
        .is_some_and(|(group, version)| group == GROUP && VERSIONS.contains(&version));
    if !known {
        let help = format!("use `{GROUP}/v1`");
        fields.error(&at.key("apiVersion"), format!("unknown version `{api_version}`"), &help);
    }
}

fn defaults<'a>(fields: &mut Fields<'a>, object: &'a Map, at: &Pointer) -> Channels {
    let known = ["enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version"];
    let map = fields.object(object.get("defaults"), at, &known);
    let mut channel = |level, version| LevelVersion {
        level: fields.level(map, at, level).unwrap_or(Level::Privileged),
        version: fields.version(map, at, version),
    };
    Channels {
        enforce: channel("enforce", "enforce-version"),
        audit: channel("audit", "audit-version"),
        warn: channel("warn", "warn-version"),
    }
}

fn exemptions<'a>(fields: &mut Fields<'a>, object: &'a Map, at: &Pointer) -> Exemptions {
    let known = ["usernames", "namespaces", "runtimeClasses"];
    let map = fields.object(object.get("exemptions"), at, &known);
    Exemptions {
        usernames: fields.names(map, at, "usernames", |name| {
            name.is_empty().then_some("a user's name is not empty")
        }),
        namespaces: fields.names(map, at, "namespaces", |name| {
            let help = "a namespace's name has at most 63 lower case letters, digits and `-`, and \
                        begins and ends with a letter or digit; patterns are not possible";
            (name.len() > 63 || !is_dns_label(name)).then_some(help)
        }),
        runtime_classes: fields.names(map, at, "runtimeClasses", |name| {
            let help = "a runtime class's name has at most 253 lower case letters, digits, `-` and \
                        `.`; patterns are not possible";
            (name.len() > 253 || !name.split('.').all(is_dns_label)).then_some(help)
        }),
    }
}

/// A label of RFC 1123 in lower case, of any length.
fn is_dns_label(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| alphanumeric(*byte))
        && bytes.last().is_some_and(|byte| alphanumeric(*byte))
}
