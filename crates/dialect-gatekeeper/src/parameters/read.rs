//! From a template's `openAPIV3Schema`.

use super::schema::{Additional, Kind, Limits, Pattern, Schema};
use crate::Fault;
use regex::RegexBuilder;
use sekisho_value::{Key, Map, Pointer, Value};

/// How large a compiled pattern may be, in bytes.
const PATTERN_SIZE: usize = 1 << 20;

impl Schema {
    /// Reads a schema. `legacy` keeps what it does not name, at every level.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the schema.
    pub(crate) fn read(value: &Value, legacy: bool) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { faults: Vec::new(), legacy };
        let schema = reader.schema(value, &Pointer::root());
        if reader.faults.is_empty() { Ok(schema) } else { Err(reader.faults) }
    }
}

struct Reader {
    faults: Vec<Fault>,
    legacy: bool,
}

impl Reader {
    fn fault(&mut self, at: Pointer, message: impl Into<String>) {
        self.faults.push(Fault::new(at, message));
    }

    fn schema(&mut self, value: &Value, at: &Pointer) -> Schema {
        let Some(map) = value.as_object() else {
            self.fault(at.clone(), format!("a schema is an object, not a {}", value.kind()));
            return Schema::anything();
        };
        let flag = |name: &str| map.get(name).and_then(Value::as_bool) == Some(true);
        let kind =
            if flag("x-kubernetes-int-or-string") { Kind::IntOrString } else { self.kind(map, at) };
        let preserves = flag("x-kubernetes-preserve-unknown-fields")
            || self.legacy && matches!(kind, Kind::Any | Kind::Object);
        let items = map.get("items").map(|items| Box::new(self.schema(items, &at.key("items"))));
        let without_items = items.is_none() && kind == Kind::Array && self.legacy;
        Schema {
            kind,
            nullable: flag("nullable"),
            preserves_unknown: preserves,
            properties: self.properties(map, at),
            required: self.texts(map, at, "required"),
            items: if without_items { Some(Box::new(Schema::anything())) } else { items },
            additional: self.additional(map, at),
            default: map.get("default").filter(|default| !default.is_null()).cloned(),
            enumeration: map.get("enum").and_then(Value::as_array).map(<[Value]>::to_vec),
            pattern: self.pattern(map, at),
            format: map.get("format").and_then(Value::as_str).map(str::to_owned),
            limits: limits(map),
            unique_items: flag("uniqueItems"),
            all_of: self.several(map, at, "allOf"),
            any_of: self.several(map, at, "anyOf"),
            one_of: self.several(map, at, "oneOf"),
            not: map.get("not").map(|not| Box::new(self.schema(not, &at.key("not")))),
        }
    }

    fn kind(&mut self, map: &Map, at: &Pointer) -> Kind {
        match map.get("type") {
            None | Some(Value::Null) => Kind::Any,
            Some(Value::String(text)) => match text.as_str() {
                "" => Kind::Any,
                "object" => Kind::Object,
                "array" => Kind::Array,
                "string" => Kind::String,
                "integer" => Kind::Integer,
                "number" => Kind::Number,
                "boolean" => Kind::Boolean,
                other => {
                    let known = "array, boolean, integer, number, object and string";
                    let fault = Fault::new(at.key("type"), format!("unknown type `{other}`"));
                    self.faults.push(fault.with_help(format!("the types are {known}")));
                    Kind::Any
                }
            },
            Some(other) => {
                let message = format!("`type` wants a string, found a {}", other.kind());
                self.fault(at.key("type"), message);
                Kind::Any
            }
        }
    }

    fn properties(&mut self, map: &Map, at: &Pointer) -> Vec<(Key, Schema)> {
        let at = at.key("properties");
        match map.get("properties") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(properties)) => properties
                .iter()
                .map(|(name, value)| (name.clone(), self.schema(value, &at.key(name))))
                .collect(),
            Some(other) => {
                let message = format!("`properties` wants an object, found a {}", other.kind());
                self.fault(at, message);
                Vec::new()
            }
        }
    }

    fn additional(&mut self, map: &Map, at: &Pointer) -> Additional {
        match map.get("additionalProperties") {
            None | Some(Value::Null) => Additional::Unsaid,
            Some(Value::Bool(true)) => Additional::Any,
            Some(Value::Bool(false)) => Additional::Forbidden,
            Some(value) => {
                Additional::Of(Box::new(self.schema(value, &at.key("additionalProperties"))))
            }
        }
    }

    fn texts(&mut self, map: &Map, at: &Pointer, name: &str) -> Vec<Key> {
        let at = at.key(name);
        match map.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).map(Key::from).collect()
            }
            Some(other) => {
                self.fault(at, format!("`{name}` wants a list, found a {}", other.kind()));
                Vec::new()
            }
        }
    }

    fn several(&mut self, map: &Map, at: &Pointer, name: &str) -> Vec<Schema> {
        let at = at.key(name);
        let schemas = map.get(name).and_then(Value::as_array).unwrap_or_default().iter();
        schemas.enumerate().map(|(index, value)| self.schema(value, &at.index(index))).collect()
    }

    fn pattern(&mut self, map: &Map, at: &Pointer) -> Option<Pattern> {
        let text = map.get("pattern")?.as_str().filter(|text| !text.is_empty())?;
        match RegexBuilder::new(text).size_limit(PATTERN_SIZE).build() {
            Ok(regex) => Some(Pattern { text: text.to_owned(), regex }),
            Err(_) => {
                let message = format!("`{text}` is no regular expression");
                self.fault(at.key("pattern"), message);
                None
            }
        }
    }
}

fn limits(map: &Map) -> Limits {
    let number = |name: &str| map.get(name).and_then(Value::as_number).map(|n| n.as_f64());
    let count = |name: &str| map.get(name).and_then(Value::as_number).and_then(|n| n.as_u64());
    let flag = |name: &str| map.get(name).and_then(Value::as_bool) == Some(true);
    Limits {
        minimum: number("minimum"),
        exclusive_minimum: flag("exclusiveMinimum"),
        maximum: number("maximum"),
        exclusive_maximum: flag("exclusiveMaximum"),
        multiple_of: number("multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        min_items: count("minItems"),
        max_items: count("maxItems"),
        min_properties: count("minProperties"),
        max_properties: count("maxProperties"),
    }
}
