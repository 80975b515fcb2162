//! `count`, `sum`, `product`, `max`, `min`, `sort`, `all`, `any`, membership.

use super::arithmetic::{Outcome, exact, float};
use super::operands::operand;
use super::sets::list_or_set;
use super::{Context, Failure, Function};
use crate::term::number::{Cost, Float};
use crate::term::{Comparison, Term, TermKind};
use num_bigint::BigInt;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("count", count),
    ("sum", sum),
    ("product", product),
    ("max", max),
    ("min", min),
    ("sort", sort),
    ("all", all),
    ("any", any),
    ("internal.member_2", member),
    ("internal.member_3", member_with_key),
];

/// What every member costs that is looked at once.
pub(super) fn look_through(context: &Context<'_>, members: usize) -> Result<(), Failure> {
    Ok(context.arena.budget().step(1 + members as u64 / 8)?)
}

fn count<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let collection = operand(operands, 1);
    let count = match collection {
        Term::String(text) => {
            look_through(context, text.len() / 16)?;
            text.chars().count()
        }
        _ => collection.len().ok_or_else(|| {
            Failure::operand_type(1, collection, &["array", "object", "set", "string"])
        })?,
    };
    Ok(Term::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn sum<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    fold(
        context,
        operand(operands, 1),
        &Fold {
            small: (0, i64::checked_add),
            long: |left, right, _| Ok(left + right),
            zero: Float::zero(false),
            float: |left, right, cost| Ok(left.plus(&right, cost)?),
        },
    )
}

fn product<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    fold(
        context,
        operand(operands, 1),
        &Fold {
            small: (1, i64::checked_mul),
            long: |left, right, cost| {
                cost.product(left.bits(), right.bits())?;
                Ok(left * right)
            },
            // the precision of OPA's products: that of a double
            zero: Float::small(1, 0, 53),
            float: |left, right, _| Ok(left.times(&right)),
        },
    )
}

type Step<T> = fn(T, T, Cost<'_>) -> Result<T, Failure>;

type Checked = fn(i64, i64) -> Option<i64>;

struct Fold {
    small: (i64, Checked),
    long: Step<BigInt>,
    zero: Float,
    float: Step<Float>,
}

/// In 64 bits where they are enough; exactly where all members are integers; else as fractions.
fn fold<'a>(context: &mut Context<'a>, collection: Term<'a>, fold: &Fold) -> Outcome<'a> {
    let mut members = list_or_set(collection, 1, &["set", "array"])?;
    look_through(context, members.len())?;
    let small = members.clone().try_fold(fold.small.0, |total, member| match member {
        Term::Int(int) => fold.small.1(total, int),
        _ => None,
    });
    if let Some(total) = small {
        return Ok(Term::Int(total));
    }
    let cost = Cost(context.arena.budget());
    if let Some(wrong) = members.clone().find(|member| member.kind() != TermKind::Number) {
        return Err(Failure::operand_element(1, collection, wrong, &["number"]));
    }
    let mut total = Some(BigInt::from(fold.small.0));
    for member in members.clone() {
        total = match (total, exact(member, cost)?) {
            (Some(total), Some(int)) => Some((fold.long)(total, int, cost)?),
            _ => None,
        };
        if total.is_none() {
            break;
        }
    }
    if let Some(total) = total {
        return Ok(context.arena.integer(&total)?);
    }
    let total = members.try_fold(fold.zero.clone(), |total, member| {
        (fold.float)(total, float(member, cost)?, cost)
    })?;
    Ok(context.arena.float(&total)?)
}

fn max<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    // of equal ones the last of a list, the first of a set
    extreme(context, operand(operands, 1), |order| order.is_le())
}

fn min<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    extreme(context, operand(operands, 1), |order| order.is_ge())
}

fn extreme<'a>(
    context: &mut Context<'a>,
    collection: Term<'a>,
    better: fn(Ordering) -> bool,
) -> Outcome<'a> {
    let mut members = list_or_set(collection, 1, &["set", "array"])?;
    look_through(context, members.len())?;
    let comparison = Comparison::new(context.arena.budget());
    let mut best = members.next().ok_or(Failure::Undefined)?;
    for member in members {
        if better(comparison.compare(best, member)) {
            best = member;
        }
    }
    comparison.end()?;
    Ok(best)
}

fn sort<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let collection = operand(operands, 1);
    let members = list_or_set(collection, 1, &["set", "array"])?;
    if let Term::Set(members, depth) = collection {
        return Ok(Term::Array(members, depth));
    }
    let budget = context.arena.budget();
    budget.step(members.len() as u64)?;
    budget.allocate((members.len() * size_of::<Term<'_>>()) as u64)?;
    let comparison = Comparison::new(budget);
    let mut members: Vec<_> = members.collect();
    members.sort_by(|left, right| comparison.compare(*left, *right));
    comparison.end()?;
    Ok(context.arena.array(&members)?)
}

fn is_true(term: Term<'_>) -> bool {
    matches!(term, Term::Bool(true))
}

fn all<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let mut members = list_or_set(operand(operands, 1), 1, &["array", "set"])?;
    look_through(context, members.len())?;
    Ok(Term::Bool(members.all(is_true)))
}

fn any<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let mut members = list_or_set(operand(operands, 1), 1, &["array", "set"])?;
    look_through(context, members.len())?;
    Ok(Term::Bool(members.any(is_true)))
}

/// `x in collection`; false where it is no collection.
fn member<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (wanted, collection) = (operand(operands, 1), operand(operands, 2));
    if let Term::Set(..) = collection {
        return Ok(Term::Bool(collection.get(wanted).is_some()));
    }
    look_through(context, collection.len().unwrap_or(0))?;
    let comparison = Comparison::new(context.arena.budget());
    let found = collection.entries().any(|(_, value)| comparison.compare(value, wanted).is_eq());
    comparison.end()?;
    Ok(Term::Bool(found))
}

/// `key, value in collection`.
fn member_with_key<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (key, value) = (operand(operands, 1), operand(operands, 2));
    let found = operand(operands, 3).get(key);
    Ok(Term::Bool(found == Some(value)))
}
