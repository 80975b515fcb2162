//! `object.*`

use super::arithmetic::Outcome;
use super::operands::{array, object, operand};
use super::{Context, Failure, Function};
use crate::term::{Comparison, Term, TermKind};
use sekisho_budget::{Budget, BudgetExceeded};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("object.get", get),
    ("object.keys", keys),
    ("object.filter", filter),
    ("object.remove", remove),
    ("object.union", union),
    ("object.union_n", union_n),
    ("object.subset", subset),
];

type Entry<'a> = (Term<'a>, Term<'a>);

/// What is at a key, or at the end of a path of keys; else the default.
fn get<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let object = object(operands, 1)?;
    let (key, default) = (operand(operands, 2), operand(operands, 3));
    if key.kind() != TermKind::Array {
        return Ok(object.get(key).unwrap_or(default));
    }
    context.arena.budget().step(key.len().unwrap_or(0) as u64)?;
    let found = key.items().try_fold(object, |at, key| at.get(key));
    Ok(found.unwrap_or(default))
}

fn keys<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let object = object(operands, 1)?;
    take_entries(context.arena.budget(), object)?;
    let keys: Vec<_> = object.entries().map(|(key, _)| key).collect();
    Ok(context.arena.sorted_set(&keys)?)
}

/// What a copy of an object's entries takes while it is made.
fn take_entries(budget: &Budget<'_>, object: Term<'_>) -> Result<(), BudgetExceeded> {
    let len = object.len().unwrap_or(0);
    budget.step(1 + len as u64 / 4)?;
    budget.allocate((len * size_of::<Entry<'_>>()) as u64)
}

/// The keys that a list, a set or an object names.
fn named_keys<'a>(context: &Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let keys = operand(operands, 2);
    match keys.kind() {
        TermKind::Set | TermKind::Object => Ok(keys),
        TermKind::Array => {
            take_entries(context.arena.budget(), keys)?;
            Ok(context.arena.set(keys.items().collect())?)
        }
        _ => Err(Failure::operand_type(2, keys, &["object", "set", "array"])),
    }
}

fn filter<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    kept(context, operands, true)
}

fn remove<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    kept(context, operands, false)
}

fn kept<'a>(context: &mut Context<'a>, operands: &[Term<'a>], named: bool) -> Outcome<'a> {
    let object = object(operands, 1)?;
    let keys = named_keys(context, operands)?;
    take_entries(context.arena.budget(), object)?;
    let is_kept = |(key, _): &Entry<'a>| keys.get(*key).is_some() == named;
    let entries: Vec<_> = object.entries().filter(is_kept).collect();
    Ok(context.arena.sorted_object(&entries)?)
}

fn union<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (object(operands, 1)?, object(operands, 2)?);
    merged(context, &[left, right])
}

fn union_n<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let objects = array(operands, 1)?;
    take_entries(context.arena.budget(), objects)?;
    if let Some(wrong) = objects.items().find(|item| item.kind() != TermKind::Object) {
        return Err(Failure::operand_element(1, objects, wrong, &["object"]));
    }
    let objects: Vec<_> = objects.items().collect();
    merged(context, &objects)
}

/// Objects, each over those before it; where values at one key are objects, they are merged, too.
/// It recurses as deep as the values are, which is bounded.
fn merged<'a>(context: &Context<'a>, objects: &[Term<'a>]) -> Outcome<'a> {
    let budget = context.arena.budget();
    let mut filled = objects.iter().filter(|object| object.len() != Some(0));
    match (filled.next(), filled.next()) {
        (None, _) => return Ok(context.arena.sorted_object(&[])?),
        (Some(only), None) => return Ok(*only),
        _ => {}
    }
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for object in objects {
        take_entries(budget, *object)?;
        entries.extend(object.entries());
    }
    let comparison = Comparison::new(budget);
    // stable: of the same key the later stands behind
    entries.sort_by(|(left, _), (right, _)| comparison.compare(*left, *right));
    let same = |left: &Entry<'a>, right: &Entry<'a>| {
        comparison.compare(left.0, right.0) == Ordering::Equal
    };
    let mut result = Vec::new();
    for group in entries.chunk_by(same) {
        let (Some((key, _)), Some((_, last))) = (group.first(), group.last()) else { continue };
        let is_object = |(_, value): &&Entry<'a>| value.kind() == TermKind::Object;
        // what stands before a value that is no object is covered by it
        let open = group.iter().rev().take_while(is_object).count();
        let value = if open > 1 {
            let values: Vec<_> = group.iter().skip(group.len() - open).map(|(_, v)| *v).collect();
            merged(context, &values)?
        } else {
            *last
        };
        result.push((*key, value));
    }
    comparison.end()?;
    Ok(context.arena.sorted_object(&result)?)
}

fn subset<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (whole, part) = (operand(operands, 1), operand(operands, 2));
    let comparison = Comparison::new(context.arena.budget());
    let holds = match (whole.kind(), part.kind()) {
        (TermKind::Array, TermKind::Set) => array_holds(whole, part),
        (TermKind::Object, TermKind::Object)
        | (TermKind::Set, TermKind::Set)
        | (TermKind::Array, TermKind::Array) => covers(&comparison, whole, part),
        _ => {
            let message = "both arguments object.subset must be of the same type or array and set";
            return Err(Failure::Error { wrong_type: true, message: message.to_owned() });
        }
    };
    comparison.end()?;
    Ok(Term::Bool(holds))
}

/// As OPA counts: a member that stands in the list twice counts twice.
fn array_holds(whole: Term<'_>, part: Term<'_>) -> bool {
    let mut missing = part.len().unwrap_or(0);
    whole.items().any(|item| {
        if part.get(item).is_some() {
            missing = missing.saturating_sub(1);
        }
        missing == 0
    })
}

/// Whether the one is in the other: entries of an object, members of a set, a run of a list. It
/// recurses as deep as the values are, which is bounded.
fn covers(comparison: &Comparison<'_>, whole: Term<'_>, part: Term<'_>) -> bool {
    match (whole.kind(), part.kind()) {
        (TermKind::Object, TermKind::Object) => {
            for (key, value) in part.entries() {
                let Some(other) = whole.get(key) else { return false };
                if comparison.compare(other, value).is_ne() && !covers(comparison, other, value) {
                    return false;
                }
            }
            true
        }
        (TermKind::Set, TermKind::Set) => part.items().all(|item| whole.get(item).is_some()),
        (TermKind::Array, TermKind::Array) => is_run(comparison, whole, part),
        _ => false,
    }
}

fn is_run(comparison: &Comparison<'_>, whole: Term<'_>, part: Term<'_>) -> bool {
    let (len, wanted) = (whole.len().unwrap_or(0), part.len().unwrap_or(0));
    let Some(last) = len.checked_sub(wanted) else { return false };
    (0..=last).any(|start| {
        (0..wanted).all(|at| match (whole.entry(start + at), part.entry(at)) {
            (Some((_, left)), Some((_, right))) => comparison.counted(left, right).is_eq(),
            _ => false,
        })
    })
}
