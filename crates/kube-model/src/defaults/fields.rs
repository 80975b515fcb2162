//! The vocabulary in which defaults are written: small steps over objects, tolerant of whatever
//! stands where something else is expected.
//!
//! In the API's types a field is either a *value*, whose zero (`""`, `0`) is the same as its
//! absence, or a *pointer*, whose zero is a choice. [`set_if_zero`] sets the former,
//! [`set_if_absent`] the latter.

use sekisho_value::{Map, Value};

/// Sets a pointer field where it is absent.
pub(super) fn set_if_absent(map: &mut Map, key: &'static str, value: impl Into<Value>) {
    if !is_set(map, key) {
        map.insert(key, value);
    }
}

/// Sets a value field where it is absent or zero.
pub(super) fn set_if_zero(map: &mut Map, key: &'static str, value: impl Into<Value>) {
    if is_zero(map.get(key)) {
        map.insert(key, value);
    }
}

/// Whether a pointer field is there.
pub(super) fn is_set(map: &Map, key: &str) -> bool {
    map.get(key).is_some_and(|value| !value.is_null())
}

/// Whether a value field has its zero value.
pub(super) fn is_zero(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Bool(true)) => false,
    }
}

/// The string of a field, empty where there is none.
pub(super) fn text<'a>(map: &'a Map, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a field is `true`.
pub(super) fn is_true(map: &Map, key: &str) -> bool {
    map.get(key).and_then(Value::as_bool) == Some(true)
}

/// The object of a field, where there is one.
pub(super) fn child<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Map> {
    map.get_mut(key)?.as_object_mut()
}

/// The object of a field, to read.
pub(super) fn child_ref<'a>(map: &'a Map, key: &str) -> Option<&'a Map> {
    map.get(key)?.as_object()
}

/// The object of a field, made where there is none; `None` where something else stands there.
pub(super) fn child_or_new<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Map> {
    let value = map.get_or_insert_with(key, Value::object);
    if value.is_null() {
        *value = Value::object();
    }
    value.as_object_mut()
}

/// Does something to each object of a list.
pub(super) fn each_item(map: &mut Map, key: &str, change: impl FnMut(&mut Map)) {
    if let Some(items) = map.get_mut(key).and_then(Value::as_array_mut) {
        items.iter_mut().filter_map(Value::as_object_mut).for_each(change);
    }
}

/// The objects of a list, to read.
pub(super) fn items<'a>(map: &'a Map, key: &str) -> impl Iterator<Item = &'a Map> {
    let items = map.get(key).and_then(Value::as_array).unwrap_or_default();
    items.iter().filter_map(Value::as_object)
}

/// Adds to a list, which is made where there is none.
pub(super) fn push(map: &mut Map, key: &str, value: impl Into<Value>) {
    let list = map.get_or_insert_with(key, || Value::from(Vec::new()));
    if list.is_null() {
        *list = Value::from(Vec::new());
    }
    if let Some(items) = list.as_list_mut() {
        items.push(value.into());
    }
}

/// Adds a string to a list that does not have it.
pub(super) fn push_text_if_absent(map: &mut Map, key: &str, text: &'static str) {
    let items = map.get(key).and_then(Value::as_array).unwrap_or_default();
    if !items.iter().any(|item| item.as_str() == Some(text)) {
        push(map, key, text);
    }
}

/// Drops a field that is an empty object, as fields without content are dropped when stored.
pub(super) fn drop_if_empty(map: &mut Map, key: &str) {
    if map.get(key).and_then(Value::as_object).is_some_and(Map::is_empty) {
        map.remove(key);
    }
}

/// An object of a few fields.
pub(super) fn new_object<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::Object(Map::from_iter(fields))
}
