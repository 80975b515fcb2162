//! Kubernetes' extensions of schemas: kinds of lists and maps, and fields that keep what is not
//! named.

use super::invariants::{Invariants, given, list, object, text};
use sekisho_value::{Map, Pointer, Value};

pub(super) fn check(invariants: &mut Invariants, map: &Map, at: &Pointer) {
    let kind = text(map, "type");
    if given(map, "x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        let at = at.key("x-kubernetes-preserve-unknown-fields");
        invariants.fault(at, "it is true, or not there", "leave it out");
    }
    for (name, wanted, words) in [
        ("x-kubernetes-map-type", "object", &["atomic", "granular"][..]),
        ("x-kubernetes-list-type", "array", &["atomic", "set", "map"]),
    ] {
        let Some(word) = given(map, name).and_then(Value::as_str) else { continue };
        let at = at.key(name);
        if kind != wanted {
            let help = format!("write `type: {wanted}`, or leave it out");
            invariants.fault(at.clone(), format!("`{name}` wants the type `{wanted}`"), &help);
        }
        if !words.contains(&word) {
            let help = format!("it is one of {}", words.join(", "));
            invariants.fault(at, format!("unknown `{name}` `{word}`"), &help);
        }
    }
    list_map(invariants, map, at);
    set(invariants, map, at);
}

/// A list whose items are known by their keys.
fn list_map(invariants: &mut Invariants, map: &Map, at: &Pointer) {
    let is_map = text(map, "x-kubernetes-list-type") == "map";
    let keys = list(map, "x-kubernetes-list-map-keys");
    let at_keys = at.key("x-kubernetes-list-map-keys");
    if !is_map {
        if !keys.is_empty() {
            let message = "`x-kubernetes-list-map-keys` wants `x-kubernetes-list-type: map`";
            invariants.fault(at_keys, message, "add it, or take the keys away");
        }
        return;
    }
    if keys.is_empty() {
        let message = "`x-kubernetes-list-type: map` wants `x-kubernetes-list-map-keys`";
        invariants.fault(at_keys.clone(), message, "name the fields that tell items apart");
    }
    let Some(items) = given(map, "items").and_then(Value::as_object) else {
        let message = "`x-kubernetes-list-type: map` wants `items`";
        return invariants.fault(at.clone(), message, "say what the items are");
    };
    if text(items, "type") != "object" {
        let message = "the items of a list of type `map` are of type `object`";
        return invariants.fault(at.key("items").key("type"), message, "write `type: object`");
    }
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        let at = at_keys.index(index);
        let property = object(items, "properties").get(name).and_then(Value::as_object);
        let Some(property) = property else {
            let message = format!("`{name}` is no property of the items");
            invariants.fault(at, message, "name one of their properties");
            continue;
        };
        if matches!(text(property, "type"), "array" | "object") {
            let message = format!("`{name}` tells no items apart: it is no scalar");
            invariants.fault(at.clone(), message, "name a property that is one");
        }
        if keys.iter().take(index).any(|before| before == key) {
            invariants.fault(at.clone(), format!("`{name}` stands twice"), "take one away");
        }
        let required = list(items, "required").iter().any(|one| one.as_str() == Some(name));
        if !required && given(property, "default").is_none() {
            let message = format!("`{name}` tells items apart, and may be absent");
            invariants.fault(at, message, "make it `required` in the items, or give it a default");
        }
    }
}

/// The items of a set are told apart as a whole.
fn set(invariants: &mut Invariants, map: &Map, at: &Pointer) {
    if text(map, "x-kubernetes-list-type") != "set" {
        return;
    }
    let Some(items) = given(map, "items").and_then(Value::as_object) else { return };
    let (name, of_items) = match text(items, "type") {
        "array" => ("x-kubernetes-list-type", text(items, "x-kubernetes-list-type")),
        "object" => ("x-kubernetes-map-type", text(items, "x-kubernetes-map-type")),
        _ => return,
    };
    let atomic = of_items == "atomic" || of_items.is_empty() && name == "x-kubernetes-list-type";
    if !atomic {
        let message = format!("the items of a set want `{name}: atomic`");
        invariants.fault(at.key("items").key(name), message, "a set compares whole items");
    }
}
