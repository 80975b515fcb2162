//! Literals, read exactly and without expanding them: `1e999999999` is four facts, not a billion
//! digits.

use super::{Cost, digits};
use num_bigint::{BigInt, BigUint, Sign};
use sekisho_budget::BudgetExceeded;
use std::cmp::Ordering;

/// What a decimal literal says: `0.d₁d₂d₃… × 10^magnitude`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<'a> {
    pub(crate) negative: bool,
    /// from the first digit that is not zero; a point may be among them; empty for zero
    digits: &'a [u8],
    /// how many zeros were written behind those
    zeros: usize,
    /// position of the first digit before the point; meaningless for zero
    magnitude: i64,
}

/// Exponents are taken to be at most this: no literal of sensible length tells the difference.
const EXPONENT_BOUND: i64 = 1 << 40;

impl<'a> Literal<'a> {
    /// Reads digits with or without sign, point and exponent (`+5`, `.5` and `5.` are read too:
    /// `to_number` lets them in); `None` for anything else.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let end = rest.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(rest.len());
        let (mantissa, exponent) = rest.split_at_checked(end)?;
        let exponent = match exponent {
            [] => 0,
            [_, exponent @ ..] => read_exponent(exponent)?,
        };
        let point = mantissa.iter().position(|b| *b == b'.').unwrap_or(mantissa.len());
        let is_digit = |b: &u8| b.is_ascii_digit();
        let digit_count = mantissa.iter().filter(|b| is_digit(b)).count();
        if digit_count == 0 || mantissa.len() - digit_count != usize::from(point < mantissa.len()) {
            return None;
        }
        let Some(first) = mantissa.iter().position(|b| matches!(b, b'1'..=b'9')) else {
            return Some(Self { negative, digits: &[], zeros: 0, magnitude: 0 });
        };
        let last = mantissa.iter().rposition(|b| matches!(b, b'1'..=b'9'))?;
        // of 0.05 the first digit stands one place behind the point
        let places = i64::try_from(point).ok()? - i64::try_from(first).ok()?;
        let places = if first > point { places + 1 } else { places };
        let (digits, zeros) = mantissa.get(first..)?.split_at_checked(last + 1 - first)?;
        let zeros = zeros.iter().filter(|b| is_digit(b)).count();
        Some(Self { negative, digits, zeros, magnitude: places + exponent })
    }

    /// The integer whose decimal form is exactly this text.
    pub(crate) fn canonical_int(text: &str) -> Option<i64> {
        let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
        match digits {
            [b'0'] if text == "0" => Some(0),
            [b'1'..=b'9', rest @ ..] if rest.len() < 19 && rest.iter().all(u8::is_ascii_digit) => {
                text.parse().ok()
            }
            _ => None,
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The digits without leading and trailing zeros.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> + Clone + 'a {
        self.digits.iter().copied().filter(|b| *b != b'.')
    }

    /// How many digits [`Self::digits`] gives.
    pub(crate) fn digit_count(&self) -> usize {
        self.digits.len() - usize::from(self.digits.contains(&b'.'))
    }

    /// The power of ten of the last of its digits.
    pub(crate) fn exponent(&self) -> i64 {
        self.magnitude - i64::try_from(self.digit_count()).unwrap_or(EXPONENT_BOUND)
    }

    /// How many digits stand before the point; less than one for fractions below 0.1.
    pub(super) fn magnitude(&self) -> i64 {
        self.magnitude
    }

    /// All digits that were written as one integer, and the power of ten of the last of them.
    pub(super) fn written(&self, cost: Cost<'_>) -> Result<(BigUint, i64), BudgetExceeded> {
        let zeros = i64::try_from(self.zeros).unwrap_or(EXPONENT_BOUND);
        Ok((self.padded(self.zeros, cost)?, self.exponent() - zeros))
    }

    /// Its digits as one integer, and the power of ten of the last of them.
    pub(crate) fn exact_parts(&self, cost: Cost<'_>) -> Result<(BigInt, i64), BudgetExceeded> {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        let exponent = if self.is_zero() { 0 } else { self.exponent() };
        Ok((BigInt::from_biguint(sign, self.padded(0, cost)?), exponent))
    }

    /// The number, where it is an integer of any size.
    pub(crate) fn to_integer(self, cost: Cost<'_>) -> Result<Option<BigInt>, BudgetExceeded> {
        let Ok(zeros) = usize::try_from(if self.is_zero() { 0 } else { self.exponent() }) else {
            return Ok(None);
        };
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        Ok(Some(BigInt::from_biguint(sign, self.padded(zeros, cost)?)))
    }

    fn padded(&self, zeros: usize, cost: Cost<'_>) -> Result<BigUint, BudgetExceeded> {
        cost.digits((self.digits.len() + zeros) as u64)?;
        let mut written: Vec<u8> = self.digits().collect();
        written.resize(written.len() + zeros, b'0');
        digits::read(&written, cost)
    }

    /// The number, where it is an integer of 64 bits.
    pub(crate) fn to_i64(self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        if self.magnitude > 19 || self.exponent() < 0 {
            return None;
        }
        let mut int: i64 = 0;
        let mut push = |digit: u8| {
            let digit = i64::from(digit - b'0');
            int = int.checked_mul(10)?;
            int = if self.negative { int.checked_sub(digit)? } else { int.checked_add(digit)? };
            Some(())
        };
        for digit in self.digits() {
            push(digit)?;
        }
        for _ in 0..self.exponent() {
            push(b'0')?;
        }
        Some(int)
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// By value, exactly.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let signs = self.sign().cmp(&other.sign());
        if signs.is_ne() || self.is_zero() {
            return signs;
        }
        let sizes =
            self.magnitude.cmp(&other.magnitude).then_with(|| self.digits().cmp(other.digits()));
        if self.negative { sizes.reverse() } else { sizes }
    }
}

fn read_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0_i64, |exponent, digit| {
        exponent.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(EXPONENT_BOUND)
    });
    Some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::Literal;
    use std::cmp::Ordering;

    #[test]
    fn order() {
        let ascending = [
            "-1e999999999999999999999",
            "-1e999999999",
            "-12e3",
            "-11999",
            "-1.5",
            "-1.49",
            "-1e-9",
            "-1e-999999999",
            "0",
            "1e-999999999",
            "0.00000000001",
            "0.05",
            "0.1",
            "0.10000000001",
            "1",
            "1.0000000000000000000000000001",
            "9007199254740992",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "1e19",
            "123456789012345678901234567890",
            "1e30",
            "1e999999999",
        ];
        for (left, text) in ascending.iter().enumerate() {
            for (right, other) in ascending.iter().enumerate() {
                let (text, other) = (Literal::read(text).unwrap(), Literal::read(other).unwrap());
                assert_eq!(text.compare(&other), left.cmp(&right), "{text:?} {other:?}");
            }
        }
        for (left, right) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("1", "0.01e2"),
            ("-0", "0"),
            ("0e99", "0.00"),
            ("100", "1E+2"),
            ("7.50", "7.5"),
            ("0.5", ".5"),
            ("5.", "+5"),
            ("1200", "1.2e3"),
            ("-10", "-1e1"),
        ] {
            let (left, right) = (Literal::read(left).unwrap(), Literal::read(right).unwrap());
            assert_eq!(left.compare(&right), Ordering::Equal, "{left:?} {right:?}");
        }
    }

    #[test]
    fn integers() {
        for (text, int) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("1.0", Some(1)),
            ("1e1", Some(10)),
            ("1.5", None),
            ("120e-1", Some(12)),
            ("9223372036854775807", Some(i64::MAX)),
            ("1e19", None),
            ("9223372036854775808", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("1e999999999", None),
            ("1e-999999999", None),
            ("12e17", Some(1_200_000_000_000_000_000)),
        ] {
            assert_eq!(Literal::read(text).unwrap().to_i64(), int, "{text}");
        }
        for text in ["", ".", "e1", "1e", "1e+", "1.2.3", "abc", "0x1p-2", "1_0", "-", "1e1.5"] {
            assert!(Literal::read(text).is_none(), "{text}");
        }
    }
}
