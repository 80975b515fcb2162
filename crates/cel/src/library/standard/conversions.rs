//! Conversions between types.

use super::time::{duration_text, parse_duration, parse_timestamp, timestamp_text};
use crate::library::Overload;
use crate::library::numbers::format_general;
use crate::term::{Term, Timestamp, scalars};
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

pub(super) const FUNCTIONS: &[Overload] = &[
    Overload::new("type", "type(A) -> type(A)", type_of),
    Overload::new("to_dyn", "dyn(A) -> dyn", same),
    Overload::new("bool_to_bool", "bool(bool) -> bool", same),
    Overload::new("string_to_bool", "bool(string) -> bool", to_bool),
    Overload::new("bytes_to_bytes", "bytes(bytes) -> bytes", same),
    Overload::new("string_to_bytes", "bytes(string) -> bytes", to_bytes),
    Overload::new("double_to_double", "double(double) -> double", same),
    Overload::new("int64_to_double", "double(int) -> double", to_double),
    Overload::new("string_to_double", "double(string) -> double", to_double),
    Overload::new("uint64_to_double", "double(uint) -> double", to_double),
    Overload::new("duration_to_duration", "duration(duration) -> duration", same),
    Overload::new("int64_to_duration", "duration(int) -> duration", to_duration),
    Overload::new("string_to_duration", "duration(string) -> duration", to_duration),
    Overload::new("int64_to_int64", "int(int) -> int", same),
    Overload::new("double_to_int64", "int(double) -> int", to_int),
    Overload::new("duration_to_int64", "int(duration) -> int", to_int),
    Overload::new("string_to_int64", "int(string) -> int", to_int),
    Overload::new("timestamp_to_int64", "int(timestamp) -> int", to_int),
    Overload::new("uint64_to_int64", "int(uint) -> int", to_int),
    Overload::new("string_to_string", "string(string) -> string", same),
    Overload::new("bool_to_string", "string(bool) -> string", to_string),
    Overload::new("bytes_to_string", "string(bytes) -> string", to_string),
    Overload::new("double_to_string", "string(double) -> string", to_string),
    Overload::new("duration_to_string", "string(duration) -> string", to_string),
    Overload::new("int64_to_string", "string(int) -> string", to_string),
    Overload::new("timestamp_to_string", "string(timestamp) -> string", to_string),
    Overload::new("uint64_to_string", "string(uint) -> string", to_string),
    Overload::new("timestamp_to_timestamp", "timestamp(timestamp) -> timestamp", same),
    Overload::new("int64_to_timestamp", "timestamp(int) -> timestamp", to_timestamp),
    Overload::new("string_to_timestamp", "timestamp(string) -> timestamp", to_timestamp),
    Overload::new("uint64_to_uint64", "uint(uint) -> uint", same),
    Overload::new("double_to_uint64", "uint(double) -> uint", to_uint),
    Overload::new("int64_to_uint64", "uint(int) -> uint", to_uint),
    Overload::new("string_to_uint64", "uint(string) -> uint", to_uint),
];

pub(super) fn same<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    args.first().copied().ok_or_else(EvalError::no_such_overload)
}

pub(super) fn size<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let size = match args {
        [Term::String(text)] => scalars(text),
        [Term::Bytes(bytes)] => bytes.len() as u64,
        [other] => other.len().ok_or_else(EvalError::no_such_overload)? as u64,
        _ => return Err(EvalError::no_such_overload()),
    };
    Ok(Term::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn type_of<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let term = args.first().ok_or_else(EvalError::no_such_overload)?;
    Ok(Term::Type(term.type_name()))
}

fn conversion_error(from: &str, to: &str) -> EvalError {
    EvalError::new(format!("type conversion error from '{from}' to '{to}'"))
}

fn overflow() -> EvalError {
    EvalError::new("integer overflow")
}

fn to_bool<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String("1" | "t" | "T" | "TRUE" | "true" | "True")] => Ok(Term::Bool(true)),
        [Term::String("0" | "f" | "F" | "FALSE" | "false" | "False")] => Ok(Term::Bool(false)),
        _ => Err(conversion_error("string", "bool")),
    }
}

fn to_bytes<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => Ok(Term::Bytes(text.as_bytes())),
        _ => Err(EvalError::no_such_overload()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
fn to_double<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let double = match args {
        [Term::Int(int)] => *int as f64,
        [Term::Uint(uint)] => *uint as f64,
        [Term::String(text)] => {
            parse_double(text).ok_or_else(|| conversion_error("string", "double"))?
        }
        _ => return Err(EvalError::no_such_overload()),
    };
    Ok(Term::Double(double))
}

/// A double as Go's `strconv.ParseFloat` reads it.
fn parse_double(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let named = ["inf", "infinity", "nan"].iter().any(|name| digits.eq_ignore_ascii_case(name));
    let numeric =
        digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !named && !numeric {
        return None;
    }
    let double: f64 = text.parse().ok()?;
    // What is too large is an error in Go.
    (named || double.is_finite()).then_some(double)
}

fn to_duration<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        // It is declared, and has never worked.
        [Term::Int(_)] => Err(conversion_error("int", "google.protobuf.Duration")),
        [Term::String(text)] => parse_duration(text)
            .map(Term::Duration)
            .ok_or_else(|| conversion_error("string", "google.protobuf.Duration")),
        _ => Err(EvalError::no_such_overload()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn to_int<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let int = match args {
        [Term::Double(double)] => {
            // Both ends are open, as in cel-go: doubles are too coarse there.
            if !(*double > -9_223_372_036_854_775_808.0 && *double < 9_223_372_036_854_775_807.0) {
                return Err(overflow());
            }
            *double as i64
        }
        [Term::Duration(duration)] => duration.nanoseconds,
        [Term::Timestamp(time)] => time.seconds(),
        [Term::Uint(uint)] => i64::try_from(*uint).map_err(|_| overflow())?,
        [Term::String(text)] => text.parse().map_err(|_| conversion_error("string", "int"))?,
        _ => return Err(EvalError::no_such_overload()),
    };
    Ok(Term::Int(int))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before"
)]
fn to_uint<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let overflow = || EvalError::new("unsigned integer overflow");
    let uint = match args {
        [Term::Double(double)] => {
            if !(*double >= 0.0 && *double < 18_446_744_073_709_551_615.0) {
                return Err(overflow());
            }
            *double as u64
        }
        [Term::Int(int)] => u64::try_from(*int).map_err(|_| overflow())?,
        [Term::String(text)] => text
            .strip_prefix('+')
            .map_or(Some(*text), |_| None)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| conversion_error("string", "uint"))?,
        _ => return Err(EvalError::no_such_overload()),
    };
    Ok(Term::Uint(uint))
}

fn to_string<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Bytes(bytes)] => std::str::from_utf8(bytes)
            .map(Term::String)
            .map_err(|_| EvalError::new("invalid UTF-8 in bytes, cannot convert to string")),
        [term] => match to_text(*term) {
            Some(text) => evaluation.string(&text),
            None => Err(EvalError::no_such_overload()),
        },
        _ => Err(EvalError::no_such_overload()),
    }
}

/// What `string()` makes of a value, where it is of a type that it takes.
pub(crate) fn to_text(term: Term<'_>) -> Option<String> {
    Some(match term {
        Term::Bool(bool) => bool.to_string(),
        Term::Int(int) => int.to_string(),
        Term::Uint(uint) => uint.to_string(),
        Term::Double(double) => format_general(double),
        Term::String(text) => text.to_owned(),
        Term::Duration(duration) => duration_text(duration),
        Term::Timestamp(time) => timestamp_text(time),
        _ => return None,
    })
}

fn to_timestamp<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Int(seconds)] => Timestamp::new(*seconds, 0).map(Term::Timestamp),
        [Term::String(text)] => parse_timestamp(text).map(Term::Timestamp),
        _ => Err(EvalError::no_such_overload()),
    }
}
