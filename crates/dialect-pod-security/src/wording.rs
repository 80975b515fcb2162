//! Upstream's way of putting lists into words. Messages are compared byte for byte with the API
//! server's, so nothing here may be improved upon.

use std::fmt::Write as _;

/// `"a", "b"`: each in plain quotes, nothing escaped.
pub(crate) fn join_quoted<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for item in items {
        text.push_str(if text.is_empty() { "\"" } else { ", \"" });
        text.push_str(item);
        text.push('"');
    }
    text
}

/// The singular for exactly one, else the plural.
pub(crate) fn plural(one: &'static str, many: &'static str, count: usize) -> &'static str {
    if count == 1 { one } else { many }
}

/// `container "a"`, `containers "a", "b"`.
pub(crate) fn containers(names: &[&str]) -> String {
    let noun = plural("container", "containers", names.len());
    format!("{noun} {}", join_quoted(names.iter().copied()))
}

/// Who sets a field: the pod, containers, or both.
#[derive(Default)]
pub(crate) struct Setters<'a> {
    /// the pod's own security context does
    pub(crate) pod: bool,
    /// these containers do
    pub(crate) containers: Vec<&'a str>,
}

impl Setters<'_> {
    /// Whether nobody sets it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.pod && self.containers.is_empty()
    }

    /// `pod`, `containers "a", "b"`: what upstream joins with ` and `.
    pub(crate) fn parts(&self) -> Vec<String> {
        let pod = self.pod.then(|| "pod".to_owned());
        let named = (!self.containers.is_empty()).then(|| containers(&self.containers));
        pod.into_iter().chain(named).collect()
    }

    /// `pod and containers "a", "b"`.
    pub(crate) fn in_words(&self) -> String {
        self.parts().join(" and ")
    }
}

/// A text as Go's `%q` writes it.
pub(crate) fn go_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            c if is_printable(c) => quoted.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a `String` cannot fail.
                let _ = match code {
                    0..=0x1f | 0x7f => write!(quoted, "\\x{code:02x}"),
                    0x80..=0xffff => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Go's `strconv.IsPrint`. Rust escapes the same classes of characters in text, except that at
/// its beginning it escapes combining marks too.
fn is_printable(c: char) -> bool {
    if c == '\'' {
        // Escaped by Rust for the sake of its own literals.
        return true;
    }
    let mut encoded = [b'a', 0, 0, 0, 0];
    let [_, rest @ ..] = &mut encoded;
    let length = c.encode_utf8(rest).len();
    encoded
        .get(..=length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .is_some_and(|text| text.escape_debug().nth(1) == Some(c))
}

#[cfg(test)]
mod tests {
    use super::{Setters, go_quoted, join_quoted};

    #[test]
    fn quoting_as_go_does() {
        for (text, quoted) in [
            ("", r#""""#),
            ("runtime/default", r#""runtime/default""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\u{7}\u{8}\u{c}\n\r\t\u{b}\0\u{1b}\u{7f}", r#""\a\b\f\n\r\t\v\x00\x1b\x7f""#),
            ("'é漢e\u{301}", "\"'é漢e\u{301}\""),
            ("\u{85}\u{a0}\u{200b}\u{feff}", r#""\u0085\u00a0\u200b\ufeff""#),
            ("😀\u{e0001}\u{10ffff}", r#""😀\U000e0001\U0010ffff""#),
        ] {
            assert_eq!(go_quoted(text), quoted);
        }
    }

    #[test]
    fn lists_in_words() {
        assert_eq!(join_quoted([]), "");
        assert_eq!(join_quoted(["", "b\"", "c"]), r#""", "b"", "c""#);
        for (pod, containers, words) in [
            (true, vec![], "pod"),
            (false, vec!["a"], r#"container "a""#),
            (true, vec!["a", "b"], r#"pod and containers "a", "b""#),
        ] {
            assert_eq!(Setters { pod, containers }.in_words(), words);
        }
    }
}
