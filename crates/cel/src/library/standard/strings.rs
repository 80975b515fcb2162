//! Functions of texts.

use crate::library::Overload;
use crate::term::Term;
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

pub(super) const FUNCTIONS: &[Overload] = &[
    Overload::new("contains_string", "string::contains(string) -> bool", contains),
    Overload::new("ends_with_string", "string::endsWith(string) -> bool", ends_with),
    Overload::new("starts_with_string", "string::startsWith(string) -> bool", starts_with),
    Overload::new("matches", "matches(string, string) -> bool", matches).pattern(1),
    Overload::new("matches_string", "string::matches(string) -> bool", matches).pattern(1),
];

fn texts<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
) -> Result<(&'a str, &'a str), EvalError> {
    match args {
        [Term::String(text), Term::String(part)] => {
            evaluation.step(text.len() / 64)?;
            Ok((text, part))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn contains<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = texts(evaluation, args)?;
    Ok(Term::Bool(text.contains(part)))
}

fn starts_with<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = texts(evaluation, args)?;
    Ok(Term::Bool(text.starts_with(part)))
}

fn ends_with<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = texts(evaluation, args)?;
    Ok(Term::Bool(text.ends_with(part)))
}

fn matches<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), pattern] = args else {
        return Err(EvalError::no_such_overload());
    };
    let pattern = evaluation.pattern(*pattern)?;
    Ok(Term::Bool(evaluation.search(&pattern, text)?.is_match()?))
}
