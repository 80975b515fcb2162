//! cel-go's library of regular expressions.

use super::{Library, Overload};
use crate::term::Term;
use crate::{EvalError, Evaluation};
use sekisho_go_regex::{Captures, Pattern};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// `regex.extract`, `regex.extractAll`, `regex.replace`; needs the library of optionals.
#[must_use]
pub fn regex() -> Library {
    Library::new("regex", 0).with(&[
        Overload::new(
            "regex_extract_string_string",
            "regex.extract(string, string) -> optional(string)",
            extract,
        )
        .pattern(1),
        Overload::new(
            "regex_extractAll_string_string",
            "regex.extractAll(string, string) -> list(string)",
            extract_all,
        )
        .pattern(1),
        Overload::new(
            "regex_replace_string_string_string",
            "regex.replace(string, string, string) -> string",
            replace,
        )
        .pattern(1),
        Overload::new(
            "regex_replace_string_string_string_int",
            "regex.replace(string, string, string, int) -> string",
            replace,
        )
        .pattern(1),
    ])
}

fn one_group(pattern: &Pattern) -> Result<(), EvalError> {
    if pattern.names().len() <= 1 {
        return Ok(());
    }
    Err(EvalError::new(format!(
        "regular expression has more than one capturing group: \"{}\"",
        pattern.source()
    )))
}

fn extract<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), pattern] = args else { return Err(EvalError::no_such_overload()) };
    let pattern = evaluation.pattern(*pattern)?;
    let search = evaluation.search(&pattern, text)?;
    one_group(&pattern)?;
    let groups = pattern.names().len();
    let found = search.captures()?.and_then(|found| found.get(groups));
    match found.filter(|found| groups == 0 || !found.is_empty()) {
        Some(found) => evaluation.optional(Term::String(found)),
        None => Ok(Term::Optional(None)),
    }
}

fn extract_all<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), pattern] = args else { return Err(EvalError::no_such_overload()) };
    let pattern = evaluation.pattern(*pattern)?;
    let search = evaluation.search(&pattern, text)?;
    one_group(&pattern)?;
    let groups = pattern.names().len();
    let mut all = Vec::new();
    for found in search.captures_iter() {
        evaluation.step(1)?;
        let part = found?.get(groups).filter(|part| groups == 0 || !part.is_empty());
        all.extend(part.map(Term::String));
    }
    evaluation.list(&all)
}

fn replace<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, pattern, with, count) = match args {
        [Term::String(text), pattern, Term::String(with)] => (*text, *pattern, *with, -1),
        [Term::String(text), pattern, Term::String(with), Term::Int(count)] => {
            (*text, *pattern, *with, *count)
        }
        _ => return Err(EvalError::no_such_overload()),
    };
    if count == 0 {
        return Ok(Term::String(text));
    }
    if count > i64::from(i32::MAX) {
        return Err(EvalError::new("integer overflow"));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let pattern = evaluation.pattern(pattern)?;
    let mut replaced = String::new();
    let mut last = 0;
    for found in evaluation.search(&pattern, text)?.captures_iter().take(count) {
        let found = found?;
        let whole = found.range();
        replaced.push_str(text.get(last..whole.start).unwrap_or_default());
        expand(with, &found, pattern.names().len(), &mut replaced)?;
        last = whole.end;
        evaluation.step(1 + replaced.len() / 1024)?;
        if replaced.len() > MAX_REPLACED {
            evaluation.reserve(replaced.len())?;
        }
    }
    replaced.push_str(text.get(last..).unwrap_or_default());
    evaluation.string(&replaced)
}

/// A text that grows beyond this takes from the budget while it grows.
const MAX_REPLACED: usize = 1 << 20;

/// Writes a replacement: `\1` is a group, `\\` a backslash.
fn expand(
    with: &str,
    found: &Captures<'_>,
    groups: usize,
    to: &mut String,
) -> Result<(), EvalError> {
    let mut chars = with.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            to.push(char);
            continue;
        }
        match chars.next() {
            None => {
                return Err(EvalError::new(format!(
                    "invalid replacement string: '{with}' \\ not allowed at end"
                )));
            }
            Some('\\') => to.push('\\'),
            Some(digit) => {
                let group = digit.to_digit(10).ok_or_else(|| {
                    EvalError::new(format!(
                        "invalid replacement string: '{with}' \\ must be followed by a digit or \\"
                    ))
                })? as usize;
                if group > groups {
                    return Err(EvalError::new(format!(
                        "replacement string references group {group} but regex has only {groups} \
                         group(s)"
                    )));
                }
                to.push_str(found.get(group).unwrap_or_default());
            }
        }
    }
    Ok(())
}
