use super::Term;
use crate::{EvalError, Evaluation};
use std::cmp::Ordering;

/// Whether two values are equal: numbers by value whatever their types, lists and maps by their
/// members, and values of different types never.
///
/// # Errors
/// Where the budget is used up, or an extension's object cannot be compared.
pub fn equal<'a>(
    evaluation: Evaluation<'a>,
    one: Term<'a>,
    other: Term<'a>,
) -> Result<bool, EvalError> {
    Ok(match (one, other) {
        (Term::String(a), Term::String(b)) => equal_bytes(evaluation, a.as_bytes(), b.as_bytes())?,
        (Term::Int(a), Term::Int(b)) => a == b,
        (Term::Bool(a), Term::Bool(b)) => a == b,
        (Term::Null, Term::Null) => true,
        (Term::Bytes(a), Term::Bytes(b)) => equal_bytes(evaluation, a, b)?,
        (Term::Timestamp(a), Term::Timestamp(b)) => a == b,
        (Term::Duration(a), Term::Duration(b)) => a == b,
        (Term::Type(a), Term::Type(b)) => a == b,
        (Term::Optional(a), Term::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal(evaluation, *a, *b)?,
            (a, b) => a.is_none() && b.is_none(),
        },
        (Term::Opaque(_), Term::Null) => false,
        // What is no value of the same extension cannot be compared with one, where it stands
        // second.
        (Term::Opaque(a), Term::Opaque(b)) => {
            a.equals(b).ok_or_else(EvalError::no_such_overload)?
        }
        (Term::Opaque(_), _) => return Err(EvalError::no_such_overload()),
        (Term::Object(a), Term::Object(b)) => a.equals(evaluation, b)?,
        (one, other) if one.is_list() && other.is_list() => {
            one.len() == other.len() && equal_lists(evaluation, one, other)?
        }
        (one, other) if one.is_map() && other.is_map() => {
            one.len() == other.len() && equal_maps(evaluation, one, other)?
        }
        (one, other) => compare_numbers(one, other) == Some(Ordering::Equal),
    })
}

/// A list that holds one long text many times over takes as long as the texts, not as the list.
fn equal_bytes(evaluation: Evaluation<'_>, one: &[u8], other: &[u8]) -> Result<bool, EvalError> {
    const BYTES_OF_A_STEP: usize = 128;
    if one.len() != other.len() {
        return Ok(false);
    }
    if one.len() >= BYTES_OF_A_STEP {
        evaluation.step(one.len() / BYTES_OF_A_STEP)?;
    }
    Ok(one == other)
}

fn equal_lists<'a>(
    evaluation: Evaluation<'a>,
    one: Term<'a>,
    other: Term<'a>,
) -> Result<bool, EvalError> {
    evaluation.step(one.len().unwrap_or(0))?;
    for (a, b) in one.items().zip(other.items()) {
        if !equal(evaluation, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps<'a>(
    evaluation: Evaluation<'a>,
    one: Term<'a>,
    other: Term<'a>,
) -> Result<bool, EvalError> {
    evaluation.step(one.len().unwrap_or(0))?;
    for (key, value) in one.entries() {
        match other.get(key) {
            Some(found) if equal(evaluation, value, found)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The order of two values, where they have one.
///
/// # Errors
/// Where their types have none, or one is not a number.
pub fn compare(one: Term<'_>, other: Term<'_>) -> Result<Ordering, EvalError> {
    Ok(match (one, other) {
        (Term::Int(a), Term::Int(b)) => a.cmp(&b),
        (Term::String(a), Term::String(b)) => a.cmp(b),
        (Term::Bool(a), Term::Bool(b)) => a.cmp(&b),
        (Term::Bytes(a), Term::Bytes(b)) => a.cmp(b),
        (Term::Timestamp(a), Term::Timestamp(b)) => a.cmp(&b),
        (Term::Duration(a), Term::Duration(b)) => a.cmp(&b),
        (one, other) if is_number(one) && is_number(other) => compare_numbers(one, other)
            .ok_or_else(|| EvalError::new("NaN values cannot be ordered"))?,
        _ => return Err(EvalError::no_such_overload()),
    })
}

pub(crate) fn is_number(term: Term<'_>) -> bool {
    matches!(term, Term::Int(_) | Term::Uint(_) | Term::Double(_))
}

/// The order of two numbers by value; none where one is not a number.
pub(crate) fn compare_numbers(one: Term<'_>, other: Term<'_>) -> Option<Ordering> {
    match (one, other) {
        (Term::Int(a), Term::Int(b)) => Some(a.cmp(&b)),
        (Term::Uint(a), Term::Uint(b)) => Some(a.cmp(&b)),
        (Term::Double(a), Term::Double(b)) => a.partial_cmp(&b),
        (Term::Int(a), Term::Uint(b)) => Some(compare_int_uint(a, b)),
        (Term::Uint(a), Term::Int(b)) => Some(compare_int_uint(b, a).reverse()),
        (Term::Int(a), Term::Double(b)) => compare_double_int(b, a).map(Ordering::reverse),
        (Term::Double(a), Term::Int(b)) => compare_double_int(a, b),
        (Term::Uint(a), Term::Double(b)) => compare_double_uint(b, a).map(Ordering::reverse),
        (Term::Double(a), Term::Uint(b)) => compare_double_uint(a, b),
        _ => None,
    }
}

fn compare_int_uint(int: i64, uint: u64) -> Ordering {
    u64::try_from(int).map_or(Ordering::Less, |int| int.cmp(&uint))
}

#[expect(clippy::cast_precision_loss, reason = "cel-go compares the nearest double")]
fn compare_double_int(double: f64, int: i64) -> Option<Ordering> {
    if double < i64::MIN as f64 {
        Some(Ordering::Less)
    } else if double > i64::MAX as f64 {
        Some(Ordering::Greater)
    } else {
        double.partial_cmp(&(int as f64))
    }
}

#[expect(clippy::cast_precision_loss, reason = "cel-go compares the nearest double")]
fn compare_double_uint(double: f64, uint: u64) -> Option<Ordering> {
    if double < 0.0 {
        Some(Ordering::Less)
    } else if double > u64::MAX as f64 {
        Some(Ordering::Greater)
    } else {
        double.partial_cmp(&(uint as f64))
    }
}

/// The integer that a double is, where it is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "compared with what it came from"
)]
pub(crate) fn exact_int(double: f64) -> Option<i64> {
    let int = double as i64;
    (int as f64 == double && double < i64::MAX as f64).then_some(int)
}

/// The order of keys within maps: booleans, numbers by value, texts, and then anything else.
pub(crate) fn key_order(one: Term<'_>, other: Term<'_>) -> Ordering {
    match (one, other) {
        (Term::String(a), Term::String(b)) => a.cmp(b),
        (Term::Bool(a), Term::Bool(b)) => a.cmp(&b),
        (one, other) if is_number(one) && is_number(other) => {
            compare_numbers(one, other).unwrap_or(Ordering::Less)
        }
        (one, other) => rank(one).cmp(&rank(other)),
    }
}

fn rank(key: Term<'_>) -> u8 {
    match key {
        Term::Bool(_) => 0,
        Term::Int(_) | Term::Uint(_) | Term::Double(_) => 1,
        Term::String(_) => 2,
        _ => 3,
    }
}
