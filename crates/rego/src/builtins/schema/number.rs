//! Numbers of schemas and documents, exactly.

use super::Wrong;
use crate::builtins::yaml::go_float;
use crate::term::Term;
use crate::term::number::{Literal, with_literal};
use num_bigint::BigInt;
use sekisho_budget::Budget;

/// How far apart exponents may be for a division; beyond it the budget is taken to be exceeded.
const FARTHEST: i64 = 100_000;

pub(super) fn is_whole(number: Term<'_>) -> bool {
    with_literal(number, |literal| literal.is_zero() || literal.exponent() >= 0).unwrap_or(false)
}

pub(super) fn is_positive(number: Term<'_>) -> bool {
    with_literal(number, |literal| !literal.is_zero() && !literal.negative).unwrap_or(false)
}

/// Whether the quotient is an integer. The divisor is positive.
pub(super) fn is_multiple(
    number: Term<'_>,
    divisor: Term<'_>,
    budget: &Budget<'_>,
) -> Result<bool, Wrong> {
    let parts = |term| {
        with_literal(term, |literal: Literal<'_>| {
            let digits: Vec<u8> = literal.digits().collect();
            let exponent = if literal.is_zero() { 0 } else { literal.exponent() };
            (BigInt::parse_bytes(&digits, 10).unwrap_or_default(), exponent)
        })
        .unwrap_or_default()
    };
    let ((mut number, of_number), (mut divisor, of_divisor)) = (parts(number), parts(divisor));
    let apart = of_number.saturating_sub(of_divisor);
    if apart.abs() > FARTHEST {
        return Err(Wrong::Budget(sekisho_budget::BudgetExceeded::Operation));
    }
    let power = u32::try_from(apart.unsigned_abs()).unwrap_or(0);
    budget.step(1 + u64::from(power) * u64::from(power) / 4096)?;
    let scale = BigInt::from(10).pow(power);
    if apart >= 0 {
        number *= scale;
    } else {
        divisor *= scale;
    }
    budget.step((number.bits() + divisor.bits()) / 64)?;
    Ok(divisor != BigInt::ZERO && number % divisor == BigInt::ZERO)
}

/// As Go prints a `big.Float`: with an exponent from a million on.
pub(super) fn shown(number: Term<'_>) -> String {
    with_literal(number, |literal| {
        let digits: String = literal.digits().map(char::from).collect();
        let Some((first, rest)) = digits.split_at_checked(1) else {
            return "0".to_owned();
        };
        let sign = if literal.negative { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        let exponent = literal.exponent() + i64::try_from(rest.len()).unwrap_or(0);
        go_float(&format!("{sign}{first}{point}{rest}e{exponent}"))
    })
    .unwrap_or_default()
}
