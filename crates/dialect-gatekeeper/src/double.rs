//! Numbers that Gatekeeper reads as doubles, whatever they look like: those of `assign.value`, of
//! objects and of the inventory where Rego sees them, and of constraints in the words of its CLI.
//!
//! Those of objects and locations are integers of 64 bits to mutators: an assigned `80` is no key
//! `80`, nor in a list that holds `80`, until the object is written as JSON. A literal with a
//! fraction of zero stands for such a double while mutators run, and in CEL.

use sekisho_value::{List, Map, Number, Value};

/// A value with its numbers as doubles.
#[must_use]
pub fn to_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(to_double(number)),
        Value::Array(items) => Value::Array(items.iter().map(to_doubles).collect()),
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

/// A value of doubles as it is written.
#[must_use]
pub fn from_doubles(value: Value) -> Value {
    written(&value).unwrap_or(value)
}

/// A value with its numbers as they are written; `None` where they are already.
pub(crate) fn written(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => {
            let int = number.held().err()?.strip_suffix(".0")?;
            Number::from_literal(int).map(Value::Number)
        }
        other => within(other, written),
    }
}

/// Whether all numbers of a value are integers that a double is written as, too.
#[must_use]
pub fn are_small_integers(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_small_integer(number),
        Value::Array(items) => items.iter().all(are_small_integers),
        Value::Object(map) => map.iter().all(|(_, value)| are_small_integers(value)),
        _ => true,
    }
}

/// A value with its numbers as Gatekeeper hands doubles to Rego: `1e+06` of a million. `None`
/// where they are so already.
pub(crate) fn in_rego(value: &Value) -> Option<Value> {
    // Most are so, and are gone through more quickly without anything made of them.
    if are_small_integers(value) { None } else { shown_in_rego(value) }
}

fn shown_in_rego(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => shortest(number).map(Value::Number),
        other => within(other, shown_in_rego),
    }
}

/// A value that an API server stores, as Gatekeeper hands it to Rego where it does not read it anew:
/// integers of 64 bits are integers, however they are written, and other numbers doubles. `None`
/// where they are so already.
pub(crate) fn stored_in_rego(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => {
            number.held().err()?;
            let int = Number::from_f64(number.as_f64()).filter(|int| int.held().is_ok());
            int.or_else(|| shortest(number)).map(Value::Number)
        }
        other => within(other, stored_in_rego),
    }
}

/// Integers below this one are written as they are.
const LARGE: u64 = 1_000_000;

fn is_small_integer(number: &Number) -> bool {
    number.held().is_ok_and(|int| int.unsigned_abs() < LARGE)
}

/// A double as Go's `strconv.FormatFloat` writes it for `'g'` and `-1`; `None` where the number is
/// written so.
fn shortest(number: &Number) -> Option<Number> {
    if is_small_integer(number) {
        return None;
    }
    let double = number.as_f64();
    let text = format!("{double:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let literal = match exponent {
        -4..6 => format!("{double}"),
        _ => format!("{mantissa}e{exponent:+03}"),
    };
    let changed = Number::from_literal(&literal)?;
    (changed != *number).then_some(changed)
}

/// A list or an object with what stands in it changed; `None` where nothing is.
fn within(value: &Value, change: fn(&Value) -> Option<Value>) -> Option<Value> {
    match value {
        Value::Array(items) => {
            let mut changed: Option<List> = None;
            for (index, item) in items.iter().enumerate() {
                if let Some(item) = change(item) {
                    let changed = changed.get_or_insert_with(|| items.clone()).make_mut();
                    if let Some(place) = changed.get_mut(index) {
                        *place = item;
                    }
                }
            }
            changed.map(Value::Array)
        }
        Value::Object(map) => {
            let mut changed: Option<Map> = None;
            for (key, value) in map.iter() {
                if let Some(value) = change(value) {
                    changed.get_or_insert_with(|| map.clone()).insert(key.clone(), value);
                }
            }
            changed.map(Value::Object)
        }
        _ => None,
    }
}

/// Whether two values are one as they are written.
pub(crate) fn are_written_alike(one: &Value, other: &Value) -> bool {
    one == other || written(one).as_ref().unwrap_or(one) == written(other).as_ref().unwrap_or(other)
}

#[cfg(test)]
mod tests {
    use super::{are_small_integers, in_rego, stored_in_rego, to_doubles, written};
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

    #[test]
    fn rego_is_given_integers_of_what_is_stored() {
        for (text, given) in [
            ("1000000", None),
            ("9007199254740993", None),
            ("2.0", Some("2")),
            ("1e6", Some("1000000")),
            ("1.5", None),
            ("1234567.5", Some("1.2345675e+06")),
            ("0.00001", Some("1e-05")),
            ("9223372036854775807", None),
            ("9223372036854775808", Some("9.223372036854776e+18")),
            ("1e20", Some("1e+20")),
            ("1e999", None),
            ("{\"a\":[1.0,{\"b\":1000000}]}", Some("{\"a\":[1,{\"b\":1000000}]}")),
        ] {
            let found = stored_in_rego(&from_json(text).unwrap()).map(|value| value.to_json());
            assert_eq!(found.as_deref(), given, "{text}");
        }
    }

    #[test]
    fn rego_is_given_doubles() {
        for (text, given) in [
            ("999999", None),
            ("-999999", None),
            ("1000000", Some("1e+06")),
            ("-12345678", Some("-1.2345678e+07")),
            ("9007199254740993", Some("9.007199254740992e+15")),
            ("12345678901234567890", Some("1.2345678901234567e+19")),
            ("1.0", Some("1")),
            ("1.50", Some("1.5")),
            ("1e3", Some("1000")),
            ("123456.5", None),
            ("123456789.5", Some("1.234567895e+08")),
            ("0.0001", None),
            ("0.00001", Some("1e-05")),
            ("-0", None),
            ("1e999", None),
            ("{\"a\":[1,{\"b\":1e30}],\"c\":2}", Some("{\"a\":[1,{\"b\":1e+30}],\"c\":2}")),
            ("[\"1000000\",true,null]", None),
        ] {
            let value = from_json(text).unwrap();
            let found = in_rego(&value).map(|value| value.to_json());
            assert_eq!(found.as_deref(), given, "{text}");
            assert!(!are_small_integers(&value) || given.is_none(), "{text}");
        }
    }
}
