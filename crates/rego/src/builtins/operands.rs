//! What built-ins read of their operands. Positions count from 1, as in OPA's messages.

use super::Failure;
use crate::term::{Term, TermKind};

/// The operand at a position; the caller has checked how many there are.
pub(super) fn operand<'a>(operands: &[Term<'a>], position: usize) -> Term<'a> {
    operands.get(position.wrapping_sub(1)).copied().unwrap_or(Term::Null)
}

/// A string.
pub(super) fn string<'a>(operands: &[Term<'a>], position: usize) -> Result<&'a str, Failure> {
    string_term(operand(operands, position), position)
}

/// A string, where the operand is at hand.
pub(super) fn string_term(term: Term<'_>, position: usize) -> Result<&str, Failure> {
    term.as_str().ok_or_else(|| Failure::operand_type(position, term, &["string"]))
}

/// A list.
pub(super) fn array<'a>(operands: &[Term<'a>], position: usize) -> Result<Term<'a>, Failure> {
    of_kind(operands, position, TermKind::Array)
}

/// An object.
pub(super) fn object<'a>(operands: &[Term<'a>], position: usize) -> Result<Term<'a>, Failure> {
    of_kind(operands, position, TermKind::Object)
}

fn of_kind<'a>(
    operands: &[Term<'a>],
    position: usize,
    kind: TermKind,
) -> Result<Term<'a>, Failure> {
    let term = operand(operands, position);
    if term.kind() == kind {
        Ok(term)
    } else {
        Err(Failure::operand_type(position, term, &[kind.name()]))
    }
}

/// An integer that is written without fraction or exponent and has 64 bits.
pub(super) fn int(operands: &[Term<'_>], position: usize) -> Result<i64, Failure> {
    let term = operand(operands, position);
    match term {
        Term::Int(int) => Ok(int),
        Term::Number(literal) => literal.parse().map_err(|_| {
            Failure::operand(position, "must be integer number but got floating-point number")
        }),
        other => Err(Failure::operand_type(position, other, &["number"])),
    }
}
