//! What mutating policies change, carried over to an object as it was given.

use sekisho_value::{Map, Value};

/// The object as it was given, with what was changed of the stored form of it. Defaults of the
/// API server that nothing changed stay out.
pub(crate) fn carry(given: &Value, stored: &Value, changed: &Value) -> Value {
    if stored == changed {
        return given.clone();
    }
    match (stored, changed) {
        (Value::Object(stored), Value::Object(changed)) => {
            let given = given.as_object().cloned().unwrap_or_default();
            Value::Object(carry_fields(given, stored, changed))
        }
        (Value::Array(stored), Value::Array(changed)) => {
            let given = given.as_array().unwrap_or_default();
            Value::from(carry_items(given, stored, changed))
        }
        _ => changed.clone(),
    }
}

fn carry_fields(given: Map, stored: &Map, changed: &Map) -> Map {
    let mut carried = given;
    for (key, value) in changed.iter() {
        let before = stored.get(key);
        if before == Some(value) {
            continue;
        }
        let as_given = carried.get(key).cloned().unwrap_or_default();
        let value = before.map_or_else(|| value.clone(), |before| carry(&as_given, before, value));
        carried.insert(key.clone(), value);
    }
    for key in stored.keys().filter(|key| !changed.contains_key(key)) {
        carried.remove(key);
    }
    carried
}

/// Items stand where they stood, unless there are fewer of them: then those that are left are
/// found again in their order. One that the API server adds is carried only where it changed.
fn carry_items(given: &[Value], stored: &[Value], changed: &[Value]) -> Vec<Value> {
    let mut carried = Vec::with_capacity(changed.len());
    if changed.len() >= stored.len() {
        for (index, (before, value)) in stored.iter().zip(changed).enumerate() {
            match given.get(index) {
                Some(given) => carried.push(carry(given, before, value)),
                None if before != value => carried.push(value.clone()),
                None => {}
            }
        }
        carried.extend(changed.iter().skip(stored.len()).cloned());
        return carried;
    }
    let mut left = stored.iter().enumerate();
    for value in changed {
        let rest = left.clone();
        match left.find(|(_, before)| *before == value) {
            Some((index, _)) => carried.extend(given.get(index).cloned()),
            None => {
                left = rest;
                carried.push(value.clone());
            }
        }
    }
    carried
}

#[cfg(test)]
mod tests {
    use super::carry;
    use sekisho_value::{Value, from_json};

    fn json(text: &str) -> Value {
        from_json(text).unwrap()
    }

    #[test]
    fn changes_are_carried_over_and_defaults_are_not() {
        for (given, stored, changed, wanted) in [
            // nothing changed: as given, whatever the API server makes of it
            (
                r#"{"a":null,"b":"1"}"#,
                r#"{"b":1,"d":2}"#,
                r#"{"b":1,"d":2}"#,
                r#"{"a":null,"b":"1"}"#,
            ),
            // a field is added, changed, taken out
            (r#"{"a":1}"#, r#"{"a":1,"d":2}"#, r#"{"a":1,"d":2,"n":3}"#, r#"{"a":1,"n":3}"#),
            (r#"{"a":1}"#, r#"{"a":1,"d":2}"#, r#"{"a":1,"d":5}"#, r#"{"a":1,"d":5}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2,"d":3}"#, r#"{"b":2}"#, r#"{"b":2}"#),
            // below an object that the API server made
            (r#"{}"#, r#"{"s":{"d":1}}"#, r#"{"s":{"d":1,"n":2}}"#, r#"{"s":{"n":2}}"#),
            (r#"{"s":null}"#, r#"{"s":{}}"#, r#"{"s":{"n":2}}"#, r#"{"s":{"n":2}}"#),
            // items
            (
                r#"[{"name":"a"},{"name":"b"}]"#,
                r#"[{"name":"a","d":1},{"name":"b","d":1}]"#,
                r#"[{"name":"a","d":1},{"name":"b","d":1,"n":2},{"name":"c"}]"#,
                r#"[{"name":"a"},{"name":"b","n":2},{"name":"c"}]"#,
            ),
            // of items that the API server adds, those that changed
            (r#"[]"#, r#"[{"k":"x","d":1}]"#, r#"[{"k":"x","d":1},{"k":"n"}]"#, r#"[{"k":"n"}]"#),
            (r#"[]"#, r#"[{"k":"x","d":1}]"#, r#"[{"k":"x","d":2}]"#, r#"[{"k":"x","d":2}]"#),
            // items that are taken out
            (
                r#"[{"k":1},{"k":2},{"k":3}]"#,
                r#"[{"k":1,"d":0},{"k":2,"d":0},{"k":3,"d":0}]"#,
                r#"[{"k":1,"d":0},{"k":3,"d":0}]"#,
                r#"[{"k":1},{"k":3}]"#,
            ),
            (r#"["a","b","c"]"#, r#"["a","b","c"]"#, r#"["x","c"]"#, r#"["x","c"]"#),
            (r#"["a"]"#, r#"["a"]"#, r#"[]"#, r#"[]"#),
            // another kind of value
            (r#"{"a":"1"}"#, r#"{"a":1}"#, r#"{"a":[]}"#, r#"{"a":[]}"#),
        ] {
            let found = carry(&json(given), &json(stored), &json(changed));
            assert_eq!(found, json(wanted), "{given} {stored} {changed}");
        }
    }
}
