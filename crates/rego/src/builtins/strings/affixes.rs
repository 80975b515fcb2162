//! `strings.any_prefix_match`, `strings.any_suffix_match`.

use super::walk_over;
use crate::builtins::arithmetic::Outcome;
use crate::builtins::operands::operand;
use crate::builtins::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use sekisho_budget::Budget;

pub(in crate::builtins) const FUNCTIONS: &[(&str, Function)] = &[
    ("strings.any_prefix_match", any_prefix_match),
    ("strings.any_suffix_match", any_suffix_match),
];

fn any_prefix_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    any_match(context, operands, |text| text.as_bytes().to_vec(), |s, part| s.starts_with(part))
}

fn any_suffix_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let reversed = |text: &str| text.bytes().rev().collect();
    any_match(context, operands, reversed, |s, part| s.ends_with(part))
}

/// A string, or the strings of a list or set.
fn texts<'a>(
    operands: &[Term<'a>],
    position: usize,
    budget: &Budget<'_>,
) -> Result<Vec<&'a str>, Failure> {
    let term = operand(operands, position);
    match term.kind() {
        TermKind::String => Ok(term.as_str().into_iter().collect()),
        TermKind::Array | TermKind::Set => {
            let len = term.items().len() as u64;
            budget.step(len)?;
            budget.allocate(len * size_of::<&str>() as u64)?;
            let text = |member: Term<'a>| {
                let wrong = || Failure::operand_element(position, term, member, &["string"]);
                member.as_str().ok_or_else(wrong)
            };
            term.items().map(text).collect()
        }
        _ => Err(Failure::operand_type(position, term, &["string", "set", "array"])),
    }
}

/// One text and many parts, gone through where they stand. A part that is no string is an error
/// even behind one that matches.
fn one_of_many<'a>(
    text: &str,
    parts: Term<'a>,
    len: usize,
    budget: &Budget<'_>,
    matches: fn(&str, &str) -> bool,
) -> Outcome<'a> {
    budget.step(len as u64)?;
    let mut found = false;
    for part in parts.items() {
        let Some(part) = part.as_str() else {
            return Err(Failure::operand_element(2, parts, part, &["string"]));
        };
        found = found || matches(text, part);
    }
    Ok(Term::Bool(found))
}

fn any_match<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    key: fn(&str) -> Vec<u8>,
    matches: fn(&str, &str) -> bool,
) -> Outcome<'a> {
    let budget = context.arena.budget();
    if let (Term::String(text), Some(len)) = (operand(operands, 1), operand(operands, 2).len())
        && operand(operands, 2).kind() != TermKind::Object
    {
        return one_of_many(text, operand(operands, 2), len, budget, matches);
    }
    let texts_of = |position| texts(operands, position, budget);
    let (strings, parts) = (texts_of(1)?, texts_of(2)?);
    if let [only] = strings.as_slice() {
        return Ok(Term::Bool(parts.iter().any(|part| matches(only, part))));
    }
    if let [only] = parts.as_slice() {
        return Ok(Term::Bool(strings.iter().any(|text| matches(text, only))));
    }
    // texts that begin alike stand together, right behind what they begin with
    let mut sorted = Vec::with_capacity(strings.len());
    for text in &strings {
        walk_over(budget, text)?;
        budget.allocate(text.len() as u64)?;
        sorted.push(key(text));
    }
    sorted.sort_unstable();
    for part in parts {
        walk_over(budget, part)?;
        let part = key(part);
        let at = sorted.partition_point(|text| *text < part);
        if sorted.get(at).is_some_and(|text| text.starts_with(&part)) {
            return Ok(Term::Bool(true));
        }
    }
    Ok(Term::Bool(false))
}
