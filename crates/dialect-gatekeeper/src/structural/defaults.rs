//! Nulls and defaults, as the API server treats them before anything looks at an object.
//!
//! Source of the rules: `pkg/apiserver/schema/defaulting` of `k8s.io/apiextensions-apiserver`.

use super::schema::{Additional, Schema};
use sekisho_policy::Fault;
use sekisho_value::{Pointer, Value};

impl Schema {
    /// Takes out every null of a field that may be none and has no default, or that there is not.
    pub(crate) fn prune_nulls(&self, value: &mut Value) {
        match value {
            Value::Object(map) => map.retain(|name, value| {
                let Some(schema) = self.of_field(name) else {
                    let kept = self.preserves_unknown || matches!(self.additional, Additional::Any);
                    return kept || !value.is_null();
                };
                let pruned = value.is_null() && !schema.nullable && schema.default.is_none();
                schema.prune_nulls(value);
                !pruned
            }),
            Value::Array(_) => {
                if let (Some(schema), Some(items)) = (&self.items, value.as_array_mut()) {
                    items.iter_mut().for_each(|item| schema.prune_nulls(item));
                }
            }
            _ => {}
        }
    }

    /// Sets what is absent and has a default. A null where none may be counts as absent.
    pub(crate) fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (name, schema) in &self.properties {
                    let absent = map.get(name).is_none_or(|value| schema.lacks(value));
                    if let (Some(default), true) = (&schema.default, absent) {
                        map.insert(name.clone(), default.clone());
                    }
                }
                for (name, value) in map.iter_mut() {
                    match (self.property(name), &self.additional) {
                        (Some(schema), _) => schema.fill(value),
                        (None, Additional::Of(schema)) => schema.fill_item(value),
                        (None, _) => {}
                    }
                }
            }
            Value::Array(_) => {
                if let (Some(schema), Some(items)) = (&self.items, value.as_array_mut()) {
                    items.iter_mut().for_each(|item| schema.fill_item(item));
                }
            }
            _ => {}
        }
    }

    fn fill_item(&self, value: &mut Value) {
        if let (Some(default), true) = (&self.default, self.lacks(value)) {
            *value = default.clone();
        }
        self.fill(value);
    }

    fn lacks(&self, value: &Value) -> bool {
        value.is_null() && !self.nullable
    }

    /// Tells of every default that is not as its schema wants it. Those of values that have no
    /// names are not looked at.
    pub(super) fn check_defaults(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if let Some(default) = &self.default {
            self.validate(default, &at.key("default"), faults);
        }
        if let Some(items) = &self.items {
            items.check_defaults(&at.key("items"), faults);
        }
        for (name, schema) in &self.properties {
            schema.check_defaults(&at.key("properties").key(name), faults);
        }
    }
}
