use sekisho_value::{Pointer, Value};

/// The fields that a violation names in `details.pointer`: a JSON pointer (RFC 6901) within the
/// object, or a list of them. Gatekeeper hands `details` on and gives them no meaning, so anything
/// else there names no field.
pub(crate) fn pointers(details: &Value) -> Vec<Pointer> {
    match details.get("pointer") {
        Some(Value::String(text)) => Pointer::parse(text).into_iter().collect(),
        Some(Value::Array(list)) => {
            list.iter().filter_map(|text| Pointer::parse(text.as_str()?).ok()).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::pointers;
    use sekisho_value::{Value, from_json};

    #[test]
    fn fields_are_named_by_json_pointers() {
        let cases: [(&str, &[&str]); 7] = [
            (r#"{"pointer": "/spec/containers/0/image"}"#, &["/spec/containers/0/image"]),
            (r#"{"pointer": "/metadata/labels/a~1b"}"#, &["/metadata/labels/a~1b"]),
            (r#"{"pointer": ["/a", "/b"]}"#, &["/a", "/b"]),
            (r#"{"pointer": "spec.containers"}"#, &[]),
            (r#"{"pointer": 3}"#, &[]),
            (r#"{"missing_labels": ["a"]}"#, &[]),
            ("[]", &[]),
        ];
        for (details, wanted) in cases {
            let details: Value = from_json(details).unwrap();
            let found: Vec<String> = pointers(&details).iter().map(ToString::to_string).collect();
            assert_eq!(found, wanted, "{details:?}");
        }
    }
}
