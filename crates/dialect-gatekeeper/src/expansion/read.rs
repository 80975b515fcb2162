//! ExpansionTemplates as their schema and Gatekeeper's webhook take them.

use super::{GROUP, KIND, Template};
use crate::constraint::Reading;
use crate::enforcement;
use sekisho_kube_model::Gvk;
use sekisho_policy::{Action, Fault};
use sekisho_value::{Map, Pointer, Str, Value};

const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];
/// The longest name of a template.
const NAME_LENGTH: usize = 63;
/// How many kinds one template may name; Gatekeeper knows no limit.
const MAX_KINDS: usize = 10_000;

pub(super) fn read(document: &Value, reading: Reading) -> Result<Template, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new(), reading };
    let template = reader.template(document);
    if reader.faults.is_empty() { Ok(template) } else { Err(reader.faults) }
}

struct Reader {
    faults: Vec<Fault>,
    reading: Reading,
}

impl Reader {
    fn fault(&mut self, at: &Pointer, message: impl Into<String>) {
        self.faults.push(Fault::new(at.clone(), message));
    }

    fn template(&mut self, document: &Value) -> Template {
        let root = Pointer::root();
        self.version(document);
        let name = document.path_str(&["metadata", "name"]).unwrap_or_default();
        if name.is_empty() || name.len() > NAME_LENGTH {
            let at = root.keys(&["metadata", "name"]);
            self.fault(&at, format!("a name has 1 to {NAME_LENGTH} characters"));
        }
        let at = root.key("spec");
        let known = ["applyTo", "templateSource", "generatedGVK", "enforcementAction"];
        let spec = self.object(document.get("spec"), &at, &known);
        let get = |field: &str| spec.and_then(|spec| spec.get(field));
        let generated = self.generated(get("generatedGVK"), &at.key("generatedGVK"));
        let applies_to = self.applies_to(get("applyTo"), &at.key("applyTo"));
        if applies_to.contains(&generated) {
            let message = format!("it is applied to `{generated}`, which it generates");
            self.fault(&at.key("applyTo"), message);
        }
        Template {
            name: Str::new(name),
            applies_to,
            source: self.source(get("templateSource"), &at.key("templateSource")),
            generated,
            action: self.action(get("enforcementAction"), &at.key("enforcementAction")),
        }
    }

    fn version(&mut self, document: &Value) {
        let api_version = document.path_str(&["apiVersion"]).unwrap_or_default();
        let version = api_version.split_once('/').map_or("", |(_, version)| version);
        if !VERSIONS.contains(&version) {
            let message = format!("there is no `{version}` of {KIND}");
            let help = format!("the versions of {GROUP} are {}", VERSIONS.join(", "));
            self.faults
                .push(Fault::new(Pointer::root().key("apiVersion"), message).with_help(help));
        }
    }

    fn source(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Str> {
        let text = self.text(value, at);
        if text.is_empty() {
            let message = "`templateSource` is missing";
            let help = "give the field that objects are made of, as `spec.template`";
            self.faults.push(Fault::new(at.clone(), message).with_help(help));
        }
        text.split('.').map(Str::new).collect()
    }

    fn generated(&mut self, value: Option<&Value>, at: &Pointer) -> Gvk {
        let map = self.object(value, at, &["group", "version", "kind"]);
        let mut part = |field: &str| {
            let value = map.and_then(|map| map.get(field));
            self.text(value, &at.key(field))
        };
        let (group, version, kind) = (part("group"), part("version"), part("kind"));
        if group.is_empty() && version.is_empty() && kind.is_empty() {
            self.fault(at, "`generatedGVK` is missing");
        } else if kind.is_empty() || version.is_empty() {
            // Gatekeeper takes it, and cannot judge an object of no kind.
            let field = if kind.is_empty() { "kind" } else { "version" };
            self.fault(&at.key(field), format!("`generatedGVK.{field}` is missing"));
        }
        Gvk::new(group, version, kind)
    }

    fn applies_to(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Gvk> {
        let entries = match value {
            Some(Value::Array(entries)) => entries.as_slice(),
            None | Some(Value::Null) => &[],
            Some(other) => {
                self.wrong(at, "a list", other);
                return Vec::new();
            }
        };
        if entries.is_empty() {
            self.fault(at, "`applyTo` is missing");
        }
        let mut found: Vec<Gvk> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = at.index(index);
            let map = self.object(Some(entry), &at, &["groups", "versions", "kinds"]);
            let mut names = |field: &str| {
                let value = map.and_then(|map| map.get(field));
                self.names(value, &at.key(field))
            };
            let (groups, versions, kinds) = (names("groups"), names("versions"), names("kinds"));
            let count = groups.len().saturating_mul(versions.len()).saturating_mul(kinds.len());
            if found.len().saturating_add(count) > MAX_KINDS {
                self.fault(&at, format!("`applyTo` names more than {MAX_KINDS} kinds"));
                return found;
            }
            for group in &groups {
                for version in &versions {
                    let of = kinds.iter().map(|kind| Gvk::new(*group, *version, *kind));
                    found.extend(of);
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    fn action(&mut self, value: Option<&Value>, at: &Pointer) -> Option<Action> {
        let word = self.text(value, at);
        if word.is_empty() {
            return None;
        }
        let action = enforcement::named(word, self.reading.as_given);
        if action.is_none() {
            let message = format!("unknown enforcement action `{word}`");
            let help = "the actions are deny, dryrun and warn";
            self.faults.push(Fault::new(at.clone(), message).with_help(help));
        }
        action
    }

    fn names<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> Vec<&'v str> {
        let items = match value {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wrong(at, "a list", other);
                return Vec::new();
            }
        };
        let items = items.iter().enumerate();
        items.map(|(index, item)| self.text(Some(item), &at.index(index))).collect()
    }

    fn text<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> &'v str {
        match value {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text.as_str(),
            Some(other) => {
                self.wrong(at, "a string", other);
                ""
            }
        }
    }

    fn object<'v>(
        &mut self,
        value: Option<&'v Value>,
        at: &Pointer,
        known: &[&str],
    ) -> Option<&'v Map> {
        let map = match value {
            None | Some(Value::Null) => return None,
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.wrong(at, "an object", other);
                return None;
            }
        };
        if self.reading.strict {
            for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
                let help = format!("the fields here are {}", known.join(", "));
                let message = format!("unknown field `{key}`");
                self.faults.push(Fault::new(at.key(key), message).with_help(help));
            }
        }
        Some(map)
    }

    fn wrong(&mut self, at: &Pointer, wanted: &str, found: &Value) {
        self.fault(at, format!("expected {wanted}, found {}", found.kind()));
    }
}
