//! `to_number`, `cast_*`, `is_*`, `type_name`, and the comparisons.

use super::aggregates::look_through;
use super::arithmetic::Outcome;
use super::operands::operand;
use super::sets::list_or_set;
use super::{Context, Failure, Function};
use crate::term::number::to_number_literal;
use crate::term::{Comparison, Term, TermKind};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("to_number", to_number),
    ("cast_array", cast_array),
    ("cast_set", cast_set),
    ("cast_string", |_, operands| cast(operands, TermKind::String)),
    ("cast_boolean", |_, operands| cast(operands, TermKind::Boolean)),
    ("cast_null", |_, operands| cast(operands, TermKind::Null)),
    ("cast_object", |_, operands| cast(operands, TermKind::Object)),
    ("is_array", |_, operands| is(operands, TermKind::Array)),
    ("is_boolean", |_, operands| is(operands, TermKind::Boolean)),
    ("is_null", |_, operands| is(operands, TermKind::Null)),
    ("is_number", |_, operands| is(operands, TermKind::Number)),
    ("is_object", |_, operands| is(operands, TermKind::Object)),
    ("is_set", |_, operands| is(operands, TermKind::Set)),
    ("is_string", |_, operands| is(operands, TermKind::String)),
    ("type_name", |_, operands| Ok(Term::String(operand(operands, 1).kind().name()))),
    ("eq", |context, operands| ordered(context, operands, Ordering::is_eq)),
    ("assign", |context, operands| ordered(context, operands, Ordering::is_eq)),
    ("equal", |context, operands| ordered(context, operands, Ordering::is_eq)),
    ("neq", |context, operands| ordered(context, operands, Ordering::is_ne)),
    ("lt", |context, operands| ordered(context, operands, Ordering::is_lt)),
    ("lte", |context, operands| ordered(context, operands, Ordering::is_le)),
    ("gt", |context, operands| ordered(context, operands, Ordering::is_gt)),
    ("gte", |context, operands| ordered(context, operands, Ordering::is_ge)),
];

fn ordered<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    holds: fn(Ordering) -> bool,
) -> Outcome<'a> {
    let comparison = Comparison::new(context.arena.budget());
    let order = comparison.compare(operand(operands, 1), operand(operands, 2));
    comparison.end()?;
    Ok(Term::Bool(holds(order)))
}

fn is<'a>(operands: &[Term<'a>], kind: TermKind) -> Outcome<'a> {
    Ok(Term::Bool(operand(operands, 1).kind() == kind))
}

fn cast<'a>(operands: &[Term<'a>], kind: TermKind) -> Outcome<'a> {
    let term = operand(operands, 1);
    if term.kind() == kind {
        return Ok(term);
    }
    Err(Failure::operand_type(1, term, &[kind.name()]))
}

fn cast_array<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    match operand(operands, 1) {
        Term::Set(members, depth) => Ok(Term::Array(members, depth)),
        term if term.kind() == TermKind::Array => Ok(term),
        term => Err(Failure::operand_type(1, term, &["array", "set"])),
    }
}

fn cast_set<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let term = operand(operands, 1);
    let members = list_or_set(term, 1, &["array", "set"])?;
    if let Term::Set(..) = term {
        return Ok(term);
    }
    look_through(context, members.len())?;
    context.arena.budget().allocate((members.len() * size_of::<Term<'_>>()) as u64)?;
    Ok(context.arena.set(members.collect())?)
}

fn to_number<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let term = operand(operands, 1);
    match term {
        Term::Null | Term::Bool(false) => Ok(Term::Int(0)),
        Term::Bool(true) => Ok(Term::Int(1)),
        Term::Int(_) | Term::Number(_) => Ok(term),
        Term::String(text) => {
            let bare = text.trim_start_matches(['+', '-']);
            if ["inf", "infinity", "nan"].iter().any(|word| bare.eq_ignore_ascii_case(word)) {
                return Err(Failure::operand_type(1, term, &["valid number string"]));
            }
            let literal = to_number_literal(text).map_err(Failure::error)?;
            Ok(context.arena.number(&literal)?)
        }
        _ => Err(Failure::operand_type(1, term, &["null", "boolean", "number", "string"])),
    }
}
