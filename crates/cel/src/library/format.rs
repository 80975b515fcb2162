//! `string.format(list)`.

use super::numbers::exponent_text;
use super::to_text;
use crate::term::Term;
use crate::{EvalError, Evaluation};
use std::fmt::Write;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// `format` as of version 4 of the library.
pub(super) fn format<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    formatted(evaluation, args, false)
}

/// `format` before version 4: what `%s` shows within lists and maps is quoted.
pub(super) fn format_before_4<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    formatted(evaluation, args, true)
}

fn formatted<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>], old: bool) -> Outcome<'a> {
    let [Term::String(text), list] = args else { return Err(EvalError::no_such_overload()) };
    evaluation.step(text.len() / 16)?;
    let mut writer = Writer { evaluation, text: String::with_capacity(text.len()), old };
    let mut used = 0;
    let mut rest = *text;
    while let Some((before, after)) = rest.split_once('%') {
        writer.text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            writer.text.push('%');
            rest = after;
            continue;
        }
        let Some(value) = list.item(used) else {
            return Err(EvalError::new(format!("index {used} out of range")));
        };
        if after.is_empty() {
            return Err(EvalError::new("unexpected end of string"));
        }
        used += 1;
        rest = writer.clause(after, value)?;
        writer.check()?;
    }
    writer.text.push_str(rest);
    writer.check()?;
    evaluation.string(&writer.text)
}

struct Writer<'a> {
    evaluation: Evaluation<'a>,
    text: String,
    old: bool,
}

/// More decimals than any number has are refused.
const MAX_PRECISION: usize = 1000;

impl Writer<'_> {
    fn check(&self) -> Result<(), EvalError> {
        self.evaluation.step(self.text.len() / 64)
    }

    /// Writes a value as the clause at the start of a text wants it; gives what is left.
    fn clause<'t>(&mut self, text: &'t str, value: Term<'_>) -> Result<&'t str, EvalError> {
        let (precision, text) = precision(text)?;
        let verb = text.chars().next().unwrap_or('\0');
        let rest = text.get(verb.len_utf8()..).unwrap_or_default();
        match verb {
            's' => self.string(value, 0)?,
            'd' => self.decimal(value)?,
            'f' => self.fixed(value, precision.unwrap_or(6))?,
            'e' => self.scientific(value, precision.unwrap_or(6))?,
            'b' => self.binary(value)?,
            'x' | 'X' => self.hex(value, verb == 'X')?,
            'o' => self.octal(value)?,
            other => {
                let message = format!(
                    "could not parse formatting clause: unrecognized formatting clause \"{other}\""
                );
                return Err(EvalError::new(message));
            }
        }
        Ok(rest)
    }

    fn push(&mut self, text: impl std::fmt::Display) {
        // Writing to a text cannot fail.
        let _ = write!(self.text, "{text}");
    }

    fn string(&mut self, value: Term<'_>, depth: usize) -> Result<(), EvalError> {
        self.evaluation.step(1)?;
        let quoted = self.old && depth > 0;
        match value {
            Term::String(text) if quoted => {
                self.evaluation.reserve(text.len())?;
                self.push(super::strings::quoted(text));
            }
            Term::String(text) => {
                self.evaluation.reserve(text.len())?;
                self.text.push_str(text);
            }
            Term::Null => self.push("null"),
            Term::Double(double) if self.old => self.old_double(double, depth),
            Term::Double(double) => self.push(plain(double)),
            Term::Bytes(bytes) if quoted => {
                self.push(format_args!("b\"{}\"", String::from_utf8_lossy(bytes)));
            }
            Term::Bytes(bytes) => self.push(String::from_utf8_lossy(bytes)),
            Term::Type(name) => self.push(name),
            Term::Timestamp(_) if quoted => {
                self.push(format_args!("timestamp(\"{}\")", to_text(value).unwrap_or_default()));
            }
            Term::Duration(_) if quoted => {
                self.push(format_args!("duration(\"{}\")", to_text(value).unwrap_or_default()));
            }
            Term::Bool(_)
            | Term::Int(_)
            | Term::Uint(_)
            | Term::Timestamp(_)
            | Term::Duration(_) => self.push(to_text(value).unwrap_or_default()),
            list if list.is_list() => {
                self.text.push('[');
                for (index, item) in list.items().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { ", " });
                    self.string(item, depth + 1)?;
                }
                self.text.push(']');
            }
            map if map.is_map() => self.map(map, depth)?,
            other => {
                return Err(EvalError::new(format!(
                    "error during formatting: string clause can only be used on strings, bools, \
                     bytes, ints, doubles, maps, lists, types, durations, and timestamps, was \
                     given {}",
                    other.type_name()
                )));
            }
        }
        Ok(())
    }

    /// A map, its entries sorted by the text of their keys.
    fn map(&mut self, map: Term<'_>, depth: usize) -> Result<(), EvalError> {
        let mut entries = Vec::with_capacity(map.len().unwrap_or(0));
        for (key, value) in map.entries() {
            let mut writer =
                Writer { evaluation: self.evaluation, text: String::new(), old: self.old };
            writer.string(key, depth + 1)?;
            entries.push((writer.text, value));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.text.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.text.push_str(if index == 0 { "" } else { ", " });
            self.push(key);
            self.text.push_str(if self.old { ":" } else { ": " });
            self.string(value, depth + 1)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn decimal(&mut self, value: Term<'_>) -> Result<(), EvalError> {
        match value {
            Term::Int(int) => self.push(int),
            Term::Uint(uint) => self.push(uint),
            Term::Double(double) if !self.old => self.push(plain(double)),
            other if self.old => {
                return Err(wrong("decimal clause can only be used on integers", other));
            }
            other => {
                let what = "decimal clause can only be used on ints, uints, and doubles";
                return Err(wrong(what, other));
            }
        }
        Ok(())
    }

    fn number(&self, value: Term<'_>, clause: &str) -> Result<f64, EvalError> {
        #[expect(clippy::cast_precision_loss, reason = "shown with few decimals")]
        match value {
            Term::Double(double) => Ok(double),
            other if self.old => {
                Err(wrong(&format!("{clause} clause can only be used on doubles"), other))
            }
            Term::Int(int) => Ok(int as f64),
            Term::Uint(uint) => Ok(uint as f64),
            other => Err(wrong(
                &format!("{clause} clause can only be used on ints, uints, and doubles"),
                other,
            )),
        }
    }

    fn fixed(&mut self, value: Term<'_>, precision: usize) -> Result<(), EvalError> {
        let double = self.number(value, "fixed-point")?;
        if !double.is_finite() {
            self.push(if self.old { infinite(double) } else { plain(double) });
        } else if self.old {
            let text = format!("{double:.precision$}");
            // A zero has no sign.
            let zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
            self.push(grouped(if zero { text.trim_start_matches('-') } else { &text }));
        } else {
            self.push(format_args!("{double:.precision$}"));
        }
        Ok(())
    }

    fn scientific(&mut self, value: Term<'_>, precision: usize) -> Result<(), EvalError> {
        let double = self.number(value, "scientific")?;
        if !double.is_finite() {
            let text = if self.old { infinite(double) } else { plain(double) };
            let width = if self.old { precision } else { 0 };
            self.push(format_args!("{text:>width$}"));
            return Ok(());
        }
        // Before version 4 the precision was that of what is neither finite nor a number alone.
        let precision = if self.old { 6 } else { precision };
        let text = format!("{double:.precision$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent = exponent_text(exponent.parse().unwrap_or(0));
        if self.old {
            self.push(format_args!("{mantissa}×10{}", raised(&exponent)));
        } else {
            self.push(format_args!("{mantissa}e{exponent}"));
        }
        Ok(())
    }

    /// A double as `%s` showed it before version 4.
    fn old_double(&mut self, double: f64, depth: usize) {
        match (depth, double.is_finite()) {
            (0, _) => self.push(to_text(Term::Double(double)).unwrap_or_default()),
            (_, true) => self.push(format_args!("{double:.6}")),
            (_, false) => self.push(format_args!("\"{}\"", plain(double))),
        }
    }

    fn binary(&mut self, value: Term<'_>) -> Result<(), EvalError> {
        match value {
            Term::Bool(bool) => self.push(u8::from(bool)),
            Term::Int(int) => {
                let sign = if int < 0 { "-" } else { "" };
                self.push(format_args!("{sign}{:b}", int.unsigned_abs()));
            }
            Term::Uint(uint) => self.push(format_args!("{uint:b}")),
            other => {
                return Err(wrong(
                    if self.old {
                        "only integers and bools can be formatted as binary"
                    } else {
                        "only ints, uints, and bools can be formatted as binary"
                    },
                    other,
                ));
            }
        }
        Ok(())
    }

    fn hex(&mut self, value: Term<'_>, upper: bool) -> Result<(), EvalError> {
        let text = match value {
            Term::Int(int) => {
                format!("{}{:x}", if int < 0 { "-" } else { "" }, int.unsigned_abs())
            }
            Term::Uint(uint) => format!("{uint:x}"),
            Term::String(text) => self.hex_bytes(text.as_bytes())?,
            Term::Bytes(bytes) => self.hex_bytes(bytes)?,
            other => {
                let what = if self.old {
                    "only integers, byte buffers, and strings can be formatted as hex"
                } else {
                    "only ints, uints, bytes, and strings can be formatted as hex"
                };
                return Err(wrong(what, other));
            }
        };
        self.text.push_str(&if upper { text.to_ascii_uppercase() } else { text });
        Ok(())
    }

    fn hex_bytes(&self, bytes: &[u8]) -> Result<String, EvalError> {
        self.evaluation.reserve(bytes.len() * 2)?;
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }

    fn octal(&mut self, value: Term<'_>) -> Result<(), EvalError> {
        match value {
            Term::Int(int) => {
                let sign = if int < 0 { "-" } else { "" };
                self.push(format_args!("{sign}{:o}", int.unsigned_abs()));
            }
            Term::Uint(uint) => self.push(format_args!("{uint:o}")),
            other => {
                return Err(wrong(
                    if self.old {
                        "octal clause can only be used on integers"
                    } else {
                        "octal clause can only be used on ints and uints"
                    },
                    other,
                ));
            }
        }
        Ok(())
    }
}

fn wrong(what: &str, value: Term<'_>) -> EvalError {
    EvalError::new(format!("error during formatting: {what}, was given {}", value.type_name()))
}

/// What is not finite, as Go's `message` package writes it.
fn infinite(double: f64) -> String {
    if double.is_nan() {
        "NaN".to_owned()
    } else {
        if double > 0.0 { "∞" } else { "-∞" }.to_owned()
    }
}

/// A decimal number with commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// An exponent in raised characters, without its plus.
fn raised(exponent: &str) -> String {
    let raise = |char| match char {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    };
    exponent.trim_start_matches('+').chars().map(raise).collect()
}

/// A double without exponent, as many decimals as needed.
fn plain(double: f64) -> String {
    if double.is_nan() {
        "NaN".to_owned()
    } else if double.is_infinite() {
        if double > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        double.to_string()
    }
}

/// `.3` at the start of a text, and what follows.
fn precision(text: &str) -> Result<(Option<usize>, &str), EvalError> {
    let Some(after) = text.strip_prefix('.') else { return Ok((None, text)) };
    let end = after.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = after.split_at_checked(end).unwrap_or((after, ""));
    if rest.is_empty() {
        return Err(EvalError::new(
            "could not parse formatting clause: error while parsing precision: could not find end of \
             precision specifier",
        ));
    }
    match digits.parse::<usize>() {
        Ok(precision) if precision <= MAX_PRECISION => Ok((Some(precision), rest)),
        _ => Err(EvalError::new(
            "could not parse formatting clause: error while parsing precision: error while \
             converting precision to integer",
        )),
    }
}
