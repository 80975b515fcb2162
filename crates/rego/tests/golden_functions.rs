//! Built-in functions give what OPA gives: `golden/functions/*.jsonl` hold calls of ours and OPA's
//! answers (recorded with `golden/record`).

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use bumpalo::Bump;
use sekisho_budget::Budget;
use sekisho_rego::builtins::{Context, Facts, Failure, Patterns, find};
use sekisho_rego::term::{Arena, Term};
use sekisho_value::Value;
use std::path::Path;

/// A set is written `{"$set": […]}`, an object with keys of any type `{"$object": [[k, v], …]}`.
fn term<'a>(value: &'a Value, arena: Arena<'a>) -> Term<'a> {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| term(item, arena)).collect();
            arena.array(&items).unwrap()
        }
        Value::Object(map) => match (map.get("$set"), map.get("$object")) {
            (Some(Value::Array(members)), _) => {
                arena.set(members.iter().map(|member| term(member, arena)).collect()).unwrap()
            }
            (_, Some(Value::Array(entries))) => {
                let entries = entries.iter().map(|entry| {
                    let mut pair = term(entry, arena).items();
                    (pair.next().unwrap(), pair.next().unwrap())
                });
                arena.object(entries.collect()).unwrap()
            }
            _ => {
                let entries =
                    map.iter().map(|(key, value)| (Term::String(key), term(value, arena)));
                arena.object(entries.collect()).unwrap()
            }
        },
        scalar => Term::borrowed(scalar),
    }
}

#[derive(Default)]
struct World {
    facts: Facts,
    patterns: Patterns,
}

/// What a call gives, as a golden line has it.
fn answer<'a>(name: &str, args: &[Term<'a>], arena: Arena<'a>, world: &'a World) -> String {
    let function = find(name).and_then(|builtin| builtin.function);
    let Some(function) = function else { return "not implemented".to_owned() };
    let mut context =
        Context { arena, facts: &world.facts, made: &world.patterns, patterns: &world.patterns };
    match function(&mut context, args) {
        Ok(term) => format!("gives {term}"),
        Err(Failure::Undefined) => "undefined".to_owned(),
        Err(Failure::Budget(exceeded)) => exceeded.to_string(),
        Err(Failure::Error { wrong_type, message }) => {
            let code = if wrong_type { "eval_type_error" } else { "eval_builtin_error" };
            format!("{code} {name}: {message}")
        }
    }
}

fn golden(line: &Value) -> Option<String> {
    let Value::Object(line) = line else { return None };
    let text = |key| line.get(key).and_then(Value::as_str);
    if let Some(gives) = text("gives") {
        return Some(format!("gives {gives}"));
    }
    match (text("code"), text("message")) {
        (Some(code), Some(message)) => Some(format!("{code} {message}")),
        _ => Some("undefined".to_owned()),
    }
}

#[test]
fn as_opa_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/functions");
    let mut failures = Vec::new();
    let mut count = 0;
    let world = World::default();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        for (number, text) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let line = sekisho_value::from_json(text).unwrap();
            let Value::Object(fields) = &line else { panic!("{text}") };
            let name = fields.get("call").and_then(Value::as_str).unwrap();
            let bump = Bump::new();
            let budget = Budget::standard();
            let arena = Arena::new(&bump, &budget);
            let Some(Value::Array(args)) = fields.get("args") else { panic!("{text}") };
            let args: Vec<_> = args.iter().map(|arg| term(arg, arena)).collect();
            let (ours, opa) = (answer(name, &args, arena, &world), golden(&line).unwrap());
            count += 1;
            if ours != opa {
                let shown: Vec<_> = args.iter().map(ToString::to_string).collect();
                let file = path.file_stem().unwrap().to_string_lossy().into_owned();
                failures.push(format!(
                    "{file}:{} {name}({})\n  OPA:  {opa}\n  ours: {ours}",
                    number + 1,
                    shown.join(", ")
                ));
            }
        }
    }
    assert!(count > 0);
    let shown = failures.len().min(40);
    assert!(
        failures.is_empty(),
        "{} of {count} differ\n{}",
        failures.len(),
        failures[..shown].join("\n")
    );
}
