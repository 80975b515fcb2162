//! Texts in quotes, as Go's `strconv.Quote` writes them.

use regex::Regex;
use std::fmt::Write;
use std::sync::LazyLock;

/// Letters, marks, numbers, punctuation and symbols; spaces other than `U+0020` are not.
static PRINTABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok());

/// As Go's `unicode.IsPrint`.
pub(crate) fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{a0}' | '\u{ad}' => false,
        '\u{a1}'..='\u{2ff}' => true,
        _ => {
            let pattern = PRINTABLE.as_ref();
            pattern.is_some_and(|pattern| pattern.is_match(c.encode_utf8(&mut [0; 4])))
        }
    }
}

/// How the text is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoting {
    /// the mark around it
    pub(crate) mark: char,
    /// everything beyond ASCII is written by its number
    pub(crate) ascii: bool,
}

/// With double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // writing into a text does not fail
    let _ = write_quoted(&mut out, text, Quoting { mark: '"', ascii: false });
    out
}

/// Writes a text in quotes.
pub(crate) fn write_quoted(out: &mut impl Write, text: &str, quoting: Quoting) -> std::fmt::Result {
    out.write_char(quoting.mark)?;
    let plain =
        |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\' && char::from(byte) != quoting.mark;
    let end = text.bytes().position(|byte| !plain(byte)).unwrap_or(text.len());
    let (as_it_is, rest) = text.split_at(end);
    out.write_str(as_it_is)?;
    for c in rest.chars() {
        write_escaped(out, c, quoting)?;
    }
    out.write_char(quoting.mark)
}

fn write_escaped(out: &mut impl Write, c: char, quoting: Quoting) -> std::fmt::Result {
    let short = match c {
        '\\' => Some('\\'),
        _ if c == quoting.mark => Some(c),
        '\x07' => Some('a'),
        '\x08' => Some('b'),
        '\x0c' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\x0b' => Some('v'),
        _ => None,
    };
    if let Some(short) = short {
        out.write_char('\\')?;
        return out.write_char(short);
    }
    if is_printable(c) && (c.is_ascii() || !quoting.ascii) {
        return out.write_char(c);
    }
    match u32::from(c) {
        code @ ..=0x7f => write!(out, "\\x{code:02x}"),
        code @ ..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn as_go_quotes() {
        for (text, expected) in [
            ("", r#""""#),
            ("a\"b\\c`'", r#""a\"b\\c`'""#),
            ("\u{7}\u{8}\u{c}\n\r\t\u{b}", r#""\a\b\f\n\r\t\v""#),
            ("\0\u{1b}\u{7f}\u{85}\u{a0}\u{ad}", r#""\x00\x1b\x7f\u0085\u00a0\u00ad""#),
            (
                "é\u{2028}\u{feff}\u{e000}\u{200b}\u{3000}",
                "\"é\\u2028\\ufeff\\ue000\\u200b\\u3000\"",
            ),
            ("\u{fffd}\u{1f600}\u{10ffff}", "\"\u{fffd}\u{1f600}\\U0010ffff\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
