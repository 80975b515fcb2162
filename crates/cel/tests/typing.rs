//! What kube-apiserver's type checker warned of in policies (`tests/golden/cel/typing.jsonl`; the
//! number of the moment that it puts behind the name of a kind is left out), and
//! kinds of CustomResourceDefinitions.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_cel::kubernetes::{KindTypes, Release, Rule, TypeChecker, type_warning_text};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_value::{Value, from_json};

fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    let list = value.get(key).and_then(Value::as_array).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

/// The checker of a policy's `spec`.
fn checker(schemas: &Schemas, spec: &Value) -> TypeChecker {
    let rules = spec.path(&["matchConstraints", "resourceRules"]).unwrap().as_array().unwrap();
    let lists: Vec<_> = rules
        .iter()
        .map(|rule| {
            (texts(rule, "apiGroups"), texts(rule, "apiVersions"), texts(rule, "resources"))
        })
        .collect();
    let rules: Vec<Rule<'_>> = lists
        .iter()
        .map(|(groups, versions, resources)| Rule { groups, versions, resources })
        .collect();
    let params = spec.get("paramKind").map(|kind| {
        let (group, version) =
            sekisho_kube_model::split_api_version(kind.path_str(&["apiVersion"]).unwrap()).unwrap();
        Gvk::new(group, version, kind.path_str(&["kind"]).unwrap())
    });
    let variables = spec.get("variables").and_then(Value::as_array).unwrap_or_default();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|of| (of.path_str(&["name"]).unwrap(), of.path_str(&["expression"]).unwrap()))
        .collect();
    TypeChecker::new(
        &KindTypes::new(schemas),
        Release { minor: 36 },
        &rules,
        params.as_ref(),
        &variables,
    )
    .unwrap()
}

#[test]
fn warnings_are_those_that_are_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/cel/typing.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let schemas = Schemas::builtin();
    let mut different = Vec::new();
    let mut compared = 0;
    for line in recorded.lines() {
        let line = from_json(line).unwrap();
        let spec = line.get("spec").unwrap();
        let checker = checker(&schemas, spec);
        let mut found = Vec::new();
        let validations = spec.get("validations").and_then(Value::as_array).unwrap();
        for (index, validation) in validations.iter().enumerate() {
            for key in ["expression", "messageExpression"] {
                let Some(expression) = validation.path_str(&[key]) else { continue };
                let warnings = checker.check(expression);
                if !warnings.is_empty() {
                    let warning = type_warning_text(expression, &warnings);
                    found.push((format!("spec.validations[{index}].{key}"), warning));
                }
            }
        }
        let warnings = line.get("warnings").and_then(Value::as_array).unwrap_or_default();
        let wanted: Vec<(String, String)> = warnings
            .iter()
            .map(|warning| {
                let text = |key| warning.path_str(&[key]).unwrap().to_owned();
                (text("fieldRef"), text("warning"))
            })
            .collect();
        compared += wanted.len();
        for ours in &found {
            if !wanted.contains(ours) {
                different.push(format!("ours: {} {}", ours.0, ours.1));
            }
        }
        for theirs in &wanted {
            if !found.contains(theirs) {
                different.push(format!("theirs: {} {}", theirs.0, theirs.1));
            }
        }
    }
    assert!(compared > 50, "so many are recorded");
    assert!(different.is_empty(), "{}\n{} differ", different.join("\n"), different.len());
}

#[test]
fn kinds_of_definitions_are_checked() {
    let definition = from_json(
        r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "spec": {"group": "example.com", "scope": "Namespaced",
              "names": {"kind": "Rule", "plural": "rules"},
              "versions": [{"name": "v1", "served": true, "storage": true, "schema":
                {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object",
                  "properties": {
                    "most": {"type": "integer"},
                    "until": {"type": "string", "format": "date-time"},
                    "port": {"x-kubernetes-int-or-string": true},
                    "a-b": {"type": "string"},
                    "namespace": {"type": "string"},
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "names": {"type": "array", "items": {"type": "string"}}}}}}}}]}}"#,
    )
    .unwrap();
    let (schemas, problems) = Schemas::with_crds([&definition]);
    assert!(problems.is_empty());
    let rule = Rule { groups: &["example.com"], versions: &["v1"], resources: &["rules"] };
    let checker =
        TypeChecker::new(&KindTypes::new(&schemas), Release::NEWEST, &[rule], None, &[]).unwrap();
    for (expression, wanted) in [
        ("object.spec.most <= 5", None),
        (
            "object.spec.most <= 'a'",
            Some("found no matching overload for '_<=_' applied to '(int, string)'"),
        ),
        ("object.spec.until < timestamp('2020-01-01T00:00:00Z')", None),
        ("object.spec.port == 1 || object.spec.port == 'a'", None),
        ("object.spec.a__dash__b == 'x'", None),
        ("object.spec.namespace == object.spec.__namespace__", None),
        ("object.spec.free.anything", Some("undefined field 'anything'")),
        (
            "object.spec.names.all(n, n > 1)",
            Some("found no matching overload for '_>_' applied to '(string, int)'"),
        ),
        ("object.metadata.labels.a == 'x' && object.kind == 'Rule'", None),
        ("object.metadata.nope", Some("undefined field 'nope'")),
    ] {
        let warnings = checker.check(expression);
        let found = warnings.first().map(|warning| warning.faults[0].message.as_str());
        assert_eq!(found, wanted, "{expression}");
    }
}
