//! `array.*`.

use super::arithmetic::{Outcome, int};
use super::operands::{array, operand};
use super::{Context, Function};
use crate::term::{Term, TermKind};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("array.concat", concat),
    ("array.flatten", flatten),
    ("array.reverse", reverse),
    ("array.slice", slice),
];

/// A list of these; the memory is taken before they are collected.
fn list<'a>(
    context: &Context<'a>,
    len: usize,
    items: impl Iterator<Item = Term<'a>>,
) -> Outcome<'a> {
    let budget = context.arena.budget();
    budget.step(len as u64 / 8)?;
    budget.allocate((len * size_of::<Term<'_>>()) as u64)?;
    let items: Vec<_> = items.collect();
    Ok(context.arena.array(&items)?)
}

fn concat<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (array(operands, 1)?, array(operands, 2)?);
    match (left.len(), right.len()) {
        (Some(0), _) => Ok(right),
        (_, Some(0)) => Ok(left),
        (left_len, right_len) => {
            let len = left_len.unwrap_or(0) + right_len.unwrap_or(0);
            list(context, len, left.items().chain(right.items()))
        }
    }
}

fn flatten<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let array = array(operands, 1)?;
    let is_list = |item: &Term<'_>| item.kind() == TermKind::Array;
    if !array.items().any(|item| is_list(&item)) {
        return Ok(array);
    }
    let mut items = Vec::new();
    for item in array.items() {
        let len = if is_list(&item) { item.len().unwrap_or(0) } else { 1 };
        context.arena.budget().step(1 + len as u64 / 8)?;
        context.arena.budget().allocate((len * size_of::<Term<'_>>()) as u64)?;
        if is_list(&item) {
            items.extend(item.items());
        } else {
            items.push(item);
        }
    }
    Ok(context.arena.array(&items)?)
}

fn reverse<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let array = array(operands, 1)?;
    let len = array.len().unwrap_or(0);
    let items = (0..len).rev().filter_map(|at| array.entry(at)).map(|(_, item)| item);
    list(context, len, items)
}

fn slice<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let array = array(operands, 1)?;
    let (start, stop) = (int(operands, 2)?, int(operands, 3)?);
    let len = array.len().unwrap_or(0);
    // what lies outside of the list is the nearest end of it
    let stop = usize::try_from(stop.max(0)).unwrap_or(len).min(len);
    let start = usize::try_from(start.max(0)).unwrap_or(len).min(stop);
    if start == 0 && stop == len {
        return Ok(operand(operands, 1));
    }
    match array {
        Term::JsonArray(items) => Ok(Term::JsonArray(items.get(start..stop).unwrap_or_default())),
        Term::Array(items, depth) => {
            Ok(Term::Array(items.get(start..stop).unwrap_or_default(), depth))
        }
        _ => list(context, stop - start, array.items().skip(start).take(stop - start)),
    }
}
