//! `sprintf`, with the verbs of Go's `fmt.Sprintf`: <https://pkg.go.dev/fmt>.

mod directive;
mod double;
mod integer;
mod write;

use super::arithmetic::Outcome;
use super::operands::{array, string};
use super::{Context, Failure, Function};
use crate::term::number::{Cost, with_literal};
use crate::term::{Term, Text};
use directive::{Directive, Reader, Step};
use num_bigint::BigInt;
use sekisho_budget::{Budget, BudgetExceeded};
use write::Writer;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("sprintf", sprintf)];

/// What OPA hands to `fmt.Sprintf` for a value.
#[derive(Clone, Debug)]
enum Arg {
    /// a string; of a value that is neither number nor string its text
    String(String),
    Int(i64),
    Big(BigInt),
    Double(f64),
}

impl Arg {
    fn of(term: Term<'_>, budget: &Budget<'_>) -> Result<Self, BudgetExceeded> {
        let mut text = Text::new(budget);
        Ok(match term {
            Term::Int(int) => Self::Int(int),
            Term::Number(literal) if literal.contains(['.', 'e', 'E']) => {
                match literal.parse::<f64>() {
                    Ok(double) if double.is_finite() => Self::Double(double),
                    _ => Self::String(literal.to_owned()),
                }
            }
            Term::Number(literal) => {
                let int = with_literal(term, |literal| literal.to_integer(Cost(budget)));
                match (term.as_int(), int.transpose()?.flatten()) {
                    (Some(int), _) => Self::Int(int),
                    (None, Some(int)) => Self::Big(int),
                    (None, None) => Self::String(literal.to_owned()),
                }
            }
            Term::String(string) => {
                text.push_str(string)?;
                Self::String(text.into_string())
            }
            other => {
                text.push_term(other)?;
                Self::String(text.into_string())
            }
        })
    }

    /// The name of its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Int(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Double(_) => "float64",
        }
    }
}

fn sprintf<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    let (format, values) = (string(operands, 1)?, array(operands, 2)?);
    let budget = context.arena.budget();
    budget.step(1 + (format.len() / 16 + values.len().unwrap_or(0)) as u64)?;
    let args: Result<Vec<_>, _> = values.items().map(|value| Arg::of(value, budget)).collect();
    let mut out = Text::new(budget);
    write_all(format, &args?, &mut out)?;
    Ok(context.arena.string(out.as_str())?)
}

fn write_all(format: &str, args: &[Arg], out: &mut Text<'_>) -> Result<(), Failure> {
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
            let directive = Directive { verb: 'v', ..Directive::default() };
            Writer { out, directive, complaining: false }.print(arg)?;
        }
        out.push(')')?;
    }
    Ok(())
}
