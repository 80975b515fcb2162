//! JSON as Go writes it with `json.MarshalIndent` and four spaces.

use sekisho_value::Value;

/// Values whose fields stand in an order of their own.
pub(crate) enum Indented {
    Value(Value),
    List(Vec<Indented>),
    Struct(Vec<(&'static str, Indented)>),
}

/// A value with its keys in order.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, 0, &mut out);
    out
}

impl Indented {
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn write(&self, depth: usize, out: &mut String) {
        match self {
            Self::Value(value) => write_value(value, depth, out),
            Self::List(items) => {
                block(['[', ']'], items.iter(), depth, out, |item, out| item.write(depth + 1, out));
            }
            Self::Struct(fields) => {
                block(['{', '}'], fields.iter(), depth, out, |(name, field), out| {
                    out.push_str(&format!("\"{name}\": "));
                    field.write(depth + 1, out);
                });
            }
        }
    }
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
                out.push_str(&escaped(&Value::from(key.as_str()).to_json()));
                out.push_str(": ");
                write_value(value, depth + 1, out);
            });
        }
        scalar => out.push_str(&escaped(&scalar.to_json())),
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
        out.push('\n');
        out.push_str(&"    ".repeat(depth + 1));
        write(item, out);
        if index + 1 < count {
            out.push(',');
        }
    }
    if count > 0 {
        out.push('\n');
        out.push_str(&"    ".repeat(depth));
    }
    out.push(close);
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
    use super::{Indented, pretty};
    use sekisho_value::from_json;

    #[test]
    fn as_go_indents() {
        let value = from_json(r#"{"b":[1,{"c":"<&>\u2028"}],"a":[],"d":{}}"#).unwrap();
        let wanted = "{\n    \"a\": [],\n    \"b\": [\n        1,\n        {\n            \"c\": \"\\u003c\\u0026\\u003e\\u2028\"\n        }\n    ],\n    \"d\": {}\n}";
        assert_eq!(pretty(&value), wanted);
        let ordered = Indented::List(vec![Indented::Struct(vec![
            ("z", Indented::Value("1".into())),
            ("a", Indented::Value(true.into())),
        ])]);
        let wanted = "[\n    {\n        \"z\": \"1\",\n        \"a\": true\n    }\n]";
        assert_eq!(ordered.to_text(), wanted);
    }
}
