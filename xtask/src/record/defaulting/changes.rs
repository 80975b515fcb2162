//! What the server made of an object.

use crate::record::golden::Case;
use sekisho_value::{Pointer, Value};

/// Every difference of the stored object from the given one, in order.
pub(super) fn changes(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    let stored = case.fields.get("answer").and_then(|answer| answer.get("stored"));
    compare(&Pointer::root(), case.fields.get("given"), stored, &mut found);
    found
}

fn compare(at: &Pointer, given: Option<&Value>, stored: Option<&Value>, found: &mut Vec<String>) {
    match (given, stored) {
        (Some(Value::Object(given)), Some(Value::Object(stored))) => {
            for (key, value) in given.iter() {
                compare(&at.key(key), Some(value), stored.get(key), found);
            }
            for (key, value) in stored.iter().filter(|(key, _)| !given.contains_key(key)) {
                compare(&at.key(key), None, Some(value), found);
            }
        }
        (Some(Value::Array(given)), Some(Value::Array(stored))) => {
            for index in 0..given.len().max(stored.len()) {
                compare(&at.index(index), given.get(index), stored.get(index), found);
            }
        }
        (given, stored) if given == stored => {}
        (given, stored) => {
            let text = |value: Option<&Value>| value.map(Value::to_json).unwrap_or_default();
            found.push(format!("{at}: {} -> {}", text(given), text(stored)));
        }
    }
}
