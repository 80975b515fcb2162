//! `numbers.range`, `numbers.range_step`.

use super::arithmetic::{Outcome, integer};
use super::{Context, Failure, Function};
use crate::term::Term;
use crate::term::number::Cost;
use num_bigint::{BigInt, Sign};

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("numbers.range", range), ("numbers.range_step", range_step)];

fn range<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    sequence(context, operands, &BigInt::from(1))
}

fn range_step<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let cost = Cost(context.arena.budget());
    integer(operands, 1, cost)?;
    integer(operands, 2, cost)?;
    let step = integer(operands, 3, cost)?;
    if step.sign() != Sign::Plus {
        return Err(Failure::error("numbers.range_step: step must be a positive integer"));
    }
    sequence(context, operands, &step)
}

/// From the first to the second operand, up or down, both included.
fn sequence<'a>(context: &mut Context<'a>, operands: &[Term<'a>], step: &BigInt) -> Outcome<'a> {
    let budget = context.arena.budget();
    let cost = Cost(budget);
    let (from, to) = (integer(operands, 1, cost)?, integer(operands, 2, cost)?);
    let apart = BigInt::from((&to - &from).into_parts().1);
    let steps = u64::try_from(apart / step).unwrap_or(u64::MAX);
    // all of it is taken before the first number is made
    budget.step(steps)?;
    budget.allocate(steps.saturating_mul(size_of::<Term<'_>>() as u64))?;
    let stride = if from <= to { step.clone() } else { -step };
    let mut numbers = Vec::with_capacity(usize::try_from(steps).map_or(0, |steps| steps + 1));
    match (i64::try_from(&from), i64::try_from(&to), i64::try_from(&stride)) {
        (Ok(from), Ok(_), Ok(stride)) => {
            let mut next = Some(from);
            for _ in 0..=steps {
                numbers.extend(next.map(Term::Int));
                next = next.and_then(|number| number.checked_add(stride));
            }
        }
        _ => {
            let mut next = from;
            for _ in 0..=steps {
                numbers.push(context.arena.integer(&next)?);
                next += &stride;
            }
        }
    }
    Ok(context.arena.array(&numbers)?)
}
