//! What is written reads back as the same value.

use sekisho_manifest::{read_value, to_yaml};
use sekisho_value::{Map, Number, Value, from_json, from_json_prefix};

/// How many bytes a value may take as JSON; aliases can make more of a short text.
const MOST: usize = 200_000;

/// Asserts that a value survives being written as JSON and as YAML.
pub fn check(value: &Value) {
    if size(value) > MOST {
        return;
    }
    let json = value.to_json();
    assert_eq!(from_json(&json).as_ref(), Ok(value), "{json}");
    assert_eq!(from_json(&value.to_json_pretty()).as_ref(), Ok(value));
    if value.is_null() {
        // A null document is none.
        return;
    }
    // Only what begins with `{` is read as JSON; all else is YAML, to which some characters that
    // JSON allows within a string are line breaks, and others none at all.
    match read_value(&json) {
        Ok(read) if value.as_object().is_some() => assert_eq!(read, *value, "{json}"),
        Ok(read) if json.is_ascii() => assert_eq!(read, in_yaml(value), "{json}"),
        Ok(_) => {}
        Err(error) => assert!(value.as_object().is_none(), "{error}\n{json}"),
    }
    let yaml = to_yaml(value);
    match read_value(&yaml) {
        Ok(read) => assert_eq!(read, in_yaml(value), "{yaml}"),
        Err(error) => panic!("{error} ({}:{})\n{yaml}", error.line, error.column),
    }
}

/// Asserts of a text that the JSON reader keeps what it reads.
pub fn check_json(text: &str) {
    let Ok(value) = from_json(text) else { return };
    assert_eq!(from_json_prefix(text, &mut ()), Ok(((value.clone(), ()), text.len())));
    let json = value.to_json();
    assert_eq!(from_json(&json).as_ref(), Ok(&value), "{json}");
}

/// About how long a value is as JSON.
pub fn size(value: &Value) -> usize {
    let mut total = 0_usize;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        total += 8;
        match value {
            Value::String(text) => total += text.len(),
            Value::Number(number) => total += number.literal().len(),
            Value::Array(items) => open.extend(items.iter()),
            Value::Object(map) => {
                open.extend(map.iter().map(|(_, value)| value));
                total += map.keys().map(|key| key.len()).sum::<usize>();
            }
            Value::Null | Value::Bool(_) => {}
        }
        if total > MOST {
            break;
        }
    }
    total
}

/// What a value is after its numbers went through a double, as they do in YAML.
fn in_yaml(value: &Value) -> Value {
    match value {
        // `-0` is an integer in YAML.
        Value::Number(number) if number.as_i64() == Some(0) => Value::from(0_i64),
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            Number::from_f64(number.as_f64()).map_or(Value::Null, Value::Number)
        }
        Value::Array(items) => items.iter().map(in_yaml).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), in_yaml(value)));
            Value::Object(entries.collect::<Map>())
        }
        other => other.clone(),
    }
}
