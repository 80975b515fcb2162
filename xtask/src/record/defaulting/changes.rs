//! What the server made of an object: a small file tells the same as two whole objects, and
//! shows it.

use crate::record::golden::{Case, strings};
use sekisho_value::{Map, Pointer, Value};

/// The differences of the stored object from the given one: `set` by pointer what is new or
/// other, `removed` the pointers of what is gone. Lists of another length are set whole.
pub(super) fn changes(case: &Case) -> Value {
    let mut changes = Changes::default();
    let stored = case.fields.get("answer").and_then(|answer| answer.get("stored"));
    changes.compare(&Pointer::root(), case.fields.get("given"), stored);
    let mut map = Map::new();
    if !changes.set.is_empty() {
        map.insert("set", changes.set);
    }
    if !changes.removed.is_empty() {
        map.insert("removed", strings(changes.removed));
    }
    map.into()
}

/// The case with its changes in place of the stored object.
pub(super) fn shortened(mut case: Case) -> Case {
    let changes = changes(&case);
    let answer = case.fields.get_mut("answer").and_then(Value::as_object_mut);
    if let (Some(answer), Some(changes)) = (answer, changes.as_object()) {
        answer.remove("stored");
        for (key, value) in changes.iter() {
            answer.insert(key.clone(), value.clone());
        }
    }
    case
}

#[derive(Default)]
struct Changes {
    set: Map,
    removed: Vec<String>,
}

impl Changes {
    fn compare(&mut self, at: &Pointer, given: Option<&Value>, stored: Option<&Value>) {
        match (given, stored) {
            (Some(Value::Object(given)), Some(Value::Object(stored))) => {
                for (key, value) in given.iter() {
                    self.compare(&at.key(key), Some(value), stored.get(key));
                }
                for (key, value) in stored.iter().filter(|(key, _)| !given.contains_key(key)) {
                    self.compare(&at.key(key), None, Some(value));
                }
            }
            (Some(Value::Array(given)), Some(Value::Array(stored)))
                if given.len() == stored.len() =>
            {
                for (index, (given, stored)) in given.iter().zip(stored.iter()).enumerate() {
                    self.compare(&at.index(index), Some(given), Some(stored));
                }
            }
            (given, stored) if given == stored => {}
            (_, Some(stored)) => {
                self.set.insert(at.as_str(), stored.clone());
            }
            (_, None) => self.removed.push(at.as_str().to_owned()),
        }
    }
}
