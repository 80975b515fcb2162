//! The types of expressions.

mod notation;
mod unify;

pub use notation::{SignatureError, read_signature, read_type};
pub(crate) use unify::{Bindings, most_general};

use crate::ast::Name;
use std::fmt;
use std::sync::Arc;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// of any type; checked at run time
    Dyn,
    /// a message of any type
    Any,
    /// what is wrong has been said
    Error,
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// a signed integer of 64 bits
    Int,
    /// an unsigned integer of 64 bits
    Uint,
    /// a double
    Double,
    /// a text
    String,
    /// bytes
    Bytes,
    /// a point in time
    Timestamp,
    /// a span of time
    Duration,
    /// a primitive or null
    Nullable(Arc<Params>),
    /// a list of items of a type
    List(Arc<Params>),
    /// a map of keys and values of a type
    Map(Arc<Params>),
    /// a type as a value: `int`
    Type(Option<Arc<Params>>),
    /// a message, or another type with fields
    Struct(Name),
    /// a type that only functions can handle, and its parameters
    Opaque(Name, Arc<Params>),
    /// a parameter of a declaration: `T`
    Param(Name),
    /// a type to be found out by the checker
    Var(u32),
}

/// The types that a type is made of.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Params {
    types: Vec<Type>,
    size: u32,
}

/// How many types a type may be made of; a larger one is of `dyn` instead.
const MAX_SIZE: u32 = 1000;

impl Params {
    fn new(types: Vec<Type>) -> Arc<Self> {
        let size = types.iter().fold(1, |sum: u32, param| sum.saturating_add(param.size()));
        if size <= MAX_SIZE {
            return Arc::new(Self { types, size });
        }
        let types = vec![Type::Dyn; types.len()];
        let size = u32::try_from(types.len()).unwrap_or(u32::MAX).saturating_add(1);
        Arc::new(Self { types, size })
    }
}

/// The name of the type of optional values.
pub const OPTIONAL: &str = "optional_type";

impl Type {
    /// A list.
    #[must_use]
    pub fn list(item: Self) -> Self {
        Self::List(Params::new(vec![item]))
    }

    /// A map.
    #[must_use]
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Params::new(vec![key, value]))
    }

    /// An optional value.
    #[must_use]
    pub fn optional(value: Self) -> Self {
        Self::Opaque(Name::new_static(OPTIONAL), Params::new(vec![value]))
    }

    /// A type that only functions can handle.
    #[must_use]
    pub fn opaque(name: impl Into<Name>, params: Vec<Self>) -> Self {
        Self::Opaque(name.into(), Params::new(params))
    }

    /// A primitive or null.
    #[must_use]
    pub fn nullable(primitive: Self) -> Self {
        Self::Nullable(Params::new(vec![primitive]))
    }

    /// A type as a value.
    #[must_use]
    pub fn type_of(of: Self) -> Self {
        Self::Type(Some(Params::new(vec![of])))
    }

    /// The types it is made of.
    #[must_use]
    pub fn params(&self) -> &[Self] {
        match self {
            Self::List(params)
            | Self::Map(params)
            | Self::Nullable(params)
            | Self::Opaque(_, params)
            | Self::Type(Some(params)) => &params.types,
            _ => &[],
        }
    }

    /// A parameter by position; `dyn` where there is none.
    #[must_use]
    pub fn param(&self, position: usize) -> Self {
        self.params().get(position).cloned().unwrap_or(Self::Dyn)
    }

    fn size(&self) -> u32 {
        match self {
            Self::List(params)
            | Self::Map(params)
            | Self::Nullable(params)
            | Self::Opaque(_, params)
            | Self::Type(Some(params)) => params.size,
            _ => 1,
        }
    }

    /// Whether anything goes.
    #[must_use]
    pub fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }

    /// Whether anything goes, or what is wrong has been said.
    #[must_use]
    pub fn is_dyn_or_error(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any | Self::Error)
    }

    /// The type of the value of an optional.
    #[must_use]
    pub fn optional_value(&self) -> Option<Self> {
        match self {
            Self::Opaque(name, _) if name == OPTIONAL => Some(self.param(0)),
            _ => None,
        }
    }

    /// The name that `type()` gives values of it.
    #[must_use]
    pub fn runtime_name(&self) -> &str {
        match self {
            Self::Dyn => "dyn",
            Self::Any => "google.protobuf.Any",
            Self::Error => "error",
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::Nullable(params) => params.types.first().map_or("dyn", Self::runtime_name),
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Struct(name) | Self::Opaque(name, _) | Self::Param(name) => name,
            Self::Var(_) => "dyn",
        }
    }

    /// The same type with parts replaced.
    pub(crate) fn with_parts(&self, replace: &mut dyn FnMut(&Self) -> Self) -> Self {
        let mut each =
            |params: &Params| Params::new(params.types.iter().map(&mut *replace).collect());
        match self {
            Self::List(params) => Self::List(each(params)),
            Self::Map(params) => Self::Map(each(params)),
            Self::Opaque(name, params) => Self::Opaque(name.clone(), each(params)),
            Self::Type(Some(params)) => Self::Type(Some(each(params))),
            other => other.clone(),
        }
    }
}

/// As cel-go writes types in messages.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Any => "any",
            Self::Error => "!error!",
            Self::Null => "null",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Nullable(_) => "wrapper",
            Self::Var(number) => return write!(f, "_var{number}"),
            other => other.runtime_name(),
        };
        f.write_str(name)?;
        for (index, param) in self.params().iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { ", " })?;
            fmt::Display::fmt(param, f)?;
        }
        if self.params().is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn large_types_are_dyn() {
        let mut of = Type::Int;
        for _ in 0..64 {
            of = Type::map(of.clone(), of);
        }
        assert!(of.to_string().len() < 20_000);
    }
}
