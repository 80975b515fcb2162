//! What a scalar means to goyaml v3 (`go.yaml.in/yaml/v3`, `resolve.go`).

/// A scalar's meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
    Text,
}

/// What a plain scalar without a tag means.
pub(super) fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes() {
        [b'.', rest @ ..] => behind_point(text, rest),
        [b'+' | b'-' | b'0'..=b'9', ..] if !is_timestamp(text) => number(text),
        _ => Resolved::Text,
    }
}

/// What begins with a point: Go itself reads it, and takes `_` between digits.
fn behind_point(text: &str, rest: &[u8]) -> Resolved {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let good = rest.iter().enumerate().all(|(index, byte)| {
        *byte != b'_'
            || digit(index.checked_sub(1).and_then(|before| rest.get(before)))
                && digit(rest.get(index + 1))
    });
    if good { float(&text.replace('_', "")) } else { Resolved::Text }
}

fn number(text: &str) -> Resolved {
    let plain = if text.contains('_') { &text.replace('_', "") } else { text };
    let (sign, unsigned) = match plain.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", plain.strip_prefix('+').unwrap_or(plain)),
    };
    let after = |len| unsigned.get(len..).unwrap_or_default();
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, after(2)),
        [b'0', b'o' | b'O', ..] => (8, after(2)),
        [b'0', b'b' | b'B', ..] => (2, after(2)),
        [b'0', _, ..] => (8, after(1)),
        _ => (10, unsigned),
    };
    if !digits.is_empty() && digits.chars().all(|char| char.is_digit(radix)) {
        if let Ok(int) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            return Resolved::Int(int);
        }
        if unsigned.len() == plain.len()
            && let Ok(int) = u64::from_str_radix(digits, radix)
        {
            return Resolved::Unsigned(int);
        }
    }
    float(plain)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of a double.
fn float(text: &str) -> Resolved {
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
    match text.parse::<f64>() {
        Ok(float) if form && float.is_finite() => Resolved::Float(float),
        _ => Resolved::Text,
    }
}

/// A date, or a date and a time: text, as OPA has it.
pub(super) fn is_timestamp(text: &str) -> bool {
    let is_date =
        matches!(text.as_bytes(), [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..]);
    const FORMS: [&str; 4] = [
        "2006-1-2T15:4:5.999999999Z07:00",
        "2006-1-2t15:4:5.999999999Z07:00",
        "2006-1-2 15:4:5.999999999",
        "2006-1-2",
    ];
    is_date && FORMS.iter().any(|form| super::super::time::parse(form, text).is_ok())
}

/// A double as Go's `strconv.FormatFloat` writes it with `'g'` and as few digits as tell it apart.
pub(in super::super) fn go_float(text: &str) -> String {
    // Rust's exponent form has just those digits
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    if !(-4..6).contains(&exponent) {
        let side = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{side}{:02}", exponent.abs());
    }
    let point = usize::try_from(exponent + 1).unwrap_or(0);
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    match digits.split_at_checked(point) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(point - digits.len())),
    }
}
