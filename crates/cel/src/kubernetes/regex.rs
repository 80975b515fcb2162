//! Kubernetes' functions of regular expressions.
//!
//! Source of the rules: `pkg/cel/library/regex.go` of `k8s.io/apiserver`.

use crate::library::{Library, Overload};
use crate::term::Term;
use crate::{EvalError, Evaluation};

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

fn find<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), pattern] = args else { return Err(EvalError::no_such_overload()) };
    let pattern = evaluation.pattern(*pattern)?;
    evaluation.search(&pattern, text)?;
    let found = pattern.regex().find(text).and_then(|found| text.get(found.range()));
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
    let pattern = evaluation.pattern(pattern)?;
    evaluation.search(&pattern, text)?;
    let mut all = Vec::new();
    for found in pattern.regex().find_iter(text).take(limit) {
        evaluation.reserve(size_of::<Term<'_>>())?;
        all.extend(text.get(found.range()).map(Term::String));
    }
    evaluation.list(&all)
}
