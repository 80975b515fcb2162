//! Whether a schema is structural: the API server takes no other for a kind, and Gatekeeper no other
//! for a template.
//!
//! Source of the rules: `ValidateCustomResourceDefinitionOpenAPISchema` and `ValidateStructural` of
//! `k8s.io/apiextensions-apiserver`.

use super::{extensions, nested};
use sekisho_go_regex::Pattern;
use sekisho_policy::Fault;
use sekisho_value::{Map, Pointer, Value};
use std::sync::LazyLock;

/// The schema that says nothing.
static NONE: LazyLock<Map> = LazyLock::new(Map::new);

/// The fields that schemas of kinds do not have, though OpenAPI's do.
const FORBIDDEN: [(&str, &str); 7] = [
    ("id", "leave it out"),
    ("$ref", "write the schema that it refers to in its place"),
    ("$schema", "leave it out"),
    ("additionalItems", "give one schema as `items`"),
    ("patternProperties", "use `additionalProperties` for an object whose keys are not known"),
    ("definitions", "write the schemas where they are used"),
    ("dependencies", "use `oneOf` or `anyOf` with `required`"),
];

/// The types that there are.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Tells of everything that keeps a schema, whose fields are of the right types, from being
/// structural. Gatekeeper completes a legacy one before it is asked. The patterns in it are added
/// to those that are known.
pub(super) fn check(schema: &Value, legacy: bool, patterns: &mut Vec<Pattern>) -> Vec<Fault> {
    let known = std::mem::take(patterns);
    let mut invariants = Invariants { legacy, faults: Vec::new(), patterns: known };
    invariants.skeleton(schema, &Pointer::root(), "the schema has");
    *patterns = invariants.patterns;
    invariants.faults
}

pub(super) struct Invariants {
    legacy: bool,
    pub(super) faults: Vec<Fault>,
    /// each once
    patterns: Vec<Pattern>,
}

impl Invariants {
    pub(super) fn fault(&mut self, at: Pointer, message: impl Into<String>, help: &str) {
        self.faults.push(Fault::new(at, message).with_help(help));
    }

    /// A schema that tells what there is, and not only what it is to be like. `who` begins the
    /// sentence that it lacks something.
    fn skeleton(&mut self, schema: &Value, at: &Pointer, who: &str) {
        let map = schema.as_object().unwrap_or(&NONE);
        let kind = text(map, "type");
        self.anywhere(map, at);
        let preserves = flag(map, "x-kubernetes-preserve-unknown-fields")
            || self.legacy && matches!(kind, "" | "object");
        let int_or_string = flag(map, "x-kubernetes-int-or-string");
        if int_or_string {
            self.int_or_string(map, at, preserves);
        }
        if flag(map, "x-kubernetes-embedded-resource") {
            self.embedded(map, at, kind);
        } else if kind.is_empty() && !int_or_string && !preserves {
            let message = format!("{who} no `type`, which a structural schema wants");
            let help = format!("the types are {}", TYPES.join(", "));
            self.fault(at.clone(), message, &help);
        }
        match given(map, "items").filter(|items| !matches!(items, Value::Array(_))) {
            Some(items) => self.skeleton(items, &at.key("items"), "the items have"),
            None if kind == "array" && !self.legacy => {
                let message = format!("{who} no `items`, which a list wants");
                self.fault(at.clone(), message, "say what the items are, as `items`");
            }
            None => {}
        }
        for (name, property) in object(map, "properties").iter() {
            let at = at.key("properties").key(name);
            self.skeleton(property, &at, &format!("`{name}` has"));
        }
        let additional = given(map, "additionalProperties");
        if let Some(additional) = additional.filter(|value| value.as_object().is_some()) {
            self.skeleton(additional, &at.key("additionalProperties"), "the values have");
        }
        self.combinations(map, at);
    }

    /// What is a number or a text keeps no fields, and is no object.
    fn int_or_string(&mut self, map: &Map, at: &Pointer, preserves: bool) {
        for name in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
            if flag(map, name) {
                let message = "it cannot stand beside `x-kubernetes-int-or-string`";
                self.fault(at.key(name), message, "keep one of them");
            }
        }
        if preserves && !flag(map, "x-kubernetes-preserve-unknown-fields") {
            let message = "it cannot stand in a legacy schema, which keeps unknown fields here";
            let help =
                "write `legacySchema: false` beside the schema, or give a `type` that is no object";
            self.fault(at.key("x-kubernetes-int-or-string"), message, help);
        }
    }

    /// An object that is a whole one.
    fn embedded(&mut self, map: &Map, at: &Pointer, kind: &str) {
        if kind != "object" {
            let message = "`x-kubernetes-embedded-resource` wants the type `object`";
            self.fault(at.key("type"), message, "write `type: object`");
        }
        let preserves = flag(map, "x-kubernetes-preserve-unknown-fields") || self.legacy;
        if !preserves && object(map, "properties").is_empty() {
            let message = "`x-kubernetes-embedded-resource` wants `properties`";
            let help = "name them, or add `x-kubernetes-preserve-unknown-fields: true`";
            self.fault(at.clone(), message, help);
        }
        if given(map, "additionalProperties").is_some() {
            let at = at.key("additionalProperties");
            let message = "it cannot stand beside `x-kubernetes-embedded-resource`";
            self.fault(at, message, "keep one of them");
        }
        for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")]
        {
            let property = object(map, "properties").get(name).and_then(Value::as_object);
            if property.is_some_and(|property| text(property, "type") != wanted) {
                let at = at.key("properties").key(name).key("type");
                let message = format!("`{name}` of an embedded resource is of type `{wanted}`");
                self.fault(at, message, "give it this type, or leave it out");
            }
        }
    }

    /// What holds for every schema, those of `allOf` and the like included.
    pub(super) fn anywhere(&mut self, map: &Map, at: &Pointer) {
        let kind = text(map, "type");
        if !kind.is_empty() && !TYPES.contains(&kind) {
            let help = match kind {
                "null" => "use `nullable: true`".to_owned(),
                _ => format!("the types are {}", TYPES.join(", ")),
            };
            self.fault(at.key("type"), format!("unknown type `{kind}`"), &help);
        }
        for (name, help) in FORBIDDEN {
            // An empty one is none, but for those that Go holds as pointers.
            let there = given(map, name).is_some_and(|value| match value {
                Value::String(text) => name == "$ref" || !text.is_empty(),
                Value::Object(map) => {
                    matches!(name, "additionalItems" | "dependencies") || !map.is_empty()
                }
                _ => true,
            });
            if there {
                self.fault(at.key(name), format!("`{name}` is not supported"), help);
            }
        }
        if given(map, "items").and_then(Value::as_array).is_some_and(|items| !items.is_empty()) {
            let message = "`items` is one schema, and no list of them";
            self.fault(at.key("items"), message, "give a schema that all items have");
        }
        if flag(map, "uniqueItems") {
            let message = "`uniqueItems` cannot be true";
            self.fault(at.key("uniqueItems"), message, "use `x-kubernetes-list-type: set`");
        }
        if !object(map, "properties").is_empty()
            && given(map, "additionalProperties")
                .is_some_and(|value| !matches!(value, Value::Bool(true)))
        {
            let message = "`additionalProperties` and `properties` exclude each other";
            let help = "name the properties, or say what all values are";
            self.fault(at.key("additionalProperties"), message, help);
        }
        self.pattern(text(map, "pattern"), at);
        extensions::check(self, map, at);
        if let Some(list) = given(map, "x-kubernetes-validations").and_then(Value::as_array) {
            for (index, rule) in list.iter().enumerate() {
                if rule.path_str(&["rule"]).is_none_or(|rule| rule.trim().is_empty()) {
                    let at = at.key("x-kubernetes-validations").index(index);
                    self.fault(at, "`rule` is missing", "give the CEL expression that is to hold");
                }
            }
        }
    }

    fn pattern(&mut self, source: &str, at: &Pointer) {
        if source.is_empty() || self.patterns.iter().any(|known| known.source() == source) {
            return;
        }
        match Pattern::new(source) {
            Ok(pattern) => self.patterns.push(pattern),
            Err(error) => {
                let message = format!("`{source}` is no regular expression: {error}");
                self.fault(at.key("pattern"), message, "it is read as Go reads it (RE2)");
            }
        }
    }

    /// `allOf`, `anyOf`, `oneOf` and `not` of a schema.
    fn combinations(&mut self, map: &Map, at: &Pointer) {
        let in_all_of = list(map, "allOf").first().and_then(Value::as_object);
        let skips_first = in_all_of.is_some_and(nested::is_int_or_string);
        for (index, one) in list(map, "allOf").iter().enumerate() {
            self.nested(one, &at.key("allOf").index(index), skips_first && index == 0);
        }
        if !nested::is_int_or_string(map) {
            self.nested_list(map, "anyOf", at);
        }
        self.nested_list(map, "oneOf", at);
        if let Some(not) = given(map, "not") {
            self.nested(not, &at.key("not"), false);
        }
    }

    pub(super) fn nested_list(&mut self, map: &Map, name: &str, at: &Pointer) {
        for (index, one) in list(map, name).iter().enumerate() {
            self.nested(one, &at.key(name).index(index), false);
        }
    }
}

pub(super) fn given<'v>(map: &'v Map, name: &str) -> Option<&'v Value> {
    map.get(name).filter(|value| !value.is_null())
}

pub(super) fn text<'v>(map: &'v Map, name: &str) -> &'v str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn flag(map: &Map, name: &str) -> bool {
    map.get(name).and_then(Value::as_bool) == Some(true)
}

pub(super) fn list<'v>(map: &'v Map, name: &str) -> &'v [Value] {
    map.get(name).and_then(Value::as_array).unwrap_or_default()
}

pub(super) fn object<'v>(map: &'v Map, name: &str) -> &'v Map {
    map.get(name).and_then(Value::as_object).unwrap_or(&NONE)
}
