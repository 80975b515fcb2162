//! `json.patch`: RFC 6902, over any value, with paths as lists too.

use super::super::operands::{array, operand, shown};
use super::super::{Context, Failure};
use super::edit::{Document, ROOT};
use super::paths::segments;
use crate::term::{Term, TermKind};

pub(super) fn patch<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let operations = array(operands, 2)?;
    let mut document = Document::new(operand(operands, 1), cx.arena)?;
    for operation in operations.items() {
        if operation.kind() != TermKind::Object {
            return Err(Failure::error(
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            ));
        }
        apply(cx, &mut document, operation)?;
    }
    // Where the whole document was removed, OPA has no value and crashes.
    document.render(ROOT)?.ok_or(Failure::Undefined)
}

fn attribute<'a>(operation: Term<'a>, name: &str) -> Result<Term<'a>, Failure> {
    operation
        .field(name)
        .ok_or_else(|| Failure::error(format!("missing required attribute '{name}'")))
}

fn nothing() -> Failure {
    Failure::error("cannot insert nil value into EditTree")
}

fn apply<'a>(
    cx: &Context<'a>,
    document: &mut Document<'a>,
    operation: Term<'a>,
) -> Result<(), Failure> {
    let path = attribute(operation, "path")?;
    let name = attribute(operation, "op")?;
    let Some(name) = name.as_str() else {
        return Err(Failure::error(format!(
            "attribute 'op' must be a string but found: {}",
            name.kind().name()
        )));
    };
    let path = segments(cx, path)?;
    match name {
        "add" => document.insert_at(&path, attribute(operation, "value")?),
        "remove" => document.delete_at(&path),
        "replace" => {
            document.delete_at(&path)?;
            document.insert_at(&path, attribute(operation, "value")?)
        }
        "move" => {
            let from = segments(cx, attribute(operation, "from")?)?;
            let value = document.value_at(&from)?;
            document.delete_at(&from)?;
            document.insert_at(&path, value.ok_or_else(nothing)?)
        }
        "copy" => {
            let from = segments(cx, attribute(operation, "from")?)?;
            let value = document.value_at(&from)?.ok_or_else(nothing)?;
            document.insert_at(&path, value)
        }
        "test" => {
            let found = document.value_at(&path)?;
            let value = attribute(operation, "value")?;
            if found == Some(value) {
                return Ok(());
            }
            let found = found.map_or("<nil>".to_owned(), shown);
            Err(Failure::error(format!(
                "value from EditTree != patch value.\n\nExpected: {}\n\nFound: {found}",
                shown(value),
            )))
        }
        _ => Err(Failure::error(format!("unrecognized op: '{name}'"))),
    }
}
