use crate::Value;
use std::fmt::{self, Write};

/// How JSON is written; in the default way without blanks and line ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonStyle {
    /// every item stands on a line of its own, indented by so many spaces for each level
    pub indent: Option<usize>,
    /// `<`, `>`, `&`, U+2028 and U+2029 are escaped, and U+0008 and U+000C by letters, as
    /// `encoding/json` of Go does
    pub for_html: bool,
}

impl JsonStyle {
    /// As `encoding/json` of Go writes.
    pub const GO: Self = Self { indent: None, for_html: true };
}

impl Value {
    /// The value as compact JSON, numbers by their literal.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_as(JsonStyle::default())
    }

    /// The value as JSON with two spaces of indentation, and no line end after it.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        self.to_json_as(JsonStyle { indent: Some(2), for_html: false })
    }

    /// The value as JSON, and no line end after it.
    #[must_use]
    pub fn to_json_as(&self, style: JsonStyle) -> String {
        let mut out = String::new();
        self.push_json(style, 0, &mut out);
        out
    }

    /// Writes the value as JSON that stands within so many others.
    pub fn push_json(&self, style: JsonStyle, depth: usize, out: &mut String) {
        // Writing to a `String` cannot fail.
        let _ = write_value(self, out, style, depth);
    }

    /// Writes the value as compact JSON.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write_json(&self, out: &mut impl Write) -> fmt::Result {
        write_value(self, out, JsonStyle::default(), 0)
    }
}

/// The depth of a value is bounded by the readers ([`super::MAX_DEPTH`]), so recursion is too.
fn write_value(value: &Value, out: &mut impl Write, style: JsonStyle, depth: usize) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(bool) => out.write_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => write!(out, "{number}"),
        Value::String(string) => write_string(string, out, style),
        Value::Array(items) if items.is_empty() => out.write_str("[]"),
        Value::Array(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                separate(out, index, style, depth)?;
                write_value(item, out, style, depth + 1)?;
            }
            new_line(out, style, depth)?;
            out.write_char(']')
        }
        Value::Object(map) if map.is_empty() => out.write_str("{}"),
        Value::Object(map) => {
            out.write_char('{')?;
            for (index, (key, item)) in map.iter().enumerate() {
                separate(out, index, style, depth)?;
                write_string(key, out, style)?;
                out.write_str(if style.indent.is_some() { ": " } else { ":" })?;
                write_value(item, out, style, depth + 1)?;
            }
            new_line(out, style, depth)?;
            out.write_char('}')
        }
    }
}

fn separate(out: &mut impl Write, index: usize, style: JsonStyle, depth: usize) -> fmt::Result {
    if index > 0 {
        out.write_char(',')?;
    }
    new_line(out, style, depth + 1)
}

/// A line end and spaces for as deep as objects of Kubernetes are.
const LINE: &str = "\n                                                                        ";

fn new_line(out: &mut impl Write, style: JsonStyle, depth: usize) -> fmt::Result {
    let Some(indent) = style.indent else { return Ok(()) };
    match LINE.get(..=indent * depth) {
        Some(line) => out.write_str(line),
        None => write!(out, "\n{:1$}", "", indent * depth),
    }
}

/// Which bytes begin something that is escaped: everywhere, or by Go.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "it is worked out by the compiler"
)]
const SPECIAL: [u8; 256] = {
    let mut special = [0; 256];
    let mut byte = 0;
    while byte < special.len() {
        special[byte] = match byte as u8 {
            ..0x20 | b'"' | b'\\' => EVERYWHERE,
            // U+2028 and U+2029 begin with E2.
            b'<' | b'>' | b'&' | 0xe2 => BY_GO,
            _ => 0,
        };
        byte += 1;
    }
    special
};
const EVERYWHERE: u8 = 1;
const BY_GO: u8 = 2;

/// Where something stands that is to be escaped.
fn special(bytes: &[u8], asked: u8) -> Option<usize> {
    // Most texts have nothing of it: so many bytes are looked at together.
    let none = |bytes: &[u8; 16]| {
        !bytes.iter().fold(false, |any, byte| {
            let by_go = matches!(byte, b'<' | b'>' | b'&' | 0xe2) & (asked & BY_GO != 0);
            any | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\') | by_go
        })
    };
    let skipped = 16 * bytes.as_chunks().0.iter().take_while(|chunk| none(chunk)).count();
    let is_special = |byte: &u8| SPECIAL.get(usize::from(*byte)).is_some_and(|of| of & asked != 0);
    let at = bytes.get(skipped..)?.iter().position(is_special)?;
    Some(skipped + at)
}

/// Writes a string between quotes, with the escapes that are asked for and no others.
pub(super) fn write_string(string: &str, out: &mut impl Write, style: JsonStyle) -> fmt::Result {
    let asked = if style.for_html { EVERYWHERE | BY_GO } else { EVERYWHERE };
    out.write_char('"')?;
    let mut rest = string;
    while let Some(at) = special(rest.as_bytes(), asked) {
        let (head, tail) = rest.split_at(at);
        out.write_str(head)?;
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.write_str("\\\"")?,
            Some('\\') => out.write_str("\\\\")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\r') => out.write_str("\\r")?,
            Some('\t') => out.write_str("\\t")?,
            Some('\u{8}') if style.for_html => out.write_str("\\b")?,
            Some('\u{c}') if style.for_html => out.write_str("\\f")?,
            Some(char @ ('\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')) => {
                write!(out, "\\u{:04x}", u32::from(char))?;
            }
            Some(char) => out.write_char(char)?,
            None => {}
        }
        rest = chars.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::JsonStyle;
    use crate::Value;

    #[test]
    fn texts_are_escaped_as_go_does() {
        for (text, plain, go) in [
            ("<a&b>", r#""<a&b>""#, r#""\u003ca\u0026b\u003e""#),
            (
                "\u{2028}\u{2029}\u{2027}é",
                "\"\u{2028}\u{2029}\u{2027}é\"",
                "\"\\u2028\\u2029\u{2027}é\"",
            ),
            ("\u{8}\u{c}\u{1}\u{7f}", "\"\\u0008\\u000c\\u0001\u{7f}\"", "\"\\b\\f\\u0001\u{7f}\""),
            ("\"\\\n", r#""\"\\\n""#, r#""\"\\\n""#),
        ] {
            assert_eq!(Value::from(text).to_json(), plain, "{text:?}");
            assert_eq!(Value::from(text).to_json_as(JsonStyle::GO), go, "{text:?}");
        }
    }

    #[test]
    fn texts_are_escaped_wherever_it_stands_what_is() {
        let chars = ('\0'..='\u{100}').chain(['\u{2027}', '\u{2028}', '\u{2029}', '\u{2030}']);
        for (char, before) in chars.flat_map(|char| (0..40).map(move |before| (char, before))) {
            let [head, tail] = [before, 50 - before].map(|count| "x".repeat(count));
            let text = Value::from(format!("{head}{char}{tail}"));
            for style in [JsonStyle::default(), JsonStyle::GO] {
                // What stands alone is in no block.
                let alone = Value::from(char.to_string()).to_json_as(style);
                let escaped = &alone[1..alone.len() - 1];
                assert_eq!(text.to_json_as(style), format!("\"{head}{escaped}{tail}\""));
            }
        }
    }
}
