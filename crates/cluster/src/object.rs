//! Objects as they are kept: without what only the API server reads.

use crate::ApiResource;
use sekisho_value::{Str, Value};

/// Where an object is within its kind: namespace and name.
pub(crate) type Place = (Str, Str);

/// Puts in the kind, which items of lists lack, and takes out `managedFields`, which nobody
/// judges.
pub(crate) fn slim(mut object: Value, resource: &ApiResource) -> Value {
    if let Some(fields) = object.as_object_mut() {
        if !fields.contains_key("kind") {
            fields.insert("kind", Value::String(resource.kind.clone()));
        }
        if !fields.contains_key("apiVersion") {
            fields.insert("apiVersion", resource.api_version());
        }
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    }
    if resource.kind == "CustomResourceDefinition" {
        undescribed(&mut object);
    }
    object
}

/// Takes the descriptions out of a definition's schemas: most of it is descriptions.
fn undescribed(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, value| key != "description" || value.as_str().is_none());
            fields.iter_mut().for_each(|(_, value)| undescribed(value));
        }
        Value::Array(_) => {
            if let Some(items) = value.as_array_mut() {
                items.iter_mut().for_each(undescribed);
            }
        }
        _ => {}
    }
}

pub(crate) fn place(object: &Value) -> Place {
    let text = |key: &str| Str::new(object.path_str(&["metadata", key]).unwrap_or_default());
    (text("namespace"), text("name"))
}

/// About how many bytes of memory a value takes.
pub(crate) fn weight(value: &Value) -> usize {
    /// what a string holds within itself
    const INLINE: usize = 23;
    let outside = |length: usize| if length > INLINE { length + 16 } else { 0 };
    let header = |length: usize| if length > 0 { 16 } else { 0 };
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => outside(text.len()),
            Value::Array(items) => header(items.len()) + items.iter().map(weight).sum::<usize>(),
            Value::Object(fields) => {
                let entry = |(key, value): (&Str, &Value)| 24 + outside(key.len()) + weight(value);
                header(fields.len()) + fields.iter().map(entry).sum::<usize>()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::{slim, weight};
    use crate::ApiResource;
    use sekisho_value::from_json;

    #[test]
    fn what_nobody_judges_is_left_out() {
        let resource = ApiResource {
            group: "apiextensions.k8s.io".into(),
            version: "v1".into(),
            kind: "CustomResourceDefinition".into(),
            plural: "customresourcedefinitions".into(),
            namespaced: false,
            listable: true,
            watchable: true,
        };
        let given = r#"{"metadata":{"managedFields":[1],"name":"a"},"spec":[{"description":"d","properties":{"description":{"type":"string"}}}]}"#;
        let kept = slim(from_json(given).unwrap(), &resource);
        let wanted = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"a"},"spec":[{"properties":{"description":{"type":"string"}}}]}"#;
        assert_eq!(kept.to_json(), wanted);
        let long = from_json(&format!("[\"{}\"]", "x".repeat(1000))).unwrap();
        assert!((1000..1200).contains(&weight(&long)));
    }
}
