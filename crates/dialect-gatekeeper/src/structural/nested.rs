//! Schemas within `allOf`, `anyOf`, `oneOf` and `not`: they may ask more of what the schema around
//! them tells, and tell nothing themselves. That they name what it does not is overlooked, as the
//! API server overlooks it below the root.

use super::invariants::{Invariants, flag, given, list, object, text};
use sekisho_value::{Map, Pointer, Value};

/// What only the schema around may say.
const OF_THE_SKELETON: [&str; 8] = [
    "type",
    "default",
    "title",
    "description",
    "nullable",
    "additionalProperties",
    "x-kubernetes-validations",
    "x-kubernetes-list-map-keys",
];

/// Likewise, where they are given at all.
const EXTENSIONS: [&str; 5] = [
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// Whether `anyOf` is that of an integer or string, which may name the types.
pub(super) fn is_int_or_string(map: &Map) -> bool {
    let is = |one: &Value, wanted: &str| {
        one.as_object().is_some_and(|map| map.len() == 1 && text(map, "type") == wanted)
    };
    matches!(list(map, "anyOf"), [a, b] if is(a, "integer") && is(b, "string"))
}

impl Invariants {
    /// A schema within a combination.
    pub(super) fn nested(&mut self, schema: &Value, at: &Pointer, skips_any_of: bool) {
        let Some(map) = schema.as_object() else { return };
        self.anywhere(map, at);
        for name in OF_THE_SKELETON.into_iter().chain(EXTENSIONS) {
            let there = given(map, name).is_some_and(|value| match value {
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                Value::Bool(_) if name != "additionalProperties" => flag(map, name),
                _ => true,
            });
            if there {
                let message = format!("`{name}` within a combination of schemas is not structural");
                let help = "say it in the schema that holds the combination";
                self.fault(at.key(name), message, help);
            }
        }
        self.nested_list(map, "allOf", at);
        if !skips_any_of {
            self.nested_list(map, "anyOf", at);
        }
        self.nested_list(map, "oneOf", at);
        if let Some(not) = given(map, "not") {
            self.nested(not, &at.key("not"), false);
        }
        if let Some(items) = given(map, "items").filter(|items| items.as_object().is_some()) {
            self.nested(items, &at.key("items"), false);
        }
        for (name, property) in object(map, "properties").iter() {
            let at = at.key("properties").key(name);
            if name == "metadata" {
                let help = "leave it out";
                self.fault(at.clone(), "`metadata` within a combination is not structural", help);
            }
            self.nested(property, &at, false);
        }
    }
}
