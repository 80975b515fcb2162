//! Protobuf's well-known types, as far as they are plain values: wrappers, JSON, times.

use crate::library::{Library, StructTypes};
use crate::term::{Duration, Term, Timestamp};
use crate::types::Type;
use crate::{EvalError, Evaluation};
use std::sync::Arc;

/// `google.protobuf.Int64Value{value: 1}` and the like, whose values are those they wrap.
#[must_use]
pub fn wrappers() -> Library {
    let mut library = Library::new("wrappers", 0).with_structs(Arc::new(WellKnown));
    library.constants.push(("google.protobuf.NullValue.NULL_VALUE", 0));
    library
}

#[derive(Debug)]
struct WellKnown;

const PREFIX: &str = "google.protobuf.";

fn wrapped(name: &str) -> Option<Type> {
    Some(match name.strip_prefix(PREFIX)? {
        "BoolValue" => Type::Bool,
        "BytesValue" => Type::Bytes,
        "DoubleValue" | "FloatValue" => Type::Double,
        "Int64Value" | "Int32Value" => Type::Int,
        "UInt64Value" | "UInt32Value" => Type::Uint,
        "StringValue" => Type::String,
        _ => return None,
    })
}

impl StructTypes for WellKnown {
    fn find(&self, name: &str) -> Option<Type> {
        if let Some(of) = wrapped(name) {
            return Some(Type::nullable(of));
        }
        Some(match name.strip_prefix(PREFIX)? {
            "ListValue" => Type::list(Type::Dyn),
            "Struct" => Type::map(Type::String, Type::Dyn),
            "Value" => Type::Dyn,
            "Timestamp" => Type::Timestamp,
            "Duration" => Type::Duration,
            _ => return None,
        })
    }

    fn field(&self, type_name: &str, field: &str) -> Option<Type> {
        if let Some(of) = wrapped(type_name) {
            return (field == "value").then_some(of);
        }
        Some(match (type_name.strip_prefix(PREFIX)?, field) {
            ("ListValue", "values") => Type::list(Type::Dyn),
            ("Struct", "fields") | ("Value", "struct_value") => Type::map(Type::String, Type::Dyn),
            ("Value", "null_value") => Type::Dyn,
            ("Value", "number_value") => Type::Double,
            ("Value", "string_value") => Type::String,
            ("Value", "bool_value") => Type::Bool,
            ("Value", "list_value") => Type::list(Type::Dyn),
            ("Timestamp" | "Duration", "seconds" | "nanos") => Type::Int,
            _ => return None,
        })
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        let all = ["value", "values", "fields", "seconds", "nanos", "number_value", "string_value"];
        all.iter()
            .filter(|field| self.field(type_name, field).is_some())
            .map(|field| (*field).to_owned())
            .collect()
    }

    fn construct<'a>(
        &self,
        evaluation: Evaluation<'a>,
        type_name: &'a str,
        fields: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError> {
        let field = |name: &str| fields.iter().rev().find(|(own, _)| *own == name).map(|(_, v)| *v);
        let name = type_name.strip_prefix(PREFIX).unwrap_or(type_name);
        if wrapped(type_name).is_some() {
            return match field("value") {
                Some(value) => narrowed(name, value),
                None => Ok(zero(name)),
            };
        }
        match name {
            "ListValue" => Ok(field("values").unwrap_or(Term::List(&[]))),
            "Struct" => Ok(field("fields").unwrap_or(Term::Map(&[]))),
            "Value" => Ok(fields.last().map_or(Term::Null, |(name, value)| {
                if *name == "null_value" { Term::Null } else { *value }
            })),
            _ => {
                let int = |name| field(name).and_then(Term::as_int).unwrap_or(0);
                let (seconds, nanos) = (int("seconds"), int("nanos"));
                let overflow = || EvalError::new("duration overflow");
                let span = seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(nanos));
                let _ = evaluation;
                if name == "Duration" {
                    let nanoseconds = span.ok_or_else(overflow)?;
                    return Ok(Term::Duration(Duration { nanoseconds }));
                }
                let nanos = Duration { nanoseconds: nanos };
                Timestamp::new(seconds, 0)?.plus(nanos).map(Term::Timestamp)
            }
        }
    }
}

fn zero<'a>(name: &str) -> Term<'a> {
    match name {
        "BoolValue" => Term::Bool(false),
        "BytesValue" => Term::Bytes(&[]),
        "DoubleValue" | "FloatValue" => Term::Double(0.0),
        "Int64Value" | "Int32Value" => Term::Int(0),
        "UInt64Value" | "UInt32Value" => Term::Uint(0),
        _ => Term::String(""),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float is what is asked for")]
fn narrowed<'a>(name: &str, value: Term<'a>) -> Result<Term<'a>, EvalError> {
    match (name, value) {
        ("Int32Value", Term::Int(int)) if i32::try_from(int).is_err() => {
            Err(EvalError::new("integer overflow"))
        }
        ("UInt32Value", Term::Uint(uint)) if u32::try_from(uint).is_err() => {
            Err(EvalError::new("unsigned integer overflow"))
        }
        ("FloatValue", Term::Double(double)) => Ok(Term::Double((double as f32).into())),
        (_, value) => Ok(value),
    }
}
