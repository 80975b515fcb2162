use regex::Regex;
use sekisho_value::{Key, Value};

/// A schema of OpenAPI v3, as a template gives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// fields that the schema does not name are no fault
    pub(super) preserves_unknown: bool,
    pub(super) properties: Vec<(Key, Self)>,
    pub(super) required: Vec<Key>,
    /// of a list
    pub(super) items: Option<Box<Self>>,
    /// of an object's values that have no property of their own
    pub(super) additional: Additional,
    pub(super) default: Option<Value>,
    pub(super) enumeration: Option<Vec<Value>>,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<String>,
    pub(super) limits: Limits,
    pub(super) unique_items: bool,
    pub(super) all_of: Vec<Self>,
    pub(super) any_of: Vec<Self>,
    pub(super) one_of: Vec<Self>,
    pub(super) not: Option<Box<Self>>,
}

/// What a value is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    IntOrString,
}

/// What else an object may hold.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional {
    #[default]
    Unsaid,
    Forbidden,
    Any,
    Of(Box<Schema>),
}

/// A regular expression, and its text.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) regex: Regex,
}

/// Limits of numbers and of lengths.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) min_properties: Option<u64>,
    pub(super) max_properties: Option<u64>,
}

impl Schema {
    /// The schema of anything at all.
    pub(crate) fn anything() -> Self {
        Self { preserves_unknown: true, nullable: true, ..Self::default() }
    }

    pub(super) fn property(&self, name: &str) -> Option<&Self> {
        let index = self.properties.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.properties.get(index).map(|(_, schema)| schema)
    }

    /// Sets a field of an object that this is the schema of, where it is absent and there is a
    /// default; and what is absent within it.
    pub(crate) fn fill_field(&self, name: &str, holder: &mut Value) {
        let Value::Object(map) = holder else { return };
        if let (None | Some(Value::Null), Some(default)) = (map.get(name), &self.default) {
            map.insert(name, default.clone());
        }
        if let Some(value) = map.get_mut(name) {
            self.fill(value);
        }
    }

    /// Sets what is absent and has a default. A null where none may be counts as absent.
    pub(crate) fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (name, schema) in &self.properties {
                    let absent = match map.get(name) {
                        None => true,
                        Some(value) => value.is_null() && !schema.nullable,
                    };
                    match &schema.default {
                        Some(default) if absent => {
                            map.insert(name.clone(), default.clone());
                        }
                        _ => {}
                    }
                    if let Some(value) = map.get_mut(name) {
                        schema.fill(value);
                    }
                }
                if let Additional::Of(schema) = &self.additional {
                    for (name, value) in map.iter_mut() {
                        if self.property(name).is_none() {
                            schema.fill(value);
                        }
                    }
                }
            }
            Value::Array(_) => {
                if let (Some(schema), Some(items)) = (&self.items, value.as_array_mut()) {
                    for item in items {
                        schema.fill(item);
                    }
                }
            }
            _ => {}
        }
    }
}
