//! Numbers of `assign.value`.
//!
//! Gatekeeper reads an assigned value as doubles, whatever its numbers look like, while those of
//! objects and locations are integers of 64 bits: an assigned `80` is no key `80`, nor in a list
//! that holds `80`, until the object is written as JSON. A literal with a fraction of zero stands
//! for such a double while mutators run.

use sekisho_value::{Map, Number, Value};
use std::sync::Arc;

/// A value with its numbers as doubles.
pub(super) fn to_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(to_double(number)),
        Value::Array(items) => Value::Array(Arc::new(items.iter().map(to_doubles).collect())),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| (k.clone(), to_doubles(v))).collect::<Map>())
        }
        other => other.clone(),
    }
}

fn to_double(number: &Number) -> Number {
    let Some(double) = Number::from_f64(number.as_f64()) else {
        return number.clone();
    };
    match double.held() {
        Ok(int) => Number::from_literal(&format!("{int}.0")).unwrap_or(double),
        Err(_) => double,
    }
}

/// A value with its numbers as they are written; `None` where they are already.
pub(super) fn written(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => {
            let int = number.held().err()?.strip_suffix(".0")?;
            Number::from_literal(int).map(Value::Number)
        }
        Value::Array(items) => {
            let found: Vec<Option<Value>> = items.iter().map(written).collect();
            found.iter().any(Option::is_some).then(|| {
                let items = found.into_iter().zip(items.iter());
                Value::from(items.map(|(f, v)| f.unwrap_or_else(|| v.clone())).collect::<Vec<_>>())
            })
        }
        Value::Object(map) => {
            let mut changed: Option<Map> = None;
            for (key, value) in map.iter() {
                if let Some(value) = written(value) {
                    changed.get_or_insert_with(|| map.clone()).insert(key.clone(), value);
                }
            }
            changed.map(Value::Object)
        }
        _ => None,
    }
}

/// Whether two values are one as they are written.
pub(super) fn are_written_alike(one: &Value, other: &Value) -> bool {
    one == other || written(one).as_ref().unwrap_or(one) == written(other).as_ref().unwrap_or(other)
}

#[cfg(test)]
mod tests {
    use super::{to_doubles, written};
    use sekisho_value::from_json;

    #[test]
    fn doubles_are_told_from_integers_until_they_are_written() {
        for (text, during, after) in [
            ("80", "80.0", "80"),
            ("1.5", "1.5", "1.5"),
            ("[1,{\"a\":-2}]", "[1.0,{\"a\":-2.0}]", "[1,{\"a\":-2}]"),
            ("9007199254740993", "9007199254740992.0", "9007199254740992"),
            ("1e30", "1e+30", "1e+30"),
            ("\"80\"", "\"80\"", "\"80\""),
        ] {
            let doubles = to_doubles(&from_json(text).unwrap());
            assert_eq!(doubles.to_json(), during, "{text}");
            assert_eq!(written(&doubles).unwrap_or(doubles).to_json(), after, "{text}");
        }
    }
}
