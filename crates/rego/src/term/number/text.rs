//! What `to_number` reads: the texts that Go's `strconv.ParseFloat` takes for a double.

use super::{Cost, Float, Literal, is_in_range};
use crate::term::quote::quoted;
use num_bigint::BigUint;
use sekisho_budget::Budget;

/// The literal of the number that a text is, or in Go's words why it is none.
///
/// Where the text is no literal of JSON (`+5`, `.5`, `007`, `1_000`, `0x1p-2`), it is written as
/// one; OPA keeps such a text as it is, and fails to print it as JSON.
pub(crate) fn to_number_literal(text: &str) -> Result<String, String> {
    let fail = |why| format!("strconv.ParseFloat: parsing {}: {why}", quoted(text));
    let digits = without_underscores(text).ok_or_else(|| fail("invalid syntax"))?;
    if let Some(hexadecimal) = read_hexadecimal(&digits) {
        return Ok(hexadecimal);
    }
    Literal::read(&digits).ok_or_else(|| fail("invalid syntax"))?;
    // overflow is an error, underflow is zero
    if !digits.parse().is_ok_and(f64::is_finite) {
        return Err(fail("value out of range"));
    }
    if !is_in_range(&digits) {
        return Err("invalid number: number too big".to_owned());
    }
    let (sign, magnitude) = match digits.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let whole = magnitude.find(['.', 'e', 'E']).unwrap_or(magnitude.len());
    let (whole, rest) = magnitude.split_at_checked(whole).unwrap_or((magnitude, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) if !fraction.starts_with(|c: char| c.is_ascii_digit()) => fraction,
        _ => rest,
    };
    Ok(format!("{sign}{whole}{rest}"))
}

/// Underscores may stand between digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    let fine = bytes.iter().enumerate().all(|(at, byte)| {
        let prefix = at == 2 && text.starts_with("0x");
        *byte != b'_' || (prefix || is_digit(at.checked_sub(1))) && is_digit(at.checked_add(1))
    });
    fine.then(|| text.replace('_', ""))
}

/// `0x1.8p3`: the exponent is one of two, and must be there.
fn read_hexadecimal(text: &str) -> Option<String> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"))?;
    let (mantissa, exponent) = rest.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let exponent: i64 = exponent.parse().ok().filter(|e: &i64| e.abs() < 1024)?;
    let mantissa = BigUint::parse_bytes(digits.as_bytes(), 16)?;
    let float = Float {
        negative,
        precision: mantissa.bits().max(64),
        mantissa,
        exponent: exponent - 4 * i64::try_from(fraction.len()).ok()?,
    };
    float.literal(Cost(&Budget::standard())).ok()
}

#[cfg(test)]
mod tests {
    use super::{is_in_range, to_number_literal};

    #[test]
    fn range() {
        for (literal, fits) in [
            ("1e30102", true),
            ("9.99e30102", true),
            ("1e30103", false),
            ("1e-30102", true),
            ("1e-30104", false),
            ("0e999999999", true),
            ("1e2147483648", false),
            ("1", true),
        ] {
            assert_eq!(is_in_range(literal), fits, "{literal}");
        }
        let too_big = Err("invalid number: number too big".to_owned());
        assert_eq!(to_number_literal("1e-40000"), too_big);
    }

    #[test]
    fn texts() {
        for (text, literal) in [
            ("10", "10"),
            ("-0", "-0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-.5e1", "-0.5e1"),
            ("007", "7"),
            ("0.0", "0.0"),
            ("1e3", "1e3"),
            ("5.e3", "5e3"),
            ("1_000", "1000"),
            ("0x1p-2", "0.25"),
            ("0x1.8p3", "12"),
            ("1e-400", "1e-400"),
            ("00.50", "0.50"),
        ] {
            assert_eq!(to_number_literal(text).as_deref(), Ok(literal), "{text}");
        }
        for (text, why) in [
            ("", "invalid syntax"),
            ("abc", "invalid syntax"),
            ("1e", "invalid syntax"),
            ("_1", "invalid syntax"),
            ("1__0", "invalid syntax"),
            ("1 ", "invalid syntax"),
            ("0x10", "invalid syntax"),
            ("1e400", "value out of range"),
            ("--1", "invalid syntax"),
        ] {
            let message = format!("strconv.ParseFloat: parsing \"{text}\": {why}");
            assert_eq!(to_number_literal(text), Err(message), "{text}");
        }
    }
}
