//! The fields of a schema, and what each is to be. What is not listed is dropped, as the API server
//! drops it.

use sekisho_policy::Fault;
use sekisho_value::{Map, Pointer, Value};

/// What a field of a schema is to be.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Flag,
    Number,
    Integer,
    Texts,
    List,
    Object,
    Schema,
    Schemas,
    SchemaByName,
    SchemaOrFlag,
    SchemaOrSchemas,
    SchemaOrTextsByName,
}

/// `JSONSchemaProps` of `k8s.io/apiextensions-apiserver`, less what may be anything.
const FIELDS: &[(&str, Form)] = &[
    ("$ref", Form::Text),
    ("$schema", Form::Text),
    ("additionalItems", Form::SchemaOrFlag),
    ("additionalProperties", Form::SchemaOrFlag),
    ("allOf", Form::Schemas),
    ("anyOf", Form::Schemas),
    ("definitions", Form::SchemaByName),
    ("dependencies", Form::SchemaOrTextsByName),
    ("description", Form::Text),
    ("enum", Form::List),
    ("exclusiveMaximum", Form::Flag),
    ("exclusiveMinimum", Form::Flag),
    ("externalDocs", Form::Object),
    ("format", Form::Text),
    ("id", Form::Text),
    ("items", Form::SchemaOrSchemas),
    ("maxItems", Form::Integer),
    ("maxLength", Form::Integer),
    ("maxProperties", Form::Integer),
    ("maximum", Form::Number),
    ("minItems", Form::Integer),
    ("minLength", Form::Integer),
    ("minProperties", Form::Integer),
    ("minimum", Form::Number),
    ("multipleOf", Form::Number),
    ("not", Form::Schema),
    ("nullable", Form::Flag),
    ("oneOf", Form::Schemas),
    ("pattern", Form::Text),
    ("patternProperties", Form::SchemaByName),
    ("properties", Form::SchemaByName),
    ("required", Form::Texts),
    ("title", Form::Text),
    ("type", Form::Text),
    ("uniqueItems", Form::Flag),
    ("x-kubernetes-embedded-resource", Form::Flag),
    ("x-kubernetes-int-or-string", Form::Flag),
    ("x-kubernetes-list-map-keys", Form::Texts),
    ("x-kubernetes-list-type", Form::Text),
    ("x-kubernetes-map-type", Form::Text),
    ("x-kubernetes-preserve-unknown-fields", Form::Flag),
    ("x-kubernetes-validations", Form::List),
];

/// Tells of every field of a schema, and of those within it, that is of a wrong type. A null is no
/// field.
pub(super) fn check(value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
    let map = match value {
        Value::Null => return,
        Value::Object(map) => map,
        other => {
            let message = format!("a schema is an object, not a {}", other.kind());
            return faults.push(Fault::new(at.clone(), message));
        }
    };
    for (name, form) in FIELDS {
        if let Some(value) = map.get(name).filter(|value| !value.is_null()) {
            form.check(name, value, &at.key(name), faults);
        }
    }
}

impl Form {
    fn check(self, name: &str, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        match (self, value) {
            (Self::Schema, value) => check(value, at, faults),
            (Self::SchemaOrFlag | Self::SchemaOrSchemas, Value::Object(_)) => {
                check(value, at, faults);
            }
            (Self::Schemas | Self::SchemaOrSchemas, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    check(item, &at.index(index), faults);
                }
            }
            (Self::SchemaByName | Self::SchemaOrTextsByName, Value::Object(map)) => {
                by_name(map, at, matches!(self, Self::SchemaOrTextsByName), faults);
            }
            (Self::Texts, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if !matches!(item, Value::String(_) | Value::Null) {
                        wrong(name, "strings", item, &at.index(index), faults);
                    }
                }
            }
            (Self::Integer, Value::Number(number)) if number.is_integer_literal() => {}
            (Self::Text, Value::String(_))
            | (Self::Flag | Self::SchemaOrFlag, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::List, Value::Array(_))
            | (Self::Object, Value::Object(_)) => {}
            (_, value) => wrong(name, self.wanted(), value, at, faults),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Texts | Self::List | Self::Schemas => "a list",
            Self::Object | Self::Schema | Self::SchemaByName | Self::SchemaOrTextsByName => {
                "an object"
            }
            Self::SchemaOrFlag => "a schema, or true or false",
            Self::SchemaOrSchemas => "a schema",
        }
    }
}

fn by_name(map: &Map, at: &Pointer, or_texts: bool, faults: &mut Vec<Fault>) {
    for (name, value) in map.iter() {
        if !(or_texts && matches!(value, Value::Array(_))) {
            check(value, &at.key(name), faults);
        }
    }
}

fn wrong(name: &str, wanted: &str, found: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
    let message = format!("`{name}` wants {wanted}, found a {}", found.kind());
    faults.push(Fault::new(at.clone(), message));
}
