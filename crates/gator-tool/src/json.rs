//! JSON as Go writes it: `json.Marshal`, and `json.MarshalIndent` with four spaces.

use crate::pieces::Pieces;
use sekisho_value::{JsonStyle, Value};

const PRETTY: JsonStyle = JsonStyle { indent: Some(4), for_html: true };

/// A value with its keys in order.
pub(crate) fn pretty(value: &Value) -> String {
    value.to_json_as(PRETTY)
}

/// A value on one line.
pub(crate) fn compact(value: &Value) -> String {
    value.to_json_as(JsonStyle { indent: None, ..PRETTY })
}

/// A value within so many others.
pub(crate) fn written(value: &Value, depth: usize) -> String {
    let mut out = String::new();
    value.push_json(PRETTY, depth, &mut out);
    out
}

/// What stands in a field.
pub(crate) enum Field<'f> {
    Value(Value),
    /// a value as [`written`] writes it at the same depth
    Written(&'f str),
}

/// Writes fields in the order in which they stand, within so many other values. What is written
/// already is borrowed.
pub(crate) fn write_struct<'f>(fields: &[(&str, Field<'f>)], depth: usize, out: &mut Pieces<'f>) {
    let line = |depth| "\n".to_owned() + &"    ".repeat(depth);
    let (of_field, of_end) = (line(depth + 1), line(depth));
    for (index, (name, field)) in fields.iter().enumerate() {
        let before = if index == 0 { "{" } else { "," };
        out.own.extend([before, &of_field, "\"", *name, "\": "]);
        match field {
            Field::Value(value) => value.push_json(PRETTY, depth + 1, &mut out.own),
            Field::Written(text) => out.borrow(text),
        }
    }
    out.own.extend([&*of_end, "}"]);
}

#[cfg(test)]
mod tests {
    use super::{Field, compact, pretty, write_struct, written};
    use crate::pieces::{self, Pieces};
    use sekisho_value::from_json;

    #[test]
    fn as_go_indents() {
        let value = from_json(r#"{"b":[1,{"c":"<&>\u2028"}],"a":[],"d":{}}"#).unwrap();
        let wanted = "{\n    \"a\": [],\n    \"b\": [\n        1,\n        {\n            \"c\": \"\\u003c\\u0026\\u003e\\u2028\"\n        }\n    ],\n    \"d\": {}\n}";
        assert_eq!(pretty(&value), wanted);
        let wanted = r#"{"a":[],"b":[1,{"c":"\u003c\u0026\u003e\u2028"}],"d":{}}"#;
        assert_eq!(compact(&value), wanted);
        let deep = (0..30).fold(String::from("1"), |inner, _| format!("[{inner}]"));
        let deep = written(&from_json(&deep).unwrap(), 1);
        assert!(deep.contains(&format!("\n{}1\n", "    ".repeat(31))), "{deep}");
        let mut pieces = Pieces::default();
        let fields = [("z", Field::Value("1".into())), ("a", Field::Written("true"))];
        write_struct(&fields, 1, &mut pieces);
        let mut text = Vec::new();
        pieces::write_all(&[pieces], &mut text).unwrap();
        assert_eq!(text, b"{\n        \"z\": \"1\",\n        \"a\": true\n    }");
    }
}
