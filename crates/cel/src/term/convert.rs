use super::Term;
use crate::{EvalError, Evaluation};
use sekisho_value::{Key, Map, Number, Value};

/// A value as JSON, as cel-go writes it: times and durations as text, bytes as base64.
///
/// # Errors
/// Where it is of a type that JSON has no form for, or the budget is used up.
pub fn to_json(evaluation: Evaluation<'_>, term: Term<'_>) -> Result<Value, EvalError> {
    evaluation.step(1)?;
    Ok(match term {
        Term::Null | Term::Optional(None) => Value::Null,
        Term::Bool(bool) => Value::Bool(bool),
        Term::Int(int) => Value::from(int),
        Term::Uint(uint) => Value::Number(Number::from(uint)),
        Term::Double(double) => Number::from_f64(double)
            .map(Value::Number)
            .ok_or_else(|| EvalError::new(format!("{double} has no form in JSON")))?,
        Term::String(text) => Value::from(text),
        Term::Bytes(bytes) => Value::from(crate::library::encode_base64(bytes)),
        // In JSON, a time is one of UTC.
        Term::Timestamp(time) => {
            let utc = Term::Timestamp(time.written_at(0));
            Value::from(crate::library::to_text(utc).unwrap_or_default())
        }
        Term::Duration(_) => Value::from(crate::library::to_text(term).unwrap_or_default()),
        Term::JsonList(items) => {
            evaluation.step(items.len())?;
            Value::Array((*items).into())
        }
        Term::JsonMap(map) => Value::Object(map.clone()),
        Term::List(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().map(|item| to_json(evaluation, *item)).collect();
            Value::from(items?)
        }
        Term::Map(entries) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                map.push((Key::from(key.to_string()), to_json(evaluation, *value)?));
            }
            Value::Object(Map::from_iter(map))
        }
        Term::Optional(Some(value)) => to_json(evaluation, *value)?,
        Term::Type(name) => Value::from(name),
        Term::Object(object) => match object.fields() {
            Some(fields) => to_json(evaluation, fields)?,
            None => object.to_json().ok_or_else(|| no_form(term))?,
        },
        Term::Opaque(opaque) => opaque.to_json().ok_or_else(|| no_form(term))?,
    })
}

fn no_form(term: Term<'_>) -> EvalError {
    EvalError::new(format!("a value of type {} has no form in JSON", term.type_name()))
}
