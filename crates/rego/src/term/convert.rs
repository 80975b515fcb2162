use super::{Arena, Term};
use sekisho_budget::BudgetExceeded;
use sekisho_value::{Number, Value};

/// A value of its own, copied into the arena.
///
/// # Errors
/// Where the memory is used up.
pub fn from_json<'a>(value: &Value, arena: Arena<'a>) -> Result<Term<'a>, BudgetExceeded> {
    Ok(match value {
        Value::Null => Term::Null,
        Value::Bool(bool) => Term::Bool(*bool),
        Value::Number(number) => match number.held() {
            Ok(int) => Term::Int(int),
            Err(literal) => Term::Number(arena.text(literal)?),
        },
        Value::String(text) => arena.string(text)?,
        Value::Array(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().map(|item| from_json(item, arena)).collect();
            arena.array(&items?)?
        }
        Value::Object(map) => {
            let entries: Result<Vec<_>, _> = map
                .iter()
                .map(|(key, value)| Ok((arena.string(key)?, from_json(value, arena)?)))
                .collect();
            arena.object(entries?)?
        }
    })
}

/// As JSON: a set becomes a list, a key that is no string its JSON text.
#[must_use]
pub fn to_json(term: Term<'_>) -> Value {
    match term {
        Term::Null => Value::Null,
        Term::Bool(bool) => Value::Bool(bool),
        Term::Int(int) => Value::from(int),
        Term::Number(literal) => Number::from_literal(literal).map_or(Value::Null, Value::Number),
        Term::String(text) => Value::from(text),
        Term::Array(..) | Term::JsonArray(_) | Term::Set(..) => {
            Value::Array(std::sync::Arc::new(term.items().map(to_json).collect()))
        }
        Term::Object(..) | Term::JsonObject(_) => Value::Object(
            term.entries()
                .map(|(key, value)| {
                    let key = match key {
                        Term::String(text) => text.into(),
                        other => sekisho_value::Key::from(to_json(other).to_json()),
                    };
                    (key, to_json(value))
                })
                .collect(),
        ),
    }
}
