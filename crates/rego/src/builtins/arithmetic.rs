//! `+ - * / %`, `abs`, `round`, `ceil`, `floor`, `bits.*`.
//!
//! Integers are exact, whatever their size; fractions, and quotients that are none, are computed
//! as OPA does with 64 bits of mantissa.

use super::operands::operand;
use super::{Context, Failure, Function, sets};
use crate::term::number::{Cost, Float, with_literal};
use crate::term::{Term, TermKind};
use num_bigint::{BigInt, Sign};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("plus", plus),
    ("minus", minus),
    ("mul", mul),
    ("div", div),
    ("rem", rem),
    ("abs", abs),
    ("round", round),
    ("ceil", ceil),
    ("floor", floor),
    ("bits.and", bits_and),
    ("bits.or", bits_or),
    ("bits.xor", bits_xor),
    ("bits.negate", bits_negate),
    ("bits.lsh", bits_lsh),
    ("bits.rsh", bits_rsh),
];

pub(super) type Outcome<'a> = Result<Term<'a>, Failure>;

/// A number operand.
pub(super) fn number<'a>(operands: &[Term<'a>], position: usize) -> Outcome<'a> {
    let term = operand(operands, position);
    match term.kind() {
        TermKind::Number => Ok(term),
        _ => Err(Failure::operand_type(position, term, &["number"])),
    }
}

/// An integer operand of 64 bits: written without exponent, behind a point zeros only.
pub(super) fn int(operands: &[Term<'_>], position: usize) -> Result<i64, Failure> {
    let number = number(operands, position)?;
    number.as_int().ok_or_else(|| {
        Failure::operand(position, "must be integer number but got floating-point number")
    })
}

/// The integer that a number is, exactly, however it is written.
pub(super) fn exact(number: Term<'_>, cost: Cost<'_>) -> Result<Option<BigInt>, Failure> {
    match number {
        Term::Int(int) => Ok(Some(BigInt::from(int))),
        _ => Ok(with_literal(number, |literal| literal.to_integer(cost)).transpose()?.flatten()),
    }
}

pub(super) fn float(number: Term<'_>, cost: Cost<'_>) -> Result<Float, Failure> {
    let read = with_literal(number, |literal| Float::read(&literal, cost));
    read.transpose()?.ok_or_else(|| Failure::error("illegal value"))
}

fn both_exact(
    left: Term<'_>,
    right: Term<'_>,
    cost: Cost<'_>,
) -> Result<Option<(BigInt, BigInt)>, Failure> {
    let Some(left) = exact(left, cost)? else { return Ok(None) };
    Ok(exact(right, cost)?.map(|right| (left, right)))
}

fn plus<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (number(operands, 1)?, number(operands, 2)?);
    if let (Term::Int(left), Term::Int(right)) = (left, right)
        && let Some(sum) = left.checked_add(right)
    {
        return Ok(Term::Int(sum));
    }
    let cost = Cost(context.arena.budget());
    if let Some((left, right)) = both_exact(left, right, cost)? {
        return Ok(context.arena.integer(&(left + right))?);
    }
    let sum = float(left, cost)?.plus(&float(right, cost)?, cost)?;
    Ok(context.arena.float(&sum)?)
}

fn minus<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (operand(operands, 1), operand(operands, 2));
    match (left.kind(), right.kind()) {
        (TermKind::Number, TermKind::Number) => subtract(context, left, right),
        (TermKind::Set, TermKind::Set) => sets::difference(context, left, right),
        (TermKind::Number, _) => Err(Failure::operand_type(2, right, &["number"])),
        (TermKind::Set, TermKind::Number) => Err(Failure::operand_type(2, right, &["set"])),
        (TermKind::Set, _) => Err(Failure::operand_type(2, right, &["number"])),
        _ => Err(Failure::operand_type(1, left, &["number", "set"])),
    }
}

fn subtract<'a>(context: &mut Context<'a>, left: Term<'a>, right: Term<'a>) -> Outcome<'a> {
    if let (Term::Int(left), Term::Int(right)) = (left, right)
        && let Some(difference) = left.checked_sub(right)
    {
        return Ok(Term::Int(difference));
    }
    let cost = Cost(context.arena.budget());
    if let Some((left, right)) = both_exact(left, right, cost)? {
        return Ok(context.arena.integer(&(left - right))?);
    }
    let difference = float(left, cost)?.minus(&float(right, cost)?, cost)?;
    Ok(context.arena.float(&difference)?)
}

fn mul<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (number(operands, 1)?, number(operands, 2)?);
    if let (Term::Int(left), Term::Int(right)) = (left, right)
        && let Some(product) = left.checked_mul(right)
    {
        return Ok(Term::Int(product));
    }
    let cost = Cost(context.arena.budget());
    if let Some((left, right)) = both_exact(left, right, cost)? {
        cost.product(left.bits(), right.bits())?;
        return Ok(context.arena.integer(&(left * right))?);
    }
    let product = float(left, cost)?.times(&float(right, cost)?);
    Ok(context.arena.float(&product)?)
}

fn div<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (number(operands, 1)?, number(operands, 2)?);
    if let (Term::Int(left), Term::Int(right)) = (left, right)
        && left != 0
        && left.checked_rem(right) == Some(0)
        && let Some(quotient) = left.checked_div(right)
    {
        return Ok(Term::Int(quotient));
    }
    let cost = Cost(context.arena.budget());
    let (left, right) = (float(left, cost)?, float(right, cost)?);
    if right.is_zero() {
        return Err(Failure::error("divide by zero"));
    }
    Ok(context.arena.float(&left.divided(&right))?)
}

fn rem<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (left, right) = (number(operands, 1)?, number(operands, 2)?);
    if let (Term::Int(left), Term::Int(right)) = (left, right)
        && right != 0
    {
        return Ok(Term::Int(left.checked_rem(right).unwrap_or(0)));
    }
    let cost = Cost(context.arena.budget());
    let Some((left, right)) = both_exact(left, right, cost)? else {
        return Err(Failure::error("modulo on floating-point number"));
    };
    if right.sign() == Sign::NoSign {
        return Err(Failure::error("modulo by zero"));
    }
    cost.product(left.bits(), right.bits())?;
    Ok(context.arena.integer(&(left % right))?)
}

/// A function of one number; integers of 64 bits are not changed, or by `small`.
fn unary<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    small: fn(i64) -> Option<i64>,
    long: fn(Float, Cost<'_>) -> Result<Float, Failure>,
) -> Outcome<'a> {
    let number = number(operands, 1)?;
    if let Term::Int(int) = number
        && let Some(result) = small(int)
    {
        return Ok(Term::Int(result));
    }
    let cost = Cost(context.arena.budget());
    let result = long(float(number, cost)?, cost)?;
    Ok(context.arena.float(&result)?)
}

fn abs<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    unary(context, operands, i64::checked_abs, |number, _| Ok(number.with_sign(false)))
}

/// Half away from zero.
fn round<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    unary(context, operands, Some, |number, cost| {
        let half = Float::small(1, -1, 53).with_sign(number.negative());
        Ok(Float::integer(&number.plus(&half, cost)?.truncated(cost)?))
    })
}

fn ceil<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    unary(context, operands, Some, |number, cost| {
        let whole = number.truncated(cost)?;
        let float = Float::integer(&whole);
        if whole.sign() == Sign::Minus || number.compare_integer(&whole, cost)?.is_eq() {
            return Ok(float);
        }
        Ok(float.plus(&Float::small(1, 0, 53), cost)?)
    })
}

fn floor<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    unary(context, operands, Some, |number, cost| {
        let whole = number.truncated(cost)?;
        let float = Float::integer(&whole);
        // as in OPA, what is cut to zero has lost its sign: the floor of -0.5 is 0
        if whole.sign() != Sign::Minus || number.compare_integer(&whole, cost)?.is_eq() {
            return Ok(float);
        }
        Ok(float.minus(&Float::small(1, 0, 53), cost)?)
    })
}

/// An integer operand of `bits.*` and `numbers.*`.
pub(super) fn integer(
    operands: &[Term<'_>],
    position: usize,
    cost: Cost<'_>,
) -> Result<BigInt, Failure> {
    let term = operand(operands, position);
    if term.kind() != TermKind::Number {
        return Err(Failure::operand_type(position, term, &["integer"]));
    }
    exact(term, cost)?.ok_or_else(|| {
        Failure::operand(position, "must be integer number but got floating-point number")
    })
}

fn bits<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    small: fn(i64, i64) -> i64,
    long: fn(BigInt, BigInt) -> BigInt,
) -> Outcome<'a> {
    if let [Term::Int(left), Term::Int(right)] = operands {
        return Ok(Term::Int(small(*left, *right)));
    }
    let cost = Cost(context.arena.budget());
    let (left, right) = (integer(operands, 1, cost)?, integer(operands, 2, cost)?);
    cost.bits(left.bits().max(right.bits()))?;
    Ok(context.arena.integer(&long(left, right))?)
}

fn bits_and<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    bits(context, operands, |left, right| left & right, |left, right| left & right)
}

fn bits_or<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    bits(context, operands, |left, right| left | right, |left, right| left | right)
}

fn bits_xor<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    bits(context, operands, |left, right| left ^ right, |left, right| left ^ right)
}

fn bits_negate<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let int = integer(operands, 1, Cost(context.arena.budget()))?;
    Ok(context.arena.integer(&!int)?)
}

/// The number, and by how much it is to be shifted: the low 64 bits of the second operand.
fn shift(operands: &[Term<'_>], cost: Cost<'_>) -> Result<(BigInt, u64), Failure> {
    let (int, shift) = (integer(operands, 1, cost)?, integer(operands, 2, cost)?);
    if shift.sign() == Sign::Minus {
        let message = "must be an unsigned integer number but got a negative integer";
        return Err(Failure::operand(2, message));
    }
    Ok((int, shift.iter_u64_digits().next().unwrap_or(0)))
}

fn bits_lsh<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let cost = Cost(context.arena.budget());
    let (int, shift) = shift(operands, cost)?;
    if int.sign() == Sign::NoSign {
        return Ok(Term::Int(0));
    }
    cost.bits(int.bits().saturating_add(shift))?;
    // writing the digits costs more than making the bits
    cost.digits(int.bits().saturating_add(shift) / 10 * 3)?;
    Ok(context.arena.integer(&(int << shift))?)
}

fn bits_rsh<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (int, shift) = shift(operands, Cost(context.arena.budget()))?;
    // beyond its bits nothing but its sign is left
    let shift = shift.min(int.bits() + 1);
    Ok(context.arena.integer(&(int >> shift))?)
}
