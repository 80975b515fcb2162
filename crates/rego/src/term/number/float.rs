//! Floating-point numbers of any precision, with the roundings of Go's `math/big.Float`, which
//! OPA computes fractions with: 64 bits of mantissa, to nearest, ties to even.
//!
//! See <https://pkg.go.dev/math/big#Float>.

use super::{Cost, Literal, decimal::Decimal};
use num_bigint::{BigInt, BigUint, Sign};
use sekisho_budget::BudgetExceeded;
use std::cmp::Ordering;

/// `± mantissa × 2^exponent`; zero has a sign, too.
#[derive(Clone, Debug)]
pub(crate) struct Float {
    pub(super) negative: bool,
    pub(super) mantissa: BigUint,
    pub(super) exponent: i64,
    pub(super) precision: u64,
}

/// Bits of mantissa of a number that is read.
const READ: u64 = 64;

impl Float {
    /// Reads a literal as OPA does: powers of five beyond 5^27 are rounded at 128 bits, so that
    /// the last bit may differ from the nearest.
    pub(crate) fn read(literal: &Literal<'_>, cost: Cost<'_>) -> Result<Self, BudgetExceeded> {
        if literal.is_zero() {
            return Ok(Self::zero(literal.negative));
        }
        let (mantissa, exponent) = literal.written(cost)?;
        let number = Self { negative: literal.negative, mantissa, exponent, precision: READ };
        if exponent == 0 {
            return Ok(number.rounded(false));
        }
        let power = power_of_five(exponent.unsigned_abs());
        Ok(if exponent < 0 { number.divided(&power) } else { number.times(&power) })
    }

    pub(crate) fn zero(negative: bool) -> Self {
        Self { negative, mantissa: BigUint::ZERO, exponent: 0, precision: READ }
    }

    /// A number of so many bits that holds this double.
    pub(crate) fn small(int: u32, exponent: i64, precision: u64) -> Self {
        Self { negative: false, mantissa: BigUint::from(int), exponent, precision }
    }

    /// An integer, of at least 64 bits.
    pub(crate) fn integer(int: &BigInt) -> Self {
        let mantissa = int.magnitude().clone();
        let precision = mantissa.bits().max(READ);
        Self { negative: int.sign() == Sign::Minus, mantissa, exponent: 0, precision }
    }

    pub(crate) fn negative(&self) -> bool {
        self.negative
    }

    /// The number is at least a half and less than one, times two to the power of this.
    pub(super) fn binary_exponent(&self) -> i64 {
        self.exponent + i64::try_from(self.mantissa.bits()).unwrap_or(i64::MAX)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa == BigUint::ZERO
    }

    pub(crate) fn is_integer(&self) -> bool {
        let twos = self.mantissa.trailing_zeros().unwrap_or(u64::MAX);
        self.is_zero() || self.exponent >= 0 || twos >= self.exponent.unsigned_abs()
    }

    pub(crate) fn with_sign(self, negative: bool) -> Self {
        Self { negative, ..self }
    }

    /// To the bits of its precision; `sticky` where something smaller was cut off.
    fn rounded(mut self, sticky: bool) -> Self {
        let bits = self.mantissa.bits();
        let Some(extra) = bits.checked_sub(self.precision).filter(|extra| *extra > 0) else {
            return self;
        };
        let half = self.mantissa.bit(extra - 1);
        let below = sticky || self.mantissa.trailing_zeros().is_some_and(|zeros| zeros < extra - 1);
        self.mantissa >>= extra;
        self.exponent += i64::try_from(extra).unwrap_or(i64::MAX);
        if half && (below || self.mantissa.bit(0)) {
            self.mantissa += 1_u32;
        }
        self
    }

    fn with_precision_of(self, other: &Self) -> u64 {
        self.precision.max(other.precision)
    }

    /// The product, in this number's precision.
    pub(crate) fn times(self, other: &Self) -> Self {
        Self {
            negative: self.negative != other.negative,
            mantissa: self.mantissa * &other.mantissa,
            exponent: self.exponent + other.exponent,
            precision: self.precision,
        }
        .rounded(false)
    }

    /// The quotient, in this number's precision. The divisor is not zero.
    pub(crate) fn divided(self, other: &Self) -> Self {
        if other.is_zero() {
            return self;
        }
        let negative = self.negative != other.negative;
        if self.is_zero() {
            return Self { negative, ..self };
        }
        // enough bits that the quotient has more than its precision
        let shift =
            (self.precision + 2 + other.mantissa.bits()).saturating_sub(self.mantissa.bits());
        let dividend = self.mantissa << shift;
        let mantissa = &dividend / &other.mantissa;
        let sticky = &mantissa * &other.mantissa != dividend;
        let exponent = self.exponent - other.exponent - i64::try_from(shift).unwrap_or(i64::MAX);
        Self { negative, mantissa, exponent, precision: self.precision }.rounded(sticky)
    }

    /// The sum, in the greater precision.
    pub(crate) fn plus(self, other: &Self, cost: Cost<'_>) -> Result<Self, BudgetExceeded> {
        if other.is_zero() || self.is_zero() {
            let precision = self.precision.max(other.precision);
            let both = self.is_zero() && other.is_zero();
            let negative = self.negative && other.negative;
            let sum = if other.is_zero() { self } else { other.clone() };
            let negative = if both { negative } else { sum.negative };
            return Ok(Self { precision, negative, ..sum }.rounded(false));
        }
        let apart = self.exponent.abs_diff(other.exponent);
        cost.bits(apart)?;
        let exponent = self.exponent.min(other.exponent);
        let aligned = |number: &Self| {
            let mantissa = &number.mantissa << number.exponent.abs_diff(exponent);
            let sign = if number.negative { Sign::Minus } else { Sign::Plus };
            BigInt::from_biguint(sign, mantissa)
        };
        let sum = aligned(&self) + aligned(other);
        let precision = self.with_precision_of(other);
        let negative = sum.sign() == Sign::Minus;
        Ok(Self { negative, mantissa: sum.into_parts().1, exponent, precision }.rounded(false))
    }

    /// The difference, in the greater precision.
    pub(crate) fn minus(self, other: &Self, cost: Cost<'_>) -> Result<Self, BudgetExceeded> {
        if self.is_zero() && other.is_zero() {
            let negative = self.negative && !other.negative;
            return Ok(self.with_sign(negative));
        }
        let other = Self { negative: !other.negative, ..other.clone() };
        self.plus(&other, cost)
    }

    /// The integer part: what stands behind the point is cut off.
    pub(crate) fn truncated(&self, cost: Cost<'_>) -> Result<BigInt, BudgetExceeded> {
        let mantissa = if self.exponent < 0 {
            &self.mantissa >> self.exponent.unsigned_abs()
        } else {
            cost.bits(self.exponent.unsigned_abs())?;
            &self.mantissa << self.exponent.unsigned_abs()
        };
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        Ok(BigInt::from_biguint(sign, mantissa))
    }

    pub(crate) fn compare_integer(
        &self,
        int: &BigInt,
        cost: Cost<'_>,
    ) -> Result<Ordering, BudgetExceeded> {
        let difference = self.clone().minus(&Self::integer(int), cost)?;
        Ok(match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            (_, false) => Ordering::Greater,
        })
    }

    /// As OPA writes it: integers in full, fractions as Go's `%g`, shortest that reads back.
    pub(crate) fn literal(&self, cost: Cost<'_>) -> Result<String, BudgetExceeded> {
        let digits = Decimal::shortest(self, cost)?;
        let magnitude = if self.is_integer() { digits.positional() } else { digits.general() };
        Ok(if self.negative { format!("-{magnitude}") } else { magnitude })
    }
}

/// 5^n at 128 bits, as Go computes it: by squares of 192 bits.
fn power_of_five(mut n: u64) -> Float {
    const EXACT: u64 = 27;
    let exact = n.min(EXACT);
    let mantissa = BigUint::from(5_u32).pow(u32::try_from(exact).unwrap_or(0));
    let mut power = Float { negative: false, mantissa, exponent: 0, precision: 128 };
    n -= exact;
    let mut square = Float::small(5, 0, 192);
    while n > 0 {
        if n & 1 != 0 {
            power = power.times(&square);
        }
        n >>= 1;
        if n > 0 {
            square = square.clone().times(&square);
        }
    }
    power
}
