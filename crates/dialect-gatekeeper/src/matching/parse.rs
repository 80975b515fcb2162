//! `spec.match` as the schema of a constraint takes it.

use super::{Glob, Kinds, Match, NAMESPACE_NAME_LABEL, NamespaceSelector, Scope, Source};
use sekisho_kube_model::LabelSelector;
use sekisho_policy::Fault;
use sekisho_value::{Map, Pointer, Str, Value};

const FIELDS: [&str; 8] = [
    "source",
    "kinds",
    "scope",
    "namespaces",
    "excludedNamespaces",
    "labelSelector",
    "namespaceSelector",
    "name",
];

pub(super) fn parse(value: Option<&Value>, strict: bool) -> Result<Match, Vec<Fault>> {
    let root = Pointer::root();
    let mut reader = Reader { faults: Vec::new(), strict };
    let map = reader.object(value, &root, &FIELDS);
    let get = |field: &str| map.and_then(|map| map.get(field));
    let found = Match {
        kinds: reader.kinds(get("kinds"), &root.key("kinds")),
        scope: reader.scope(get("scope"), &root.key("scope")),
        namespaces: reader.globs(get("namespaces"), &root.key("namespaces")),
        excluded_namespaces: reader
            .globs(get("excludedNamespaces"), &root.key("excludedNamespaces")),
        label_selector: reader.selector(get("labelSelector"), &root.key("labelSelector")),
        namespace_selector: reader
            .selector(get("namespaceSelector"), &root.key("namespaceSelector"))
            .map(|selector| NamespaceSelector {
                selector,
                by_name_alone: keys(get("namespaceSelector"))
                    .all(|key| key == NAMESPACE_NAME_LABEL),
            }),
        name: reader.glob(get("name"), &root.key("name")),
        source: reader.source(get("source"), &root.key("source")),
    };
    if reader.faults.is_empty() { Ok(found) } else { Err(reader.faults) }
}

/// The labels that a selector asks for.
fn keys(selector: Option<&Value>) -> impl Iterator<Item = &str> {
    let part = |name: &str| selector.and_then(|selector| selector.get(name));
    let labels = part("matchLabels").and_then(Value::as_object);
    let expressions = part("matchExpressions").and_then(Value::as_array).unwrap_or_default();
    labels
        .into_iter()
        .flat_map(|labels| labels.keys().map(Str::as_str))
        .chain(expressions.iter().filter_map(|expression| expression.path_str(&["key"])))
}

struct Reader {
    faults: Vec<Fault>,
    strict: bool,
}

impl Reader {
    fn wrong(&mut self, at: &Pointer, wanted: &str, found: &Value) {
        let field = at.tokens().last().map_or_else(String::new, |token| token.as_str().to_owned());
        let name = if field.is_empty() { "match".to_owned() } else { field };
        let message = format!("`{name}` wants {wanted}, found a {}", found.kind());
        self.faults.push(Fault::new(at.clone(), message));
    }

    fn object<'v>(
        &mut self,
        value: Option<&'v Value>,
        at: &Pointer,
        known: &[&str],
    ) -> Option<&'v Map> {
        let value = value.filter(|value| !value.is_null())?;
        let Value::Object(map) = value else {
            self.wrong(at, "an object", value);
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let help = format!("the fields here are {}", known.join(", "));
            let message = format!("unknown field `{key}`");
            self.faults.push(Fault::new(at.key(key), message).with_help(help));
        }
        Some(map)
    }

    fn list<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> &'v [Value] {
        match value {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wrong(at, "a list", other);
                &[]
            }
        }
    }

    fn text<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> Option<&'v str> {
        match value {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(other) => {
                self.wrong(at, "a string", other);
                None
            }
        }
    }

    fn texts(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Str> {
        let items = self.list(value, at).iter().enumerate();
        items
            .filter_map(|(index, item)| self.text(Some(item), &at.index(index)).map(Str::new))
            .collect()
    }

    fn kinds(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Kinds> {
        let mut kinds = Vec::new();
        for (index, entry) in self.list(value, at).iter().enumerate() {
            let at = at.index(index);
            let map = self.object(Some(entry), &at, &["apiGroups", "kinds"]);
            let get = |field: &str| map.and_then(|map| map.get(field));
            kinds.push(Kinds {
                groups: self.texts(get("apiGroups"), &at.key("apiGroups")),
                kinds: self.texts(get("kinds"), &at.key("kinds")),
            });
        }
        kinds
    }

    fn scope(&mut self, value: Option<&Value>, at: &Pointer) -> Scope {
        match self.text(value, at) {
            Some("Cluster") => Scope::Cluster,
            Some("Namespaced") => Scope::Namespaced,
            Some("*" | "") | None => Scope::Any,
            Some(other) => {
                if self.strict {
                    let message = format!("`{other}` is no scope: it matches everything");
                    let help = "the scopes are Cluster, Namespaced and *";
                    self.faults.push(Fault::new(at.clone(), message).with_help(help));
                }
                Scope::Any
            }
        }
    }

    fn source(&mut self, value: Option<&Value>, at: &Pointer) -> Option<Source> {
        match self.text(value, at) {
            Some("Original") => Some(Source::Original),
            Some("Generated") => Some(Source::Generated),
            Some("All") | None => None,
            Some(other) => {
                let message = format!("`{other}` is no source");
                let help = "the sources are All, Original and Generated";
                self.faults.push(Fault::new(at.clone(), message).with_help(help));
                None
            }
        }
    }

    fn globs(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Glob> {
        let mut globs = Vec::new();
        for (index, item) in self.list(value, at).iter().enumerate() {
            let at = at.index(index);
            if let Some(text) = self.text(Some(item), &at) {
                self.check_glob(text, &at);
                globs.push(Glob::new(text));
            }
        }
        globs
    }

    /// An empty name stands for any.
    fn glob(&mut self, value: Option<&Value>, at: &Pointer) -> Option<Glob> {
        let text = self.text(value, at).filter(|text| !text.is_empty())?;
        self.check_glob(text, at);
        Some(Glob::new(text))
    }

    fn check_glob(&mut self, text: &str, at: &Pointer) {
        if !Glob::is_valid(text) {
            let message = format!("`{text}` is no name or glob that Gatekeeper takes");
            let help = "lower case letters, digits, `-` and `:`, with `*` at either end";
            self.faults.push(Fault::new(at.clone(), message).with_help(help));
        }
    }

    /// A null selector is an absent one; an empty one selects everything, as an absent one does.
    fn selector(&mut self, value: Option<&Value>, at: &Pointer) -> Option<LabelSelector> {
        let value = value.filter(|value| !value.is_null())?;
        match LabelSelector::compile(value) {
            Ok(selector) => Some(selector),
            Err(error) => {
                self.faults.push(Fault::new(at.join(&error.pointer), error.message));
                None
            }
        }
    }
}
