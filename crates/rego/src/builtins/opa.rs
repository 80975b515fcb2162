//! `opa.runtime`, `rego.parse_module`, and `rego.metadata.*` where the compiler has left them.

use super::operands::string;
use super::{Context, Failure, Function};
use crate::term::{Term, from_json};
use crate::{Source, SourceId, ast, syntax};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("opa.runtime", runtime),
    ("trace", trace),
    ("rego.metadata.chain", |_, _| outside_rule("rego.metadata.chain")),
    ("rego.metadata.rule", |_, _| outside_rule("rego.metadata.rule")),
    ("rego.parse_module", parse_module),
];

fn runtime<'a>(cx: &mut Context<'a>, _: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    match Term::borrowed(&cx.facts.runtime) {
        Term::Null => Ok(cx.arena.object(Vec::new())?),
        runtime => Ok(runtime),
    }
}

/// Notes are for a trace of the evaluation; there is none here.
fn trace<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    string(operands, 1).map(|_| Term::Bool(true))
}

fn outside_rule<'a>(name: &str) -> Result<Term<'a>, Failure> {
    Err(Failure::error(format!(
        "the {name} function must only be called within the scope of a rule"
    )))
}

/// What a parse takes of memory for each byte of text, and more.
const BYTES_PER_BYTE: u64 = 64;

fn parse_module<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (name, text) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(16 + text.len() as u64)?;
    cx.arena.budget().allocate(BYTES_PER_BYTE * text.len() as u64)?;
    let source = Source::new(name, text);
    let (module, errors) = syntax::parse(&source, SourceId(0), ast::Version::V1);
    let lines: Vec<_> = errors
        .iter()
        .map(|error| {
            let (line, column) = source.line_column(error.location.span.start);
            format!("{name}:{line}:{column}: {}: {}", error.code, error.message)
        })
        .collect();
    match (module, lines.as_slice()) {
        (Some(module), []) => Ok(from_json(&ast::to_json(&module, &source), cx.arena)?),
        (_, [one]) => Err(Failure::error(format!("1 error occurred: {one}"))),
        (_, many) => {
            let count = many.len();
            Err(Failure::error(format!("{count} errors occurred:\n{}", many.join("\n"))))
        }
    }
}
