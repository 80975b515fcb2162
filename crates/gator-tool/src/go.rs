//! How Go prints, where gator's lines do.

use std::fmt::Write as _;

/// A text as the verb `%q` of Go prints it (`strconv.Quote`).
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            char if is_printed(char) => out.push(char),
            // Writing to a `String` cannot fail.
            char => {
                let code = u32::from(char);
                let _ = match code {
                    0..0x80 => write!(out, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Go prints what is neither a control character nor a space other than U+0020.
fn is_printed(char: char) -> bool {
    char == ' ' || !(char.is_control() || char.is_whitespace() || char == '\u{feff}')
}

/// A list of texts as the verb `%v` prints it: `[a b]`.
pub(crate) fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<&str> = texts.into_iter().collect();
    format!("[{}]", texts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{list, quoted};

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        // As `fmt.Printf("%q", …)` of Go 1.26 prints them.
        let cases = [
            ("", r#""""#),
            ("label \"a\"\\", r#""label \"a\"\\""#),
            ("tab\there\n\r\u{7}\u{8}\u{b}\u{c}", r#""tab\there\n\r\a\b\v\f""#),
            ("é漢😀", "\"é漢😀\""),
            ("\0\u{1b}\u{7f}", r#""\x00\x1b\x7f""#),
            ("\u{a0}\u{2028}\u{85}", r#""\u00a0\u2028\u0085""#),
        ];
        for (text, wanted) in cases {
            assert_eq!(quoted(text), wanted);
        }
        assert_eq!(list(["a", "b c"]), "[a b c]");
        assert_eq!(list([]), "[]");
    }
}
