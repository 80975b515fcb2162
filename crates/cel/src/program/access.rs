//! Fields and items.

use super::Frame;
use super::node::{Index, Path, Select};
use crate::ast::Name;
use crate::evaluation::Slot;
use crate::term::Term;
use crate::{EvalError, cost};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// What is at a key: a value, nothing, or an error.
enum Found<'a> {
    Value(Term<'a>),
    Nothing,
    /// the value has no fields or items at all
    NoContainer,
}

fn field<'a>(frame: &Frame<'a>, operand: Term<'a>, name: &'a Name) -> Result<Found<'a>, EvalError> {
    Ok(match operand {
        Term::JsonMap(map) => match map.get(name) {
            Some(value) => Found::Value(Term::borrowed(value)),
            None => Found::Nothing,
        },
        Term::Map(_) => match operand.get(Term::String(name)) {
            Some(value) => Found::Value(value),
            None => Found::Nothing,
        },
        Term::Object(object) => match object.field(frame.evaluation, name)? {
            Some(value) => Found::Value(value),
            None => Found::Nothing,
        },
        Term::List(_) | Term::JsonList(_) => {
            return Err(EvalError::new("unsupported index type 'string' in list"));
        }
        _ => Found::NoContainer,
    })
}

/// A variable has no value.
#[cold]
pub(super) fn unset(name: Option<&Name>) -> EvalError {
    match name {
        Some(name) => EvalError::new(format!("no such attribute(s): {name}")),
        None => EvalError::new("a variable is read before it has a value"),
    }
}

#[inline(never)]
pub(super) fn path<'a>(frame: &Frame<'a>, path: &'a Path) -> Outcome<'a> {
    frame.charge(path.cost)?;
    let Slot::Value(mut value) = frame.slot(path.slot) else {
        return Err(unset(path.name.as_ref()));
    };
    for name in &path.fields {
        value = match value {
            Term::JsonMap(map) => {
                frame.charge(cost::SELECT)?;
                match map.get(name) {
                    Some(value) => Term::borrowed(value),
                    None => return Err(EvalError::no_such_key(name)),
                }
            }
            value => select_of(frame, value, name, cost::SELECT)?,
        };
    }
    Ok(value)
}

#[inline(never)]
pub(super) fn select<'a>(frame: &Frame<'a>, select: &'a Select) -> Outcome<'a> {
    let operand = select.operand.value(frame)?;
    select_of(frame, operand, &select.field, select.cost)
}

fn select_of<'a>(frame: &Frame<'a>, operand: Term<'a>, name: &'a Name, cost: u64) -> Outcome<'a> {
    if let Term::Optional(operand) = operand {
        return optional_field(frame, operand.copied(), name, cost);
    }
    frame.charge(cost)?;
    match field(frame, operand, name)? {
        Found::Value(value) => Ok(value),
        Found::Nothing if matches!(operand, Term::Object(_)) => {
            Err(EvalError::new(format!("no such field '{name}'")))
        }
        Found::Nothing | Found::NoContainer => Err(EvalError::no_such_key(name)),
    }
}

fn optional_field<'a>(
    frame: &Frame<'a>,
    operand: Option<Term<'a>>,
    name: &'a Name,
    cost: u64,
) -> Outcome<'a> {
    let Some(operand) = operand else { return Ok(Term::Optional(None)) };
    let found = match operand {
        // A field of a message is there where it is set.
        Term::Object(object) if !object.has(frame.evaluation, name)? => Found::Nothing,
        operand => field(frame, operand, name)?,
    };
    present(frame, found, cost, || EvalError::no_such_key(name))
}

/// An optional of what was found.
fn present<'a>(
    frame: &Frame<'a>,
    found: Found<'a>,
    cost: u64,
    missing: impl FnOnce() -> EvalError,
) -> Outcome<'a> {
    match found {
        Found::Value(value) => {
            frame.charge(cost)?;
            frame.evaluation.optional(value)
        }
        Found::NoContainer if frame.bad_presence_is_error => Err(missing()),
        Found::Nothing | Found::NoContainer => Ok(Term::Optional(None)),
    }
}

#[inline(never)]
pub(super) fn opt_select<'a>(frame: &Frame<'a>, select: &'a Select) -> Outcome<'a> {
    let operand = match select.operand.value(frame)? {
        Term::Optional(operand) => operand.copied(),
        operand => Some(operand),
    };
    optional_field(frame, operand, &select.field, select.cost)
}

#[inline(never)]
pub(super) fn has<'a>(frame: &Frame<'a>, select: &'a Select) -> Outcome<'a> {
    let operand = match select.operand.value(frame) {
        // Kubernetes takes back what the test costs, also where its operand failed.
        Err(error) if select.cost == 0 && !error.is_fatal() => {
            frame.evaluation.cost().refund(cost::SELECT);
            return Err(error);
        }
        operand => operand?,
    };
    let operand = match operand {
        Term::Optional(None) => {
            return Ok(Term::Bool(false));
        }
        Term::Optional(Some(operand)) => *operand,
        operand => operand,
    };
    frame.charge(select.cost)?;
    let found = match operand {
        Term::JsonMap(map) => return Ok(Term::Bool(map.contains_key(&select.field))),
        Term::Object(object) => {
            return Ok(Term::Bool(object.has(frame.evaluation, &select.field)?));
        }
        operand => field(frame, operand, &select.field)?,
    };
    match found {
        Found::NoContainer if frame.bad_presence_is_error => {
            Err(EvalError::no_such_key(&select.field))
        }
        found => Ok(Term::Bool(matches!(found, Found::Value(_)))),
    }
}

fn item<'a>(frame: &Frame<'a>, operand: Term<'a>, index: Term<'a>) -> Result<Found<'a>, EvalError> {
    Ok(match operand {
        Term::List(_) | Term::JsonList(_) => {
            let position = usize::try_from(index.as_index()?).ok();
            match position.and_then(|position| operand.item(position)) {
                Some(value) => Found::Value(value),
                None => Found::Nothing,
            }
        }
        Term::Map(_) | Term::JsonMap(_) => match operand.get(index) {
            Some(value) => Found::Value(value),
            None => Found::Nothing,
        },
        Term::Object(object) => match index {
            Term::String(name) => match object.field(frame.evaluation, name)? {
                Some(value) => Found::Value(value),
                None => Found::Nothing,
            },
            _ => Found::Nothing,
        },
        _ => Found::NoContainer,
    })
}

#[inline(never)]
pub(super) fn index<'a>(frame: &Frame<'a>, access: &'a Index) -> Outcome<'a> {
    let operand = access.operand.value(frame)?;
    let (operand, optional) = match operand {
        Term::Optional(None) => return Ok(Term::Optional(None)),
        Term::Optional(Some(operand)) => (*operand, true),
        operand => (operand, access.optional),
    };
    let index = access.index.value(frame)?;
    if optional {
        let found = item(frame, operand, index)?;
        return present(frame, found, access.cost, || EvalError::no_such_key(index));
    }
    frame.charge(access.cost)?;
    match item(frame, operand, index)? {
        Found::Value(value) => Ok(value),
        Found::Nothing if operand.is_list() => {
            Err(EvalError::new(format!("index out of bounds: {index}")))
        }
        Found::Nothing | Found::NoContainer => Err(EvalError::no_such_key(index)),
    }
}
