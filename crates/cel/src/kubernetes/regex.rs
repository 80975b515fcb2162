//! Kubernetes' functions of regular expressions.
//!
//! Source of the rules: `pkg/cel/library/regex.go` of `k8s.io/apiserver`.

use crate::library::{Library, Overload};
use crate::term::Term;
use crate::{EvalError, Evaluation};
use sekisho_go_regex::Pattern;
use std::sync::Arc;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// `find`, `findAll`
pub(super) fn regex() -> Library {
    Library::new("kubernetes.regex", 0).with(&[
        Overload::new("string_find_string", "string::find(string) -> string", find).pattern(1),
        Overload::new(
            "string_find_all_string",
            "string::findAll(string) -> list(string)",
            find_all,
        )
        .pattern(1),
        Overload::new(
            "string_find_all_string_int",
            "string::findAll(string, int) -> list(string)",
            find_all,
        )
        .pattern(1),
    ])
}

fn compiled(evaluation: Evaluation<'_>, pattern: Term<'_>) -> Result<Arc<Pattern>, EvalError> {
    evaluation.pattern(pattern).map_err(|error| {
        match error.is_fatal() || pattern.as_str().is_none() {
            true => error,
            false => EvalError::new(format!("Illegal regex: {}", error.message())),
        }
    })
}

fn find<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), pattern] = args else { return Err(EvalError::no_such_overload()) };
    let pattern = compiled(evaluation, *pattern)?;
    let found = evaluation.search(&pattern, text)?.find()?.and_then(|found| text.get(found));
    Ok(Term::String(found.unwrap_or_default()))
}

/// A negative limit is none.
fn find_all<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, pattern, limit) = match args {
        [Term::String(text), pattern] => (*text, *pattern, -1),
        [Term::String(text), pattern, Term::Int(limit)] => (*text, *pattern, *limit),
        _ => return Err(EvalError::no_such_overload()),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let pattern = compiled(evaluation, pattern)?;
    let mut all = Vec::new();
    for found in evaluation.search(&pattern, text)?.find_iter().take(limit) {
        evaluation.reserve(size_of::<Term<'_>>())?;
        all.extend(text.get(found?).map(Term::String));
    }
    evaluation.list(&all)
}
