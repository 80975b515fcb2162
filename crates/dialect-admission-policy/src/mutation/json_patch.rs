//! JSON patches (RFC 6902), as the API server applies them.
//!
//! Source of the rules, and of the words: `gopkg.in/evanphx/json-patch.v4`, which differs from
//! the RFC: what is replaced need not be there, what is copied neither, and indices may be
//! negative.

use sekisho_cel::kubernetes::Operation;
use sekisho_policy::{Budget, BudgetExceeded};
use sekisho_value::Value;

/// Why a patch is not applied.
#[derive(Debug)]
pub(super) enum Unpatched {
    /// a `test` found something else: nothing is changed
    TestFailed,
    Refused(String),
    Budget(BudgetExceeded),
}

impl From<BudgetExceeded> for Unpatched {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}

type Done<T = ()> = Result<T, Unpatched>;

const MISSING: &str = "missing value";
const INVALID_INDEX: &str = "invalid index referenced";

fn refused<T>(words: String) -> Done<T> {
    Err(Unpatched::Refused(words))
}

/// An object with a patch applied.
pub(super) fn apply(object: &Value, operations: &[Operation], budget: &Budget<'_>) -> Done<Value> {
    let mut object = object.clone();
    for operation in operations {
        budget.step(1)?;
        let Operation { path, from, .. } = operation;
        let value = || operation.value.clone().unwrap_or_default();
        match operation.op.as_str() {
            "add" => {
                let Some((parent, key)) = parent(&mut object, path) else {
                    let words =
                        format!("add operation does not apply: doc is missing path: \"{path}\"");
                    return refused(format!("{words}: {MISSING}"));
                };
                budget.step(weight(parent))?;
                add(parent, &key, value()).map_err(|why| at("error in add for path", path, why))?;
            }
            "remove" => {
                let Some((parent, key)) = parent(&mut object, path) else {
                    let words =
                        format!("remove operation does not apply: doc is missing path: \"{path}\"");
                    return refused(format!("{words}: {MISSING}"));
                };
                budget.step(weight(parent))?;
                remove(parent, &key).map_err(|why| at("error in remove for path", path, why))?;
            }
            "replace" => replace(&mut object, path, value())?,
            "move" => {
                let moved = take_out(&mut object, from)?;
                let Some((parent, key)) = parent(&mut object, path) else {
                    let words = format!(
                        "move operation does not apply: doc is missing destination path: {path}"
                    );
                    return refused(format!("{words}: {MISSING}"));
                };
                // What is taken out weighs as much.
                budget.step(2 * weight(parent))?;
                add(parent, &key, moved).map_err(|why| at("error in move for path", path, why))?;
            }
            "copy" => copy(&mut object, from, path, budget)?,
            "test" => test(&mut object, path, operation.value.as_ref())?,
            other => return refused(format!("Unexpected kind: {other}")),
        }
    }
    Ok(object)
}

/// Steps that it takes to put something between the parts of a value.
fn weight(parent: &Value) -> u64 {
    let parts = match parent {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    parts as u64 / PARTS_PER_STEP + 1
}

/// So many parts are moved in the time of a step.
const PARTS_PER_STEP: u64 = 16;

fn at(what: &str, path: &str, why: String) -> Unpatched {
    Unpatched::Refused(format!("{what}: '{path}': {why}"))
}

/// What holds the value that a path names, and the last step of the path.
fn parent<'v>(object: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let mut steps: Vec<&str> = path.split('/').collect();
    if steps.len() < 2 {
        return None;
    }
    let last = unescaped(steps.pop()?);
    let mut here = object;
    for step in steps.into_iter().skip(1) {
        let step = unescaped(step);
        here = match here {
            Value::Object(fields) => fields.get_mut(&step)?,
            Value::Array(items) => {
                let index = index(&step, items.len()).ok()?;
                items.make_mut().get_mut(index)?
            }
            _ => return None,
        };
    }
    matches!(here, Value::Object(_) | Value::Array(_)).then_some((here, last))
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The index of an item, which may count from the end.
fn index(step: &str, length: usize) -> Result<usize, String> {
    let number = number(step)?;
    let wrong = || format!("Unable to access invalid index: {number}: {INVALID_INDEX}");
    let index = if number < 0 { number + length as i64 } else { number };
    usize::try_from(index).ok().filter(|index| *index < length).ok_or_else(wrong)
}

fn number(step: &str) -> Result<i64, String> {
    let syntax = || format!("strconv.Atoi: parsing {step:?}: invalid syntax");
    let digits = step.strip_prefix(['+', '-']).unwrap_or(step);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(syntax());
    }
    step.parse().map_err(|_| format!("strconv.Atoi: parsing {step:?}: value out of range"))
}

fn add(parent: &mut Value, key: &str, value: Value) -> Result<(), String> {
    match parent {
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        Value::Array(items) if key == "-" => items.push(value),
        Value::Array(items) => {
            let number = number(key)
                .map_err(|why| format!("value was not a proper array index: '{key}': {why}"))?;
            // It may stand behind the last.
            let place = index(&number.to_string(), items.len() + 1)?;
            items.insert(place, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(parent: &mut Value, key: &str) -> Result<Value, String> {
    match parent {
        Value::Object(fields) => fields
            .remove(key)
            .ok_or_else(|| format!("Unable to remove nonexistent key: {key}: {MISSING}")),
        Value::Array(items) => {
            let index = index(key, items.len())?;
            Ok(items.remove(index))
        }
        _ => Ok(Value::Null),
    }
}

/// The value of a key; null where an object does not have it.
fn get(parent: &Value, key: &str) -> Result<Value, String> {
    match parent {
        Value::Array(items) => {
            let index = index(key, items.len())?;
            Ok(items.get(index).cloned().unwrap_or_default())
        }
        object => Ok(object.get(key).cloned().unwrap_or_default()),
    }
}

fn replace(object: &mut Value, path: &str, value: Value) -> Done {
    if path.is_empty() {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            let words = "replace operation value must be object or array: %!w(<nil>)";
            return refused(words.to_owned());
        }
        *object = value;
        return Ok(());
    }
    let Some((parent, key)) = parent(object, path) else {
        let words = format!("replace operation does not apply: doc is missing path: {path}");
        return refused(format!("{words}: {MISSING}"));
    };
    match parent {
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        Value::Array(items) => match index(&key, items.len()) {
            Ok(index) => {
                if let Some(item) = items.make_mut().get_mut(index) {
                    *item = value;
                }
            }
            Err(_) => {
                let words = format!("replace operation does not apply: doc is missing key: {path}");
                return refused(format!("{words}: {MISSING}"));
            }
        },
        _ => {}
    }
    Ok(())
}

/// Takes a value from where it is.
fn take_out(object: &mut Value, from: &str) -> Done<Value> {
    if from.is_empty() {
        let words = format!(
            "move operation failed to decode from: operation, missing from field: {MISSING}"
        );
        return refused(words);
    }
    let Some((parent, key)) = parent(object, from) else {
        let words = format!("move operation does not apply: doc is missing from path: {from}");
        return refused(format!("{words}: {MISSING}"));
    };
    remove(parent, &key).map_err(|why| at("error in move for path", &key, why))
}

fn copy(object: &mut Value, from: &str, path: &str, budget: &Budget<'_>) -> Done {
    if from.is_empty() {
        let words = format!(
            "copy operation failed to decode from: operation, missing from field: {MISSING}"
        );
        return refused(words);
    }
    let Some((holder, key)) = parent(object, from) else {
        let words = format!("copy operation does not apply: doc is missing from path: {from}");
        return refused(format!("{words}: {MISSING}"));
    };
    let copied = get(holder, &key).map_err(|why| at("error in copy for from", from, why))?;
    // Copies of copies grow fast.
    let size = copied.to_json().len() as u64;
    budget.allocate(size)?;
    budget.step(size)?;
    let Some((parent, key)) = parent(object, path) else {
        let words =
            format!("copy operation does not apply: doc is missing destination path: {path}");
        return refused(format!("{words}: {MISSING}"));
    };
    let wrong = |why| Unpatched::Refused(format!("error while adding value during copy: {why}"));
    budget.step(weight(parent))?;
    add(parent, &key, copied).map_err(wrong)
}

fn test(object: &mut Value, path: &str, wanted: Option<&Value>) -> Done {
    let found = if path.is_empty() {
        object.clone()
    } else {
        let Some((parent, key)) = parent(object, path) else {
            let words = format!("test operation does not apply: is missing path: {path}");
            return refused(format!("{words}: {MISSING}"));
        };
        get(parent, &key).map_err(|why| at("error in test for path", path, why))?
    };
    let holds = match wanted {
        // What is not there is not null, either.
        Some(wanted) => found == *wanted && !found.is_null(),
        None => found.is_null(),
    };
    if holds { Ok(()) } else { Err(Unpatched::TestFailed) }
}
