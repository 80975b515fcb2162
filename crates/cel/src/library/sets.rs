//! cel-go's library of sets: lists of which order and repetition do not count.

use super::{Library, Overload};
use crate::cost::{self, CallEstimate, CostEstimate, EstimatedCall, SizeEstimate};
use crate::term::{Term, equal};
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// `sets.contains`, `sets.equivalent`, `sets.intersects`
#[must_use]
pub fn sets() -> Library {
    Library::new("sets", 0).with(&[
        Overload::new(
            "list_sets_contains_list",
            "sets.contains(list(T), list(T)) -> bool",
            contains,
        )
        .cost(|args, _| pairs(args, 1.0))
        .estimate(|call| estimate(call, 1.0)),
        Overload::new(
            "list_sets_equivalent_list",
            "sets.equivalent(list(T), list(T)) -> bool",
            equivalent,
        )
        .cost(|args, _| pairs(args, 2.0))
        .estimate(|call| estimate(call, 2.0)),
        Overload::new(
            "list_sets_intersects_list",
            "sets.intersects(list(T), list(T)) -> bool",
            intersects,
        )
        .cost(|args, _| pairs(args, 1.0))
        .estimate(|call| estimate(call, 1.0)),
    ])
}

fn pairs(args: &[Term<'_>], factor: f64) -> Option<u64> {
    let [one, other] = args else { return None };
    let pairs = one.cost_size().saturating_mul(other.cost_size());
    Some(cost::scaled_down(pairs, factor).saturating_add(1))
}

fn estimate(call: &EstimatedCall<'_>, factor: f64) -> Option<CallEstimate> {
    let [one, other] = call.args.as_slice() else { return None };
    let (one, other) = (one.size_or_unknown(), other.size_or_unknown());
    let pairs = SizeEstimate {
        min: one.min.saturating_mul(other.min),
        max: one.max.saturating_mul(other.max),
    };
    Some(CallEstimate { cost: pairs.scaled(factor).plus(CostEstimate::fixed(1)), size: None })
}

fn has<'a>(evaluation: Evaluation<'a>, list: Term<'a>, item: Term<'a>) -> Result<bool, EvalError> {
    for other in list.items() {
        evaluation.step(1)?;
        if equal(evaluation, item, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_all<'a>(
    evaluation: Evaluation<'a>,
    list: Term<'a>,
    items: Term<'a>,
) -> Result<bool, EvalError> {
    for item in items.items() {
        if !has(evaluation, list, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [list, items] => has_all(evaluation, *list, *items).map(Term::Bool),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn equivalent<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [one, other] => {
            let both = has_all(evaluation, *one, *other)? && has_all(evaluation, *other, *one)?;
            Ok(Term::Bool(both))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn intersects<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [one, other] = args else { return Err(EvalError::no_such_overload()) };
    for item in one.items() {
        if has(evaluation, *other, item)? {
            return Ok(Term::Bool(true));
        }
    }
    Ok(Term::Bool(false))
}
