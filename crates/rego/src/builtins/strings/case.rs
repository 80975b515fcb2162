//! `lower`, `upper`: one character for one character, as Go's `unicode.ToLower` and `ToUpper`.

use super::walk_over;
use crate::builtins::arithmetic::Outcome;
use crate::builtins::operands::string;
use crate::builtins::{Context, Function};
use crate::term::Term;

pub(in crate::builtins) const FUNCTIONS: &[(&str, Function)] =
    &[("lower", lower), ("upper", upper)];

fn lower<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    mapped(context, operands, lower_char)
}

fn upper<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    mapped(context, operands, upper_char)
}

fn mapped<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    map: fn(char) -> char,
) -> Outcome<'a> {
    let text = string(operands, 1)?;
    let budget = context.arena.budget();
    walk_over(budget, text)?;
    if text.chars().all(|c| map(c) == c) {
        return Ok(Term::String(text));
    }
    budget.allocate(text.len() as u64)?;
    let mapped: String = text.chars().map(map).collect();
    Ok(context.arena.string(&mapped)?)
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

pub(super) fn lower_char(c: char) -> char {
    match c {
        // nearly all: they need no table
        '\0'..='\x7f' => c.to_ascii_lowercase(),
        // the one capital whose full mapping has two characters
        'İ' => 'i',
        _ => only(c.to_lowercase()).unwrap_or(c),
    }
}

pub(super) fn upper_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    // Greek letters with iota below: their full mapping has two characters, their simple one is
    // the title case form
    let apart = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return only(c.to_uppercase()).unwrap_or(c),
    };
    char::from_u32(u32::from(c) + apart).unwrap_or(c)
}
