//! `regex.*`, with Go's syntax and matches.

mod globs;
mod replace;
mod template;

use super::arithmetic::{Outcome, int};
use super::operands::{operand, string};
use super::patterns::read;
use super::{Context, Failure, Function};
use crate::term::Term;
use sekisho_budget::BudgetExceeded;
use sekisho_go_regex::Pattern;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("regex.is_valid", is_valid),
    ("regex.match", is_match),
    ("re_match", is_match),
    ("regex.split", split),
    ("regex.find_n", find_n),
    ("regex.find_all_string_submatch_n", find_all),
    ("regex.replace", replace::replace),
    ("regex.template_match", template::template_match),
    ("regex.globs_match", globs::globs_match),
];

/// A compiled pattern, from those that are kept or new.
fn compiled(context: &Context<'_>, pattern: &str) -> Result<Arc<Pattern>, Failure> {
    context.arena.budget().step(1 + pattern.len() as u64 / 16)?;
    let made = context.made.regexes.get(pattern);
    if let Some(kept) = made.or_else(|| context.patterns.regexes.get(pattern)) {
        return Ok(kept);
    }
    let made = read(pattern, context.arena.budget())?;
    Ok(context.patterns.regexes.keep(pattern, made))
}

/// Makes the pattern of a call, to be kept.
pub(super) fn prepare(context: &Context<'_>, pattern: Term<'_>) -> Result<(), Failure> {
    pattern.as_str().map_or(Ok(()), |pattern| compiled(context, pattern).map(drop))
}

/// The pattern and the text of a call.
fn pattern_and_text<'a>(
    context: &Context<'a>,
    operands: &[Term<'a>],
) -> Result<(Arc<Pattern>, &'a str), Failure> {
    let (pattern, text) = (string(operands, 1)?, string(operands, 2)?);
    Ok((compiled(context, pattern)?, text))
}

fn is_valid<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let Some(pattern) = operand(operands, 1).as_str() else { return Ok(Term::Bool(false)) };
    context.arena.budget().step(1 + pattern.len() as u64 / 16)?;
    match Pattern::read(pattern) {
        Ok(_) => Ok(Term::Bool(true)),
        Err(error) => {
            error.exceeded().map_or(Ok(Term::Bool(false)), |exceeded| Err(exceeded.into()))
        }
    }
}

fn is_match<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (pattern, text) = pattern_and_text(context, operands)?;
    Ok(Term::Bool(pattern.search(text, context.arena.budget())?.is_match()?))
}

/// What every match costs beside the search: it starts anew behind the one before.
fn each_match(context: &Context<'_>, rest: usize) -> Result<(), BudgetExceeded> {
    let budget = context.arena.budget();
    budget.allocate(size_of::<Term<'_>>() as u64)?;
    budget.step(1 + rest as u64 / 4096)
}

fn split<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let source = string(operands, 1)?;
    let text = string(operands, 2)?;
    let (pattern, _) = pattern_and_text(context, operands)?;
    let search = pattern.search(text, context.arena.budget())?;
    if text.is_empty() && !source.is_empty() {
        return Ok(context.arena.array(&[Term::String("")])?);
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    let part = |from: usize, to: usize| Term::String(text.get(from..to).unwrap_or(""));
    for found in search.find_iter() {
        let found = found?;
        each_match(context, text.len() - found.end)?;
        end = found.start;
        // an empty match at the very start splits nothing off
        if found.end != 0 {
            parts.push(part(begin, end));
        }
        begin = found.end;
    }
    if end != text.len() {
        parts.push(part(begin, text.len()));
    }
    Ok(context.arena.array(&parts)?)
}

/// How many matches are wanted; a negative number is all of them.
fn wanted(operands: &[Term<'_>]) -> Result<usize, Failure> {
    Ok(usize::try_from(int(operands, 3)?).unwrap_or(usize::MAX))
}

fn find_n<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (_, text) = (string(operands, 1)?, string(operands, 2)?);
    let wanted = wanted(operands)?;
    let (pattern, _) = pattern_and_text(context, operands)?;
    let search = pattern.search(text, context.arena.budget())?;
    let mut matches = Vec::new();
    for found in search.find_iter().take(wanted) {
        let found = found?;
        each_match(context, text.len() - found.end)?;
        matches.push(Term::String(text.get(found).unwrap_or("")));
    }
    Ok(context.arena.array(&matches)?)
}

fn find_all<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (_, text) = (string(operands, 1)?, string(operands, 2)?);
    let wanted = wanted(operands)?;
    let (pattern, _) = pattern_and_text(context, operands)?;
    let search = pattern.search(text, context.arena.budget())?;
    let mut matches = Vec::new();
    let groups = pattern.names().len();
    for found in search.captures_iter().take(wanted) {
        let found = found?;
        each_match(context, text.len() - found.range().end)?;
        context.arena.budget().step(groups as u64)?;
        let groups: Vec<_> =
            (0..=groups).map(|group| Term::String(found.get(group).unwrap_or(""))).collect();
        matches.push(context.arena.array(&groups)?);
    }
    Ok(context.arena.array(&matches)?)
}
