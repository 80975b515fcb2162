//! Durations as Go's `time.ParseDuration` reads them, with days, weeks and years beside.

use super::parse::quote;
use crate::builtins::Failure;
use crate::builtins::operands::quoted;

/// Nanoseconds.
pub(super) fn parse(text: &str) -> Result<i64, Failure> {
    let invalid = || Failure::error(format!("time: invalid duration {}", quoted(text)));
    if text.is_empty() {
        return Err(invalid());
    }
    if !text.contains(['d', 'w', 'y']) {
        return go(text)
            .map_err(|why| Failure::error(format!("time: {why} {}", quote(text.as_bytes()))));
    }
    let rewritten = in_hours(text).ok_or_else(invalid)?;
    go(&rewritten).map_err(|why| Failure::error(format!("time: {why} {}", quoted(text))))
}

/// Days, weeks and years as hours.
fn in_hours(text: &str) -> Option<String> {
    let (sign, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => text.split_at(text.len() - rest.len()),
        None => ("", text),
    };
    let mut out = sign.to_owned();
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return None;
        }
        let known = ["ms", "us", "µs", "ns"].into_iter().find(|unit| after.starts_with(*unit));
        let len = match known {
            Some(unit) => unit.len(),
            None => usize::from(after.starts_with(|char: char| char.is_ascii_lowercase())),
        };
        if len == 0 {
            return None;
        }
        let (unit, after) = after.split_at(len);
        let hours = match unit {
            "d" => Some(24.0),
            "w" => Some(24.0 * 7.0),
            "y" => Some(24.0 * 365.0),
            _ => None,
        };
        match hours {
            Some(hours) => {
                let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
                out.push_str(&format!("{}h", number * hours));
            }
            None => {
                out.push_str(number);
                out.push_str(unit);
            }
        }
        rest = after;
    }
    (out.len() > sign.len()).then_some(out)
}

const INVALID: &str = "invalid duration";
const LIMIT: u64 = 1 << 63;

/// The error is what is wrong, in Go's words, without the duration behind it.
fn go(text: &str) -> Result<i64, String> {
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    let invalid = || INVALID.to_owned();
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        if !rest.starts_with(|char: char| char.is_ascii_digit() || char == '.') {
            return Err(invalid());
        }
        let (whole, after) = split_digits(rest);
        let mut value = leading_int(whole).ok_or_else(invalid)?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end =
            after.find(|char: char| char.is_ascii_digit() || char == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let scale: u64 = match unit {
            "" => return Err("missing unit in duration".to_owned()),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(format!("unknown unit {} in duration", quote(unit.as_bytes()))),
        };
        if value > LIMIT / scale {
            return Err(invalid());
        }
        value *= scale;
        value += fraction_of(fraction, scale);
        total = total.checked_add(value).ok_or_else(invalid)?;
        if value > LIMIT || total > LIMIT {
            return Err(invalid());
        }
        rest = after;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| invalid())
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()))
}

fn leading_int(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        return Some(0);
    }
    digits.parse().ok().filter(|value| *value <= LIMIT)
}

/// So much of a unit as Go counts it: in doubles, digits beyond 63 bits passed over.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go counts fractions in doubles"
)]
fn fraction_of(digits: &str, scale: u64) -> u64 {
    let (mut value, mut power) = (0_u64, 1.0_f64);
    for digit in digits.bytes().map(|byte| u64::from(byte - b'0')) {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + digit;
        if next > LIMIT {
            break;
        }
        value = next;
        power *= 10.0;
    }
    (value as f64 * (scale as f64 / power)) as u64
}
