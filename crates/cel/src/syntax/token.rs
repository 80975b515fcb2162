use crate::Span;
use crate::ast::Name;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Ident(Name),
    /// `` `a/b` ``: the name of a field
    Quoted(Name),
    /// digits, and whether they are of base 16
    Int(Name, bool),
    Uint(u64),
    Double(Name),
    String(Name),
    Bytes(Vec<u8>),
    True,
    False,
    Null,
    In,
    /// an operator or bracket
    Sign(&'static str),
    End,
}

impl Kind {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(own) if *own == sign)
    }
}

/// How a token is named in messages.
pub(super) fn shown(text: &str, token: &Token) -> String {
    match &token.kind {
        Kind::End => "<EOF>".to_owned(),
        _ => {
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            text.get(start..end).unwrap_or_default().to_owned()
        }
    }
}
