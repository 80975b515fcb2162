//! What OPA 1.22 gives for recorded calls of built-ins (`golden/calls/*.jsonl`), each a line: the
//! function, its arguments (`{"$set": […]}` is a set) and OPA's `value`, `error` or `undefined`.
//! Recorded with `golden/record/calls`. Where a line is `loose`, OPA's error is in words of its
//! runtime: ours need only be an error.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_budget::Budget;
use sekisho_rego::Term;
use sekisho_rego::builtins::{Context, Facts, Failure, Patterns, find};
use sekisho_rego::term::{Arena, to_json};
use sekisho_value::{Value, from_json};
use std::path::Path;

fn term<'a>(value: &'a Value, arena: Arena<'a>) -> Term<'a> {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| term(item, arena)).collect();
            arena.array(&items).unwrap()
        }
        Value::Object(map) => match map.get("$set") {
            Some(members) => {
                let members = members.as_array().unwrap();
                arena.set(members.iter().map(|member| term(member, arena)).collect()).unwrap()
            }
            None => {
                let entry = |(key, value)| (Term::String(key), term(value, arena));
                let entries = map.iter().map(|(key, value)| (key.as_str(), value)).map(entry);
                arena.object(entries.collect()).unwrap()
            }
        },
        scalar => Term::borrowed(scalar),
    }
}

/// What is wrong with our answer.
fn differs(line: &str) -> Option<String> {
    let case = from_json(line).unwrap();
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    let name = text("function").unwrap();
    let Some(function) = find(name).and_then(|builtin| builtin.function) else {
        return Some(format!("{name} is not there"));
    };
    let bump = bumpalo::Bump::new();
    let budget = Budget::new(100_000_000, 1 << 30, None);
    let arena = Arena::new(&bump, &budget);
    let args = case.get("args").and_then(Value::as_array).unwrap();
    let args: Vec<_> = args.iter().map(|arg| term(arg, arena)).collect();
    let facts = Facts { now: 1_700_000_000_000_000_000, ..Facts::default() };
    let patterns = Patterns::default();
    let outcome = function(
        &mut Context { arena, facts: &facts, made: &patterns, patterns: &patterns },
        &args,
    );
    let same = match (&outcome, case.get("value"), text("error")) {
        (Ok(got), Some(want), _) => to_json(*got) == *want,
        (Err(Failure::Error { message, wrong_type }), None, Some(want)) => {
            let typed = text("code") == Some("eval_type_error");
            case.get("loose").is_some() || (want == message && typed == *wrong_type)
        }
        (Err(Failure::Undefined), None, None) => case.get("undefined").is_some(),
        _ => false,
    };
    let shown = match outcome {
        Ok(value) => to_json(value).to_json(),
        Err(failure) => format!("{failure:?}"),
    };
    (!same).then(|| format!("got {shown}\n  for {line}"))
}

#[test]
fn recorded_calls() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/calls");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        cases += text.lines().count();
        wrong.extend(text.lines().filter_map(differs));
    }
    assert!(cases > 3000, "{cases}");
    let total = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{total} of {cases} differ:\n{}", wrong.join("\n"));
}
