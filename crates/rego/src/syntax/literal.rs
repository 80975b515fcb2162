//! What the literals of strings and numbers stand for.

use super::token::Kind;
use sekisho_value::Str;
use std::borrow::Cow;

/// The text of a string's or template part's token; none where an escape is wrong.
pub(super) fn text(kind: Kind, token: &str, first_part: bool) -> Option<Str> {
    let inner = match kind {
        Kind::String | Kind::RawString => token.get(1..token.len().checked_sub(1)?)?,
        // The first part of a template begins with `$"`, a later one right after a brace.
        _ => token.get(if first_part { 2 } else { 0 }..token.len().checked_sub(1)?)?,
    };
    match kind {
        Kind::RawString => Some(inner.into()),
        Kind::RawTemplatePart | Kind::RawTemplateEnd => Some(unescape_braces(inner, false).into()),
        Kind::TemplatePart | Kind::TemplateEnd => unescape(&unescape_braces(inner, true)),
        _ => unescape(inner),
    }
}

/// `\{` is a brace.
fn unescape_braces(inner: &str, other_escapes: bool) -> Cow<'_, str> {
    if !inner.contains("\\{") {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.clone().next() {
            Some('{') => {}
            Some(next) if other_escapes => {
                chars.next();
                out.push('\\');
                out.push(next);
            }
            _ => out.push('\\'),
        }
    }
    Cow::Owned(out)
}

/// JSON's escapes, as Go's decoder reads them: half of a surrogate pair is U+FFFD.
fn unescape(inner: &str) -> Option<Str> {
    if !inner.contains('\\') {
        return Some(inner.into());
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (before, escaped) = rest.split_at(at);
        if before.bytes().any(|byte| byte < b' ') {
            return None;
        }
        out.push_str(before);
        let mut chars = escaped.chars();
        chars.next();
        match chars.next()? {
            char @ ('\\' | '"' | '/') => out.push(char),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let (char, after) = unicode(chars.as_str())?;
                out.push(char);
                rest = after;
                continue;
            }
            _ => return None,
        }
        rest = chars.as_str();
    }
    if rest.bytes().any(|byte| byte < b' ') {
        return None;
    }
    out.push_str(rest);
    Some(out.into())
}

/// The character of `\u…`, two of them where they are a surrogate pair; what follows it.
fn unicode(digits: &str) -> Option<(char, &str)> {
    let first = hex(digits)?;
    let after = digits.get(4..)?;
    if let Some(char) = char::from_u32(first) {
        return Some((char, after));
    }
    let second =
        after.strip_prefix("\\u").and_then(|digits| Some((hex(digits)?, digits.get(4..)?)));
    if let (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, after))) = (first, second) {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(code)?, after));
    }
    Some(('\u{fffd}', after))
}

fn hex(digits: &str) -> Option<u32> {
    let digits = digits.get(..4)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// Why a number's literal is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFault {
    LeadingZero,
    TooBig,
}

/// Checks a number's literal without its sign.
pub(super) fn check_number(digits: &str) -> Result<(), NumberFault> {
    let mut bytes = digits.bytes();
    if bytes.next() == Some(b'0') {
        let second = bytes.next();
        let fits = match second {
            None | Some(b'.') => true,
            Some(b'e' | b'E') => digits.len() > 2,
            Some(_) => false,
        };
        if !fits {
            return Err(NumberFault::LeadingZero);
        }
    }
    if binary_exponent(digits).abs() > f64::from(MAX_BINARY_EXPONENT) {
        return Err(NumberFault::TooBig);
    }
    Ok(())
}

/// OPA's limit of a number's binary exponent.
const MAX_BINARY_EXPONENT: u32 = 100_000;

/// The exponent of the power of two above the number; 0 of zero.
fn binary_exponent(digits: &str) -> f64 {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let exponent = exponent.trim_start_matches(['e', 'E']).trim_start_matches('+');
    let exponent: f64 = if exponent.is_empty() { 0.0 } else { exponent.parse().unwrap_or(0.0) };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let (leading, scale) = if whole.is_empty() {
        let significant = fraction.trim_start_matches('0');
        let zeros = fraction.len() - significant.len();
        (significant, -count(zeros))
    } else {
        (whole, count(whole.len()))
    };
    if leading.is_empty() {
        return 0.0;
    }
    // `0.LEADING` times ten to the `scale + exponent`.
    let head: f64 = format!("0.{}", leading.get(..leading.len().min(17)).unwrap_or(leading))
        .parse()
        .unwrap_or(0.1);
    ((scale + exponent) * std::f64::consts::LOG2_10 + head.log2()).floor() + 1.0
}

fn count(length: usize) -> f64 {
    u32::try_from(length).map_or(f64::INFINITY, f64::from)
}

/// The number as the JSON grammar has it: OPA takes `.5` too.
pub(super) fn number(negative: bool, point: bool, digits: &str) -> Str {
    let sign = if negative { "-" } else { "" };
    let zero = if point { "0." } else { "" };
    if sign.is_empty() && zero.is_empty() {
        return digits.into();
    }
    format!("{sign}{zero}{digits}").into()
}
