//! What a mutator writes where its location ends.

use super::external::{DataSource, Placeholders, Reference};
use super::image::ImageParts;
use crate::double::to_doubles;
use sekisho_value::{Str, Value};

/// What a mutator does at its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setter {
    /// Assign and AssignMetadata
    Assign(Assigned),
    /// ModifySet
    ModifySet {
        /// what is done with the values
        operation: SetOperation,
        /// the values; `None` where the mutator has none
        values: Option<Vec<Value>>,
    },
    /// AssignImage
    Image(ImageParts),
}

/// Where an assigned value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// the mutator, which has it; its numbers are doubles
    Value(Value),
    /// the object's name
    Name,
    /// the object's namespace
    Namespace,
    /// a provider
    External(Reference),
}

/// What a ModifySet does with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperation {
    /// those that are missing are added
    Merge,
    /// those that are there are taken out
    Prune,
}

impl Assigned {
    /// A value as the mutator has it.
    pub(super) fn value(value: &Value) -> Self {
        Self::Value(to_doubles(value))
    }

    /// What is assigned to an object; a placeholder for what a provider is to answer.
    pub(super) fn of(
        &self,
        object: &Value,
        username: &str,
        placeholders: &mut Placeholders,
    ) -> Value {
        let metadata =
            |field: &str| object.path_str(&["metadata", field]).unwrap_or_default().into();
        match self {
            Self::Value(value) => value.clone(),
            Self::Name => metadata("name"),
            Self::Namespace => metadata("namespace"),
            Self::External(reference) => {
                let key = match reference.source {
                    DataSource::Username => Str::new(username),
                    DataSource::ValueAtLocation => Str::default(),
                };
                placeholders.value(reference, key)
            }
        }
    }
}

/// The new value of a field, or what is wrong with the one it has.
pub(super) enum Set {
    /// the field has the value already
    Same,
    /// the field stays absent
    Absent,
    /// the field gets it
    To(Value),
    /// the field's value is none that can be worked with
    Wrong(String),
}

impl Setter {
    /// How many steps it takes: every value of a set is compared with every item.
    pub(super) fn cost(&self, old: Option<&Value>) -> u64 {
        match (self, old) {
            (Self::ModifySet { values: Some(values), .. }, Some(Value::Array(items))) => {
                ((items.len() + values.len()) as u64).saturating_mul(values.len() as u64)
            }
            _ => 1,
        }
    }

    /// What becomes of a field. `assigned` is the value of an [`Setter::Assign`].
    pub(super) fn set(
        &self,
        old: Option<&Value>,
        assigned: &Value,
        placeholders: &mut Placeholders,
    ) -> Set {
        let waits = old.is_some_and(|old| placeholders.key(old).is_some());
        let new = match self {
            Self::Image(_) if waits => {
                let message = "an image is a string, and this waits for external data";
                return Set::Wrong(message.to_owned());
            }
            Self::ModifySet { .. } if waits => {
                let message = "a set is a list of values, and this waits for external data";
                return Set::Wrong(message.to_owned());
            }
            Self::Assign(Assigned::External(reference)) => {
                let held = old.and_then(|old| placeholders.key(old).cloned());
                match (held, old) {
                    (Some(key), _) => placeholders.value(reference, key),
                    (None, Some(Value::String(text))) => {
                        placeholders.value(reference, text.clone())
                    }
                    (None, None) => assigned.clone(),
                    (None, Some(other)) => {
                        return Set::Wrong(format!(
                            "external data is asked for a string, and this is a {}",
                            other.kind()
                        ));
                    }
                }
            }
            Self::Assign(_) => assigned.clone(),
            Self::Image(parts) => match old {
                None => Value::from(parts.put_into("")),
                Some(Value::String(image)) => Value::from(parts.put_into(image)),
                Some(other) => {
                    return Set::Wrong(format!(
                        "an image is a string, and this is a {}",
                        other.kind()
                    ));
                }
            },
            Self::ModifySet { operation, values } => {
                match modify(*operation, values.as_deref(), old) {
                    Set::To(new) => new,
                    other => return other,
                }
            }
        };
        if old == Some(&new) { Set::Same } else { Set::To(new) }
    }
}

fn modify(operation: SetOperation, values: Option<&[Value]>, old: Option<&Value>) -> Set {
    let items = match (operation, old) {
        // A merge of no list at all leaves null, which a further one leaves as it is.
        (SetOperation::Merge, None) => {
            return Set::To(values.map_or(Value::Null, |values| Value::from(values.to_vec())));
        }
        (SetOperation::Merge, Some(Value::Null)) if values.is_none() => return Set::Same,
        (SetOperation::Prune, None) => return Set::Absent,
        (_, Some(Value::Array(items))) => items,
        (_, Some(other)) => {
            return Set::Wrong(format!(
                "a set is a list of values, and this is a {}",
                other.kind()
            ));
        }
    };
    let values = values.unwrap_or_default();
    let mut new: Vec<Value> = Vec::with_capacity(items.len());
    match operation {
        SetOperation::Merge => {
            new.extend(items.iter().cloned());
            for value in values {
                // Among what was there before, as Gatekeeper looks through the list as it grows.
                if !new.contains(value) {
                    new.push(value.clone());
                }
            }
        }
        SetOperation::Prune => {
            new.extend(items.iter().filter(|item| !values.contains(item)).cloned());
        }
    }
    Set::To(Value::from(new))
}
