//! `io.jwt.*`: decoding, and verification by a shared secret.

use super::bytes::{to_hex, to_text};
use super::encoding::from_base64url;
use super::hash::mac;
use super::json::Reader;
use super::operands::{operand, string, string_term};
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("io.jwt.decode", decode),
    ("io.jwt.verify_hs256", |cx, operands| verify::<Hmac<Sha256>>(cx, operands)),
    ("io.jwt.verify_hs384", |cx, operands| verify::<Hmac<Sha384>>(cx, operands)),
    ("io.jwt.verify_hs512", |cx, operands| verify::<Hmac<Sha512>>(cx, operands)),
];

/// The three parts of a token, as they are written.
pub(super) struct Token<'t> {
    header: &'t str,
    pub(super) payload: &'t str,
    pub(super) signature: &'t str,
}

impl<'t> Token<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, Failure> {
        let parts: Vec<_> = text.splitn(4, '.').collect();
        match *parts.as_slice() {
            [_] => Err(Failure::error("encoded JWT had no period separators")),
            [header, payload, signature] => Ok(Self { header, payload, signature }),
            _ => Err(Failure::error(format!(
                "encoded JWT must have 3 sections, found {}",
                text.split('.').count()
            ))),
        }
    }

    /// What is signed.
    pub(super) fn signed(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }
}

/// A failure with words before its own.
pub(super) fn within(words: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Error { message, wrong_type } => {
            Failure::Error { message: format!("{words}: {message}"), wrong_type }
        }
        other => other,
    }
}

pub(super) fn json_object<'a>(cx: &Context<'a>, text: &str) -> Result<Term<'a>, Failure> {
    let mut reader = Reader::new(text, cx.arena);
    let value = reader.value().and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|failure| match within("invalid JSON", failure) {
        Failure::Error { message, .. } => Failure::error(message),
        other => other,
    })?;
    if value.kind() == TermKind::Object {
        Ok(value)
    } else {
        Err(Failure::error("decoded JSON type was not an Object"))
    }
}

pub(super) fn header<'a>(cx: &Context<'a>, token: &Token<'_>) -> Result<Term<'a>, Failure> {
    let bytes = from_base64url(token.header)
        .map_err(|failure| within("JWT header had invalid encoding", failure))?;
    let header =
        json_object(cx, &to_text(bytes)).map_err(|failure| within("bad JWT header", failure))?;
    if header.field("enc").is_some() {
        return Err(Failure::error("JWT is a JWE object, which is not supported"));
    }
    Ok(header)
}

fn decode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let mut text = string_term(operand(operands, 1), 1)?.to_owned();
    loop {
        cx.arena.budget().step(16 + text.len() as u64 / 8)?;
        cx.arena.budget().allocate(3 * text.len() as u64)?;
        let token = Token::read(&text)?;
        let header = header(cx, &token)?;
        let payload = from_base64url(token.payload)
            .map_err(|failure| within("JWT payload had invalid encoding", failure))?;
        let payload = to_text(payload);
        // A token within the token: it may be in quotes.
        if header.field("cty").and_then(Term::as_str) == Some("JWT") {
            text = payload.trim_matches(['"', '\'']).to_owned();
            continue;
        }
        let payload = json_object(cx, &payload)?;
        let signature = from_base64url(token.signature)
            .map_err(|failure| within("JWT signature had invalid encoding", failure))?;
        let signature = cx.arena.string(&to_hex(&signature))?;
        return Ok(cx.arena.array(&[header, payload, signature])?);
    }
}

fn verify<'a, M: Mac + KeyInit>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let (text, secret) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(16 + (text.len() + secret.len()) as u64 / 8)?;
    cx.arena.budget().allocate(3 * text.len() as u64)?;
    let token = Token::read(text)?;
    let expected = mac::<M>(token.signed().as_bytes(), secret.as_bytes())?;
    let signature = from_base64url(token.signature)?;
    Ok(Term::Bool(signature == expected))
}
