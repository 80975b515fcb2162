//! `Config`: namespaces that Gatekeeper passes over.
//!
//! Source of the rules: `apis/config` and `pkg/controller/config/process` of Gatekeeper.

use crate::matching::Glob;
use crate::structural::Schema;
use sekisho_policy::{Point, Told};
use sekisho_value::{Pointer, Value, from_json};

pub(crate) const GROUP: &str = "config.gatekeeper.sh";
pub(crate) const KIND: &str = "Config";
/// The one that Gatekeeper reads.
const NAME: &str = "config";

/// The schema of a Config.
const TEXT: &str = r#"{
"type": "object",
"properties": {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    "spec": {
        "type": "object",
        "properties": {
            "match": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "excludedNamespaces": {"type": "array", "items": {"type": "string"}},
                    "processes": {"type": "array", "items": {"type": "string"}}
                }
            }},
            "readiness": {
                "type": "object",
                "properties": {"statsEnabled": {"type": "boolean"}}
            },
            "sync": {
                "type": "object",
                "properties": {"syncOnly": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "group": {"type": "string"},
                        "kind": {"type": "string"},
                        "version": {"type": "string"}
                    }
                }}}
            },
            "validation": {
                "type": "object",
                "properties": {"traces": {"type": "array", "items": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": true
                }}}
            }
        }
    },
    "status": {"x-kubernetes-preserve-unknown-fields": true}
}
}"#;

/// Namespaces in which nothing is judged, by what judges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exclusions {
    webhook: Vec<Glob>,
    audit: Vec<Glob>,
    mutation: Vec<Glob>,
}

impl Exclusions {
    /// Whether nothing in a namespace is judged at a point. Gatekeeper's CLI reads no Config.
    pub(crate) fn exclude(&self, point: Point, namespace: &str) -> bool {
        let globs = match point {
            Point::Admission => &self.webhook,
            Point::Audit => &self.audit,
            Point::Gator => return false,
        };
        globs.iter().any(|glob| glob.matches(namespace))
    }

    /// Whether nothing in a namespace is mutated.
    pub(crate) fn exclude_mutation(&self, namespace: &str) -> bool {
        self.mutation.iter().any(|glob| glob.matches(namespace))
    }

    /// Whether any namespace is passed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.webhook.is_empty() && self.audit.is_empty()
    }

    /// Adds what a Config says; when strict, unknown fields are wrong, which the API server drops.
    pub(crate) fn read(&mut self, config: &Value, strict: bool, told: &mut Told<'_>) {
        let root = Pointer::root();
        let mut faults = Vec::new();
        let schema = from_json(TEXT).ok().and_then(|text| Schema::read(&text, !strict).ok());
        let schema = schema.unwrap_or_default();
        let mut pruned = config.clone();
        schema.prune_nulls(&mut pruned);
        schema.validate(&pruned, &root, &mut faults);
        told.extend(faults, &root);
        if config.path_str(&["metadata", "name"]) != Some(NAME) {
            let at = root.keys(&["metadata", "name"]);
            told.fault(at, "Gatekeeper reads no Config of this name", "call it `config`");
            return;
        }
        let at = root.keys(&["spec", "match"]);
        let entries = config.pointer(&at).and_then(Value::as_array).unwrap_or_default();
        for (index, entry) in entries.iter().enumerate() {
            let at = at.index(index);
            let list = |name: &str| entry.get(name).and_then(Value::as_array).unwrap_or_default();
            let texts = list("excludedNamespaces").iter().enumerate();
            let mut globs = Vec::new();
            for (index, text) in texts {
                let text = text.as_str().unwrap_or_default();
                if !Glob::is_valid(text) {
                    let at = at.key("excludedNamespaces").index(index);
                    let help = "lower case letters, digits, `-` and `:`, with `*` at either end";
                    told.fault(at, format!("`{text}` is no name or glob of a namespace"), help);
                }
                globs.push(Glob::new(text));
            }
            for (index, process) in list("processes").iter().enumerate() {
                match process.as_str().unwrap_or_default() {
                    "webhook" => self.webhook.extend(globs.iter().cloned()),
                    "audit" => self.audit.extend(globs.iter().cloned()),
                    "*" => {
                        self.webhook.extend(globs.iter().cloned());
                        self.audit.extend(globs.iter().cloned());
                        self.mutation.extend(globs.iter().cloned());
                    }
                    "mutation-webhook" => self.mutation.extend(globs.iter().cloned()),
                    "sync" => {}
                    other => {
                        let at = at.key("processes").index(index);
                        let help = "the processes are audit, webhook, mutation-webhook, sync and *";
                        told.fault(at, format!("unknown process `{other}`"), help);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exclusions;
    use sekisho_policy::{Point, Told};

    fn read(spec: &str, strict: bool) -> (Exclusions, Vec<String>) {
        let text =
            format!("apiVersion: a/v1\nkind: Config\nmetadata: {{name: config}}\nspec: {spec}\n");
        let document = sekisho_manifest::read_document("c.yaml", text.as_bytes()).unwrap();
        let mut told = Told::of(&document);
        let mut exclusions = Exclusions::default();
        exclusions.read(&document.value, strict, &mut told);
        (exclusions, told.diagnostics.into_iter().map(|found| found.message).collect())
    }

    #[test]
    fn what_is_no_config_is_told() {
        for (spec, strict, faults) in [
            ("{match: [{excludedNamespaces: [kube-*], processes: ['*']}]}", true, 0),
            ("{sync: {syncOnly: [{kind: Pod, version: v1}]}, match: null}", true, 0),
            ("{match: [{excludedNamespace: [a], processes: ['*']}]}", false, 0),
            ("{match: [{excludedNamespace: [a], processes: ['*']}]}", true, 1),
            ("{match: {excludedNamespaces: [a]}}", false, 1),
            ("{match: [{excludedNamespaces: a}]}", false, 1),
            ("{match: [{excludedNamespaces: [A], processes: [web]}]}", false, 2),
        ] {
            let (_, found) = read(spec, strict);
            assert_eq!(found.len(), faults, "{spec}: {found:?}");
        }
        let (exclusions, _) =
            read("{match: [{excludedNamespaces: [a*], processes: [webhook]}]}", true);
        assert!(
            exclusions.exclude(Point::Admission, "ab") && !exclusions.exclude(Point::Audit, "ab")
        );
    }
}
