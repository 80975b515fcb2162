//! The functions that templates may call: <https://pkg.go.dev/text/template#hdr-Functions>.

use super::fail;
use super::value::Value;
use crate::builtins::sprintf::{Arg, write_all};
use crate::builtins::{Context, Failure};
use crate::term::quote::is_printable;
use crate::term::{Term, TermKind, Text};
use sekisho_go_net::query_escape;

/// What may be called; `and` and `or` do not always look at all of their operands.
pub(super) const NAMES: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or",
    "print", "printf", "println", "slice", "urlquery",
];

pub(super) fn call<'a>(
    cx: &Context<'a>,
    name: &str,
    operands: &[Value<'a>],
) -> Result<Value<'a>, Failure> {
    cx.arena.budget().step(1 + operands.len() as u64)?;
    match (name, operands) {
        ("not", [value]) => Ok(Value::Bool(!value.is_true())),
        ("len", [value]) => len(*value),
        ("index", [value, keys @ ..]) => index(*value, keys),
        ("slice", [value, bounds @ ..]) => slice(cx, *value, bounds),
        ("eq", [first, others @ ..]) if !others.is_empty() => {
            for other in others {
                if equal(*first, *other)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        ("ne", [left, right]) => Ok(Value::Bool(!equal(*left, *right)?)),
        ("lt", [left, right]) => Ok(Value::Bool(less(*left, *right)?)),
        ("le", [left, right]) => Ok(Value::Bool(less(*left, *right)? || equal(*left, *right)?)),
        ("gt", [left, right]) => Ok(Value::Bool(!(less(*left, *right)? || equal(*left, *right)?))),
        ("ge", [left, right]) => Ok(Value::Bool(!less(*left, *right)?)),
        ("print" | "println", values) => text(cx, |out| print(values, name == "println", out)),
        ("printf", [format, values @ ..]) => {
            let Some(format) = format.as_text() else {
                let ty = format.type_name();
                return fail(format_args!("wrong type for value; expected string; got {ty}"));
            };
            let args: Result<Vec<Arg>, _> =
                values.iter().map(|value| value.arg(cx.arena.budget())).collect();
            text(cx, |out| write_all(format, &args?, out))
        }
        ("html" | "js" | "urlquery", values) => {
            let shown: Vec<Value<'a>> = values
                .iter()
                .map(|value| if value.is_nothing() { Value::Text("<no value>") } else { *value })
                .collect();
            let mut plain = Text::new(cx.arena.budget());
            print(&shown, false, &mut plain)?;
            text(cx, |out| {
                match name {
                    "html" => html(plain.as_str(), out)?,
                    "js" => js(plain.as_str(), out)?,
                    _ => {
                        out.budget().allocate(3 * plain.as_str().len() as u64)?;
                        out.push_str(&query_escape(plain.as_str()))?;
                    }
                }
                Ok(())
            })
        }
        ("call", [_, ..]) => fail("error calling call: the value is no function"),
        _ => fail(format_args!("wrong number of args for {name}: got {}", operands.len())),
    }
}

/// What is written, as a text.
fn text<'a>(
    cx: &Context<'a>,
    write: impl FnOnce(&mut Text<'a>) -> Result<(), Failure>,
) -> Result<Value<'a>, Failure> {
    let mut out = Text::new(cx.arena.budget());
    write(&mut out)?;
    Ok(Value::Text(cx.arena.text(out.as_str())?))
}

/// As `fmt.Sprint`: blanks stand between values neither of which is a text.
fn print(values: &[Value<'_>], line: bool, out: &mut Text<'_>) -> Result<(), Failure> {
    let mut before: Option<Value<'_>> = None;
    for value in values {
        if before.is_some_and(|before| line || !before.is_text() && !value.is_text()) {
            out.push(' ')?;
        }
        let shown = if value.is_nothing() { Value::NIL } else { *value };
        shown.print(out)?;
        before = Some(*value);
    }
    if line {
        out.push('\n')?;
    }
    Ok(())
}

fn int<'a>(len: usize) -> Value<'a> {
    Value::Int(i64::try_from(len).unwrap_or(i64::MAX))
}

fn len<'a>(value: Value<'a>) -> Result<Value<'a>, Failure> {
    match value {
        Value::Text(text) | Value::Data(Term::String(text) | Term::Number(text)) => {
            Ok(int(text.len()))
        }
        Value::Data(Term::Int(number)) => Ok(int(number.to_string().len())),
        Value::Data(term) if is_collection(term) => Ok(int(term.len().unwrap_or(0))),
        other => fail(format_args!("error calling len: len of type {}", other.type_name())),
    }
}

fn is_collection(term: Term<'_>) -> bool {
    matches!(term.kind(), TermKind::Array | TermKind::Object | TermKind::Set)
}

/// A place between the beginning and the end.
fn bound(index: Value<'_>, end: usize) -> Result<usize, Failure> {
    match index {
        Value::Int(int) => match usize::try_from(int) {
            Ok(index) if index <= end => Ok(index),
            _ => fail(format_args!("index out of range: {int}")),
        },
        other => {
            let ty = other.type_name();
            fail(format_args!("cannot index slice/array with type {ty}"))
        }
    }
}

/// The text of what Go takes for one.
fn bytes(value: Value<'_>) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Text(text) | Value::Data(Term::String(text) | Term::Number(text)) => {
            Some(text.into())
        }
        Value::Data(Term::Int(int)) => Some(int.to_string().into()),
        _ => None,
    }
}

fn index<'a>(value: Value<'a>, keys: &[Value<'a>]) -> Result<Value<'a>, Failure> {
    if value.is_nothing() {
        return fail("error calling index: index of untyped nil");
    }
    let mut at = value;
    for key in keys {
        if let Some(text) = bytes(at) {
            let position = bound(*key, text.len())?;
            at = match text.as_bytes().get(position) {
                Some(byte) => Value::Int(i64::from(*byte)),
                None => return fail("error calling index: index out of range"),
            };
            continue;
        }
        at = match at {
            Value::Data(term) if term.kind() == TermKind::Object => match key.as_text() {
                Some(key) => Value::Data(term.field(key).unwrap_or(Term::Null)),
                None => {
                    let ty = key.type_name();
                    return fail(format_args!("value has type {ty}; should be string"));
                }
            },
            Value::Data(term) if is_collection(term) => {
                let position = bound(*key, term.len().unwrap_or(0))?;
                match term.entry(position) {
                    Some((_, item)) => Value::Data(item),
                    None => return fail("error calling index: index out of range"),
                }
            }
            other if other.is_nothing() => {
                return fail("error calling index: index of nil pointer");
            }
            other => {
                return fail(format_args!("can't index item of type {}", other.type_name()));
            }
        };
    }
    Ok(at)
}

/// Of texts bytes, of lists entries. Lists have no room behind their end here.
fn slice<'a>(
    cx: &Context<'a>,
    value: Value<'a>,
    bounds: &[Value<'a>],
) -> Result<Value<'a>, Failure> {
    let text = bytes(value);
    let list = match value {
        Value::Data(term) if term.kind() == TermKind::Array || term.kind() == TermKind::Set => {
            Some(term)
        }
        _ => None,
    };
    let (len, most) = match (&text, list) {
        (Some(text), _) => (text.len(), 2),
        (None, Some(list)) => (list.len().unwrap_or(0), 3),
        (None, None) => {
            return fail(format_args!("can't slice item of type {}", value.type_name()));
        }
    };
    if bounds.len() > most {
        return fail(format_args!("too many slice indexes: {}", bounds.len()));
    }
    let bounds: Vec<usize> =
        bounds.iter().map(|index| bound(*index, len)).collect::<Result<_, _>>()?;
    let start = bounds.first().copied().unwrap_or(0);
    let end = bounds.get(1).copied().unwrap_or(len);
    if start > end || bounds.get(2).is_some_and(|third| end > *third) {
        return fail(format_args!("invalid slice index: {start} > {end}"));
    }
    if let Some(text) = text {
        let part = text.as_bytes().get(start..end).unwrap_or_default();
        return Ok(Value::Text(cx.arena.text(&String::from_utf8_lossy(part))?));
    }
    cx.arena.budget().step(len as u64)?;
    let items = list.into_iter().flat_map(Term::items).skip(start).take(end - start);
    let items: Vec<Term<'a>> = items.collect();
    Ok(Value::Data(cx.arena.array(&items)?))
}

/// What Go compares.
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(std::borrow::Cow<'a, str>),
}

fn basic(value: Value<'_>) -> Option<Basic<'_>> {
    match value {
        Value::Bool(bool) | Value::Data(Term::Bool(bool)) => Some(Basic::Bool(bool)),
        Value::Int(int) => Some(Basic::Int(int)),
        Value::Float(float) => Some(Basic::Float(float)),
        other => bytes(other).map(Basic::Text),
    }
}

fn incompatible<T>(left: Value<'_>, right: Value<'_>) -> Result<T, Failure> {
    let (left, right) = (left.type_name(), right.type_name());
    fail(format_args!("incompatible types for comparison: {left} and {right}"))
}

fn equal(left: Value<'_>, right: Value<'_>) -> Result<bool, Failure> {
    match (basic(left), basic(right)) {
        (Some(Basic::Bool(left)), Some(Basic::Bool(right))) => Ok(left == right),
        (Some(Basic::Int(left)), Some(Basic::Int(right))) => Ok(left == right),
        #[expect(clippy::float_cmp, reason = "so does Go")]
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => Ok(left == right),
        (Some(Basic::Text(left)), Some(Basic::Text(right))) => Ok(left == right),
        _ if left.is_nothing() || right.is_nothing() => Ok(left.is_nothing() && right.is_nothing()),
        _ => incompatible(left, right),
    }
}

fn less(left: Value<'_>, right: Value<'_>) -> Result<bool, Failure> {
    match (basic(left), basic(right)) {
        (Some(Basic::Int(left)), Some(Basic::Int(right))) => Ok(left < right),
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => Ok(left < right),
        (Some(Basic::Text(left)), Some(Basic::Text(right))) => Ok(left < right),
        _ => incompatible(left, right),
    }
}

fn html(text: &str, out: &mut Text<'_>) -> Result<(), Failure> {
    for char in text.chars() {
        match char {
            '\0' => out.push('\u{fffd}')?,
            '"' => out.push_str("&#34;")?,
            '\'' => out.push_str("&#39;")?,
            '&' => out.push_str("&amp;")?,
            '<' => out.push_str("&lt;")?,
            '>' => out.push_str("&gt;")?,
            other => out.push(other)?,
        }
    }
    Ok(())
}

fn js(text: &str, out: &mut Text<'_>) -> Result<(), Failure> {
    for char in text.chars() {
        match char {
            '\\' | '\'' | '"' => {
                out.push('\\')?;
                out.push(char)?;
            }
            '<' | '>' | '&' | '=' | '\0'..' ' => {
                out.push_str(&format!("\\u{:04X}", u32::from(char)))?;
            }
            ' '..='\x7f' => out.push(char)?,
            other if is_printable(other) => out.push(other)?,
            other => out.push_str(&format!("\\u{:04X}", u32::from(other)))?,
        }
    }
    Ok(())
}
