//! The crate `cel` beside us: where both have a value, it is the same.
//!
//! The expressions are those of the recorded answers and generated ones. What is not compared is
//! named: functions that it lacks are errors to it, and so are types that it does not check.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use sekisho_budget::Budget;
use sekisho_cel::library;
use sekisho_cel::term::to_json;
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, Evaluation, Scratch, Term};
use sekisho_value::{Value, from_json};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Expressions to which the other gives another value, and why ours is right: by the recorded
/// answer, or by the specification.
const DIFFERENT: &[(&str, &str)] = &[
    ("duration('1h')", "a span of time is a text in JSON"),
    ("timestamp('2020-01-01T00:00:00Z') + duration('1h')", "UTC is `Z` in JSON"),
    ("timestamp(object.a)", "UTC is `Z` in JSON"),
    ("['a', optional.of('b')]", "an optional is its value in JSON"),
    ("string(1000000.0)", "Go writes an exponent from a million on"),
    ("string(1234567.5)", "Go writes an exponent from a million on"),
    ("string(1e20)", "Go writes an exponent from a million on"),
    ("string(1e21)", "Go writes an exponent from a million on"),
    ("string(0.00001)", "Go writes an exponent below a ten-thousandth"),
];

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    Environment::standard()
        .library(library::optionals(2))
        .library(library::strings(2))
        .library(library::lists(3))
        .variable("object", Type::Dyn)
        .build()
        .unwrap()
});

/// Our value as JSON; none where there is an error.
fn ours(expression: &str, object: &Value) -> Option<String> {
    let program = ENVIRONMENT.compile(expression).ok()?;
    let (scratch, budget) = (Scratch::new(), Budget::standard());
    let cost = Cost::limited(1_000_000);
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(object));
    let value = program.evaluate(evaluation, &activation).ok()?;
    plain(&to_json(evaluation, value).ok()?.to_json())
}

/// The other's value as JSON; none where there is an error, or no form.
fn theirs(expression: &str, object: &Value) -> Option<String> {
    // What it cannot read makes some versions of its parser panic.
    let program = std::panic::catch_unwind(|| cel::Program::compile(expression).ok()).ok()??;
    let mut context = cel::Context::default();
    context.add_variable_from_value("object", given(object));
    let value = program.execute(&context).ok()?;
    plain(&value.json().ok()?.to_string())
}

/// An object, its integers signed as they are to Kubernetes.
fn given(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(bool) => cel::Value::Bool(*bool),
        Value::Number(number) => match Term::borrowed(value).as_int() {
            Some(int) => cel::Value::Int(int),
            None => cel::Value::Float(number.as_f64()),
        },
        Value::String(text) => cel::Value::from(text.to_string()),
        Value::Array(items) => items.iter().map(given).collect::<Vec<_>>().into(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.to_string(), given(value)))
            .collect::<HashMap<String, cel::Value>>()
            .into(),
    }
}

/// JSON with numbers as doubles, which is how far they are compared.
fn plain(json: &str) -> Option<String> {
    fn doubles(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Number(number) => number.as_f64().into(),
            serde_json::Value::Array(items) => items.into_iter().map(doubles).collect(),
            serde_json::Value::Object(map) => {
                map.into_iter().map(|(key, value)| (key, doubles(value))).collect()
            }
            other => other,
        }
    }
    Some(doubles(serde_json::from_str(json).ok()?).to_string())
}

#[test]
fn values_of_recorded_expressions_are_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/cel/expressions.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let (mut compared, mut different) = (0, Vec::new());
    for line in recorded.lines() {
        let line = from_json(line).unwrap();
        if line.get("version").is_some() {
            continue;
        }
        let expression = line.path_str(&["expression"]).unwrap();
        let object = line.get("object").cloned().unwrap_or(Value::Null);
        let (Some(ours), Some(theirs)) = (ours(expression, &object), theirs(expression, &object))
        else {
            continue;
        };
        compared += 1;
        let known = DIFFERENT.iter().any(|(known, _)| *known == expression);
        if (ours == theirs) == known {
            different.push(format!("{expression}: {ours}, {theirs}"));
        }
    }
    assert!(compared > 90, "{compared} compared");
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Expressions of numbers, booleans, texts and lists, without errors of types.
fn expression() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        (-100_i64..100).prop_map(|int| if int < 0 { format!("({int})") } else { int.to_string() }),
        Just("object.a".to_owned()),
        Just("size(object.list)".to_owned()),
        Just("object.list[0]".to_owned()),
    ];
    let numbers = number.prop_recursive(4, 24, 2, |inner| {
        (inner.clone(), prop_oneof!["\\+", "-", "\\*", "/", "%"], inner)
            .prop_map(|(one, operator, other)| format!("({one} {operator} {other})"))
    });
    let compared = (numbers.clone(), prop_oneof!["<", "<=", ">", ">=", "==", "!="], numbers)
        .prop_map(|(one, operator, other)| format!("{one} {operator} {other}"));
    let text = prop_oneof!["'[a-c]{0,3}'", Just("object.text".to_owned())];
    let texts =
        (text.clone(), prop_oneof![Just("startsWith"), Just("endsWith"), Just("contains")], text)
            .prop_map(|(one, method, other)| format!("{one}.{method}({other})"));
    let listed = (prop_oneof![Just("all"), Just("exists"), Just("exists_one")], -3_i64..5)
        .prop_map(|(name, bound)| format!("object.list.{name}(x, x > {bound})"));
    let leaf = prop_oneof![compared, texts, listed, Just("has(object.missing)".to_owned())];
    leaf.prop_recursive(4, 32, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} || {other})")),
            inner.clone().prop_map(|one| format!("!({one})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(one, two, three)| format!("({one} ? {two} : {three})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_of_generated_expressions_are_the_same(expression in expression()) {
        let object = from_json(r#"{"a": 7, "list": [1, 2, 3], "text": "abcab"}"#).unwrap();
        let ours = ours(&expression, &object);
        prop_assert_eq!(ours, theirs(&expression, &object), "{}", expression);
    }
}
