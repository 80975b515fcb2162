//! Doubles, as Go's `strconv.AppendFloat` and `fmt` write them.

use super::write::Writer;
use crate::term::Text;
use sekisho_budget::BudgetExceeded;
use std::fmt::Write;

/// A double has no more decimal digits than these that are not zero.
const MOST_DIGITS: usize = 1100;

/// Decimal digits without trailing zeros; `0.d₁d₂… × 10^point`.
struct Digits {
    digits: String,
    point: i32,
}

impl Digits {
    /// Of a positive number: the shortest that read back, or so many, rounded.
    fn of(magnitude: f64, count: Option<usize>) -> Self {
        let text = match count {
            None => format!("{magnitude:e}"),
            Some(count) => {
                let after_point = count.clamp(1, MOST_DIGITS) - 1;
                format!("{magnitude:.after_point$e}")
            }
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.replace('.', "").trim_end_matches('0').to_owned();
        let point = if digits.is_empty() { 0 } else { exponent.parse().unwrap_or(0) + 1 };
        Self { digits, point }
    }

    fn len(&self) -> i32 {
        i32::try_from(self.digits.len()).unwrap_or(i32::MAX)
    }

    fn with_exponent(&self, after_point: usize, e: char, out: &mut Text<'_>) -> Written {
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or(("0", ""));
        out.push_str(first)?;
        if after_point > 0 {
            out.push('.')?;
            out.push_str(rest.get(..after_point).unwrap_or(rest))?;
            out.repeat('0', after_point.saturating_sub(rest.len()))?;
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("{e}{sign}{:02}", exponent.unsigned_abs()))
    }

    fn positional(&self, after_point: usize, out: &mut Text<'_>) -> Written {
        let whole = usize::try_from(self.point).unwrap_or(0);
        let (before, after) = self.digits.split_at_checked(whole).unwrap_or((&self.digits, ""));
        out.push_str(if whole == 0 { "0" } else { before })?;
        out.repeat('0', whole.saturating_sub(self.digits.len()))?;
        if after_point > 0 {
            out.push('.')?;
            let zeros = usize::try_from(-self.point).unwrap_or(0).min(after_point);
            out.repeat('0', zeros)?;
            let room = after_point - zeros;
            out.push_str(after.get(..room).unwrap_or(after))?;
            out.repeat('0', room.saturating_sub(after.len()))?;
        }
        Ok(())
    }
}

type Written = Result<(), BudgetExceeded>;

/// The magnitude for `verb`, without sign; no precision: as many digits as are needed.
fn magnitude(double: f64, verb: char, precision: Option<usize>, out: &mut Text<'_>) -> Written {
    match verb {
        'e' | 'E' => {
            let digits = Digits::of(double, precision.map(|precision| precision + 1));
            let after = precision.unwrap_or_else(|| digits.digits.len().saturating_sub(1));
            digits.with_exponent(after, verb, out)
        }
        'f' => {
            let precision = precision.unwrap_or(0);
            let exact = precision.min(MOST_DIGITS);
            out.push_str(&format!("{double:.exact$}"))?;
            out.repeat('0', precision - exact)
        }
        'b' => {
            let (mantissa, exponent) = parts(double);
            out.push_str(&format!("{mantissa}p{exponent:+}"))
        }
        'x' | 'X' => hexadecimal(double, verb, precision, out),
        _ => general(double, verb, precision, out),
    }
}

fn general(double: f64, verb: char, precision: Option<usize>, out: &mut Text<'_>) -> Written {
    let precision = precision.map(|precision| precision.max(1));
    let digits = Digits::of(double, precision);
    let bound = match precision.map(|precision| i32::try_from(precision).unwrap_or(i32::MAX)) {
        None => 6,
        Some(bound) if bound > digits.len() && digits.len() >= digits.point => digits.len(),
        Some(bound) => bound,
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= bound {
        let shown = precision.unwrap_or(usize::MAX).min(digits.digits.len());
        let e = if verb == 'G' { 'E' } else { 'e' };
        return digits.with_exponent(shown.saturating_sub(1), e, out);
    }
    digits.positional(usize::try_from(digits.len() - digits.point).unwrap_or(0), out)
}

/// An integer of 53 bits and the power of two that it is multiplied with.
fn parts(double: f64) -> (u64, i32) {
    let bits = double.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0) {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

/// `0x1.8p+01`
fn hexadecimal(double: f64, verb: char, precision: Option<usize>, out: &mut Text<'_>) -> Written {
    let (mut mantissa, mut exponent) = parts(double);
    // one bit before the point, 60 behind it
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent += 60 - i32::try_from(shift).unwrap_or(0);
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let cut = u32::try_from(60 - precision * 4).unwrap_or(0);
        let rest = mantissa & ((1 << cut) - 1);
        mantissa >>= cut;
        // ties to even
        let half = 1_u64 << (cut - 1);
        mantissa += u64::from(rest > half || rest == half && mantissa & 1 == 1);
        mantissa <<= cut;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(precision) => fraction.truncate(precision),
    }
    let mut text = String::new();
    let point = if precision.unwrap_or(fraction.len()) > 0 { "." } else { "" };
    // writing into a text does not fail
    let _ = write!(text, "0x{}{point}{fraction}", mantissa >> 60);
    let upper = verb == 'X';
    out.push_str(&if upper { text.to_uppercase() } else { text })?;
    out.repeat('0', precision.unwrap_or(0).saturating_sub(fraction.len()))?;
    let sign = if exponent < 0 { '-' } else { '+' };
    let p = if upper { 'P' } else { 'p' };
    out.push_str(&format!("{p}{sign}{:02}", exponent.unsigned_abs()))
}

impl Writer<'_, '_> {
    pub(super) fn double(&mut self, double: f64) -> Written {
        let directive = self.directive;
        let (verb, default) = match directive.verb {
            'v' => ('g', None),
            'F' | 'f' => ('f', Some(6)),
            verb @ ('e' | 'E') => (verb, Some(6)),
            verb => (verb, None),
        };
        let precision = directive.precision.or(default);
        let mut text = Text::new(self.out.budget());
        magnitude(double.abs(), verb, precision, &mut text)?;
        let text = if directive.sharp && verb != 'b' {
            with_point(text.as_str(), verb, precision, self.out.budget())?
        } else {
            text
        };
        let sign = match (double.is_sign_negative(), directive.plus, directive.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => return self.padded(text.as_str()),
        };
        let len = text.as_str().len() + 1;
        match directive.width {
            Some(width) if directive.zero && !directive.minus && width > len => {
                self.out.push_str(sign)?;
                self.padding(width - len)?;
                self.out.push_str(text.as_str())
            }
            _ => {
                let mut signed = Text::new(self.out.budget());
                signed.push_str(sign)?;
                signed.push_str(text.as_str())?;
                self.padded(signed.as_str())
            }
        }
    }
}

/// `#`: a point always, and the zeros that `%g` leaves out.
fn with_point<'b>(
    text: &str,
    verb: char,
    precision: Option<usize>,
    budget: &'b sekisho_budget::Budget<'b>,
) -> Result<Text<'b>, BudgetExceeded> {
    let hexadecimal = matches!(verb, 'x' | 'X');
    let marks: &[char] = if hexadecimal { &['p', 'P'] } else { &['e', 'E'] };
    let (number, tail) =
        text.split_at_checked(text.find(marks).unwrap_or(text.len())).unwrap_or((text, ""));
    let mut wanted = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let significant = number.chars().filter(|c| *c != '.').skip_while(|c| *c == '0').count();
    wanted = wanted.saturating_sub(significant);
    let mut out = Text::new(budget);
    out.push_str(number)?;
    if !number.contains('.') {
        // the digit of zero counts
        if number == "0" {
            wanted = wanted.saturating_sub(1);
        }
        out.push('.')?;
    }
    out.repeat('0', wanted)?;
    out.push_str(tail)?;
    Ok(out)
}
