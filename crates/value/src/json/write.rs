use crate::{Number, Value};
use std::fmt::{self, Write};

impl Value {
    /// The value as compact JSON, numbers by their literal.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write_json(&mut out);
        out
    }

    /// Writes the value as compact JSON.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write_json(&self, out: &mut impl Write) -> fmt::Result {
        write_value(self, out, None)
    }

    /// The value as JSON with two spaces of indentation, and no line end after it.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        let mut out = String::new();
        let _ = write_value(self, &mut out, Some(0));
        out
    }
}

/// `indent`: `None` for compact, else how deep this value stands. The depth of a value is bounded
/// by the readers ([`super::MAX_DEPTH`]), so recursion is too.
fn write_value(value: &Value, out: &mut impl Write, indent: Option<usize>) -> fmt::Result {
    let inner = indent.map(|indent| indent + 1);
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(bool) => write!(out, "{bool}"),
        Value::Number(number) => write_number(number, out),
        Value::String(string) => write_string(string, out),
        Value::Array(items) if items.is_empty() => out.write_str("[]"),
        Value::Array(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                separate(out, index, inner)?;
                write_value(item, out, inner)?;
            }
            new_line(out, indent)?;
            out.write_char(']')
        }
        Value::Object(map) if map.is_empty() => out.write_str("{}"),
        Value::Object(map) => {
            out.write_char('{')?;
            for (index, (key, item)) in map.iter().enumerate() {
                separate(out, index, inner)?;
                write_string(key, out)?;
                out.write_str(if indent.is_some() { ": " } else { ":" })?;
                write_value(item, out, inner)?;
            }
            new_line(out, indent)?;
            out.write_char('}')
        }
    }
}

fn separate(out: &mut impl Write, index: usize, indent: Option<usize>) -> fmt::Result {
    if index > 0 {
        out.write_char(',')?;
    }
    new_line(out, indent)
}

fn new_line(out: &mut impl Write, indent: Option<usize>) -> fmt::Result {
    match indent {
        Some(depth) => write!(out, "\n{:1$}", "", depth * 2),
        None => Ok(()),
    }
}

fn write_number(number: &Number, out: &mut impl Write) -> fmt::Result {
    write!(out, "{number}")
}

/// Writes a string between quotes, with the escapes that JSON asks for and no others.
fn write_string(string: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = string;
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | '\\' | '\0'..='\x1f')) {
        let (head, tail) = rest.split_at(at);
        out.write_str(head)?;
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.write_str("\\\"")?,
            Some('\\') => out.write_str("\\\\")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\r') => out.write_str("\\r")?,
            Some('\t') => out.write_str("\\t")?,
            Some(control) => write!(out, "\\u{:04x}", u32::from(control))?,
            None => {}
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}
