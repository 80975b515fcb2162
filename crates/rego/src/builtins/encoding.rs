//! `base64.*`, `base64url.*`, `hex.*`, `urlquery.*` and `uri.*`.

use super::bytes::{Alphabet, from_base64, from_hex, to_base64, to_hex, to_text};
use super::json;
use super::operands::{operand, string};
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use sekisho_go_net as url;
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("base64.decode", base64_decode),
    ("base64.encode", base64_encode),
    ("base64.is_valid", base64_is_valid),
    ("base64url.decode", base64url_decode),
    ("base64url.encode", base64url_encode),
    ("base64url.encode_no_pad", base64url_encode_no_pad),
    ("hex.decode", hex_decode),
    ("hex.encode", hex_encode),
    ("uri.is_valid", uri_is_valid),
    ("uri.parse", uri_parse),
    ("urlquery.decode", query_decode),
    ("urlquery.decode_object", query_decode_object),
    ("urlquery.encode", query_encode),
    ("urlquery.encode_object", query_encode_object),
];

/// The text of an operand, its reading and what is made of it paid for.
fn text<'a>(cx: &Context<'a>, operands: &[Term<'a>]) -> Result<&'a str, Failure> {
    let text = string(operands, 1)?;
    cx.arena.budget().step(1 + text.len() as u64 / 16)?;
    cx.arena.budget().allocate(3 * text.len() as u64)?;
    Ok(text)
}

fn base64_encode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    Ok(cx.arena.string(&to_base64(text.as_bytes(), Alphabet::Standard, true))?)
}

fn base64_decode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    let bytes = from_base64(text.as_bytes(), Alphabet::Standard, true)?;
    Ok(cx.arena.string(&to_text(bytes))?)
}

fn base64_is_valid<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    if operand(operands, 1).as_str().is_none() {
        return Ok(Term::Bool(false));
    }
    let text = text(cx, operands)?;
    Ok(Term::Bool(from_base64(text.as_bytes(), Alphabet::Standard, true).is_ok()))
}

fn base64url_encode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    Ok(cx.arena.string(&to_base64(text.as_bytes(), Alphabet::Url, true))?)
}

fn base64url_encode_no_pad<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    Ok(cx.arena.string(&to_base64(text.as_bytes(), Alphabet::Url, false))?)
}

fn base64url_decode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let bytes = from_base64url(text(cx, operands)?)?;
    Ok(cx.arena.string(&to_text(bytes))?)
}

/// With padding or without.
pub(super) fn from_base64url(text: &str) -> Result<Vec<u8>, Failure> {
    let mut padded = text.to_owned();
    if !text.ends_with('=') {
        match text.len() % 4 {
            0 => {}
            2 => padded.push_str("=="),
            3 => padded.push('='),
            _ => return Err(Failure::error(format!("illegal base64url string: {text}"))),
        }
    }
    from_base64(padded.as_bytes(), Alphabet::Url, true)
}

fn hex_encode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    Ok(cx.arena.string(&to_hex(text.as_bytes()))?)
}

fn hex_decode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let bytes = from_hex(text(cx, operands)?.as_bytes())?;
    Ok(cx.arena.string(&to_text(bytes))?)
}

fn query_encode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = text(cx, operands)?;
    Ok(cx.arena.string(&url::query_escape(text))?)
}

fn query_decode<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let bytes = url::query_unescape(text(cx, operands)?)?;
    Ok(cx.arena.string(&to_text(bytes))?)
}

fn query_encode_object<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let object = operand(operands, 1);
    if object.kind() != TermKind::Object {
        return Err(Failure::operand_type(1, object, &["object"]));
    }
    let bad = || Failure::operand(1, "values must be string, array[string], or set[string]");
    let mut pairs: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in object.entries() {
        cx.arena.budget().allocate(64)?;
        let key = match key.as_str() {
            Some(key) => key.to_owned(),
            None => json::to_text(key, None, cx.arena.budget())?,
        };
        let values = match (value.as_str(), value.kind()) {
            (Some(text), _) => vec![text],
            (None, TermKind::Array | TermKind::Set) => {
                value.items().map(|item| item.as_str().ok_or_else(bad)).collect::<Result<_, _>>()?
            }
            _ => return Err(bad()),
        };
        pairs.insert(key, values);
    }
    let mut out = String::new();
    for (key, values) in pairs {
        let key = url::query_escape(&key);
        for value in values {
            cx.arena.budget().step(1 + (key.len() + value.len()) as u64 / 16)?;
            cx.arena.budget().allocate((key.len() + 3 * value.len() + 2) as u64)?;
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&key);
            out.push('=');
            out.push_str(&url::query_escape(value));
        }
    }
    Ok(cx.arena.string(&out)?)
}

/// How many parameters Go reads of one query.
const MAX_PARAMETERS: usize = 10_000;

fn query_decode_object<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let query = text(cx, operands)?;
    if query.split('&').count() > MAX_PARAMETERS {
        return Err(Failure::error("number of URL query parameters exceeded limit"));
    }
    let mut values: BTreeMap<String, Vec<Term<'a>>> = BTreeMap::new();
    let mut failure = None;
    for part in query.split('&') {
        cx.arena.budget().allocate(64)?;
        if part.contains(';') {
            failure = Some(Failure::error("invalid semicolon separator in query"));
            continue;
        }
        if part.is_empty() {
            continue;
        }
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match (url::query_unescape(key), url::query_unescape(value)) {
            (Ok(key), Ok(value)) => {
                let value = cx.arena.string(&to_text(value))?;
                values.entry(to_text(key)).or_default().push(value);
            }
            (Err(wrong), _) | (_, Err(wrong)) => failure = failure.or(Some(wrong.into())),
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut entries = Vec::new();
    for (key, values) in values {
        entries.push((cx.arena.string(&key)?, cx.arena.array(&values)?));
    }
    Ok(cx.arena.object(entries)?)
}

fn uri_parse<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let url = url::parse(text(cx, operands)?)?;
    let path = to_text(url.path);
    let raw_path = if url.raw_path.is_empty() { path.clone() } else { url.raw_path };
    let mut entries = Vec::new();
    for (key, value) in [
        ("scheme", url.scheme),
        ("hostname", to_text(url.hostname)),
        ("port", url.port),
        ("path", path),
        ("raw_path", raw_path),
        ("raw_query", url.raw_query),
        ("fragment", to_text(url.fragment)),
    ] {
        if !value.is_empty() {
            entries.push((Term::String(key), cx.arena.string(&value)?));
        }
    }
    Ok(cx.arena.object(entries)?)
}

fn uri_is_valid<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    if operand(operands, 1).as_str().is_none_or(str::is_empty) {
        return Ok(Term::Bool(false));
    }
    Ok(Term::Bool(url::parse(text(cx, operands)?).is_ok()))
}
