//! A location's tokens into steps.

use super::scan::{Token, TokenKind, scan};
use super::{Items, Node, Path, PathError};
use sekisho_value::Value;

pub(super) fn parse(text: &str) -> Result<Vec<Node>, PathError> {
    let tokens = scan(text)?;
    let mut rest = tokens.as_slice();
    let mut nodes = Vec::new();
    if matches!(rest, [Token { kind: TokenKind::End, .. }]) {
        return Ok(nodes);
    }
    loop {
        let (kind, position) = next(&mut rest);
        match kind {
            TokenKind::Name(name) => nodes.push(Node::Field(name.into())),
            other => return Err(unexpected("the name of a field", &other, position)),
        }
        if matches!(rest.first(), Some(Token { kind: TokenKind::Open, .. })) {
            rest = rest.get(1..).unwrap_or_default();
            nodes.push(Node::Items(items(&mut rest)?));
        }
        if nodes.len() > Path::MAX_NODES {
            let message = format!("more than {} steps", Path::MAX_NODES);
            return Err(PathError { message, position });
        }
        match next(&mut rest) {
            (TokenKind::End, _) => return Ok(nodes),
            (TokenKind::Dot, _) => {}
            (other, position) => return Err(unexpected("`.` or the end", &other, position)),
        }
    }
}

/// What stands behind `[`, up to `]`.
fn items(rest: &mut &[Token]) -> Result<Items, PathError> {
    let key = match next(rest) {
        (TokenKind::Name(name), _) => name,
        (other, position) => return Err(unexpected("the name of the key", &other, position)),
    };
    match next(rest) {
        (TokenKind::Colon, _) => {}
        (other, position) => return Err(unexpected("`:` behind the key", &other, position)),
    }
    let value = match next(rest) {
        (TokenKind::Star, _) => None,
        (TokenKind::Name(text), _) => Some(Value::from(text)),
        (TokenKind::Int(digits), position) => match digits.parse::<i64>() {
            Ok(int) => Some(Value::from(int)),
            Err(_) => {
                let message = format!("the integer `{digits}` is too large");
                return Err(PathError { message, position });
            }
        },
        (other, position) => {
            return Err(unexpected("the key's value or `*`", &other, position));
        }
    };
    match next(rest) {
        (TokenKind::Close, _) => Ok(Items { key: key.into(), value }),
        (other, position) => Err(unexpected("`]`", &other, position)),
    }
}

/// The next token; the end stays.
fn next(rest: &mut &[Token]) -> (TokenKind, usize) {
    match rest {
        [token, behind @ ..] => {
            if token.kind != TokenKind::End {
                *rest = behind;
            }
            (token.kind.clone(), token.position)
        }
        [] => (TokenKind::End, 1),
    }
}

fn unexpected(wanted: &str, found: &TokenKind, position: usize) -> PathError {
    let message = format!("expected {wanted}, found {}", found.describe());
    PathError { message, position }
}
