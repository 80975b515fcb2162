use super::formats::Format;
use super::rules::Rules;
use sekisho_go_regex::Pattern;
use sekisho_value::{Key, Value};
use std::sync::Arc;

/// A structural schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// fields that the schema does not name are no fault
    pub(super) preserves_unknown: bool,
    pub(super) properties: Vec<(Key, Arc<Self>)>,
    pub(super) required: Vec<Key>,
    /// of a list
    pub(super) items: Option<Box<Self>>,
    /// of an object's values that have no property of their own
    pub(super) additional: Additional,
    pub(super) default: Option<Value>,
    pub(super) enumeration: Option<Vec<Value>>,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<Format>,
    /// an integer of 32 bits
    pub(super) is_int32: bool,
    pub(super) limits: Limits,
    pub(super) once: Once,
    pub(super) all_of: Vec<Self>,
    pub(super) any_of: Vec<Self>,
    pub(super) one_of: Vec<Self>,
    pub(super) not: Option<Box<Self>>,
    /// in CEL
    pub(super) rules: Option<Rules>,
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

/// What of a list's items may stand in it once.
#[derive(Clone, Debug, Default)]
pub(super) enum Once {
    #[default]
    Nothing,
    /// an item
    Items,
    /// the values of these fields, taken together
    Keys(Vec<Key>),
}

/// Limits of numbers and of lengths.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<i64>,
    pub(super) max_length: Option<i64>,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
    pub(super) min_properties: Option<i64>,
    pub(super) max_properties: Option<i64>,
}

impl Schema {
    /// The schema of anything at all.
    pub(crate) fn anything() -> Self {
        Self { preserves_unknown: true, nullable: true, ..Self::default() }
    }

    /// The same with a property more, of an object within it.
    pub(crate) fn with_property(mut self, path: &[&str], name: &str, schema: Self) -> Self {
        let mut within = Some(&mut self);
        for step in path {
            within = within.and_then(|schema| {
                let mut of = schema.properties.iter_mut();
                let found = of.find(|(name, _)| name.as_str() == *step);
                found.map(|(_, schema)| Arc::make_mut(schema))
            });
        }
        if let Some(within) = within {
            let at = within.properties.partition_point(|(other, _)| other.as_str() < name);
            within.properties.insert(at, (name.into(), Arc::new(schema)));
        }
        self
    }

    /// The schema of a field, whether it is named or not.
    pub(super) fn of_field(&self, name: &str) -> Option<&Self> {
        match (self.property(name), &self.additional) {
            (Some(schema), _) => Some(schema),
            (None, Additional::Of(schema)) => Some(schema),
            (None, _) => None,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&Self> {
        let index = self.properties.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        self.properties.get(index).map(|(_, schema)| &**schema)
    }
}
