//! Values during an evaluation.

mod arena;
mod compare;
mod convert;
mod depth;
pub(crate) mod display;
pub(crate) mod number;
pub(crate) mod quote;
mod text;

pub use arena::Arena;
pub use compare::{Comparison, compare};
pub use convert::{from_json, to_json, to_json_within};
pub use depth::Depth;
pub use number::is_in_range;
pub use text::Text;

use sekisho_value::{Map, Value};
use std::cmp::Ordering;

/// A value of Rego: JSON, sets, and objects with keys of any type.
///
/// It is small and free to copy: what it holds stands in the arena of the evaluation, in the
/// program, or in the borrowed input and base data. One value has several forms (a list is
/// [`Self::Array`], or [`Self::JsonArray`] where it is part of the input), so values are compared
/// with [`compare()`] or `==`, and taken apart with the methods of this type, never by their form.
#[derive(Clone, Copy)]
pub enum Term<'a> {
    /// `null`
    Null,
    /// a boolean
    Bool(bool),
    /// a number that is written as the canonical decimal form of this integer
    Int(i64),
    /// any other number, as its literal
    Number(&'a str),
    /// a string
    String(&'a str),
    /// a list
    Array(&'a [Term<'a>], Depth),
    /// an object, sorted by key, no key twice
    Object(&'a [(Term<'a>, Term<'a>)], Depth),
    /// a set, sorted, no member twice
    Set(&'a [Term<'a>], Depth),
    /// a list of borrowed data
    JsonArray(&'a [Value]),
    /// an object of borrowed data
    JsonObject(&'a Map),
}

const _: () = assert!(size_of::<Term<'_>>() == 24);

/// The type of a value, in the order in which values of different types are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    /// `null`
    Null,
    /// a boolean
    Boolean,
    /// a number
    Number,
    /// a string
    String,
    /// a list
    Array,
    /// an object
    Object,
    /// a set
    Set,
}

impl TermKind {
    /// The name that `type_name` gives.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
            Self::Set => "set",
        }
    }
}

impl<'a> Term<'a> {
    /// The value of borrowed data; copies nothing.
    #[must_use]
    #[inline]
    pub fn borrowed(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => match number.held() {
                Ok(int) => Self::Int(int),
                Err(literal) => Self::Number(literal),
            },
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::JsonArray(items),
            Value::Object(map) => Self::JsonObject(map),
        }
    }

    /// Its type.
    #[must_use]
    pub fn kind(self) -> TermKind {
        match self {
            Self::Null => TermKind::Null,
            Self::Bool(_) => TermKind::Boolean,
            Self::Int(_) | Self::Number(_) => TermKind::Number,
            Self::String(_) => TermKind::String,
            Self::Array(..) | Self::JsonArray(_) => TermKind::Array,
            Self::Object(..) | Self::JsonObject(_) => TermKind::Object,
            Self::Set(..) => TermKind::Set,
        }
    }

    /// The text, where it is a string.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// How many items, entries or members; none where it is no collection.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a value need not have a length")]
    pub fn len(self) -> Option<usize> {
        match self {
            Self::Array(items, _) | Self::Set(items, _) => Some(items.len()),
            Self::Object(entries, _) => Some(entries.len()),
            Self::JsonArray(items) => Some(items.len()),
            Self::JsonObject(map) => Some(map.len()),
            _ => None,
        }
    }

    /// The entry at a position: of a list (index, item), of an object (key, value), of a set
    /// (member, member). In this order collections are gone through.
    #[must_use]
    #[inline]
    pub fn entry(self, position: usize) -> Option<(Self, Self)> {
        match self {
            Self::Array(items, _) => Some((index(position), *items.get(position)?)),
            Self::JsonArray(items) => Some((index(position), Self::borrowed(items.get(position)?))),
            Self::Object(entries, _) => entries.get(position).copied(),
            Self::JsonObject(map) => {
                let (key, value) = map.entry_at(position)?;
                Some((Self::String(key), Self::borrowed(value)))
            }
            Self::Set(members, _) => members.get(position).map(|member| (*member, *member)),
            _ => None,
        }
    }

    /// What stands at a key: a list's item by index, an object's value, a set's member itself.
    #[must_use]
    #[inline]
    pub fn get(self, key: Self) -> Option<Self> {
        self.find(key, compare)
    }

    /// As [`Self::get`], by comparisons that take from a budget.
    #[must_use]
    pub fn get_within(self, key: Self, comparison: &Comparison<'_>) -> Option<Self> {
        self.find(key, |left, right| comparison.compare(left, right))
    }

    #[inline]
    fn find(self, key: Self, compare: impl Fn(Self, Self) -> Ordering) -> Option<Self> {
        match self {
            Self::JsonObject(map) => match key {
                Self::String(key) => map.get(key).map(Self::borrowed),
                _ => None,
            },
            Self::Object(entries, _) => {
                let found = entries.binary_search_by(|(at, _)| compare(*at, key)).ok()?;
                entries.get(found).map(|(_, value)| *value)
            }
            Self::Set(members, _) => {
                let found = members.binary_search_by(|member| compare(*member, key)).ok()?;
                members.get(found).copied()
            }
            Self::Array(..) | Self::JsonArray(_) => {
                let index = key.as_index()?;
                self.entry(index).map(|(_, item)| item)
            }
            _ => None,
        }
    }

    /// The value at a text key, where it is an object.
    #[must_use]
    #[inline]
    pub fn field(self, key: &str) -> Option<Self> {
        match self {
            Self::JsonObject(map) => map.get(key).map(Self::borrowed),
            Self::Object(entries, _) => {
                let found =
                    entries.binary_search_by(|(at, _)| compare(*at, Term::String(key))).ok()?;
                entries.get(found).map(|(_, value)| *value)
            }
            _ => None,
        }
    }

    /// Its entries in order; see [`Self::entry`]. Empty where it is no collection.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (Self, Self)> + Clone {
        (0..self.len().unwrap_or(0))
            .map(move |position| self.entry(position).unwrap_or((Self::Null, Self::Null)))
    }

    /// The items of a list or members of a set; empty where it is neither.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> + Clone {
        let collection = matches!(self.kind(), TermKind::Array | TermKind::Set);
        let len = if collection { self.len().unwrap_or(0) } else { 0 };
        (0..len).map(move |position| self.entry(position).map_or(Self::Null, |(_, item)| item))
    }

    fn as_index(self) -> Option<usize> {
        match self {
            Self::Int(int) => usize::try_from(int).ok(),
            // `1.0` finds what `1` finds
            Self::Number(literal) => number::whole_number(literal),
            _ => None,
        }
    }
}

fn index<'a>(position: usize) -> Term<'a> {
    Term::Int(i64::try_from(position).unwrap_or(i64::MAX))
}

impl PartialEq for Term<'_> {
    fn eq(&self, other: &Self) -> bool {
        compare(*self, *other).is_eq()
    }
}

impl Eq for Term<'_> {}
