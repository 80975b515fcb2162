//! Quantities: the numbers with suffixes that resources and limits are given in.
//!
//! Semantics are those of `k8s.io/apimachinery/pkg/api/resource` 0.36, its oddities included: a
//! text that the API server stores as it was written (`1.500`, `+1`, `1.`) is kept here too, and a
//! magnitude above exa loses its suffix (`1000E` is stored as `1`).
//!
//! A quantity is held as decimal digits and a power of ten, so that it is exact at any length, and
//! every operation is linear in the length of the text: `1e999999999` costs nothing.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use smol_str::SmolStr;

mod digits;
mod parse;

use digits::Digits;

/// The power of ten that a value is rounded to where it is finer: a billionth.
const NANO: i32 = -9;
/// A thousandth.
const MILLI: i32 = -3;

/// How a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuantityFormat {
    /// suffixes of thousands: `n u m k M G T P E`
    DecimalSi,
    /// suffixes of 1024: `Ki Mi Gi Ti Pi Ei`
    BinarySi,
    /// a power of ten: `12e6`
    DecimalExponent,
}

/// Why a text is no quantity. The messages are those of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The text is empty, or something other than a number and a suffix.
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Format,
    /// There is no digit before the suffix.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
    /// The suffix is unknown.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// A number with a suffix, such as `100m` or `1.5Gi`.
///
/// Equality and order are those of the amounts: `1000m` equals `1`.
#[derive(Clone, Debug)]
pub struct Quantity {
    negative: bool,
    /// The amount is `digits` times ten to the power of `exponent`.
    digits: Digits,
    exponent: i32,
    format: QuantityFormat,
    /// The text as it was written, where the API server keeps it.
    written: Option<SmolStr>,
}

impl Quantity {
    /// Reads a quantity.
    ///
    /// # Errors
    /// Where the API server refuses the text.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        parse::parse(text)
    }

    /// Reads the value of a field: the text of a string, or the literal of a number. White space
    /// around it is dropped, as the API server does.
    ///
    /// # Errors
    /// Where the API server refuses the text.
    pub fn from_field(text: &str) -> Result<Self, QuantityError> {
        // The API server trims the text as it stands in JSON, where control characters and the
        // two separators are escaped, and therefore not white space.
        let blank =
            |c: char| c.is_whitespace() && !matches!(c, '\0'..='\x1f' | '\u{2028}' | '\u{2029}');
        Self::parse(text.trim_matches(blank))
    }

    /// The text that the API server stores for a field's value ([`Quantity::from_field`]).
    ///
    /// # Errors
    /// Where the API server refuses the text.
    pub fn canonical_text(text: &str) -> Result<Cow<'_, str>, QuantityError> {
        if parse::is_short_and_canonical(text) {
            return Ok(Cow::Borrowed(text));
        }
        Ok(Cow::Owned(Self::from_field(text)?.to_string()))
    }

    /// An integer amount.
    #[must_use]
    pub fn from_i64(value: i64, format: QuantityFormat) -> Self {
        let digits = Digits::from_u64(value.unsigned_abs());
        Self { negative: value < 0, digits, exponent: 0, format, written: None }
    }

    /// How the quantity was written.
    #[must_use]
    pub fn format(&self) -> QuantityFormat {
        self.format
    }

    /// Whether the amount is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.digits.is_zero()
    }

    /// -1, 0 or 1.
    #[must_use]
    pub fn signum(&self) -> i32 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// Whether the amount is an integer that fits in 64 bits.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.scaled(0).is_some_and(|(_, exact)| exact)
    }

    /// The amount, rounded away from zero to an integer; `None` beyond 64 bits.
    #[must_use]
    pub fn value(&self) -> Option<i64> {
        self.scaled(0).map(|(value, _)| value)
    }

    /// The amount in thousandths, rounded away from zero; `None` beyond 64 bits.
    #[must_use]
    pub fn milli_value(&self) -> Option<i64> {
        self.scaled(MILLI).map(|(value, _)| value)
    }

    /// The amount as a double, as near as one multiplication brings it.
    #[must_use]
    pub fn approximate(&self) -> f64 {
        let magnitude = self.digits.text().parse().unwrap_or(f64::MAX) * 10f64.powi(self.exponent);
        if self.negative { -magnitude } else { magnitude }
    }

    /// The double that is nearest to the amount times a power of ten.
    #[must_use]
    pub fn nearest_times_power_of_ten(&self, power: i32) -> f64 {
        let exponent = self.exponent.saturating_add(power);
        let magnitude = format!("{}e{exponent}", self.digits.text()).parse().unwrap_or(f64::MAX);
        if self.negative && magnitude > 0.0 { -magnitude } else { magnitude }
    }

    /// The amount as a count of `10^scale`, and whether nothing was rounded.
    fn scaled(&self, scale: i32) -> Option<(i64, bool)> {
        let (digits, exact) =
            self.digits.shifted_up(i64::from(self.exponent) - i64::from(scale))?;
        let magnitude = i128::from(digits.to_u64()?);
        let value = i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()?;
        Some((value, exact))
    }

    /// Rounds away from zero to thousandths, as the defaults of resource lists do.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Self {
        if self.exponent >= MILLI {
            return self;
        }
        self.rounded_up(MILLI)
    }

    /// Rounds away from zero to multiples of `10^scale`, where the amount is finer.
    fn rounded_up(self, scale: i32) -> Self {
        let shift = i64::from(self.exponent) - i64::from(scale);
        match self.digits.shifted_up(shift) {
            Some((digits, _)) if shift < 0 => {
                Self { digits, exponent: scale, written: None, ..self }
            }
            _ => self,
        }
    }

    /// The sum, in this quantity's format (the other's where this is zero); `None` where the
    /// amounts are so far apart that the sum would need thousands of digits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let format = if self.is_zero() { other.format } else { self.format };
        let exponent = self.exponent.min(other.exponent);
        let aligned =
            |of: &Self| of.digits.multiplied_by_power_of_ten(of.exponent.checked_sub(exponent)?);
        let (left, right) = (aligned(self)?, aligned(other)?);
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, left.plus(&right))
        } else if left >= right {
            (self.negative, left.minus(&right))
        } else {
            (other.negative, right.minus(&left))
        };
        Some(Self { negative, digits, exponent, format, written: None })
    }

    /// The difference; see [`Quantity::checked_add`].
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        self.checked_add(&Self { negative: !other.negative, ..other.clone() })
    }

    /// Orders the magnitudes, the sign aside.
    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let (left, right) = (self.digits.text(), other.digits.text());
        let top = |digits: &str, exponent: i32| digits.len() as i128 + i128::from(exponent);
        top(&left, self.exponent)
            .cmp(&top(&right, other.exponent))
            .then_with(|| left.trim_end_matches('0').cmp(right.trim_end_matches('0')))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.signum().cmp(&other.signum()).then_with(|| match self.signum() {
            -1 => other.cmp_magnitude(self),
            _ => self.cmp_magnitude(other),
        })
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

/// The text that the API server stores.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        let sign = if self.negative { "-" } else { "" };
        if self.format == QuantityFormat::BinarySi
            && let Some((value, true)) = self.scaled(0)
            && value.unsigned_abs() >= 1024
        {
            let mut value = value.unsigned_abs();
            let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].into_iter();
            let mut suffix = suffixes.next();
            while value.is_multiple_of(1024) {
                value /= 1024;
                suffix = suffixes.next();
            }
            return write!(f, "{sign}{value}{}", suffix.unwrap_or_default());
        }
        let text = self.digits.text();
        let significant = text.trim_end_matches('0');
        // Powers of ten wrap at 32 bits, as upstream's do.
        let zeros = i32::try_from(text.len() - significant.len()).unwrap_or(i32::MAX);
        let exponent = self.exponent.wrapping_add(zeros);
        let padding = exponent.rem_euclid(3);
        let exponent = exponent.wrapping_sub(padding);
        f.write_str(sign)?;
        f.write_str(significant)?;
        f.write_str(match padding {
            0 => "",
            1 => "0",
            _ => "00",
        })?;
        match (self.format, exponent) {
            (_, 0) => Ok(()),
            (QuantityFormat::DecimalExponent, _) => write!(f, "e{exponent}"),
            (_, -9) => f.write_str("n"),
            (_, -6) => f.write_str("u"),
            (_, -3) => f.write_str("m"),
            (_, 3) => f.write_str("k"),
            (_, 6) => f.write_str("M"),
            (_, 9) => f.write_str("G"),
            (_, 12) => f.write_str("T"),
            (_, 15) => f.write_str("P"),
            (_, 18) => f.write_str("E"),
            // Upstream writes no suffix where it has none.
            _ => Ok(()),
        }
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
