//! What is shown of an evaluation.

use crate::eval::{Evaluated, Fault};
use sekisho_cel::Diagnostic;
use sekisho_cel::kubernetes::PER_CALL_LIMIT;
use sekisho_value::{Map, Value};

/// For people: the value, its cost where that is wanted, and beside it what is to be said of the
/// expression.
#[must_use]
pub fn render_text(
    expression: &str,
    outcome: &Result<Evaluated, Fault>,
    cost: bool,
) -> (String, String) {
    let mut said = String::new();
    let mut out = String::new();
    let told = |said: &mut String, level: &str, diagnostic: &Diagnostic| {
        said.push_str(&format!("{level}: {}\n", diagnostic.render(expression)));
    };
    match outcome {
        Ok(evaluated) => {
            for warning in &evaluated.warnings {
                told(&mut said, "warning", warning);
            }
            out.push_str(&evaluated.value.to_json());
            out.push('\n');
            if cost {
                let estimate = evaluated.estimate;
                let most = match estimate.max {
                    u64::MAX => "any".to_owned(),
                    most => most.to_string(),
                };
                out.push_str(&format!(
                    "cost: {} of {PER_CALL_LIMIT} (estimated {} to {most})\n",
                    evaluated.cost, estimate.min
                ));
            }
        }
        Err(Fault::Compile(errors)) => {
            for error in errors {
                told(&mut said, "error", error);
            }
        }
        Err(Fault::Evaluate { error, help, cost: spent, warnings }) => {
            for warning in warnings {
                told(&mut said, "warning", warning);
            }
            said.push_str(&format!("error: {error}\n"));
            if let Some(help) = help {
                said.push_str(&format!(" = help: {help}\n"));
            }
            if cost {
                said.push_str(&format!("cost: {spent} of {PER_CALL_LIMIT}\n"));
            }
        }
        Err(Fault::Broken(why)) => said.push_str(&format!("error: {why}\n")),
    }
    (out, said)
}

/// For programs: one object.
#[must_use]
pub fn render_json(outcome: &Result<Evaluated, Fault>) -> String {
    let list = |diagnostics: &[Diagnostic]| {
        Value::from(diagnostics.iter().map(diagnostic).collect::<Vec<_>>())
    };
    let shown = match outcome {
        Ok(evaluated) => object(vec![
            ("value", evaluated.value.clone()),
            ("type", Value::from(evaluated.of.as_str())),
            ("cost", number(evaluated.cost)),
            (
                "estimate",
                object(vec![
                    ("min", number(evaluated.estimate.min)),
                    ("max", number(evaluated.estimate.max)),
                ]),
            ),
            ("warnings", list(&evaluated.warnings)),
        ]),
        Err(Fault::Compile(errors)) => object(vec![("errors", list(errors))]),
        Err(Fault::Evaluate { error, help, cost, warnings }) => {
            let mut entries = vec![
                ("error", Value::from(error.to_string())),
                ("cost", number(*cost)),
                ("warnings", list(warnings)),
            ];
            entries.extend(help.as_deref().map(|help| ("help", Value::from(help))));
            object(entries)
        }
        Err(Fault::Broken(why)) => object(vec![("error", Value::from(why.as_str()))]),
    };
    format!("{}\n", shown.to_json_pretty())
}

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::Object(Map::from_iter(entries))
}

fn number(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number.to_string()), Value::from)
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    let place = |at: usize| Value::from(i64::try_from(at).unwrap_or(i64::MAX));
    let mut entries = vec![
        ("message", Value::from(diagnostic.message.as_str())),
        ("line", place(diagnostic.line)),
        ("column", place(diagnostic.column)),
    ];
    if let Some(help) = &diagnostic.help {
        entries.push(("help", Value::from(help.as_str())));
    }
    object(entries)
}
