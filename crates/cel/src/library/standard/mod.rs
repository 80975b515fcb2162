//! The language's own library.

mod conversions;
mod strings;
mod time;
mod wrappers;

pub(crate) use conversions::to_text;
pub(crate) use time::{parse_duration, parse_timestamp};

pub use wrappers::wrappers;

use super::{Library, Overload};
use crate::macros::STANDARD;
use crate::types::Type;

/// The functions, macros and types of the language.
#[must_use]
pub fn standard() -> Library {
    let mut library = Library::new("standard", 0)
        .with_macros(STANDARD)
        .with(OPERATORS)
        .with(COMPARISONS)
        .with(ACCESS)
        .with(conversions::FUNCTIONS)
        .with(strings::FUNCTIONS)
        .with(time::FUNCTIONS);
    for (name, of) in [
        ("bool", Type::Bool),
        ("bytes", Type::Bytes),
        ("double", Type::Double),
        ("google.protobuf.Duration", Type::Duration),
        ("int", Type::Int),
        ("list", Type::list(Type::Dyn)),
        ("map", Type::map(Type::Dyn, Type::Dyn)),
        ("null_type", Type::Null),
        ("string", Type::String),
        ("google.protobuf.Timestamp", Type::Timestamp),
        ("type", Type::Type(None)),
        ("uint", Type::Uint),
    ] {
        library = library.with_type(name, of);
    }
    library
}

const fn known(id: &'static str, signature: &'static str) -> Overload {
    Overload::evaluator(id, signature)
}

const OPERATORS: &[Overload] = &[
    known("conditional", "_?_:_(bool, A, A) -> A"),
    known("logical_and", "_&&_(bool, bool) -> bool"),
    known("logical_or", "_||_(bool, bool) -> bool"),
    known("logical_not", "!_(bool) -> bool"),
    Overload::new("not_strictly_false", "@not_strictly_false(bool) -> bool", conversions::same),
    known("equals", "_==_(A, A) -> bool"),
    known("not_equals", "_!=_(A, A) -> bool"),
    known("add_bytes", "_+_(bytes, bytes) -> bytes"),
    known("add_double", "_+_(double, double) -> double"),
    known("add_duration_duration", "_+_(duration, duration) -> duration"),
    known("add_duration_timestamp", "_+_(duration, timestamp) -> timestamp"),
    known("add_timestamp_duration", "_+_(timestamp, duration) -> timestamp"),
    known("add_int64", "_+_(int, int) -> int"),
    known("add_list", "_+_(list(A), list(A)) -> list(A)"),
    known("add_string", "_+_(string, string) -> string"),
    known("add_uint64", "_+_(uint, uint) -> uint"),
    known("divide_double", "_/_(double, double) -> double"),
    known("divide_int64", "_/_(int, int) -> int"),
    known("divide_uint64", "_/_(uint, uint) -> uint"),
    known("modulo_int64", "_%_(int, int) -> int"),
    known("modulo_uint64", "_%_(uint, uint) -> uint"),
    known("multiply_double", "_*_(double, double) -> double"),
    known("multiply_int64", "_*_(int, int) -> int"),
    known("multiply_uint64", "_*_(uint, uint) -> uint"),
    known("negate_double", "-_(double) -> double"),
    known("negate_int64", "-_(int) -> int"),
    known("subtract_double", "_-_(double, double) -> double"),
    known("subtract_duration_duration", "_-_(duration, duration) -> duration"),
    known("subtract_int64", "_-_(int, int) -> int"),
    known("subtract_timestamp_duration", "_-_(timestamp, duration) -> timestamp"),
    known("subtract_timestamp_timestamp", "_-_(timestamp, timestamp) -> duration"),
    known("subtract_uint64", "_-_(uint, uint) -> uint"),
];

macro_rules! comparisons {
    ($($name:literal $sign:literal),* $(,)?) => {
        &[$(
            known(concat!($name, "_bool"), concat!($sign, "(bool, bool) -> bool")),
            known(concat!($name, "_int64"), concat!($sign, "(int, int) -> bool")),
            known(concat!($name, "_int64_double"), concat!($sign, "(int, double) -> bool")),
            known(concat!($name, "_int64_uint64"), concat!($sign, "(int, uint) -> bool")),
            known(concat!($name, "_uint64"), concat!($sign, "(uint, uint) -> bool")),
            known(concat!($name, "_uint64_double"), concat!($sign, "(uint, double) -> bool")),
            known(concat!($name, "_uint64_int64"), concat!($sign, "(uint, int) -> bool")),
            known(concat!($name, "_double"), concat!($sign, "(double, double) -> bool")),
            known(concat!($name, "_double_int64"), concat!($sign, "(double, int) -> bool")),
            known(concat!($name, "_double_uint64"), concat!($sign, "(double, uint) -> bool")),
            known(concat!($name, "_string"), concat!($sign, "(string, string) -> bool")),
            known(concat!($name, "_bytes"), concat!($sign, "(bytes, bytes) -> bool")),
            known(concat!($name, "_timestamp"), concat!($sign, "(timestamp, timestamp) -> bool")),
            known(concat!($name, "_duration"), concat!($sign, "(duration, duration) -> bool")),
        )*]
    };
}

const COMPARISONS: &[Overload] = comparisons![
    "less" "_<_",
    "less_equals" "_<=_",
    "greater" "_>_",
    "greater_equals" "_>=_",
];

const ACCESS: &[Overload] = &[
    known("index_list", "_[_](list(A), int) -> A"),
    known("index_map", "_[_](map(A, B), A) -> B"),
    known("in_list", "@in(A, list(A)) -> bool"),
    known("in_map", "@in(A, map(A, B)) -> bool"),
    Overload::new("size_bytes", "size(bytes) -> int", conversions::size),
    Overload::new("bytes_size", "bytes::size() -> int", conversions::size),
    Overload::new("size_list", "size(list(A)) -> int", conversions::size),
    Overload::new("list_size", "list(A)::size() -> int", conversions::size),
    Overload::new("size_map", "size(map(A, B)) -> int", conversions::size),
    Overload::new("map_size", "map(A, B)::size() -> int", conversions::size),
    Overload::new("size_string", "size(string) -> int", conversions::size),
    Overload::new("string_size", "string::size() -> int", conversions::size),
];
