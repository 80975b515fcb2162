//! Decimal digits of binary numbers.

use super::{Cost, Float, digits};
use num_bigint::BigUint;
use sekisho_budget::BudgetExceeded;
use std::fmt::Write;

/// `0.d₁d₂d₃… × 10^point`; no zero at either end of the digits.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    /// `mantissa × 2^exponent`, exactly.
    fn exact(mantissa: BigUint, exponent: i64, cost: Cost<'_>) -> Result<Self, BudgetExceeded> {
        let twos = mantissa.trailing_zeros().unwrap_or(0);
        let strip = twos.min(if exponent < 0 { exponent.unsigned_abs() } else { 0 });
        let mantissa = mantissa >> strip;
        let exponent = exponent + i64::try_from(strip).unwrap_or(0);
        // 2^-n is 5^n × 10^-n: one digit more for each n, of which those that count are 0.7 n
        let bits = mantissa.bits() + exponent.unsigned_abs() * if exponent < 0 { 3 } else { 1 };
        cost.digits(bits * 3 / 10)?;
        let whole = if exponent < 0 {
            let fives = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
            mantissa * BigUint::from(5_u32).pow(fives)
        } else {
            mantissa << exponent.unsigned_abs()
        };
        let mut digits = digits::write(&whole.into(), cost)?.into_bytes();
        let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) + exponent.min(0);
        trim(&mut digits);
        Ok(Self { digits, point })
    }

    /// The shortest that reads back as this number, by the rule of Go's `math/big`: digits are
    /// taken until neither neighbour's half way shares them.
    pub(crate) fn shortest(number: &Float, cost: Cost<'_>) -> Result<Self, BudgetExceeded> {
        if number.is_zero() {
            return Ok(Self { digits: Vec::new(), point: 0 });
        }
        let mut exact = Self::exact(number.mantissa.clone(), number.exponent, cost)?;
        // in units of half of the last bit
        let bits = number.mantissa.bits();
        let wanted = number.precision + 1;
        let (halves, exponent) = if bits <= wanted {
            (&number.mantissa << (wanted - bits), number.exponent - signed(wanted - bits))
        } else {
            (&number.mantissa >> (bits - wanted), number.exponent + signed(bits - wanted))
        };
        let lower = Self::exact(&halves - 1_u32, exponent, cost)?;
        let upper = Self::exact(&halves + 1_u32, exponent, cost)?;
        let inclusive = !halves.bit(1);
        for at in 0..exact.digits.len() {
            let (low, digit, high) = (lower.digit(at), exact.digit(at), upper.digit(at));
            let down = low != digit || inclusive && at + 1 == lower.digits.len();
            let up =
                digit != high && (inclusive || digit + 1 < high || at + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => exact.round(at + 1),
                (true, false) => exact.cut(at + 1),
                (false, true) => exact.round_up(at + 1),
                (false, false) => continue,
            }
            break;
        }
        Ok(exact)
    }

    fn digit(&self, at: usize) -> u8 {
        self.digits.get(at).copied().unwrap_or(b'0')
    }

    fn cut(&mut self, len: usize) {
        self.digits.truncate(len);
        trim(&mut self.digits);
    }

    fn round_up(&mut self, len: usize) {
        if len >= self.digits.len() {
            return;
        }
        self.digits.truncate(len);
        while self.digits.pop_if(|digit| *digit == b'9').is_some() {}
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(b'1');
                self.point += 1;
            }
        }
    }

    fn round(&mut self, len: usize) {
        if len >= self.digits.len() {
            return;
        }
        let next = self.digit(len);
        let tie = next == b'5' && len + 1 == self.digits.len();
        let odd = len > 0 && self.digit(len - 1) & 1 != 0;
        if if tie { odd } else { next >= b'5' } { self.round_up(len) } else { self.cut(len) }
    }

    /// All digits, no exponent.
    pub(crate) fn positional(&self) -> String {
        let mut text = String::with_capacity(self.digits.len() + 3);
        let whole = usize::try_from(self.point).unwrap_or(0);
        if whole == 0 {
            text.push('0');
        }
        text.extend((0..whole).map(|at| char::from(self.digit(at))));
        if signed_len(&self.digits) > self.point {
            text.push('.');
            text.extend((self.point..0).map(|_| '0'));
            text.extend(self.digits.iter().skip(whole).map(|digit| char::from(*digit)));
        }
        text
    }

    /// As Go's `%g`: with an exponent where it is less than -4, or the number is beyond a million.
    pub(crate) fn general(&self) -> String {
        let exponent = self.point - 1;
        if (-4..6).contains(&exponent) || self.digits.is_empty() {
            return self.positional();
        }
        let mut text = String::with_capacity(self.digits.len() + 8);
        for (at, digit) in self.digits.iter().enumerate() {
            text.push(char::from(*digit));
            if at == 0 && self.digits.len() > 1 {
                text.push('.');
            }
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        // writing into a text does not fail
        let _ = write!(text, "e{sign}{:02}", exponent.unsigned_abs());
        text
    }
}

fn trim(digits: &mut Vec<u8>) {
    while digits.pop_if(|digit| *digit == b'0').is_some() {}
}

fn signed(bits: u64) -> i64 {
    i64::try_from(bits).unwrap_or(i64::MAX)
}

fn signed_len(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}
