//! What a change leaves, completed as the API server completes it before the next policy sees it:
//! with the defaults of what is new, and with nothing else.

use sekisho_value::{Key, Map, Value};

/// The changed object with what reading it changes, less what reading changes of the object as it
/// was: fields that only the API server writes stay as they are, and so does what other admission
/// plugins will add.
pub(super) fn by_change(given: &Value, given_read: &Value, changed: &Value, read: &Value) -> Value {
    let before = Place { object: Some(given), read: Some(given_read) };
    let now = Place { object: Some(changed), read: Some(read) };
    completed(before, now).unwrap_or_else(|| changed.clone())
}

/// A place in an object, and in what it is read as.
#[derive(Clone, Copy)]
struct Place<'a> {
    object: Option<&'a Value>,
    read: Option<&'a Value>,
}

impl<'a> Place<'a> {
    fn field(self, key: &str) -> Self {
        let of = |value: Option<&'a Value>| value?.as_object()?.get(key);
        Self { object: of(self.object), read: of(self.read) }
    }

    fn item(self, index: usize) -> Self {
        let of = |value: Option<&'a Value>| value?.as_array()?.get(index);
        Self { object: of(self.object), read: of(self.read) }
    }
}

fn completed(before: Place<'_>, now: Place<'_>) -> Option<Value> {
    if now.object == now.read {
        return now.object.cloned();
    }
    match (now.object, now.read) {
        (Some(Value::Object(object)), Some(Value::Object(read))) => {
            let added = read.keys().filter(|key| !object.contains_key(key));
            let field =
                |key: &Key| Some((key.clone(), completed(before.field(key), now.field(key))?));
            Some(Value::Object(object.keys().chain(added).filter_map(field).collect::<Map>()))
        }
        (Some(Value::Array(object)), Some(Value::Array(read))) if object.len() == read.len() => {
            let items = (0..object.len()).filter_map(|at| completed(before.item(at), now.item(at)));
            Some(Value::from(items.collect::<Vec<Value>>()))
        }
        // Reading does to the place what it did before there was a change.
        (Some(_), None) if before.object.is_some() && before.read.is_none() => now.object.cloned(),
        (None, Some(_)) if before.object.is_none() && before.read == now.read => None,
        (Some(_), Some(_)) if before.object == now.object && before.read == now.read => {
            now.object.cloned()
        }
        _ => now.read.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::by_change;
    use sekisho_value::from_json;

    #[test]
    fn what_the_policy_left_alone_stays() {
        for (given, given_read, changed, read, wanted) in [
            // What the API server alone writes.
            (
                r#"{"metadata":{"uid":"u","labels":{"a":"b"}},"status":{"x":1}}"#,
                r#"{"metadata":{"labels":{"a":"b"}}}"#,
                r#"{"metadata":{"uid":"u","labels":{"a":"c"}},"status":{"x":1}}"#,
                r#"{"metadata":{"labels":{"a":"c"}}}"#,
                r#"{"metadata":{"uid":"u","labels":{"a":"c"}},"status":{"x":1}}"#,
            ),
            // What a create adds, and what is new gets.
            (
                r#"{"metadata":{},"list":[{"n":"a","d":1}]}"#,
                r#"{"metadata":{"finalizers":["f"]},"list":[{"n":"a","d":1}]}"#,
                r#"{"metadata":{},"list":[{"n":"a","d":1},{"n":"b"}]}"#,
                r#"{"metadata":{"finalizers":["f"]},"list":[{"n":"a","d":1},{"d":1,"n":"b"}]}"#,
                r#"{"metadata":{},"list":[{"n":"a","d":1},{"n":"b","d":1}]}"#,
            ),
            // Another way to write it.
            (
                r#"{"cpu":"0.5","memory":"1024Mi"}"#,
                r#"{"cpu":"500m","memory":"1Gi"}"#,
                r#"{"cpu":"0.5","memory":"2048Mi"}"#,
                r#"{"cpu":"500m","memory":"2Gi"}"#,
                r#"{"cpu":"0.5","memory":"2Gi"}"#,
            ),
            // What the policy adds, and nobody may.
            (
                r#"{"metadata":{}}"#,
                r#"{"metadata":{}}"#,
                r#"{"metadata":{"uid":"u"}}"#,
                r#"{"metadata":{}}"#,
                r#"{"metadata":{}}"#,
            ),
        ] {
            let value = |text: &str| from_json(text).unwrap();
            let found = by_change(&value(given), &value(given_read), &value(changed), &value(read));
            assert_eq!(found, value(wanted), "{changed}");
        }
    }
}
