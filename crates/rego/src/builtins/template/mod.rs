//! `strings.render_template`: Go's [`text/template`](https://pkg.go.dev/text/template).
//!
//! **Invariant:** a template is a flat list of steps, and what runs it keeps its own stack: blocks
//! and templates that call each other take no host frames.

mod execute;
mod functions;
mod lex;
mod parse;
mod value;

use super::operands::{object, string};
use super::{Context, Failure, Function};
use crate::term::Term;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("strings.render_template", render)];

fn render<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (text, data) = (string(operands, 1)?, object(operands, 2)?);
    cx.arena.budget().step(8 + text.len() as u64)?;
    cx.arena.budget().allocate(128 * text.len() as u64)?;
    value::check(data, cx.arena.budget())?;
    let templates = parse::parse(text)?;
    let rendered = execute::execute(cx, &templates, data)?;
    Ok(cx.arena.string(&rendered.replace("<no value>", "<undefined>"))?)
}

/// A template that cannot be read.
fn malformed<T>(message: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::error(format!("template: template:1: {message}")))
}

/// A template that cannot be executed.
fn fail<T>(message: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::error(format!("template: template:1: executing \"template\": {message}")))
}
