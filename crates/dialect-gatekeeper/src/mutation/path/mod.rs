//! Locations: `spec.containers[name: main].image`.
//!
//! Source of the grammar: `pkg/mutation/path` of Gatekeeper v3.23.

mod parse;
mod scan;
#[cfg(test)]
mod tests;

use sekisho_value::{Str, Value};
use std::fmt;

/// Where a mutator writes: fields, and items of lists by the value of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Node>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// the field of an object
    Field(Str),
    /// items of a list of objects
    Items(Items),
}

/// Items of a list by the value of their key: `[name: main]`, `[name: *]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items {
    /// the field that tells the items apart
    pub key: Str,
    /// a text or an integer; `None` for all items
    pub value: Option<Value>,
}

/// Why a text is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {position}")]
pub struct PathError {
    /// what is wrong
    pub message: String,
    /// where, in Unicode scalars from 1
    pub position: usize,
}

impl Path {
    /// The most steps that a location may have; Gatekeeper knows no limit, and no Kubernetes
    /// object nests as deep.
    pub const MAX_NODES: usize = 128;

    /// Reads a location. A text without a step is an empty one.
    ///
    /// # Errors
    /// The first thing that the grammar does not have.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parse::parse(text).map(Self)
    }

    /// The steps.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.0
    }

    /// Whether the object's `metadata` is written to.
    #[must_use]
    pub fn is_below_metadata(&self) -> bool {
        matches!(self.0.first(), Some(Node::Field(field)) if field == "metadata")
    }

    /// Whether this begins with all steps of another.
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// As the grammar reads it back.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.0.iter().enumerate() {
            match node {
                Node::Field(field) => {
                    f.write_str(if index == 0 { "" } else { "." })?;
                    write_name(f, field)?;
                }
                Node::Items(items) => write!(f, "{items}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        write_name(f, &self.key)?;
        f.write_str(": ")?;
        match &self.value {
            None => f.write_str("*")?,
            Some(Value::String(text)) => write_name(f, text)?,
            Some(value) => f.write_str(&value.to_json())?,
        }
        f.write_str("]")
    }
}

/// A name, in quotes where it could not be read back without.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let starts_with_digit = name.starts_with(|c: char| c.is_ascii_digit());
    if !name.is_empty() && name.chars().all(plain) && !starts_with_digit {
        return f.write_str(name);
    }
    write!(f, "\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
