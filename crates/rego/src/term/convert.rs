use super::{Arena, Term};
use sekisho_budget::{Budget, BudgetExceeded};
use sekisho_value::{Key, Number, Value};

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

/// As JSON: a set becomes a list, a key that is no string its JSON text; of keys that become the
/// same the last counts.
///
/// It takes nothing of a budget: a value made by an evaluation may have parts that stand in it
/// more often than there is memory for, see [`to_json_within`].
#[must_use]
pub fn to_json(term: Term<'_>) -> Value {
    convert(term, &mut |_| Ok(())).unwrap_or(Value::Null)
}

/// As [`to_json`]; takes what the copy takes.
///
/// # Errors
/// Where the budget is used up.
pub fn to_json_within(term: Term<'_>, budget: &Budget<'_>) -> Result<Value, BudgetExceeded> {
    convert(term, &mut |bytes| {
        budget.step(1)?;
        budget.allocate((bytes + size_of::<Value>()) as u64)
    })
}

type Take<'t> = &'t mut dyn FnMut(usize) -> Result<(), BudgetExceeded>;

fn convert(term: Term<'_>, take: Take<'_>) -> Result<Value, BudgetExceeded> {
    let text = match term {
        Term::String(text) | Term::Number(text) => text.len(),
        _ => 0,
    };
    take(text)?;
    Ok(match term {
        Term::Null => Value::Null,
        Term::Bool(bool) => Value::Bool(bool),
        Term::Int(int) => Value::from(int),
        Term::Number(literal) => Number::from_literal(literal).map_or(Value::Null, Value::Number),
        Term::String(text) => Value::from(text),
        Term::Array(..) | Term::JsonArray(_) | Term::Set(..) => {
            take(size_of::<Vec<Value>>() + 2 * size_of::<usize>())?;
            let mut items = Vec::with_capacity(term.items().len());
            for item in term.items() {
                items.push(convert(item, take)?);
            }
            Value::Array(items.into())
        }
        Term::Object(..) | Term::JsonObject(_) => {
            let mut entries = Vec::with_capacity(term.entries().len());
            for (key, value) in term.entries() {
                // The entries stand twice until the object is made.
                take(4 * size_of::<Value>())?;
                let key = match key {
                    Term::String(text) => {
                        take(text.len())?;
                        text.into()
                    }
                    other => key_text(&convert(other, take)?),
                };
                entries.push((key, convert(value, take)?));
            }
            Value::Object(entries.into_iter().collect())
        }
    })
}

/// The JSON text of a key, with the escapes of Go's encoder.
fn key_text(key: &Value) -> Key {
    let text = key.to_json();
    let escaped = text
        .replace('<', r"\u003c")
        .replace('>', r"\u003e")
        .replace('&', r"\u0026")
        .replace('\u{2028}', r"\u2028")
        .replace('\u{2029}', r"\u2029");
    Key::from(escaped)
}

#[cfg(test)]
mod tests {
    use super::{from_json, to_json, to_json_within};
    use crate::term::{Arena, Term};
    use bumpalo::Bump;
    use sekisho_budget::{Budget, BudgetExceeded};

    #[test]
    fn keys_of_any_type() {
        let (bump, budget) = (Bump::new(), Budget::standard());
        let arena = Arena::new(&bump, &budget);
        let text = Term::String("<a&b>");
        let list = arena.array(&[text, Term::Int(1)]).unwrap();
        let set = arena.set(vec![Term::Int(2), Term::Int(1), Term::Number("1.0")]).unwrap();
        let object = |entries| arena.object(entries).unwrap();
        for (entries, json) in [
            (vec![(list, set)], r#"{"[\"\\u003ca\\u0026b\\u003e\",1]":[1,2]}"#),
            (vec![(Term::Number("1.50"), Term::Null)], r#"{"1.50":null}"#),
            (vec![(Term::String("1"), Term::Int(5)), (Term::Int(1), Term::Int(6))], r#"{"1":5}"#),
            (vec![(set, Term::Bool(true)), (Term::Null, text)], r#"{"[1,2]":true,"null":"<a&b>"}"#),
        ] {
            assert_eq!(to_json(object(entries)).to_json(), json);
        }
    }

    #[test]
    fn json_both_ways() {
        let (bump, budget) = (Bump::new(), Budget::standard());
        let arena = Arena::new(&bump, &budget);
        let text = r#"{"a":[1,1.50,1e3,-0,null,true,"x"],"b":{"":18446744073709551616}}"#;
        let value = sekisho_value::from_json(text).unwrap();
        let term = from_json(&value, arena).unwrap();
        assert_eq!(to_json(term).to_json(), text);
        assert_eq!(to_json_within(Term::borrowed(&value), &budget).unwrap().to_json(), text);
        assert!(term == Term::borrowed(&value));
        let few = Budget::new(1000, 20, None);
        assert_eq!(to_json_within(term, &few), Err(BudgetExceeded::Memory));
    }
}
