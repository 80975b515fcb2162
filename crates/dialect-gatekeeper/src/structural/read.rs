//! From a template's `openAPIV3Schema`.

use super::formats::Format;
use super::schema::{Additional, Kind, Limits, Once, Schema};
use super::{fields, invariants};
use sekisho_go_regex::Pattern;
use sekisho_policy::Fault;
use sekisho_value::{Key, Map, Pointer, Value};
use std::sync::Arc;

impl Schema {
    /// Reads a schema. `legacy` keeps what it does not name, at every level.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the schema: fields of wrong types, what is not
    /// structural, defaults that do not fit.
    pub(crate) fn read(value: &Value, legacy: bool) -> Result<Self, Vec<Fault>> {
        Self::read_beside(value, legacy, &mut Vec::new())
    }

    /// The same of one of many, whose patterns are kept: equal ones are made once.
    pub(crate) fn read_beside(
        value: &Value,
        legacy: bool,
        patterns: &mut Vec<Pattern>,
    ) -> Result<Self, Vec<Fault>> {
        let root = Pointer::root();
        let mut faults = Vec::new();
        fields::check(value, &root, &mut faults);
        if faults.is_empty() {
            faults = invariants::check(value, legacy, patterns);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut schema = read(value, legacy, patterns);
        schema.compile_rules(value, &root, &mut faults);
        schema.check_defaults(&root, &mut faults);
        if faults.is_empty() { Ok(schema) } else { Err(faults) }
    }

    /// What a schema that can be read tells of defaults, and of nothing else.
    pub(crate) fn of_defaults(value: &Value, legacy: bool) -> Self {
        read(value, legacy, &[])
    }
}

/// Reads a schema that is structural, whose patterns are these. `legacy` is asked of what names
/// fields alone, and not of combinations.
fn read(value: &Value, legacy: bool, patterns: &[Pattern]) -> Schema {
    let Some(map) = value.as_object() else {
        return if legacy { Schema::anything() } else { Schema::default() };
    };
    let flag = |name: &str| map.get(name).and_then(Value::as_bool) == Some(true);
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let list = |name: &str| map.get(name).and_then(Value::as_array).unwrap_or_default();
    let given = |name: &str| map.get(name).filter(|value| !value.is_null());
    let keys = |name: &str| list(name).iter().filter_map(Value::as_str).map(Key::from).collect();
    let nested = |name: &str| list(name).iter().map(|value| read(value, false, patterns)).collect();
    let pattern = |source: &str| patterns.iter().find(|pattern| pattern.source() == source);
    let kind = if flag("x-kubernetes-int-or-string") {
        Kind::IntOrString
    } else {
        kind(text("type").unwrap_or_default())
    };
    let is_text = matches!(kind, Kind::Any | Kind::String);
    let items = given("items").map(|items| read(items, legacy, patterns));
    let without_items = items.is_none() && kind == Kind::Array && legacy;
    let properties = map.get("properties").and_then(Value::as_object).into_iter();
    let properties = properties.flat_map(Map::iter);
    Schema {
        kind,
        nullable: flag("nullable"),
        preserves_unknown: flag("x-kubernetes-preserve-unknown-fields")
            || legacy && matches!(kind, Kind::Any | Kind::Object),
        properties: properties
            .map(|(name, value)| (name.clone(), Arc::new(read(value, legacy, patterns))))
            .collect(),
        required: keys("required"),
        items: items.or_else(|| without_items.then(Schema::anything)).map(Box::new),
        additional: match given("additionalProperties") {
            None => Additional::Unsaid,
            Some(Value::Bool(true)) => Additional::Any,
            Some(Value::Bool(false)) => Additional::Forbidden,
            Some(value) => Additional::Of(Box::new(read(value, legacy, patterns))),
        },
        default: given("default").cloned(),
        enumeration: Some(list("enum").to_vec()).filter(|list| !list.is_empty()),
        pattern: text("pattern").and_then(pattern).cloned(),
        format: text("format").filter(|_| is_text).and_then(Format::named),
        is_int32: kind == Kind::Integer && text("format") == Some("int32"),
        limits: limits(map),
        once: match text("x-kubernetes-list-type") {
            Some("set") => Once::Items,
            Some("map") => Once::Keys(keys("x-kubernetes-list-map-keys")),
            _ => Once::Nothing,
        },
        all_of: nested("allOf"),
        any_of: nested("anyOf"),
        one_of: nested("oneOf"),
        not: given("not").map(|not| Box::new(read(not, false, patterns))),
        rules: None,
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "object" => Kind::Object,
        "array" => Kind::Array,
        "string" => Kind::String,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        _ => Kind::Any,
    }
}

fn limits(map: &Map) -> Limits {
    let number = |name: &str| map.get(name).and_then(Value::as_number).map(|n| n.as_f64());
    let count = |name: &str| map.get(name).and_then(Value::as_number).and_then(|n| n.as_i64());
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
