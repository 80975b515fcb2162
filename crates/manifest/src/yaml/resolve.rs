//! What a scalar means: the rules of goyaml v2's `resolve.go`, and of `sigs.k8s.io/yaml` on the
//! way to JSON.

use super::property::Tag;
use crate::fault::{Fault, clip};
use sekisho_value::{Key, Number, Str, Value};

/// Whose reader is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// kubectl: YAML 1.1, `yes` is a boolean.
    #[default]
    Kubectl,
    /// gator (yaml.v3): only the forms of `true` and `false` are booleans.
    Gator,
}

/// How a text becomes a value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// what scalars mean
    pub(crate) scheme: Scheme,
    /// of a key that stands twice the last value is taken
    pub(crate) last_key_wins: bool,
}

/// A scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    /// The text itself.
    Text,
    /// A text that is not the scalar's own.
    Bytes(String),
}

/// What a plain scalar without a tag means.
#[inline]
pub(crate) fn resolve_plain(text: &str, scheme: Scheme) -> Resolved {
    let Some(first) = text.bytes().next() else {
        return Resolved::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text, first),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~'
            if text.len() <= 5 =>
        {
            word(text, scheme)
        }
        _ => Resolved::Text,
    }
}

fn word(text: &str, scheme: Scheme) -> Resolved {
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ if scheme == Scheme::Gator => Resolved::Text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        _ => Resolved::Text,
    }
}

fn number(text: &str, first: u8) -> Resolved {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if first == b'.' {
        return behind_point(text);
    }
    // The usual: a short decimal integer.
    if text.len() < 19
        && (matches!(first, b'1'..=b'9') || text == "0")
        && text.bytes().all(|byte| byte.is_ascii_digit())
    {
        return text.parse().map_or(Resolved::Text, Resolved::Int);
    }
    let plain = if text.contains('_') { &text.replace('_', "") } else { text };
    let (negative, signed) = match plain.as_bytes().first() {
        Some(b'-') => (true, true),
        Some(b'+') => (false, true),
        _ => (false, false),
    };
    let unsigned = plain.get(usize::from(signed)..).unwrap_or_default();
    let (radix, digits) = radix_of(unsigned);
    if !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)) {
        // The sign is put back, for the smallest integer has no positive counterpart.
        let sign = if negative { "-" } else { "" };
        if let Ok(int) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            return Resolved::Int(int);
        }
        if !signed && let Ok(int) = u64::from_str_radix(digits, radix) {
            return Resolved::Unsigned(int);
        }
    }
    finite_float(plain)
}

/// A double, or a text where it is none or beyond the range.
fn finite_float(text: &str) -> Resolved {
    match float(text) {
        Some(float) if float.is_finite() => Resolved::Float(float),
        _ => Resolved::Text,
    }
}

/// What begins with a point. Here Go itself takes `_` between digits, and nowhere else.
fn behind_point(text: &str) -> Resolved {
    if !text.contains('_') {
        return finite_float(text);
    }
    let mut between = text.split('_').collect::<Vec<_>>();
    let last = between.pop().unwrap_or_default();
    let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let mut good = digit(last.bytes().next());
    for (index, part) in between.iter().enumerate() {
        good &= digit(part.bytes().last()) && (index == 0 || digit(part.bytes().next()));
    }
    if good { finite_float(&text.replace('_', "")) } else { Resolved::Text }
}

/// The base that a prefix asks for, and the digits behind it.
fn radix_of(text: &str) -> (u32, &str) {
    let after = |len| text.get(len..).unwrap_or_default();
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, after(2)),
        [b'0', b'o' | b'O', ..] => (8, after(2)),
        [b'0', b'b' | b'B', ..] => (2, after(2)),
        [b'0', _, ..] => (8, after(1)),
        _ => (10, text),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; infinite beyond the range of a double.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
        }
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let form = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if form { text.parse().ok() } else { None }
}

/// What a scalar with a tag means.
pub(super) fn resolve_tagged(
    text: &str,
    tag: Tag,
    offset: usize,
    scheme: Scheme,
) -> Result<Resolved, Fault> {
    let resolved = match tag {
        Tag::Str | Tag::Bang | Tag::Other | Tag::Merge => return Ok(Resolved::Text),
        Tag::Binary => return binary(text, offset),
        Tag::Timestamp => {
            return Err(Fault::new(offset, "the tag `!!timestamp` is not supported")
                .help("leave the tag out: kubectl reads a time as a string"));
        }
        Tag::Int | Tag::Float | Tag::Bool | Tag::Null => resolve_plain(text, scheme),
    };
    Ok(match (tag, resolved) {
        #[expect(clippy::cast_precision_loss, reason = "the tag asks for a double")]
        (Tag::Float, Resolved::Int(int)) => Resolved::Float(int as f64),
        (Tag::Int, found @ (Resolved::Int(_) | Resolved::Unsigned(_)))
        | (Tag::Float, found @ Resolved::Float(_))
        | (Tag::Bool, found @ Resolved::Bool(_))
        | (Tag::Null, found @ Resolved::Null) => found,
        _ => {
            let name = match tag {
                Tag::Int => "an integer",
                Tag::Float => "a float",
                Tag::Bool => "a boolean",
                _ => "null",
            };
            return Err(Fault::new(
                offset,
                format!("`{}` is not {name}, which its tag asks for", clip(text)),
            ));
        }
    })
}

/// A `!!binary` scalar: the text that its base64 stands for.
fn binary(text: &str, offset: usize) -> Result<Resolved, Fault> {
    let bad = || Fault::new(offset, "the value tagged `!!binary` is no base64");
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return Err(bad()),
        };
        if padding > 0 {
            return Err(bad());
        }
        bits = (bits << 6) | u32::from(digit);
        count += 1;
        if count.is_multiple_of(4) {
            bytes.extend(bits.to_be_bytes().into_iter().skip(1));
            bits = 0;
        }
    }
    match (count % 4, padding) {
        (0, 0) => {}
        (2, 2) => bytes.extend((bits << 12).to_be_bytes().into_iter().skip(1).take(1)),
        (3, 1) => bytes.extend((bits << 6).to_be_bytes().into_iter().skip(1).take(2)),
        _ => return Err(bad()),
    }
    String::from_utf8(bytes).map(Resolved::Bytes).map_err(|_| {
        Fault::new(offset, "the value tagged `!!binary` is not text")
            .help("kubectl would garble it; leave the tag out, and use `data` or `binaryData`")
    })
}

/// The value of a scalar.
#[inline]
pub(super) fn to_value(resolved: Resolved, text: &str, offset: usize) -> Result<Value, Fault> {
    Ok(match resolved {
        Resolved::Text => Value::String(Str::new(text)),
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Int(int) => Value::from(int),
        Resolved::Unsigned(int) => Value::Number(int.into()),
        Resolved::Bytes(text) => Value::String(text.into()),
        Resolved::Float(float) => match Number::from_f64(float) {
            Some(number) => Value::Number(number),
            None => {
                return Err(Fault::new(offset, format!("JSON has no number `{}`", clip(text)))
                    .help("put quotes around it if a text is meant"));
            }
        },
    })
}

/// The key that a scalar makes (`convertToJSONableObject` of `sigs.k8s.io/yaml`).
#[inline]
pub(super) fn to_key(resolved: Resolved, text: &str, offset: usize) -> Result<Key, Fault> {
    Ok(match resolved {
        Resolved::Text => Key::new(text),
        Resolved::Bytes(text) => text.into(),
        Resolved::Bool(bool) => Key::new_static(if bool { "true" } else { "false" }),
        Resolved::Int(int) => int.to_string().into(),
        Resolved::Float(float) => float_key(float).into(),
        Resolved::Null => {
            return Err(Fault::new(offset, "a key is null")
                .help("give the key a name, or put quotes around it"));
        }
        Resolved::Unsigned(_) => {
            return Err(Fault::new(
                offset,
                format!("the key `{}` is a number beyond 64 bits", clip(text)),
            )
            .help("put quotes around it"));
        }
    })
}

/// A double as Go's `strconv.FormatFloat(f, 'g', -1, 32)` writes it.
fn float_key(float: f64) -> String {
    if !float.is_finite() {
        return match (float.is_nan(), float.is_sign_negative()) {
            (true, _) => ".nan",
            (_, true) => "-.inf",
            _ => ".inf",
        }
        .to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the rule is one of 32-bit floats")]
    let short = float as f32;
    if !short.is_finite() {
        return if short.is_sign_negative() { "-.inf" } else { ".inf" }.to_owned();
    }
    let scientific = format!("{short:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        format!("{short}")
    } else {
        let sign = if power < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", power.abs())
    }
}
