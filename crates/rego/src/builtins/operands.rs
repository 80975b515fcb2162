//! What built-ins read of their operands. Positions count from 1, as in OPA's messages.

use super::Failure;
use crate::term::{Term, TermKind};
pub(super) use sekisho_go_net::quoted;

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
        Term::Number(_) => term.as_int().ok_or_else(|| {
            Failure::operand(position, "must be integer number but got floating-point number")
        }),
        other => Err(Failure::operand_type(position, other, &["number"])),
    }
}

/// How much of a value a message shows.
const SHOWN: usize = 4096;

/// A value as OPA writes it in a message; cut where it is very long.
pub(super) fn shown(term: Term<'_>) -> String {
    let mut out = String::new();
    show(term, &mut out);
    out
}

/// Values are of bounded depth, and so is the recursion.
fn show(term: Term<'_>, out: &mut String) {
    if out.len() > SHOWN {
        return;
    }
    match term {
        Term::Null => out.push_str("null"),
        Term::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
        Term::Int(int) => out.push_str(&int.to_string()),
        Term::Number(literal) => out.push_str(literal),
        Term::String(text) => out.push_str(&quoted(text)),
        _ => {
            let (open, close) = match term.kind() {
                TermKind::Array => ("[", "]"),
                TermKind::Set if term.len() == Some(0) => ("set(", ")"),
                _ => ("{", "}"),
            };
            out.push_str(open);
            for (index, (key, value)) in term.entries().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                if term.kind() == TermKind::Object {
                    show(key, out);
                    out.push_str(": ");
                }
                show(value, out);
                if out.len() > SHOWN {
                    break;
                }
            }
            out.push_str(close);
        }
    }
}
