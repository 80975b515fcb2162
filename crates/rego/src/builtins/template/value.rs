//! The values of a template, and their texts.

use super::fail;
use crate::builtins::Failure;
use crate::builtins::sprintf::{Arg, GO_INT, JSON_NUMBER, STRING, write_value};
use crate::term::quote::is_printable;
use crate::term::{Term, TermKind, Text};
use sekisho_budget::{Budget, BudgetExceeded};

/// A value in a template: what comes from the data, or from the template itself. Numbers of the
/// data are text to templates, as they are to OPA's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Data(Term<'a>),
    Text(&'a str),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// a key that is not there
    Missing,
}

impl<'a> Value<'a> {
    pub(super) const NIL: Self = Self::Data(Term::Null);

    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Self::Missing | Self::Data(Term::Null))
    }

    pub(super) fn is_true(self) -> bool {
        match self {
            Self::Missing | Self::Data(Term::Null) => false,
            Self::Bool(bool) | Self::Data(Term::Bool(bool)) => bool,
            Self::Int(int) => int != 0,
            Self::Float(float) => float != 0.0,
            Self::Text(text) | Self::Data(Term::String(text)) => !text.is_empty(),
            // a number of the data is text, and never empty
            Self::Data(Term::Int(_) | Term::Number(_)) => true,
            Self::Data(term) => term.len() != Some(0),
        }
    }

    /// A text that is no number.
    pub(super) fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) | Self::Data(Term::String(text)) => Some(text),
            _ => None,
        }
    }

    /// A text to Go: numbers of the data are some, too.
    pub(super) fn is_text(self) -> bool {
        self.as_text().is_some() || matches!(self, Self::Data(Term::Int(_) | Term::Number(_)))
    }

    /// What a command gives to the next one.
    pub(super) fn unwrapped(self) -> Self {
        if self.is_nothing() { Self::Missing } else { self }
    }

    /// The field of an object.
    pub(super) fn field(self, name: &str) -> Result<Self, Failure> {
        match self {
            Self::Data(term) if term.kind() == TermKind::Object => {
                Ok(term.field(name).map_or(Self::Missing, Self::Data))
            }
            Self::Missing => Ok(Self::Missing),
            Self::Data(Term::Null) => {
                fail(format_args!("nil pointer evaluating interface {{}}.{name}"))
            }
            other => {
                let ty = other.type_name();
                fail(format_args!("can't evaluate field {name} in type {ty}"))
            }
        }
    }

    /// The name of its type in Go.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Data(Term::Int(_) | Term::Number(_)) => JSON_NUMBER,
            Self::Text(_) | Self::Data(Term::String(_)) => STRING,
            Self::Int(_) => GO_INT,
            Self::Float(_) => "float64",
            Self::Bool(_) | Self::Data(Term::Bool(_)) => "bool",
            Self::Missing | Self::Data(Term::Null) => "<nil>",
            Self::Data(term) if term.kind() == TermKind::Object => "map[string]interface {}",
            Self::Data(_) => "[]interface {}",
        }
    }

    /// As an argument of Go's `fmt`.
    pub(super) fn arg(self, budget: &Budget<'_>) -> Result<Arg, BudgetExceeded> {
        Ok(match self {
            Self::Data(term) => return arg_of(term, budget),
            Self::Text(text) => {
                budget.allocate(text.len() as u64)?;
                Arg::String(text.to_owned(), STRING)
            }
            Self::Int(int) => Arg::Int(int, GO_INT),
            Self::Float(float) => Arg::Double(float),
            Self::Bool(bool) => Arg::Bool(bool),
            Self::Missing => Arg::Nil,
        })
    }

    /// As it is printed where an action stands.
    pub(super) fn print(self, out: &mut Text<'_>) -> Result<(), BudgetExceeded> {
        match self {
            Self::Missing => out.push_str("<no value>"),
            Self::Text(text) | Self::Data(Term::String(text) | Term::Number(text)) => {
                out.push_str(text)
            }
            other => {
                let arg = other.arg(out.budget())?;
                write_value(&arg, out)
            }
        }
    }
}

/// OPA writes the data as Rego and reads that as JSON, so that sets, keys that are no strings and
/// characters that Rego writes in another way are errors. Values are of bounded depth, and so is
/// the recursion.
pub(super) fn check(term: Term<'_>, budget: &Budget<'_>) -> Result<(), Failure> {
    budget.step(1)?;
    match term {
        Term::String(text) => {
            budget.step(text.len() as u64 / 16)?;
            let written = |char: char| match char {
                '\x08' | '\t' | '\n' | '\x0c' | '\r' => true,
                '\0'..' ' | '\x7f' => false,
                char => char <= '\u{ffff}' || is_printable(char),
            };
            if text.chars().all(written) { Ok(()) } else { fail("a string is no JSON") }
        }
        _ => match term.kind() {
            TermKind::Set => fail("a set is no JSON"),
            TermKind::Array => term.items().try_for_each(|item| check(item, budget)),
            TermKind::Object => term.entries().try_for_each(|(key, value)| {
                if key.as_str().is_none() {
                    return fail("a key that is no string is no JSON");
                }
                check(key, budget)?;
                check(value, budget)
            }),
            _ => Ok(()),
        },
    }
}

/// Values are of bounded depth, and so is the recursion.
fn arg_of(term: Term<'_>, budget: &Budget<'_>) -> Result<Arg, BudgetExceeded> {
    budget.step(1)?;
    budget.allocate(size_of::<Arg>() as u64)?;
    let text = |text: &str, name| {
        budget.allocate(text.len() as u64)?;
        Ok(Arg::String(text.to_owned(), name))
    };
    match term {
        Term::Null => Ok(Arg::Nil),
        Term::Bool(bool) => Ok(Arg::Bool(bool)),
        Term::Int(int) => text(&int.to_string(), JSON_NUMBER),
        Term::Number(literal) => text(literal, JSON_NUMBER),
        Term::String(string) => text(string, STRING),
        _ if term.kind() == TermKind::Object => {
            let entry = |(key, value)| Ok((arg_of(key, budget)?, arg_of(value, budget)?));
            term.entries().map(entry).collect::<Result<_, _>>().map(Arg::Map)
        }
        _ => term.items().map(|item| arg_of(item, budget)).collect::<Result<_, _>>().map(Arg::List),
    }
}
