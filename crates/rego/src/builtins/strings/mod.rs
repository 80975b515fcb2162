//! `concat`, `contains`, `split`, `trim*`, `strings.*` and their like.
//!
//! Positions and lengths count characters.

mod affixes;
mod case;
mod replace;

use super::arithmetic::{Outcome, float, int, number};
use super::operands::{operand, string};
use super::sets::list_or_set;
use super::{Context, Failure, Function};
use crate::term::number::{Cost, digits, with_literal};
use crate::term::{Term, Text};
use sekisho_budget::{Budget, BudgetExceeded};

pub(super) use affixes::FUNCTIONS as AFFIXES;
pub(super) use case::FUNCTIONS as CASE;
pub(super) use replace::FUNCTIONS as REPLACE;

pub(super) const SEARCH: &[(&str, Function)] = &[
    ("contains", contains),
    ("startswith", startswith),
    ("endswith", endswith),
    ("indexof", indexof),
    ("indexof_n", indexof_n),
    ("strings.count", count),
];

pub(super) const PARTS: &[(&str, Function)] = &[
    ("concat", concat),
    ("format_int", format_int),
    ("split", split),
    ("strings.split_n", split_n),
    ("strings.reverse", reverse),
    ("substring", substring),
    ("trim", trim),
    ("trim_left", trim_left),
    ("trim_right", trim_right),
    ("trim_prefix", trim_prefix),
    ("trim_suffix", trim_suffix),
    ("trim_space", trim_space),
    ("internal.template_string", template_string),
];

/// What a walk over a text costs.
fn walk_over(budget: &Budget<'_>, text: &str) -> Result<(), BudgetExceeded> {
    budget.step(1 + text.len() as u64 / 64)
}

fn two<'a>(context: &Context<'a>, operands: &[Term<'a>]) -> Result<(&'a str, &'a str), Failure> {
    let (text, other) = (string(operands, 1)?, string(operands, 2)?);
    walk_over(context.arena.budget(), text)?;
    Ok((text, other))
}

fn contains<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = two(context, operands)?;
    Ok(Term::Bool(text.contains(part)))
}

fn startswith<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    Ok(Term::Bool(string(operands, 1)?.starts_with(string(operands, 2)?)))
}

fn endswith<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    Ok(Term::Bool(string(operands, 1)?.ends_with(string(operands, 2)?)))
}

fn not_empty(part: &str) -> Result<(), Failure> {
    if part.is_empty() { Err(Failure::error("empty search character")) } else { Ok(()) }
}

fn indexof<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = two(context, operands)?;
    not_empty(part)?;
    let before = text.find(part).and_then(|at| text.get(..at));
    Ok(Term::Int(before.map_or(-1, char_count)))
}

fn char_count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Occurrences may overlap.
fn indexof_n<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = two(context, operands)?;
    not_empty(part)?;
    let budget = context.arena.budget();
    let mut found = Vec::new();
    let (mut rest, mut position) = (text, 0);
    while let Some(at) = rest.find(part) {
        // a search reads the part anew, and the part more than once
        budget.step(1 + at as u64 / 64 + part.len() as u64 / 8)?;
        budget.allocate(size_of::<Term<'_>>() as u64)?;
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        position += char_count(before);
        found.push(Term::Int(position));
        let mut chars = from.chars();
        chars.next();
        position += 1;
        rest = chars.as_str();
    }
    Ok(context.arena.array(&found)?)
}

fn count<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, part) = two(context, operands)?;
    let count = text.matches(part).count();
    Ok(Term::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn concat<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let delimiter = string(operands, 1)?;
    let collection = operand(operands, 2);
    let parts = list_or_set(collection, 2, &["set", "array"])?;
    if let (1, Some(only @ Term::String(_))) = (parts.len(), parts.clone().next()) {
        return Ok(only);
    }
    let budget = context.arena.budget();
    budget.step(1 + parts.len() as u64 / 4)?;
    if let Some(wrong) = parts.clone().find(|part| part.as_str().is_none()) {
        return Err(Failure::operand_element(2, collection, wrong, &["string"]));
    }
    // A list of names, a path: most are short.
    let mut text = Text::sized(budget, 128);
    for (position, part) in parts.enumerate() {
        if position > 0 {
            text.push_str(delimiter)?;
        }
        text.push_str(part.as_str().unwrap_or(""))?;
    }
    Ok(context.arena.string(text.as_str())?)
}

fn format_int<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let number = number(operands, 1)?;
    let radix = match super::arithmetic::number(operands, 2)? {
        Term::Int(radix @ (2 | 8 | 10 | 16)) => u32::try_from(radix).unwrap_or(10),
        _ => return Err(Failure::operand(2, "must be one of {2, 8, 10, 16}")),
    };
    if let (Term::Int(int), 10) = (number, radix) {
        return Ok(context.arena.string(&int.to_string())?);
    }
    let cost = Cost(context.arena.budget());
    let decimal_only = |literal: &str| literal.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let int = match number {
        Term::Int(int) => int.into(),
        Term::Number(literal) if decimal_only(literal) => {
            let int = with_literal(number, |literal| literal.to_integer(cost)).transpose()?;
            int.flatten().unwrap_or_default()
        }
        // what stands behind the point is cut off
        _ => float(number, cost)?.truncated(cost)?,
    };
    cost.digits(int.bits())?;
    let text = if radix == 10 { digits::write(&int, cost)? } else { int.to_str_radix(radix) };
    Ok(context.arena.string(&text)?)
}

/// The texts as a list; they are parts of a text that is there, so only the list takes memory.
fn list<'a>(context: &Context<'a>, parts: impl Iterator<Item = &'a str>) -> Outcome<'a> {
    let budget = context.arena.budget();
    let mut items = Vec::new();
    for part in parts {
        budget.step(1)?;
        budget.allocate(size_of::<Term<'_>>() as u64)?;
        items.push(Term::String(part));
    }
    Ok(context.arena.array(&items)?)
}

/// As Go's `strings.Split`: an empty delimiter gives the characters.
fn parts<'a>(text: &'a str, delimiter: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    if delimiter.is_empty() {
        let end = |at: usize, c: char| at + c.len_utf8();
        return Box::new(text.char_indices().filter_map(move |(at, c)| text.get(at..end(at, c))));
    }
    Box::new(text.split(delimiter))
}

fn split<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, delimiter) = two(context, operands)?;
    list(context, parts(text, delimiter))
}

/// The first parts, or with a negative number the last ones.
fn split_n<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (text, delimiter) = two(context, operands)?;
    let wanted = int(operands, 3)?;
    let size = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted >= 0 {
        return list(context, parts(text, delimiter).take(size));
    }
    let len = parts(text, delimiter).count();
    list(context, parts(text, delimiter).skip(len.saturating_sub(size)))
}

fn reverse<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let text = string(operands, 1)?;
    let budget = context.arena.budget();
    walk_over(budget, text)?;
    budget.allocate(text.len() as u64)?;
    let reversed: String = text.chars().rev().collect();
    Ok(context.arena.string(&reversed)?)
}

fn substring<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let text = string(operands, 1)?;
    let (offset, length) = (int(operands, 2)?, int(operands, 3)?);
    let offset = usize::try_from(offset).map_err(|_| Failure::error("negative offset"))?;
    walk_over(context.arena.budget(), text)?;
    let place = |text: &str, chars: usize| text.char_indices().nth(chars).map(|(at, _)| at);
    let rest = place(text, offset).and_then(|start| text.get(start..)).unwrap_or("");
    // a negative length is all of the rest
    let end = usize::try_from(length).ok().and_then(|length| place(rest, length));
    Ok(Term::String(end.and_then(|end| rest.get(..end)).unwrap_or(rest)))
}

fn trim<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    trim_ends(context, operands, true, true)
}

fn trim_left<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    trim_ends(context, operands, true, false)
}

fn trim_right<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    trim_ends(context, operands, false, true)
}

fn trim_ends<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    left: bool,
    right: bool,
) -> Outcome<'a> {
    let (text, cut) = two(context, operands)?;
    let is_cut = |c: char| cut.contains(c);
    let trimmed = if left { text.trim_start_matches(is_cut) } else { text };
    let trimmed = if right { trimmed.trim_end_matches(is_cut) } else { trimmed };
    let steps = (text.len() - trimmed.len()) as u64;
    context.arena.budget().step(steps.saturating_mul(cut.len() as u64) / 64)?;
    Ok(Term::String(trimmed))
}

fn trim_prefix<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let text = string(operands, 1)?;
    Ok(Term::String(text.strip_prefix(string(operands, 2)?).unwrap_or(text)))
}

fn trim_suffix<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let text = string(operands, 1)?;
    Ok(Term::String(text.strip_suffix(string(operands, 2)?).unwrap_or(text)))
}

fn trim_space<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    Ok(Term::String(string(operands, 1)?.trim()))
}

/// The parts of an interpolated string: a scalar, or a set of what an expression gives.
fn template_string<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let mut text = Text::new(context.arena.budget());
    for part in super::operands::array(operands, 1)?.items() {
        let part = match part {
            Term::Set([], _) => Term::String("<undefined>"),
            Term::Set([value], _) => *value,
            Term::Set(..) => {
                return Err(Failure::error("template-strings must not produce multiple outputs"));
            }
            scalar => scalar,
        };
        match part {
            Term::String(part) => text.push_str(part)?,
            other => text.push_term(other)?,
        }
    }
    Ok(context.arena.string(text.as_str())?)
}
