use sekisho_value::{Map, Pointer, Value};

/// A JSON patch (RFC 6902) that makes `new` of `old`. Lists are compared item by item: what an
/// item's key is plays no part.
#[must_use]
pub fn json_patch(old: &Value, new: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    add(old, new, &mut Pointer::root(), &mut operations);
    operations
}

fn add(old: &Value, new: &Value, at: &mut Pointer, operations: &mut Vec<Value>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => fields(old, new, at, operations),
        (Value::Array(old), Value::Array(new)) => {
            for (index, (old, new)) in old.iter().zip(new.iter()).enumerate() {
                at.push_index(index);
                add(old, new, at, operations);
                at.pop();
            }
            for (index, new) in new.iter().enumerate().skip(old.len()) {
                at.push_index(index);
                operations.push(operation("add", at, Some(new)));
                at.pop();
            }
            // From the end, so that what is still to go keeps its place.
            for index in (new.len()..old.len()).rev() {
                at.push_index(index);
                operations.push(operation("remove", at, None));
                at.pop();
            }
        }
        _ => operations.push(operation("replace", at, Some(new))),
    }
}

fn fields(old: &Map, new: &Map, at: &mut Pointer, operations: &mut Vec<Value>) {
    for (key, value) in new.iter() {
        at.push_key(key);
        match old.get(key) {
            Some(before) => add(before, value, at, operations),
            None => operations.push(operation("add", at, Some(value))),
        }
        at.pop();
    }
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        at.push_key(key);
        operations.push(operation("remove", at, None));
        at.pop();
    }
}

fn operation(name: &str, at: &Pointer, value: Option<&Value>) -> Value {
    let mut operation =
        Map::from_iter([("op", Value::from(name)), ("path", Value::from(at.as_str()))]);
    if let Some(value) = value {
        operation.insert("value", value.clone());
    }
    Value::Object(operation)
}

#[cfg(test)]
mod tests {
    use super::json_patch;
    use sekisho_value::{Value, from_json};

    #[test]
    fn patches() {
        for (old, new, wanted) in [
            ("{}", "{}", "[]"),
            (r#"{"a":1}"#, r#"{"a":2}"#, r#"[{"op":"replace","path":"/a","value":2}]"#),
            (
                r#"{"a":{"b/c":1}}"#,
                r#"{"a":{},"d":[]}"#,
                r#"[{"op":"remove","path":"/a/b~1c"},{"op":"add","path":"/d","value":[]}]"#,
            ),
            (
                r#"[1,2,3]"#,
                r#"[1,4]"#,
                r#"[{"op":"replace","path":"/1","value":4},{"op":"remove","path":"/2"}]"#,
            ),
            (
                r#"[{"a":1}]"#,
                r#"[{"a":1,"b":2},5]"#,
                r#"[{"op":"add","path":"/0/b","value":2},{"op":"add","path":"/1","value":5}]"#,
            ),
            (r#"{"a":[]}"#, r#"{"a":{}}"#, r#"[{"op":"replace","path":"/a","value":{}}]"#),
        ] {
            let json = |text| from_json(text).unwrap();
            let found = Value::from(json_patch(&json(old), &json(new)));
            assert_eq!(found.to_json(), wanted, "{old} {new}");
        }
    }
}
