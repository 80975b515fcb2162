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
    let is_special = |byte: &u8| SPECIAL.get(usize::from(*byte)).is_some_and(|of| of & asked != 0);
    // Most texts have nothing of it: so many bytes are looked at together, those at the end twice.
    let (words, rest) = bytes.as_chunks();
    for (word, start) in words.iter().zip((0..).step_by(8)) {
        if !is_plain(*word)
            && let Some(at) = word.iter().position(is_special)
        {
            return Some(start + at);
        }
    }
    if bytes.last_chunk().is_some_and(|end| is_plain(*end)) {
        return None;
    }
    let at = rest.iter().position(is_special)?;
    Some(bytes.len() - rest.len() + at)
}

/// Whether eight bytes are ASCII of which nothing is escaped anywhere. It may be denied of others,
/// too: a byte borrows from the one above it only where it is special itself.
fn is_plain(bytes: [u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_ne_bytes(bytes);
    // The high bit of each byte that is below another, where the rest of its bits are none.
    let below = |word: u64, limit: u8| word.wrapping_sub(each(limit)) & !word;
    // `"` and `&` differ in one bit, and so do `<` and `>`.
    let quotes = below((word & each(!4)) ^ each(b'"'), 1);
    let angles = below((word & each(!2)) ^ each(b'<'), 1);
    let backslashes = below(word ^ each(b'\\'), 1);
    (word | below(word, b' ') | quotes | angles | backslashes) & each(0x80) == 0
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
    use super::{BY_GO, EVERYWHERE, JsonStyle, SPECIAL, is_plain};
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
        let places = (0..40).map(|before| (before, 50 - before)).chain((0..8).flat_map(|before| {
            [(before, 0), (before, 7 - before), (before, 14 - before), (before + 9, 0)]
        }));
        let places: Vec<(usize, usize)> = places.collect();
        for (char, (before, behind)) in
            chars.flat_map(|char| places.iter().map(move |place| (char, *place)))
        {
            let [head, tail] = [before, behind].map(|count| "x".repeat(count));
            let text = Value::from(format!("{head}{char}{tail}"));
            for style in [JsonStyle::default(), JsonStyle::GO] {
                // What stands alone is in no block.
                let alone = Value::from(char.to_string()).to_json_as(style);
                let escaped = &alone[1..alone.len() - 1];
                assert_eq!(text.to_json_as(style), format!("\"{head}{escaped}{tail}\""));
            }
        }
    }

    #[test]
    fn what_is_escaped_is_not_plain() {
        for (place, byte) in (0..8).flat_map(|place| (0..=255).map(move |byte| (place, byte))) {
            for other in [b'a', b' ', b'!', b'#', b'\'', b'=', b'?', b'[', b']', b'~', 0] {
                let mut bytes = [other; 8];
                bytes[place] = byte;
                let escaped = |byte: &u8| SPECIAL[usize::from(*byte)] & (EVERYWHERE | BY_GO) != 0;
                let wanted = bytes.is_ascii() && !bytes.iter().any(escaped);
                assert_eq!(is_plain(bytes), wanted, "{bytes:?}");
            }
        }
    }
}
