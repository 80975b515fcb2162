//! What the fields of a template are, and its names: what the API server refuses to hold, and what
//! it refuses to make a kind of.
//!
//! Source of the rules: `pkg/apis/templates/v1` of the constraint framework, and
//! `ValidateCustomResourceDefinitionNames` of `k8s.io/apiextensions-apiserver`.

use crate::structural::Schema;
use sekisho_policy::Told;
use sekisho_value::{Pointer, Value, from_json};
use std::sync::LazyLock;

const TEXT: &str = r#"{
"type": "object",
"properties": {
    "metadata": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}}
        }
    },
    "spec": {
        "type": "object",
        "properties": {
            "crd": {"type": "object", "properties": {"spec": {
                "type": "object",
                "properties": {
                    "names": {
                        "type": "object",
                        "properties": {
                            "kind": {"type": "string"},
                            "shortNames": {"type": "array", "items": {"type": "string"}}
                        }
                    },
                    "validation": {
                        "type": "object",
                        "properties": {"legacySchema": {"type": "boolean"}}
                    }
                }
            }}},
            "targets": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "target": {"type": "string"},
                    "rego": {"type": "string"},
                    "libs": {"type": "array", "items": {"type": "string"}},
                    "operations": {"type": "array", "items": {"type": "string"}},
                    "code": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"engine": {"type": "string"}}
                    }}
                }
            }}
        }
    },
    "status": {"type": "object", "properties": {"created": {"type": "boolean"}}}
}
}"#;

/// How long the name of a kind may be: that of its lists ends in `List`, and has at most 63
/// characters.
const LONGEST_KIND: usize = 59;
const LONGEST_LABEL: usize = 63;

/// Tells of fields that are of a wrong type. A null is no field.
pub(super) fn check_types(template: &Value, told: &mut Told<'_>) {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        // What it does not name is not asked of.
        let schema = from_json(TEXT).ok().and_then(|value| Schema::read(&value, true).ok());
        schema.unwrap_or_default()
    });
    let mut value = template.clone();
    SCHEMA.prune_nulls(&mut value);
    let mut faults = Vec::new();
    SCHEMA.validate(&value, &Pointer::root(), &mut faults);
    told.extend(faults, &Pointer::root());
}

/// Tells of names that no kind can have.
pub(super) fn check_names(names: &Value, at: &Pointer, told: &mut Told<'_>) {
    let kind = names.path_str(&["kind"]).unwrap_or_default();
    if kind.len() > LONGEST_KIND || !is_label(&kind.to_lowercase()) {
        let help = "letters of ASCII, digits and `-`, a letter first and no `-` last, at most 59 \
                    characters";
        told.fault(at.key("kind"), format!("`{kind}` is no name of a kind"), help);
    }
    let short = names.get("shortNames").and_then(Value::as_array).unwrap_or_default();
    for (index, name) in short.iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        if !is_label(name) {
            let help = "lower case letters, digits and `-`, a letter first and no `-` last";
            let at = at.key("shortNames").index(index);
            told.fault(at, format!("`{name}` is no short name of a kind"), help);
        }
    }
}

/// A DNS label as of RFC 1035.
fn is_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= LONGEST_LABEL
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}
