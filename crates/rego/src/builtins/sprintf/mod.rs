//! `sprintf`, with the verbs of Go's `fmt.Sprintf`: <https://pkg.go.dev/fmt>.

mod directive;
mod double;
mod integer;
mod write;

use super::arithmetic::Outcome;
use super::operands::{array, string};
use super::{Context, Failure, Function};
use crate::term::number::{Cost, with_literal};
use crate::term::{Term, TermKind, Text};
use directive::{Directive, Reader, Step};
use num_bigint::BigInt;
use sekisho_budget::{Budget, BudgetExceeded};
use write::Writer;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("sprintf", |context, operands| sprintf(context, operands, INT64))];
pub(super) const BEFORE: &[(&str, Function)] =
    &[("sprintf", |context, operands| sprintf(context, operands, GO_INT))];

/// Names of types in Go.
pub(super) const STRING: &str = "string";
pub(super) const JSON_NUMBER: &str = "json.Number";
pub(super) const GO_INT: &str = "int";
const INT64: &str = "int64";

/// What is handed to Go's `fmt.Sprintf` for a value. OPA's own function hands it texts and numbers
/// alone.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    /// a string, and the name of its type; of a value that is neither number nor string its text
    String(String, &'static str),
    /// an integer, and the name of its type
    Int(i64, &'static str),
    Big(BigInt),
    Double(f64),
    Bool(bool),
    Nil,
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Arg {
    /// Integers are of a type of this name.
    fn of(
        term: Term<'_>,
        int_type: &'static str,
        budget: &Budget<'_>,
    ) -> Result<Self, BudgetExceeded> {
        let mut text = Text::new(budget);
        Ok(match term {
            Term::Int(int) => Self::Int(int, int_type),
            Term::Number(literal) if literal.contains(['.', 'e', 'E']) => {
                match literal.parse::<f64>() {
                    Ok(double) if double.is_finite() => Self::Double(double),
                    _ => Self::String(literal.to_owned(), STRING),
                }
            }
            Term::Number(literal) => {
                let int = with_literal(term, |literal| literal.to_integer(Cost(budget)));
                match (term.as_int(), int.transpose()?.flatten()) {
                    (Some(int), _) => Self::Int(int, int_type),
                    (None, Some(int)) => Self::Big(int),
                    (None, None) => Self::String(literal.to_owned(), STRING),
                }
            }
            Term::String(string) => {
                text.push_str(string)?;
                Self::String(text.into_string(), STRING)
            }
            other => {
                text.push_term(other)?;
                Self::String(text.into_string(), STRING)
            }
        })
    }

    /// The name of its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Self::String(_, name) | Self::Int(_, name) => name,
            Self::Big(_) => "*big.Int",
            Self::Double(_) => "float64",
            Self::Bool(_) => "bool",
            Self::Nil => "<nil>",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }
}

fn sprintf<'a>(
    context: &mut Context<'a>,
    operands: &[Term<'a>],
    int_type: &'static str,
) -> Outcome<'a> {
    let (format, values) = (string(operands, 1)?, array(operands, 2)?);
    let budget = context.arena.budget();
    budget.step(1 + (format.len() / 16 + values.len().unwrap_or(0)) as u64)?;
    let mut out = Text::sized(budget, format.len() + 64);
    if is_simple(format, values) {
        write_simple(format, values, &mut out)?;
    } else {
        let args: Result<Vec<_>, _> =
            values.items().map(|value| Arg::of(value, int_type, budget)).collect();
        write_all(format, &args?, &mut out)?;
    }
    Ok(context.arena.string(out.as_str())?)
}

/// Whether every verb is a bare `%v`, `%s` or `%d` for a value that it prints as it is, and there
/// are as many values as verbs.
fn is_simple(format: &str, values: Term<'_>) -> bool {
    let mut values = values.items();
    let mut bytes = format.bytes();
    while bytes.by_ref().any(|byte| byte == b'%') {
        let value = values.next();
        let simple = match (bytes.next(), value) {
            (Some(b'v'), Some(value)) => !matches!(value, Term::Number(_)),
            (Some(b's'), Some(value)) => value.kind() != TermKind::Number,
            (Some(b'd'), Some(value)) => matches!(value, Term::Int(_)),
            _ => false,
        };
        if !simple {
            return false;
        }
    }
    values.len() == 0
}

/// Writes a format that [`is_simple`].
fn write_simple(format: &str, values: Term<'_>, out: &mut Text<'_>) -> Result<(), BudgetExceeded> {
    let mut rest = format;
    for value in values.items() {
        let Some((text, after)) = rest.split_once('%') else { break };
        out.push_str(text)?;
        match value {
            Term::String(string) => out.push_str(string)?,
            other => out.push_term(other)?,
        }
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest)
}

/// Writes one value as `%v` does.
pub(super) fn write_value(arg: &Arg, out: &mut Text<'_>) -> Result<(), BudgetExceeded> {
    let directive = Directive { verb: 'v', ..Directive::default() };
    Writer { out, directive, complaining: false }.print(arg)
}

/// Writes what a format makes of its arguments.
pub(super) fn write_all(format: &str, args: &[Arg], out: &mut Text<'_>) -> Result<(), Failure> {
    let mut reader = Reader::new(format, args);
    while let Some(step) = reader.next() {
        match step {
            Step::Text(text) => out.push_str(text)?,
            Step::Complaint(text) => out.push_str(text)?,
            Step::BadIndex(verb) => out.push_str(&format!("%!{verb}(BADINDEX)"))?,
            Step::Missing(verb) => out.push_str(&format!("%!{verb}(MISSING)"))?,
            Step::Print(arg, directive) => {
                Writer { out, directive, complaining: false }.print(arg)?;
            }
        }
    }
    let extra = reader.unused();
    if !extra.is_empty() {
        out.push_str("%!(EXTRA ")?;
        for (position, arg) in extra.iter().enumerate() {
            out.push_str(if position > 0 { ", " } else { "" })?;
            out.push_str(arg.type_name())?;
            out.push('=')?;
            write_value(arg, out)?;
        }
        out.push(')')?;
    }
    Ok(())
}
