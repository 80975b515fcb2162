//! Reading quantities.

use super::{Digits, NANO, Quantity, QuantityError, QuantityFormat};

/// How many decimal digits always fit in 64 bits.
const SAFE_DIGITS: i64 = 18;
/// The greatest amount with a binary suffix.
const BINARY_MAX: u64 = i64::MAX.unsigned_abs();

/// Whether a text is one of the common forms that are stored as they are: up to three digits that
/// do not begin with zero, and no suffix or one of thousands or 1024.
pub(super) fn is_short_and_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&len)
        && bytes.first() != Some(&b'0')
        && matches!(
            bytes.get(len..),
            Some(
                b"" | b"n"
                    | b"u"
                    | b"m"
                    | b"k"
                    | b"M"
                    | b"G"
                    | b"T"
                    | b"P"
                    | b"E"
                    | b"Ki"
                    | b"Mi"
                    | b"Gi"
                    | b"Ti"
            )
        )
}

/// The parts of a text: `-12.50Mi` has `12`, `50` and `Mi`.
struct Parts<'a> {
    negative: bool,
    /// Integer digits without leading zeros.
    integer: &'a str,
    fraction: &'a str,
    /// Whether any digit stands before the suffix.
    has_digit: bool,
    suffix: &'a str,
}

fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    let digits_end = |from: usize| {
        text.bytes()
            .skip(from)
            .position(|byte| !byte.is_ascii_digit())
            .map_or(text.len(), |n| from + n)
    };
    let start = usize::from(text.starts_with(['+', '-']));
    let integer_end = digits_end(start);
    let integer = text.get(start..integer_end).unwrap_or_default();
    let mut fraction = "";
    let mut number_end = integer_end;
    if text.as_bytes().get(integer_end) == Some(&b'.') {
        number_end = digits_end(integer_end + 1);
        fraction = text.get(integer_end + 1..number_end).unwrap_or_default();
    }
    let suffix = text.get(number_end..).unwrap_or_default();
    let after_letters =
        suffix.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']);
    let after_sign = after_letters.strip_prefix(['-', '+']).unwrap_or(after_letters);
    if !after_sign.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuantityError::Format);
    }
    Ok(Parts {
        negative: text.starts_with('-'),
        integer: integer.trim_start_matches('0'),
        fraction,
        has_digit: !integer.is_empty() || !fraction.is_empty(),
        suffix,
    })
}

/// The power that a suffix stands for: of two for binary suffixes, else of ten.
fn power_of(suffix: &str) -> Result<(QuantityFormat, i32), QuantityError> {
    use QuantityFormat::{BinarySi, DecimalExponent, DecimalSi};
    Ok(match suffix {
        "n" => (DecimalSi, -9),
        "u" => (DecimalSi, -6),
        "m" => (DecimalSi, -3),
        "" => (DecimalSi, 0),
        "k" => (DecimalSi, 3),
        "M" => (DecimalSi, 6),
        "G" => (DecimalSi, 9),
        "T" => (DecimalSi, 12),
        "P" => (DecimalSi, 15),
        "E" => (DecimalSi, 18),
        "Ki" => (BinarySi, 10),
        "Mi" => (BinarySi, 20),
        "Gi" => (BinarySi, 30),
        "Ti" => (BinarySi, 40),
        "Pi" => (BinarySi, 50),
        "Ei" => (BinarySi, 60),
        _ => {
            let power = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
            let power: i64 = power.parse().map_err(|_| QuantityError::Suffix)?;
            #[expect(clippy::cast_possible_truncation, reason = "upstream keeps the low 32 bits")]
            let power = power as i32;
            (DecimalExponent, power)
        }
    })
}

pub(super) fn parse(text: &str) -> Result<Quantity, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let parts = split(text)?;
    let (format, power) = power_of(parts.suffix)?;
    match parse_short(text, &parts, format, power) {
        Some(quantity) => Ok(quantity),
        None => parse_long(&parts, format, power),
    }
}

/// Digits that fit in 64 bits, no finer than a billionth. Only here upstream keeps the text.
fn parse_short(
    text: &str,
    parts: &Parts<'_>,
    format: QuantityFormat,
    power: i32,
) -> Option<Quantity> {
    let integer = if parts.integer.is_empty() { "0" } else { parts.integer };
    let fraction_len = i64::try_from(parts.fraction.len()).ok()?;
    let len = i64::try_from(integer.len()).ok()?.checked_add(fraction_len)?;
    let binary = format == QuantityFormat::BinarySi;
    // A binary suffix takes three digits for each step of 1024, and room is left for rounding.
    let room = if binary { 14 - i64::from(power / 10 * 3) } else { SAFE_DIGITS };
    if len > room || (binary && fraction_len > 0) {
        return None;
    }
    let exponent = if binary { 0 } else { power };
    let exponent = exponent.wrapping_sub(i32::try_from(fraction_len).ok()?);
    if exponent < NANO {
        return None;
    }
    let mut value: u64 = 0;
    for digit in integer.bytes().chain(parts.fraction.bytes()) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    let kept = if binary {
        !value.is_multiple_of(8)
    } else {
        let ends_in_thousands = len >= 3
            && integer.bytes().chain(parts.fraction.bytes()).rev().take(3).all(|d| d == b'0');
        exponent % 3 == 0 && !ends_in_thousands && !parts.integer.is_empty()
    };
    let value = if binary { value.checked_shl(u32::try_from(power).ok()?)? } else { value };
    Some(Quantity {
        negative: parts.negative,
        digits: Digits::from_u64(value),
        exponent,
        format,
        written: kept.then(|| text.into()),
    })
}

fn parse_long(
    parts: &Parts<'_>,
    format: QuantityFormat,
    power: i32,
) -> Result<Quantity, QuantityError> {
    if !parts.has_digit {
        return Err(QuantityError::Numeric);
    }
    let mut text = String::with_capacity(parts.integer.len() + parts.fraction.len());
    text.push_str(parts.integer);
    text.push_str(parts.fraction);
    let mut digits = Digits::from_text(&text);
    // A text of more than 2^31 digits is no quantity that anyone could send.
    let fraction_len = i32::try_from(parts.fraction.len()).map_err(|_| QuantityError::Numeric)?;
    let mut exponent = -fraction_len;
    let binary = format == QuantityFormat::BinarySi;
    if binary {
        digits = digits.multiplied_by_power_of_two(u32::try_from(power).unwrap_or_default());
    } else {
        exponent = exponent.wrapping_add(power);
    }
    let negative = parts.negative && !digits.is_zero();
    let quantity = Quantity { negative, digits, exponent, format, written: None };
    let mut quantity = quantity.rounded_up(NANO);
    if binary {
        let max = Quantity::from_i64(i64::MAX, format);
        if quantity.cmp_magnitude(&max).is_gt() {
            quantity = Quantity { digits: Digits::from_u64(BINARY_MAX), exponent: 0, ..quantity };
        }
        let one = Quantity::from_i64(1, format);
        if quantity.cmp_magnitude(&one).is_lt() && !quantity.is_zero() {
            quantity.format = QuantityFormat::DecimalSi;
        }
    }
    Ok(quantity)
}
