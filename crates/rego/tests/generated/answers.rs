//! What our engine gives for a case, in the words of the recorder.

use super::policies::Case;
use sekisho_budget::Budget;
use sekisho_rego::builtins::Facts;
use sekisho_rego::{Diagnostic, Options, Policies, Question, Scratch, Source, Term};
use sekisho_value::from_json;

/// Faults of the modules, or an answer to each query; of OPA, also those without its index of
/// rules, where some differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Faults(Vec<String>),
    Answers(Vec<String>, Vec<String>),
}

/// Evaluates; `show` tells how a value is written.
pub(crate) fn answer(case: &Case, show: fn(Term<'_>) -> String) -> Answer {
    let budget = Budget::new(1 << 32, 1 << 28, None);
    let modules = case.modules.iter().enumerate();
    let modules = modules
        .map(|(at, text)| (Source::new(&format!("{at}.rego"), text), case.version))
        .collect();
    let (policies, sources, faults) = Policies::compile(modules, &Options::default(), &budget);
    let Some(policies) = policies else {
        return Answer::Faults(faults.iter().map(|fault| told(fault, &sources)).collect());
    };
    let (input, data) = (from_json(&case.input()).unwrap(), from_json(&case.data()).unwrap());
    let facts = Facts { now: 1_700_000_000_000_000_000, ..Facts::default() };
    let mut scratch = Scratch::default();
    let mut answers = Vec::new();
    for query in &case.queries {
        let path: Vec<&str> = query.split('.').skip(1).collect();
        let prepared = policies.document(&path).unwrap();
        let budget = Budget::new(10_000_000, 1 << 28, None);
        let question = Question {
            input: Some(&input),
            strict_builtin_errors: case.strict,
            ..Question::new(&data, &facts, &budget)
        };
        answers.push(match prepared.evaluate(&mut scratch, &question, |value| value.map(show)) {
            Ok(Some(value)) => format!("gives {value}"),
            Ok(None) => "undefined".to_owned(),
            Err(error) => {
                let source = &policies.sources()[usize::from(error.location.source.0)];
                let (row, column) = source.line_column(error.location.span.start);
                format!("{row}:{column} {}: {}", error.code, error.message)
            }
        });
    }
    Answer::Answers(answers, Vec::new())
}

fn told(fault: &Diagnostic, sources: &[Source]) -> String {
    let source = &sources[usize::from(fault.location.source.0)];
    let (row, column) = source.line_column(fault.location.span.start);
    format!("{}:{row}:{column} {}: {}", source.name, fault.code, fault.message)
}
