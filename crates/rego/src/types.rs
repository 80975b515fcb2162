//! Types of values and functions, as OPA's type checker has them.

use sekisho_value::Value;
use std::fmt;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `null`
    Null,
    /// a boolean
    Boolean,
    /// a number
    Number,
    /// a string
    String,
    /// a list
    Array {
        /// of its first items
        items: Vec<Type>,
        /// of all further items
        rest: Option<Box<Type>>,
    },
    /// an object
    Object {
        /// of known keys, in the order of the keys
        properties: Vec<(Value, Type)>,
        /// of all other keys, and of their values
        rest: Option<Box<(Type, Type)>>,
    },
    /// a set; of the empty set no member's type is known
    Set(Option<Box<Type>>),
    /// any of these; of any type where there are none
    Any(Vec<Type>),
    /// a function
    Function(Box<FunctionType>),
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionType {
    /// of its parameters
    pub params: Vec<Type>,
    /// of any further arguments
    pub variadic: Option<Type>,
    /// of its value; `print` has none
    pub result: Option<Type>,
}

impl Type {
    /// The type of every value.
    pub const ANY: Self = Self::Any(Vec::new());
}

/// As OPA's messages spell it: `any<string, array[number]>`, `object<a: string>[string: any]`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array { items, rest } => {
                f.write_str("array")?;
                write_list(f, items)?;
                rest.as_ref().map_or(Ok(()), |rest| write!(f, "[{rest}]"))
            }
            Self::Object { properties, rest } => {
                f.write_str("object")?;
                for (position, (key, value)) in properties.iter().enumerate() {
                    f.write_str(if position == 0 { "<" } else { ", " })?;
                    match key {
                        Value::String(key) => f.write_str(key)?,
                        other => f.write_str(&other.to_json())?,
                    }
                    write!(f, ": {value}")?;
                }
                if !properties.is_empty() {
                    f.write_str(">")?;
                }
                rest.as_ref().map_or(Ok(()), |rest| write!(f, "[{}: {}]", rest.0, rest.1))
            }
            Self::Set(None) => f.write_str("set"),
            Self::Set(Some(member)) => write!(f, "set[{member}]"),
            Self::Any(of) => {
                f.write_str("any")?;
                write_list(f, of)
            }
            Self::Function(function) => write!(f, "{function}"),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, types: &[Type]) -> fmt::Result {
    for (position, each) in types.iter().enumerate() {
        write!(f, "{}{each}", if position == 0 { "<" } else { ", " })?;
    }
    if types.is_empty() { Ok(()) } else { f.write_str(">") }
}

/// `(number, number) => number`
impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (position, param) in self.params.iter().enumerate() {
            write!(f, "{}{param}", if position == 0 { "" } else { ", " })?;
        }
        if let Some(variadic) = &self.variadic {
            write!(f, "{}{variadic}...", if self.params.is_empty() { "" } else { ", " })?;
        }
        f.write_str(") => ")?;
        match &self.result {
            Some(result) => write!(f, "{result}"),
            None => f.write_str("???"),
        }
    }
}
