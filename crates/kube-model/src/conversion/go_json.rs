//! JSON as Go writes structures: fields in the order in which they are declared.

use sekisho_value::{JsonStyle, Value};

/// A value whose fields are in order of their names.
pub(super) fn plain(value: &Value) -> String {
    value.to_json_as(JsonStyle::GO)
}

pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// An object of fields whose values are written already.
pub(super) fn object<N: AsRef<str>>(fields: impl IntoIterator<Item = (N, String)>) -> String {
    let fields = fields.into_iter().map(|(name, value)| format!("\"{}\":{value}", name.as_ref()));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// Of an object, these fields.
pub(super) fn fields(value: &Value, names: &[&'static str]) -> String {
    object(names.iter().filter_map(|name| Some((*name, plain(value.get(name)?)))))
}

/// A label selector.
pub(super) fn selector(value: &Value) -> String {
    let requirements = value.get("matchExpressions").and_then(Value::as_array);
    let requirements = requirements
        .map(|all| list(all.iter().map(|one| fields(one, &["key", "operator", "values"]))));
    let labels = value.get("matchLabels").map(plain);
    let parts = [("matchLabels", labels), ("matchExpressions", requirements)];
    object(parts.into_iter().filter_map(|(name, text)| Some((name, text?))))
}
