//! `strings.render_template`: Go's `text/template`, without `define`, `template`, `block`,
//! `printf`, `slice`, `call` and `js`.

mod execute;
mod parse;

use super::operands::{object, string};
use super::{Context, Failure, Function};
use crate::term::Term;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("strings.render_template", render)];

fn render<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (text, data) = (string(operands, 1)?, object(operands, 2)?);
    cx.arena.budget().step(8 + text.len() as u64)?;
    cx.arena.budget().allocate(16 * text.len() as u64)?;
    let nodes = parse::parse(text)?;
    let rendered = execute::execute(cx, &nodes, data)?;
    Ok(cx.arena.string(&rendered.replace("<no value>", "<undefined>"))?)
}
