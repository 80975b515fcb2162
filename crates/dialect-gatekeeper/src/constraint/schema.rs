//! The schema that constraints of a template have, but for their parameters.
//!
//! Source of the rules: `pkg/client/crds/schema.go` of the constraint framework, and
//! `pkg/target/matchcrd_constant.go` of Gatekeeper.

use crate::structural::Schema;
use sekisho_value::from_json;
use std::sync::LazyLock;

const TEXT: &str = r#"{
"type": "object",
"properties": {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "properties": {"name": {"type": "string", "maxLength": 63}}
    },
    "spec": {
        "type": "object",
        "properties": {
            "enforcementAction": {"type": "string", "default": "deny"},
            "scopedEnforcementActions": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "action": {"type": "string"},
                    "enforcementPoints": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}}
                    }}
                }
            }},
            "match": {
                "type": "object",
                "properties": {
                    "excludedNamespaces": {"type": "array", "items": {"type": "string"}},
                    "kinds": {"type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "apiGroups": {"type": "array", "items": {"type": "string"}},
                            "kinds": {"type": "array", "items": {"type": "string"}}
                        }
                    }},
                    "labelSelector": SELECTOR,
                    "name": {"type": "string"},
                    "namespaceSelector": SELECTOR,
                    "namespaces": {"type": "array", "items": {"type": "string"}},
                    "scope": {"type": "string"},
                    "source": {"type": "string"}
                }
            }
        }
    },
    "status": {"x-kubernetes-preserve-unknown-fields": true}
}
}"#;

const SELECTOR: &str = r#"{
"type": "object",
"properties": {
    "matchExpressions": {"type": "array", "items": {
        "type": "object",
        "required": ["key", "operator"],
        "properties": {
            "key": {"type": "string"},
            "operator": {"type": "string"},
            "values": {"type": "array", "items": {"type": "string"}}
        }
    }},
    "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}}
}
}"#;

/// The schema of constraints with such parameters, or with none. Globs and sources are told by
/// [`crate::matching::Match`].
pub(crate) fn of(parameters: Option<Schema>) -> Schema {
    static OTHERS: LazyLock<Schema> = LazyLock::new(|| {
        let text = TEXT.replace("SELECTOR", SELECTOR);
        let schema = from_json(&text).ok().and_then(|value| Schema::read(&value, false).ok());
        schema.unwrap_or_default()
    });
    let schema = OTHERS.clone();
    match parameters {
        Some(parameters) => schema.with_property(&["spec"], "parameters", parameters),
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use crate::structural::Schema;
    use sekisho_value::{Pointer, from_json};

    #[test]
    fn constraints_have_their_fields() {
        let parameters = from_json(r#"{"type": "object"}"#).unwrap();
        let parameters = Schema::read(&parameters, false).unwrap();
        for (constraint, parameters, places) in [
            (r#"{"apiVersion": "v", "kind": "K", "metadata": {"name": "c"}}"#, None, &[][..]),
            (r#"{"spec": {"parameters": {}}}"#, Some(parameters), &[]),
            (r#"{"spec": {"parameters": {}}}"#, None, &["/spec/parameters"]),
            (r#"{"banana": 1}"#, None, &["/banana"]),
            (
                r#"{"spec": {"match": {"labelSelector": {"matchLabels": {"a": 1}}}}}"#,
                None,
                &["/spec/match/labelSelector/matchLabels/a"],
            ),
            (
                r#"{"spec": {"match": {"namespaceSelector": {"matchExpressions": [{"key": "a"}]}}}}"#,
                None,
                &["/spec/match/namespaceSelector/matchExpressions/0/operator"],
            ),
        ] {
            let mut faults = Vec::new();
            let value = from_json(constraint).unwrap();
            super::of(parameters).validate(&value, &Pointer::root(), &mut faults);
            let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert_eq!(found, places, "{constraint}");
        }
    }
}
