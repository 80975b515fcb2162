//! `crypto.*` digests and `crypto.hmac.*`.

use super::bytes::to_hex;
use super::operands::string;
use super::{Context, Failure, Function};
use crate::term::Term;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("crypto.hmac.equal", hmac_equal),
    ("crypto.hmac.md5", |cx, operands| hmac::<Hmac<Md5>>(cx, operands)),
    ("crypto.hmac.sha1", |cx, operands| hmac::<Hmac<Sha1>>(cx, operands)),
    ("crypto.hmac.sha256", |cx, operands| hmac::<Hmac<Sha256>>(cx, operands)),
    ("crypto.hmac.sha512", |cx, operands| hmac::<Hmac<Sha512>>(cx, operands)),
    ("crypto.md5", |cx, operands| digest::<Md5>(cx, operands)),
    ("crypto.sha1", |cx, operands| digest::<Sha1>(cx, operands)),
    ("crypto.sha256", |cx, operands| digest::<Sha256>(cx, operands)),
];

fn digest<'a, D: Digest>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = string(operands, 1)?;
    cx.arena.budget().step(4 + text.len() as u64 / 8)?;
    Ok(cx.arena.string(&to_hex(&D::digest(text.as_bytes())))?)
}

fn hmac<'a, M: Mac + KeyInit>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let (text, key) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(8 + (text.len() + key.len()) as u64 / 8)?;
    let bytes = mac::<M>(text.as_bytes(), key.as_bytes())?;
    Ok(cx.arena.string(&to_hex(&bytes))?)
}

/// The authentication code of a message.
pub(super) fn mac<M: Mac + KeyInit>(message: &[u8], key: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut mac =
        <M as KeyInit>::new_from_slice(key).map_err(|_| Failure::error("invalid key length"))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn hmac_equal<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (left, right) = (string(operands, 1)?, string(operands, 2)?);
    cx.arena.budget().step(1 + left.len() as u64 / 16)?;
    Ok(Term::Bool(left == right))
}
