//! `yaml.*`: goyaml v3, by way of JSON.

mod events;
mod read;
mod resolve;
mod write;

use super::operands::{operand, string};
use super::{Context, Failure, Function, json};
use crate::term::Term;
use read::{Floats, read};
pub(super) use resolve::go_float;
use write::Lists;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("yaml.is_valid", is_valid),
    ("yaml.marshal", |cx, operands| marshal(cx, operands, Lists::Within)),
    ("yaml.unmarshal", unmarshal),
];

/// As goyaml v2 writes it: what a list holds is no further in than the key before it.
pub(super) const BEFORE: &[(&str, Function)] =
    &[("yaml.marshal", |cx, operands| marshal(cx, operands, Lists::AtKeys))];

/// By way of JSON text, read as YAML: so does OPA, and it shows in numbers and rare characters.
fn marshal<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
    lists: Lists,
) -> Result<Term<'a>, Failure> {
    let text = json::to_text(operand(operands, 1), None, cx.arena.budget())?;
    let value = read(&text, Floats::Yaml, cx.arena)?;
    Ok(cx.arena.string(&write::write(value, lists, cx.arena.budget())?)?)
}

fn unmarshal<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    read(string(operands, 1)?, Floats::Json, cx.arena)
}

fn is_valid<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let Some(text) = operand(operands, 1).as_str() else {
        return Ok(Term::Bool(false));
    };
    match read(text, Floats::Json, cx.arena) {
        Ok(_) => Ok(Term::Bool(true)),
        Err(Failure::Budget(exceeded)) => Err(exceeded.into()),
        Err(_) => Ok(Term::Bool(false)),
    }
}
