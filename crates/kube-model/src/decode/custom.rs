//! Objects of custom kinds: pruned and defaulted by the structural schema of their
//! CustomResourceDefinition, as the API server does.

use super::object_meta;
use super::typed::Copy;
use super::walk::{Outcome, Walk, Wants};
use crate::schema::{Shape, Structural};
use sekisho_value::{Map, Value};

impl<'v> Walk<'v> {
    /// A whole object of a custom kind.
    pub(super) fn custom_root(
        &mut self,
        schema: &'v Structural,
        object: &'v Value,
    ) -> Option<Value> {
        match object {
            Value::Object(map) => self.properties(schema, map, true),
            _ => {
                self.wrong_type(Wants::Object, object);
                None
            }
        }
    }

    /// An object of a kind of which nothing is known: its metadata alone is read.
    pub(super) fn unknown_kind(&mut self, object: &'v Value) -> Option<Value> {
        let Value::Object(map) = object else { return None };
        let mut copy = Copy::new(map);
        for (index, (key, value)) in map.iter().enumerate() {
            let outcome = match key.as_str() {
                "metadata" => self.metadata(value),
                _ => Outcome::Keep,
            };
            copy.settle(index, key, value, outcome);
        }
        copy.done()
    }

    fn metadata(&mut self, value: &'v Value) -> Outcome {
        match (object_meta(), value) {
            (_, Value::Null) => Outcome::Drop,
            (Some(shape), _) => self.key("metadata", |walk| walk.value(shape, value)).into(),
            (None, _) => Outcome::Keep,
        }
    }

    fn structural(&mut self, schema: &'v Structural, value: &'v Value) -> Option<Value> {
        if !schema.accepts(value) {
            self.wrong_type(wants(schema.shape), value);
            return None;
        }
        match value {
            Value::Object(map) => self.properties(schema, map, schema.embedded),
            Value::Array(items) => self.items(schema.item.as_deref()?, items),
            _ => None,
        }
    }

    fn properties(&mut self, schema: &'v Structural, map: &'v Map, whole: bool) -> Option<Value> {
        let mut copy = Copy::new(map);
        for (index, (key, value)) in map.iter().enumerate() {
            let outcome = match (key.as_str(), schema.property(key), &schema.item) {
                ("apiVersion" | "kind", _, _) if whole => Outcome::Keep,
                ("metadata", _, _) if whole => self.metadata(value),
                (_, Some((_, below)), _) => self.key(key, |walk| walk.property(below, value)),
                (_, None, Some(below)) if schema.shape == Shape::Map => {
                    self.key(key, |walk| walk.property(below, value))
                }
                _ if schema.preserves_unknown => Outcome::Keep,
                _ => {
                    self.unknown_field(key);
                    Outcome::Drop
                }
            };
            copy.settle(index, key, value, outcome);
        }
        for (name, below) in &schema.properties {
            if let Some(default) = &below.default
                && !map.contains_key(name)
            {
                copy.add_key(name.clone(), default_of(below, default));
            }
        }
        if schema.embedded {
            for name in ["apiVersion", "kind"] {
                if map.get(name).is_none_or(|value| value.as_str() == Some("")) {
                    self.missing(name);
                }
            }
        }
        for name in &schema.required {
            let absent = map.get(name).is_none_or(|value| {
                value.is_null() && schema.property(name).is_some_and(|(_, of)| !of.nullable)
            });
            let defaulted = schema.property(name).is_some_and(|(_, of)| of.default.is_some());
            if absent && !defaulted {
                self.missing(name);
            }
        }
        copy.done()
    }

    fn property(&mut self, schema: &'v Structural, value: &'v Value) -> Outcome {
        match value {
            Value::Null if schema.nullable => Outcome::Keep,
            Value::Null => match &schema.default {
                Some(default) => Outcome::Replace(default_of(schema, default)),
                None => Outcome::Drop,
            },
            _ => self.structural(schema, value).into(),
        }
    }

    fn items(&mut self, schema: &'v Structural, items: &'v [Value]) -> Option<Value> {
        let mut copy: Option<Vec<Value>> = None;
        for (index, value) in items.iter().enumerate() {
            let new = match value {
                Value::Null if schema.nullable => None,
                Value::Null => match &schema.default {
                    Some(default) => Some(default_of(schema, default)),
                    None => {
                        self.index(index, |walk| walk.wrong_type(wants(schema.shape), value));
                        None
                    }
                },
                _ => self.index(index, |walk| walk.structural(schema, value)),
            };
            if let Some(new) = new {
                let copy = copy.get_or_insert_with(|| items.to_vec());
                if let Some(old) = copy.get_mut(index) {
                    *old = new;
                }
            }
        }
        copy.map(|items| Value::Array(items.into()))
    }
}

/// A default, itself defaulted by the schemas below.
fn default_of(schema: &Structural, default: &Value) -> Value {
    let mut value = default.clone();
    fill(schema, &mut value);
    value
}

fn fill(schema: &Structural, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, below) in &schema.properties {
                if let Some(default) = &below.default
                    && !map.contains_key(name)
                {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(value) = map.get_mut(name) {
                    fill(below, value);
                }
            }
            if let Some(below) = schema.item.as_deref().filter(|_| schema.shape == Shape::Map) {
                map.iter_mut().for_each(|(_, value)| fill(below, value));
            }
        }
        Value::Array(_) => {
            if let (Some(below), Some(items)) = (schema.item.as_deref(), value.as_array_mut()) {
                items.iter_mut().for_each(|value| fill(below, value));
            }
        }
        _ => {}
    }
}

fn wants(shape: Shape) -> Wants {
    match shape {
        Shape::Bool => Wants::Bool,
        Shape::String => Wants::String,
        Shape::Int32 => Wants::Int32,
        Shape::Int64 => Wants::Integer,
        Shape::Double => Wants::Number,
        Shape::IntOrString => Wants::IntOrString,
        Shape::List => Wants::List,
        _ => Wants::Object,
    }
}
