//! Text into [`crate::ast`], exactly as OPA 1.22 reads it.
//!
//! One pass makes tokens, one pass reads them: nothing is read twice for each level of nesting, so
//! that the cost grows with the length of the text alone. Where OPA tries one reading and then
//! another (comprehension or list, body or value, group or parentheses), the tokens behind and
//! between brackets decide, or what has been read is put together anew.
//!
//! **Invariant:** no text makes this panic, overflow the stack or take more than linear time.

mod advice;
mod annotation;
mod body;
mod check;
mod collection;
mod expr;
mod lexer;
mod literal;
mod logic;
mod module;
mod parser;
mod rule;
mod term;
mod token;

use crate::ast::{Body, Expr, Import, Module, StatementKind, Version};
use crate::{Code, Diagnostic, Location, Source, SourceId, Span};
pub(crate) use check::is_ground;
use parser::Parser;
pub(crate) use token::{Keywords, Kind};

/// How many parts a reference may have: as many as values are deep.
const MAX_PATH: usize = sekisho_value::MAX_DEPTH;

/// How many levels of brackets, bodies and operators may stand within each other. Whoever walks
/// the tree may recurse that deep.
pub const MAX_NESTING: usize = 200;

/// How long a text may be, in bytes.
pub const MAX_LENGTH: usize = 64 << 20;

/// The comments of a text, `#` included.
pub(crate) fn comments(text: &str) -> Vec<Span> {
    lexer::tokens(text).comments.into_iter().map(|comment| comment.span).collect()
}

/// No more errors of one text are reported.
const MAX_ERRORS: usize = 100;

/// Reads a module, and reports all that is wrong with it: after an error, reading goes on at the
/// next word in the first column. The module is one only where nothing is wrong; otherwise it
/// holds what could be read, or is none where not even its package could.
#[must_use]
pub fn parse(source: &Source, id: SourceId, version: Version) -> (Option<Module>, Vec<Diagnostic>) {
    read(&source.text, id, version, |parser| parser.module(id))
}

/// Reads a query: statements, separated by `;` or on lines of their own. `imports` are those of
/// the query, for the keywords they bring.
#[must_use]
pub fn parse_query(
    source: &Source,
    id: SourceId,
    version: Version,
    imports: &[Import],
) -> (Body, Vec<Diagnostic>) {
    let (body, diagnostics) = read(&source.text, id, version, |parser| {
        module::enable_all(parser, imports).ok()?;
        parser.query().ok()
    });
    (body.unwrap_or_default(), diagnostics)
}

/// Reads one `import` without the keyword: `data.a.b as c`.
#[must_use]
pub fn parse_import(
    source: &Source,
    id: SourceId,
    version: Version,
) -> (Option<Import>, Vec<Diagnostic>) {
    let text = format!("import {}", source.text);
    let (import, mut diagnostics) = read(&text, id, version, |parser| {
        let (import, places) = parser.import().ok()?;
        parser.enable(&import, &places).ok()?;
        if parser.kind == Kind::Eof { Some(import) } else { parser.unexpected().ok() }
    });
    for diagnostic in &mut diagnostics {
        let Span { start, end } = diagnostic.location.span;
        diagnostic.location.span =
            Span { start: start.saturating_sub(IMPORT), end: end.saturating_sub(IMPORT) };
    }
    (import, diagnostics)
}

/// What [`parse_import`] puts before the text.
const IMPORT: u32 = 7;

/// Reads one term.
#[must_use]
pub fn parse_term(
    source: &Source,
    id: SourceId,
    version: Version,
) -> (Option<Expr>, Vec<Diagnostic>) {
    let (body, mut diagnostics) = parse_query(source, id, version, &[]);
    let count = body.len();
    let mut body = body.into_iter();
    match (body.next(), diagnostics.is_empty()) {
        (Some(statement), true)
            if count == 1 && !statement.negated && statement.with.is_empty() =>
        {
            if let StatementKind::Expr(expr) = statement.kind {
                return (Some(expr), diagnostics);
            }
            diagnostics.push(whole(id, "expected term"));
        }
        (_, true) => diagnostics.push(whole(id, "expected exactly one term")),
        _ => {}
    }
    (None, diagnostics)
}

fn read<T>(
    text: &str,
    id: SourceId,
    version: Version,
    parse: impl FnOnce(&mut Parser<'_>) -> Option<T>,
) -> (Option<T>, Vec<Diagnostic>) {
    if text.len() > MAX_LENGTH {
        return (None, vec![whole(id, "the text is too long")]);
    }
    let tokens = lexer::tokens(text);
    let mut parser = Parser::new(text, &tokens, id, version);
    let parsed = parse(&mut parser);
    let mut diagnostics = parser.diagnostics;
    diagnostics.extend(parser.later);
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| diagnostic.help.is_none()) {
        let at = diagnostic.location.span.start as usize;
        diagnostic.help = advice::advice(text, &diagnostic.message, at).map(str::to_owned);
    }
    (parsed, diagnostics)
}

/// An error of the text as a whole.
fn whole(source: SourceId, message: &str) -> Diagnostic {
    let location = Location { source, span: Span::default() };
    Diagnostic { code: Code::Parse, message: message.to_owned(), location, help: None }
}
