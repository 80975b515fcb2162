use super::write::{JsonStyle, write_string};
use crate::Value;
use std::fmt::Write as _;

/// How many bytes are at hand for an object.
const USUAL: usize = 512;

/// Writes one compact JSON object, entry by entry: what is only to be told is no [`Value`] before.
/// Keys are written in the order in which they are given.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut String,
    is_empty: bool,
}

impl ObjectWriter<'_> {
    /// The object whose entries `entries` writes.
    #[must_use]
    pub fn object(entries: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
        let mut out = String::with_capacity(USUAL);
        write_object(&mut out, entries);
        out
    }

    /// Writes a key; its value is to follow.
    fn entry(&mut self, key: &str) -> &mut String {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(',');
        }
        push_string(key, self.out);
        self.out.push(':');
        self.out
    }

    /// A string.
    pub fn text(&mut self, key: &str, text: &str) {
        push_string(text, self.entry(key));
    }

    /// A number.
    pub fn number(&mut self, key: &str, number: impl Into<i64>) {
        let _ = write!(self.entry(key), "{}", number.into());
    }

    /// `true` or `false`.
    pub fn truth(&mut self, key: &str, truth: bool) {
        self.entry(key).push_str(if truth { "true" } else { "false" });
    }

    /// Any value.
    pub fn value(&mut self, key: &str, value: &Value) {
        let _ = value.write_json(self.entry(key));
    }

    /// An object.
    pub fn within(&mut self, key: &str, entries: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.entry(key), entries);
    }

    /// A list of strings.
    pub fn texts(&mut self, key: &str, texts: impl IntoIterator<Item = impl AsRef<str>>) {
        list(self.entry(key), texts, |out, text| push_string(text.as_ref(), out));
    }

    /// A list of objects, one for each of `items`.
    pub fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut entries: impl FnMut(&mut ObjectWriter<'_>, T),
    ) {
        list(self.entry(key), items, |out, item| {
            write_object(out, |object| entries(object, item));
        });
    }
}

fn push_string(string: &str, out: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = write_string(string, out, JsonStyle::default());
}

fn write_object(out: &mut String, entries: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.push('{');
    entries(&mut ObjectWriter { out, is_empty: true });
    out.push('}');
}

fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (index, each) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        item(out, each);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::ObjectWriter;
    use crate::from_json;

    #[test]
    fn what_is_written_entry_by_entry_is_json() {
        assert_eq!(ObjectWriter::object(|_| {}), "{}");
        let written = ObjectWriter::object(|object| {
            object.text("a \"key\"", "line\nend \u{1}é\\");
            object.number("number", -7);
            object.truth("no", false);
            object.value("value", &from_json(r#"{"b":[1.50,null]}"#).unwrap());
            object.within("empty", |_| {});
            object.within("within", |within| within.truth("yes", true));
            object.texts("none", [""; 0]);
            object.texts("texts", ["x", "\""]);
            object.list("list", [1, 2], |each, number| each.number("n", number));
        });
        let wanted = r#"{"a \"key\"":"line\nend \u0001é\\","number":-7,"no":false,"value":{"b":[1.50,null]},"empty":{},"within":{"yes":true},"none":[],"texts":["x","\""],"list":[{"n":1},{"n":2}]}"#;
        assert_eq!(written, wanted);
        assert!(from_json(&written).is_ok());
    }
}
