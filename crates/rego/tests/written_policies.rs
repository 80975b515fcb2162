//! What OPA 1.22 gives for policies that use what is odd in the language, written by hand
//! (`golden/policies/written.jsonl`): each a line with the module, the input, and what the query
//! `data.t` gives: its `value`, `undefined` or `errors`, of which places, classes and messages
//! count. Recorded with `opa eval -f json -d MODULE -i INPUT data.t`; of conflicts the values that
//! OPA lists are left out.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{Location, Options, Policies, Question, Scratch, Source};
use sekisho_value::{Value, from_json};
use std::fmt::Display;

fn told(source: &Source, at: Location, code: impl Display, message: &str) -> String {
    let (row, column) = source.line_column(at.span.start);
    format!("{row}:{column} {code}: {message}")
}

/// Our answer: a value, none, or errors.
fn answer(policy: &str, input: &Value) -> Result<Option<Value>, Vec<String>> {
    let source = Source::new("t.rego", policy);
    let budget = Budget::new(10_000_000, 1 << 26, None);
    let modules = vec![(source.clone(), Version::V1)];
    let (policies, _, faults) = Policies::compile(modules, &Options::default(), &budget);
    let Some(policies) = policies else {
        let told = |fault: &sekisho_rego::Diagnostic| {
            told(&source, fault.location, fault.code, &fault.message)
        };
        let mut faults: Vec<String> = faults.iter().map(told).collect();
        faults.sort();
        return Err(faults);
    };
    let data = Value::object();
    let facts = Facts { now: 1_700_000_000_000_000_000, ..Facts::default() };
    let question = Question { input: Some(input), ..Question::new(&data, &facts, &budget) };
    let prepared = policies.document(&["t"]).unwrap();
    prepared
        .evaluate(&mut Scratch::default(), &question, |value| value.map(to_json))
        .map_err(|error| vec![told(&source, error.location, error.code, &error.message)])
}

fn differs(line: &str) -> Option<String> {
    let case = from_json(line).unwrap();
    let (policy, input) = (case.path_str(&["policy"]).unwrap(), case.get("input").unwrap());
    let wanted = match case.get("errors").and_then(Value::as_array) {
        Some(errors) => Err(errors.iter().map(|it| it.as_str().unwrap().to_owned()).collect()),
        None => Ok(case.get("value").cloned()),
    };
    let got = answer(policy, input);
    (got != wanted).then(|| format!("{policy}  OPA: {wanted:?}\n  we:  {got:?}"))
}

#[test]
fn as_opa_answers() {
    let text = include_str!("golden/policies/written.jsonl");
    let wrong: Vec<String> = text.lines().filter_map(differs).collect();
    assert!(text.lines().count() > 250);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
