//! The cases of the CEL specification: an expression, its variables, and what it gives.

use super::Outcome;
use anyhow::Context as _;
use sekisho_budget::Budget;
use sekisho_cel::library::{self, Library, MappedAddresses, Overload};
use sekisho_cel::term::{Duration, Timestamp, equal};
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, EvalError, Evaluation, Options, Scratch, Term};
use sekisho_value::{Value, from_json};
use std::fs;
use std::path::Path;

/// What only protobuf messages have: a case with one of these words is not asked.
const MESSAGES: [&str; 9] = [
    "TestAllTypes",
    "NestedTestAllTypes",
    "GlobalEnum",
    "NestedEnum",
    "TestRequired",
    "google.protobuf.Any",
    "google.protobuf.FieldMask",
    "google.protobuf.Empty",
    "proto.",
];

const REASON: &str = "needs protobuf message types";

/// Cases that are wrong, and why.
const WRONG: [(&str, &str); 1] = [(
    "parse/bytes_literals/triple_double_quoted_unescaped_punctuation",
    "the case is wrong: it wants a backslash where the expression has none",
)];

pub(super) fn run(path: &Path) -> anyhow::Result<Outcome> {
    let file = if path.is_dir() { path.join("cases.jsonl") } else { path.to_owned() };
    let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    let mut outcome = Outcome::default();
    for line in text.lines() {
        let case = from_json(line).map_err(|error| anyhow::anyhow!("{error}: {line}"))?;
        let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{}/{}", text("file"), text("name"));
        if needs_messages(&case) {
            outcome.skipped.push((name, REASON.to_owned()));
            continue;
        }
        if let Some((_, why)) = WRONG.iter().find(|(wrong, _)| *wrong == name) {
            outcome.skipped.push((name, (*why).to_owned()));
            continue;
        }
        let result = judge(&case);
        if result.is_ok() {
            outcome.passed_names.push(name.clone());
        }
        outcome.add(name, result.map_err(|why| format!("`{}`: {why}", text("expr"))));
    }
    Ok(outcome)
}

fn needs_messages(case: &Value) -> bool {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
    let expression = text("expr");
    let bind = case.get("bind").and_then(Value::as_object);
    let kind = |value: &Value| value.at(0).and_then(Value::as_str).map(str::to_owned);
    let is_message =
        |value: &Value| matches!(kind(value).as_deref(), Some("object" | "enum" | "any"));
    let bound = bind.is_some_and(|bind| bind.iter().any(|(_, value)| is_message(value)));
    // Variables that the case declares of a message type and gives no value.
    let declared = case.get("check_only").and_then(Value::as_bool) == Some(true)
        && expression.contains("msg.");
    MESSAGES.iter().any(|word| expression.contains(word))
        || bound
        || declared
        || case.get("want").is_some_and(is_message)
}

fn judge(case: &Value) -> Result<(), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default();
    let flag = |key: &str| case.get(key).and_then(Value::as_bool) == Some(true);
    let want = case.get("want").filter(|want| !want.is_null());
    let fails = want.and_then(|want| want.at(0)).and_then(Value::as_str) == Some("error");
    let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let mut activation = Activation::new();
    let mut variables = Vec::new();
    for (name, value) in
        case.get("bind").and_then(Value::as_object).into_iter().flat_map(|b| b.iter())
    {
        let term = term(evaluation, value).ok_or_else(|| format!("unknown value of {name}"))?;
        variables.push((name.as_str(), type_of(term)));
        activation.set(name, term);
    }
    let environment = environment(text("container"), flag("nomacros"))?.with_variables(variables);
    let program = match environment.compile(text("expr")) {
        Ok(program) => program,
        Err(_) if fails => return Ok(()),
        // Some cases leave out the check, to see what evaluation makes of what it would refuse.
        Err(errors) if flag("check_only") => {
            return Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
        Err(_) => environment.compile_unchecked(text("expr")).map_err(|errors| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?,
    };
    if flag("check_only") {
        return Ok(());
    }
    match (program.evaluate(evaluation, &activation), want) {
        (Err(_), _) if fails => Ok(()),
        (Err(error), _) => Err(error.to_string()),
        (Ok(value), Some(want)) if !fails => {
            let wanted = term(evaluation, want).ok_or("unknown wanted value")?;
            match same(evaluation, value, wanted) {
                Ok(true) => Ok(()),
                Ok(false) => Err(format!("gives {value:?}, wants {}", want.to_json())),
                Err(error) => Err(error.to_string()),
            }
        }
        (Ok(value), _) => Err(format!("gives {value:?}, wants an error")),
    }
}

/// Whether values are equal and of one type, so that `1` is not `1.0`.
fn same<'a>(
    evaluation: Evaluation<'a>,
    value: Term<'a>,
    wanted: Term<'a>,
) -> Result<bool, EvalError> {
    if let (Term::Double(value), Term::Double(wanted)) = (value, wanted) {
        return Ok(value.is_nan() && wanted.is_nan() || value == wanted);
    }
    if value.type_name() != wanted.type_name() {
        return Ok(false);
    }
    if value.is_list() && value.len() == wanted.len() {
        let pairs = value.items().zip(wanted.items());
        return pairs
            .map(|(one, other)| same(evaluation, one, other))
            .try_fold(true, |all, one| one.map(|one| all && one));
    }
    equal(evaluation, value, wanted)
}

fn environment(container: &str, no_macros: bool) -> Result<Environment, String> {
    let mut standard = library::standard();
    if no_macros {
        standard.macros.clear();
    }
    let mut builder = Environment::builder()
        .container(container)
        .library(standard)
        .library(library::wrappers())
        .quoted_fields()
        .options(Options { bad_presence_is_error: true, ..Options::default() });
    if !no_macros {
        for library in [
            library::optionals(2),
            library::bindings(),
            library::blocks(),
            library::two_variable_comprehensions(),
            library::strings(5),
            library::lists(3),
            library::math(2),
            library::sets(),
            library::encoders(),
            library::network(MappedAddresses::Unmapped),
            declared(),
        ] {
            builder = builder.library(library);
        }
    }
    builder.build().map_err(|error| error.to_string())
}

/// What the cases of type deduction declare and never call.
fn declared() -> Library {
    fn never<'a>(_: Evaluation<'a>, _: &[Term<'a>]) -> Result<Term<'a>, EvalError> {
        Err(EvalError::no_such_overload())
    }
    Library::new("declared", 0).with(&[
        Overload::new("fn", "fn(string, int) -> bool", never),
        Overload::new("tuple", "tuple(T, U, V) -> tuple(T, U, V)", never),
    ])
}

fn type_of(term: Term<'_>) -> Type {
    match term {
        Term::Bool(_) => Type::Bool,
        Term::Int(_) => Type::Int,
        Term::Uint(_) => Type::Uint,
        Term::Double(_) => Type::Double,
        Term::String(_) => Type::String,
        Term::Bytes(_) => Type::Bytes,
        Term::Timestamp(_) => Type::Timestamp,
        Term::Duration(_) => Type::Duration,
        term if term.is_list() => Type::list(Type::Dyn),
        term if term.is_map() => {
            let keys = term.entries().map(|(key, _)| type_of(key));
            let mut keys: Vec<Type> = keys.collect();
            keys.dedup();
            match <[Type; 1]>::try_from(keys) {
                Ok([key]) => Type::map(key, Type::Dyn),
                Err(_) => Type::map(Type::Dyn, Type::Dyn),
            }
        }
        _ => Type::Dyn,
    }
}

/// A value as the cases write it: its type, and itself.
fn term<'a>(evaluation: Evaluation<'a>, value: &Value) -> Option<Term<'a>> {
    let content = value.at(1);
    let text = || content.and_then(Value::as_str);
    Some(match value.at(0)?.as_str()? {
        "null" => Term::Null,
        "bool" => Term::Bool(content?.as_bool()?),
        "int" => Term::Int(text()?.parse().ok()?),
        "uint" => Term::Uint(text()?.parse().ok()?),
        "double" => Term::Double(text()?.parse().ok()?),
        "string" => evaluation.string(text()?).ok()?,
        "type" => Term::Type(evaluation.text(text()?).ok()?),
        "bytes" => evaluation.bytes(&bytes(text()?)?).ok()?,
        "duration" => Term::Duration(Duration { nanoseconds: text()?.parse().ok()? }),
        "timestamp" => {
            let nanoseconds: i64 = text()?.parse().ok()?;
            let epoch = Timestamp::new(0, 0).ok()?;
            Term::Timestamp(epoch.plus(Duration { nanoseconds }).ok()?)
        }
        "list" => {
            let items: Option<Vec<_>> =
                content?.as_array()?.iter().map(|item| term(evaluation, item)).collect();
            evaluation.list(&items?).ok()?
        }
        "map" => {
            let entries: Option<Vec<_>> = content?
                .as_array()?
                .iter()
                .map(|entry| {
                    Some((term(evaluation, entry.at(0)?)?, term(evaluation, entry.at(1)?)?))
                })
                .collect();
            evaluation.map(entries?).ok()?
        }
        _ => return None,
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}
