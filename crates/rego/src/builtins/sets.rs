//! `&`, `|`, the difference of sets, `union`, `intersection`.

use super::arithmetic::Outcome;
use super::operands::operand;
use super::{Context, Failure, Function};
use crate::term::{Comparison, Term, TermKind};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("and", and),
    ("or", or),
    ("set_diff", set_diff),
    ("intersection", intersection),
    ("union", union),
];

fn set<'a>(term: Term<'a>, position: usize) -> Result<&'a [Term<'a>], Failure> {
    match term {
        Term::Set(members, _) => Ok(members),
        _ => Err(Failure::operand_type(position, term, &["set"])),
    }
}

fn and<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (set(operand(operands, 1), 1)?, set(operand(operands, 2), 2)?);
    let shared = merge(context, left, right, |order| order.is_eq())?;
    Ok(context.arena.sorted_set(&shared)?)
}

fn or<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (set(operand(operands, 1), 1)?, set(operand(operands, 2), 2)?);
    if left.is_empty() {
        return Ok(operand(operands, 2));
    }
    if right.is_empty() {
        return Ok(operand(operands, 1));
    }
    let all = merge(context, left, right, |_| true)?;
    Ok(context.arena.sorted_set(&all)?)
}

fn set_diff<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    set(operand(operands, 1), 1)?;
    set(operand(operands, 2), 2)?;
    difference(context, operand(operands, 1), operand(operands, 2))
}

/// The members of one set that are not in another.
pub(super) fn difference<'a>(
    context: &mut Context<'a>,
    left: Term<'a>,
    right: Term<'a>,
) -> Outcome<'a> {
    let (left, right) = (set(left, 1)?, set(right, 2)?);
    let rest = merge(context, left, right, |order| order.is_lt())?;
    Ok(context.arena.sorted_set(&rest)?)
}

/// Goes through two sets in order; `keep` decides by where a member is: in the left one (less),
/// in both (equal), in the right one (greater).
fn merge<'a>(
    context: &Context<'a>,
    left: &[Term<'a>],
    right: &[Term<'a>],
    keep: fn(Ordering) -> bool,
) -> Result<Vec<Term<'a>>, Failure> {
    let budget = context.arena.budget();
    budget.step(((left.len() + right.len()) / 4) as u64)?;
    budget.allocate(((left.len() + right.len()) * size_of::<Term<'_>>()) as u64)?;
    let comparison = Comparison::new(budget);
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut members = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => comparison.compare(**left, **right),
        };
        let from_left = if order.is_le() { left.next() } else { None };
        let from_right = if order.is_ge() { right.next() } else { None };
        if keep(order) {
            members.extend(from_left.or(from_right));
        }
    }
    comparison.end()?;
    Ok(members)
}

fn intersection<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let mut sets = set(operand(operands, 1), 1)?.iter();
    let Some(first) = sets.next() else { return Ok(context.arena.sorted_set(&[])?) };
    let mut shared = set(*first, 1)?.to_vec();
    for next in sets {
        let next = set(*next, 1)?;
        shared = merge(context, &shared, next, |order| order.is_eq())?;
    }
    Ok(context.arena.sorted_set(&shared)?)
}

fn union<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let sets = set(operand(operands, 1), 1)?;
    let mut members = Vec::new();
    for each in sets {
        let each = set(*each, 1)?;
        context.arena.budget().allocate(size_of_val(each) as u64)?;
        members.extend_from_slice(each);
    }
    Ok(context.arena.set(members)?)
}

/// The items of a list or members of a set.
pub(super) fn list_or_set<'a>(
    term: Term<'a>,
    position: usize,
    expected: &[&str],
) -> Result<impl ExactSizeIterator<Item = Term<'a>> + Clone + use<'a>, Failure> {
    match term.kind() {
        TermKind::Array | TermKind::Set => Ok(term.items()),
        _ => Err(Failure::operand_type(position, term, expected)),
    }
}
