//! YAML out.

use crate::yaml::{Resolved, Scheme, resolve_plain};
use sekisho_value::{Map, Value};
use std::fmt::Write as _;

/// The longest key that is written without `?`: readers look only 1024 characters ahead for `:`.
const MAX_PLAIN_KEY: usize = 1000;

/// Where a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Root,
    /// Behind `key:`.
    Value,
    /// Behind `- `.
    Item,
}

/// How far what stands within something else is indented, and what that makes of quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// By two; lists stand in line with their key.
    Kubectl,
    /// To the next multiple of four, lists too.
    Wide,
}

impl Style {
    /// The indentation of what stands behind a key.
    fn within(self, indent: usize, value: &Value) -> usize {
        match (self, value) {
            (Self::Wide, _) => (indent + 4) / 4 * 4,
            (Self::Kubectl, Value::Array(items)) if !items.is_empty() => indent,
            (Self::Kubectl, _) => indent + 2,
        }
    }
}

/// Writes a value as YAML that kubectl, this crate and YAML 1.2 readers read back as the same
/// value. Lists stand in line with their key, as kubectl writes them. A number keeps its literal;
/// readers of YAML give `1.50` back as `1.5`.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0, At::Root, Style::Kubectl);
    out
}

/// Writes an object as [`to_yaml`] does, in the style of go-yaml v3: four columns for each level,
/// lists too, and single quotes where they do. Its lines begin at column `indent`.
#[must_use]
pub fn to_wide_yaml(object: &Map, indent: usize) -> String {
    let mut out = String::new();
    write_map(&mut out, object, indent, At::Root, Style::Wide);
    out
}

/// Writes a value and the end of its line. The depth of values is bounded
/// ([`sekisho_value::MAX_DEPTH`]), and so is the recursion.
fn write_value(out: &mut String, value: &Value, indent: usize, at: At, style: Style) {
    match value {
        Value::Object(map) if !map.is_empty() => write_map(out, map, indent, at, style),
        Value::Array(items) if !items.is_empty() => write_list(out, items, indent, at, style),
        scalar => {
            if at == At::Value {
                out.push(' ');
            }
            write_scalar(out, scalar, indent, at, style);
            out.push('\n');
        }
    }
}

fn write_map(out: &mut String, map: &Map, indent: usize, at: At, style: Style) {
    if at == At::Value {
        out.push('\n');
    }
    for (index, (key, value)) in map.iter().enumerate() {
        // The first key of an item stands behind its `-`.
        if index > 0 || at != At::Item {
            push_indent(out, indent);
        }
        let start = out.len();
        write_line(out, key, true, style);
        if out.get(start..).is_some_and(|key| key.chars().count() > MAX_PLAIN_KEY) {
            out.insert_str(start, "? ");
            out.push('\n');
            push_indent(out, indent);
        }
        out.push(':');
        write_value(out, value, style.within(indent, value), At::Value, style);
    }
}

fn write_list(out: &mut String, items: &[Value], indent: usize, at: At, style: Style) {
    if at == At::Value {
        out.push('\n');
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 || at != At::Item {
            push_indent(out, indent);
        }
        out.push_str("- ");
        write_value(out, item, indent + 2, At::Item, style);
    }
}

fn push_indent(out: &mut String, indent: usize) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{:indent$}", "");
}

fn write_scalar(out: &mut String, scalar: &Value, indent: usize, at: At, style: Style) {
    match scalar {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.literal()),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        Value::String(text) if is_block(text) => {
            // Within a list in line with its key, the text must stand deeper than the `-`.
            write_block(out, text, if at == At::Root { 2 } else { indent });
        }
        Value::String(text) => write_line(out, text, false, style),
    }
}

/// Whether a text can be written as a literal block.
fn is_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

/// Whether a character may stand as itself. What YAML 1.1 counts as a line break, and the byte
/// order mark, are better escaped.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    let body = text.strip_suffix('\n');
    out.push_str(match body {
        None => "|-",
        Some(body) if body.ends_with('\n') => "|+",
        Some(_) => "|",
    });
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            push_indent(out, indent);
            out.push_str(line);
        }
    }
}

/// Writes a text on one line, with quotes where it needs them.
fn write_line(out: &mut String, text: &str, key: bool, style: Style) {
    let single = match style {
        Style::Kubectl => text.contains(['"', '\\']),
        Style::Wide => !text.is_empty() && !is_like_another(text),
    };
    if is_plain(text, key) {
        out.push_str(text);
    } else if single && text.chars().all(is_printable) {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        write_double(out, text);
    }
}

fn write_double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

/// Whether every reader takes the text for itself without quotes.
fn is_plain(text: &str, key: bool) -> bool {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else {
        return false;
    };
    let begins = match first {
        '-' => {
            !key && second.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-')
                && !text.starts_with("---")
        }
        '.' => second.is_some_and(|c| c.is_ascii_alphabetic() || c == '/'),
        c => c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '$' | '(' | '^') || !c.is_ascii(),
    };
    begins
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(is_printable)
        && !is_like_another(text)
}

/// Whether some reader takes the text without quotes for something else than a text.
fn is_like_another(text: &str) -> bool {
    is_like_number(text)
        || is_like_word(text)
        || resolve_plain(text, Scheme::Kubectl) != Resolved::Text
        || resolve_plain(text, Scheme::Gator) != Resolved::Text
}

/// Numbers and times of any YAML version, sexagesimal ones too.
fn is_like_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_hexdigit() || "xXoO_+-.:TtZz ".contains(c))
}

/// Words that some reader takes for a boolean, null, infinity or the like.
fn is_like_word(text: &str) -> bool {
    const WORDS: [&str; 15] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", ".nan", "inf", ".inf",
        "-.inf", "-inf",
    ];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}
