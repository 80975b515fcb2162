//! JSON as Go writes it with `json.MarshalIndent` and four spaces.

use sekisho_value::Value;

/// A value with its keys in order.
pub(crate) fn pretty(value: &Value) -> String {
    written(value, 0)
}

/// What stands in a field.
pub(crate) enum Field<'f> {
    Value(Value),
    /// a value as [`written`] writes it at the same depth
    Written(&'f str),
}

/// Writes fields in the order in which they stand, within so many other values.
pub(crate) fn write_struct(fields: &[(&str, Field<'_>)], depth: usize, out: &mut String) {
    block(['{', '}'], fields.iter(), depth, out, |(name, field), out| {
        out.extend(["\"", *name, "\": "]);
        match field {
            Field::Value(value) => write_value(value, depth + 1, out),
            Field::Written(text) => out.push_str(text),
        }
    });
}

/// A value within so many others.
pub(crate) fn written(value: &Value, depth: usize) -> String {
    let mut out = String::new();
    write_value(value, depth, &mut out);
    out
}

/// The depth of values is bounded ([`sekisho_value::MAX_DEPTH`]), and so is the recursion.
fn write_value(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) => {
            block(['[', ']'], items.iter(), depth, out, |item, out| {
                write_value(item, depth + 1, out);
            });
        }
        Value::Object(map) => {
            block(['{', '}'], map.iter(), depth, out, |(key, value), out| {
                write_string(key, out);
                out.push_str(": ");
                write_value(value, depth + 1, out);
            });
        }
        Value::String(text) => write_string(text, out),
        scalar => out.push_str(&scalar.to_json()),
    }
}

fn write_string(text: &str, out: &mut String) {
    // Hardly any text has something to escape. U+2028 and U+2029 begin with E2.
    let is_plain =
        |byte: u8| !matches!(byte, 0..0x20 | b'"' | b'\\' | b'<' | b'>' | b'&' | 0x7f | 0xe2);
    if text.bytes().all(is_plain) {
        out.extend(["\"", text, "\""]);
    } else {
        out.push_str(&escaped(&Value::from(text).to_json()));
    }
}

fn block<T>(
    brackets: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    depth: usize,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    let [open, close] = brackets;
    out.push(open);
    let count = items.len();
    for (index, item) in items.enumerate() {
        new_line(depth + 1, out);
        write(item, out);
        if index + 1 < count {
            out.push(',');
        }
    }
    if count > 0 {
        new_line(depth, out);
    }
    out.push(close);
}

/// As deep as objects of Kubernetes are.
const LINE: &str = "\n                                                                        ";

fn new_line(depth: usize, out: &mut String) {
    match LINE.get(..4 * depth + 1) {
        Some(line) => out.push_str(line),
        None => {
            out.push('\n');
            out.extend(std::iter::repeat_n("    ", depth));
        }
    }
}

/// Go escapes what could end a script within HTML, and two line ends of Unicode.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        match char {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Field, pretty, write_struct, written};
    use sekisho_value::from_json;

    #[test]
    fn as_go_indents() {
        let value = from_json(r#"{"b":[1,{"c":"<&>\u2028"}],"a":[],"d":{}}"#).unwrap();
        let wanted = "{\n    \"a\": [],\n    \"b\": [\n        1,\n        {\n            \"c\": \"\\u003c\\u0026\\u003e\\u2028\"\n        }\n    ],\n    \"d\": {}\n}";
        assert_eq!(pretty(&value), wanted);
        let deep = (0..30).fold(String::from("1"), |inner, _| format!("[{inner}]"));
        let deep = written(&from_json(&deep).unwrap(), 1);
        assert!(deep.contains(&format!("\n{}1\n", "    ".repeat(31))), "{deep}");
        let mut text = String::new();
        let fields = [("z", Field::Value("1".into())), ("a", Field::Written("true"))];
        write_struct(&fields, 1, &mut text);
        assert_eq!(text, "{\n        \"z\": \"1\",\n        \"a\": true\n    }");
    }
}
