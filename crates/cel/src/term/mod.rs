//! Values during an evaluation.

mod arena;
mod compare;
mod convert;
mod display;
mod object;
mod time;

pub use arena::Scratch;
pub use compare::{compare, equal};
pub(crate) use compare::{is_number, key_order};
pub use convert::to_json;
pub use object::{Object, Opaque};
pub use time::{Duration, Timestamp};

use crate::EvalError;
use sekisho_value::{Map, Value};

/// A value of CEL.
///
/// It is small and free to copy: what it holds stands in the scratch of the evaluation, in the
/// program, or in borrowed input. A list or map has several forms, so it is taken apart with the
/// methods of this type, never by its form.
#[derive(Clone, Copy, Debug)]
pub enum Term<'a> {
    /// `null`
    Null,
    /// a boolean
    Bool(bool),
    /// a signed integer
    Int(i64),
    /// an unsigned integer
    Uint(u64),
    /// a double
    Double(f64),
    /// a text
    String(&'a str),
    /// bytes
    Bytes(&'a [u8]),
    /// a point in time
    Timestamp(Timestamp),
    /// a span of time
    Duration(Duration),
    /// a list
    List(&'a [Term<'a>]),
    /// a map, sorted by key, no key twice
    Map(&'a [(Term<'a>, Term<'a>)]),
    /// a list of borrowed data
    JsonList(&'a [Value]),
    /// an object of borrowed data
    JsonMap(&'a Map),
    /// a type, by name
    Type(&'a str),
    /// an optional value
    Optional(Option<&'a Term<'a>>),
    /// a value with fields that are found when they are read
    Object(&'a (dyn Object + 'a)),
    /// a value that only functions can handle
    Opaque(&'a dyn Opaque),
}

const _: () = assert!(size_of::<Term<'_>>() == 24);

impl<'a> Term<'a> {
    /// The value of borrowed data; copies nothing. A number that is written as an integer of 64
    /// bits is an int, any other a double, as the API server decodes them.
    #[must_use]
    #[inline]
    pub fn borrowed(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => match number.held() {
                Ok(int) => Self::Int(int),
                Err(_) => number.as_i64().map_or(Self::Double(number.as_f64()), Self::Int),
            },
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::JsonList(items),
            Value::Object(map) => Self::JsonMap(map),
        }
    }

    /// The name of its type, as `type()` gives it.
    #[must_use]
    pub fn type_name(self) -> &'a str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::List(_) | Self::JsonList(_) => "list",
            Self::Map(_) | Self::JsonMap(_) => "map",
            Self::Type(_) => "type",
            Self::Optional(_) => crate::types::OPTIONAL,
            Self::Object(object) => object.type_name(),
            Self::Opaque(opaque) => opaque.type_name(),
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

    /// The boolean, where it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// The integer, where it is a signed one.
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(int),
            _ => None,
        }
    }

    /// A value of an extension, where it is one of that type.
    #[must_use]
    pub fn downcast<T: Opaque>(self) -> Option<&'a T> {
        match self {
            Self::Opaque(opaque) => (opaque as &dyn std::any::Any).downcast_ref(),
            _ => None,
        }
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Self::List(_) | Self::JsonList(_))
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(self, Self::Map(_) | Self::JsonMap(_))
    }

    /// How many items or entries a list or map has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a value need not have a length")]
    pub fn len(self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::Map(entries) => Some(entries.len()),
            Self::JsonList(items) => Some(items.len()),
            Self::JsonMap(map) => Some(map.len()),
            _ => None,
        }
    }

    /// The item of a list at a position.
    #[must_use]
    #[inline]
    pub fn item(self, position: usize) -> Option<Self> {
        match self {
            Self::List(items) => items.get(position).copied(),
            Self::JsonList(items) => items.get(position).map(Self::borrowed),
            _ => None,
        }
    }

    /// The entry of a map at a position, in the order of keys.
    #[must_use]
    #[inline]
    pub fn entry(self, position: usize) -> Option<(Self, Self)> {
        match self {
            Self::Map(entries) => entries.get(position).copied(),
            Self::JsonMap(map) => {
                let (key, value) = map.entry_at(position)?;
                Some((Self::String(key), Self::borrowed(value)))
            }
            _ => None,
        }
    }

    /// The items of a list; empty where it is none.
    pub fn items(self) -> impl ExactSizeIterator<Item = Self> + Clone {
        let len = if self.is_list() { self.len().unwrap_or(0) } else { 0 };
        (0..len).map(move |position| self.item(position).unwrap_or(Self::Null))
    }

    /// The entries of a map in the order of keys; empty where it is none.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (Self, Self)> + Clone {
        let len = if self.is_map() { self.len().unwrap_or(0) } else { 0 };
        (0..len).map(move |position| self.entry(position).unwrap_or((Self::Null, Self::Null)))
    }

    /// The value at a key of a map.
    #[must_use]
    #[inline]
    pub fn get(self, key: Self) -> Option<Self> {
        match self {
            Self::JsonMap(map) => map.get(key.as_str()?).map(Self::borrowed),
            Self::Map(entries) => {
                let found = entries.binary_search_by(|(at, _)| key_order(*at, key)).ok()?;
                entries.get(found).map(|(_, value)| *value)
            }
            _ => None,
        }
    }

    /// The position in a list that a number spells: an int, uint or double without fraction.
    ///
    /// # Errors
    /// Where it is no such number.
    pub(crate) fn as_index(self) -> Result<i64, EvalError> {
        match self {
            Self::Int(int) => Ok(int),
            Self::Uint(uint) => i64::try_from(uint)
                .map_err(|_| EvalError::new(format!("unsupported index value {uint} in list"))),
            Self::Double(double) => compare::exact_int(double)
                .ok_or_else(|| EvalError::new(format!("unsupported index value {double} in list"))),
            other => Err(EvalError::new(format!(
                "unsupported index type '{}' in list",
                other.type_name()
            ))),
        }
    }

    /// Whether it is the zero value of its type: empty, zero, false or null.
    #[must_use]
    pub fn is_zero(self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(bool) => !bool,
            Self::Int(int) => int == 0,
            Self::Uint(uint) => uint == 0,
            Self::Double(double) => double == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Timestamp(time) => time == Timestamp::ZERO,
            Self::Duration(duration) => duration.nanoseconds == 0,
            Self::Optional(value) => value.is_none(),
            Self::Opaque(opaque) => opaque.is_zero(),
            Self::Type(_) | Self::Object(_) => false,
            other => other.len() == Some(0),
        }
    }

    /// How large it is for the purpose of cost (cel-go's `actualSize`): scalars of a text, bytes,
    /// items, entries; 1 for anything else.
    #[must_use]
    pub fn cost_size(self) -> u64 {
        match self {
            Self::String(text) => scalars(text),
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Optional(Some(value)) => value.cost_size(),
            Self::Opaque(opaque) => opaque.size().unwrap_or(1),
            other => other.len().map_or(1, |len| len as u64),
        }
    }
}

/// How many Unicode scalars a text has.
#[must_use]
pub(crate) fn scalars(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().count() as u64 }
}
