//! `json.*`.

mod edit;
mod patch;
mod paths;
mod read;
mod write;

pub(super) use read::Reader;
pub(super) use write::{Layout, to_text};

use super::operands::{object, operand, quoted, string};
use super::{Context, Failure, Function};
use crate::term::Term;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("json.filter", paths::filter),
    ("json.is_valid", is_valid),
    ("json.marshal", marshal),
    ("json.marshal_with_options", marshal_with_options),
    ("json.patch", patch::patch),
    ("json.remove", paths::remove),
    ("json.unmarshal", unmarshal),
];

fn marshal<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = to_text(operand(operands, 1), None, cx.arena.budget())?;
    Ok(cx.arena.string(&text)?)
}

fn marshal_with_options<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let options = object(operands, 2)?;
    let mut layout = Layout { prefix: "", indent: "\t" };
    let mut asked = None;
    let mut implied = false;
    for (index, (key, value)) in options.entries().enumerate() {
        let Some(key) = key.as_str() else {
            let why = Failure::operand_type(index, key, &["string"]);
            let key = to_text(key, None, cx.arena.budget())?;
            let why = message(&why);
            return Err(Failure::operand(
                2,
                format!("failed to stringify key {key} at index {index}: {why}"),
            ));
        };
        match key {
            "prefix" | "indent" => {
                let Some(text) = value.as_str() else {
                    let why = Failure::operand_type(index, value, &["string"]);
                    let why = message(&why);
                    return Err(Failure::operand(
                        2,
                        format!("key {} failed cast to string: {why}", quoted(key)),
                    ));
                };
                *(if key == "prefix" { &mut layout.prefix } else { &mut layout.indent }) = text;
                implied = true;
            }
            "pretty" => match value {
                Term::Bool(pretty) => asked = Some(pretty),
                _ => {
                    return Err(Failure::operand(
                        2,
                        format!("key {} failed cast to bool", quoted(key)),
                    ));
                }
            },
            _ => {
                return Err(Failure::operand(
                    2,
                    format!("object contained unknown key {}", quoted(key)),
                ));
            }
        }
    }
    let pretty = asked.unwrap_or(implied).then_some(layout);
    let mut text = to_text(operand(operands, 1), pretty, cx.arena.budget())?;
    if pretty.is_some() {
        text.insert_str(0, layout.prefix);
    }
    Ok(cx.arena.string(&text)?)
}

fn message(failure: &Failure) -> &str {
    match failure {
        Failure::Error { message, .. } => message,
        _ => "",
    }
}

fn unmarshal<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let mut reader = Reader::new(string(operands, 1)?, cx.arena);
    let value = reader.value()?;
    reader.end()?;
    Ok(value)
}

fn is_valid<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let Some(text) = operand(operands, 1).as_str() else {
        return Ok(Term::Bool(false));
    };
    let mut reader = Reader::new(text, cx.arena);
    match reader.value() {
        Ok(_) => Ok(Term::Bool(reader.at_end())),
        Err(Failure::Budget(exceeded)) => Err(exceeded.into()),
        Err(_) => Ok(Term::Bool(false)),
    }
}
