//! Text into [`crate::ast`], as cel-go 0.26 reads it.
//!
//! One pass makes tokens, one pass reads them and expands macros.
//!
//! **Invariant:** no text makes this panic, overflow the stack or take more than linear time.

mod escape;
mod lexer;
mod parser;
mod token;

use crate::ast::Expr;
use crate::macros::Macros;
use crate::{Diagnostic, Span};
use token::Token;

/// How many levels of one sort (brackets, operators, fields) may stand within each other; cel-go's
/// limit.
pub const MAX_NESTING: u16 = 250;

/// How many levels of nodes a tree may have, macros expanded. Whoever walks the tree may recurse
/// that deep.
pub const MAX_DEPTH: u16 = 300;

/// How long an expression may be, in Unicode scalars; cel-go's limit.
pub const MAX_LENGTH: usize = 100_000;

/// What of the grammar is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Syntax {
    /// `a.?b`, `a[?b]`, `[?a]`, `{?k: v}`
    pub optionals: bool,
    /// `` a.`b` ``
    pub quoted_fields: bool,
}

/// Reads an expression.
///
/// # Errors
/// The first place that is of no expression.
pub fn parse(text: &str, syntax: Syntax, macros: &Macros) -> Result<Expr, Vec<Diagnostic>> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        let message =
            format!("expression code point size exceeds limit: size: {length}, limit {MAX_LENGTH}");
        return Err(vec![Diagnostic::new(text, Span::default(), message)]);
    }
    let tokens: Vec<Token> = lexer::tokens(text)
        .map_err(|error| vec![Diagnostic::new(text, error.span, error.message)])?;
    parser::Parser::new(text, &tokens, syntax, macros).expression()
}
