//! Numbers as OPA has them: literals, compared exactly; integers of any size computed exactly,
//! fractions with [`Float`].

mod decimal;
pub(crate) mod digits;
mod float;
mod literal;
mod text;

use super::{Arena, Term};
pub(crate) use float::Float;
pub(crate) use literal::Literal;
use num_bigint::BigInt;
use sekisho_budget::{Budget, BudgetExceeded};
use std::cmp::Ordering;
pub(crate) use text::to_number_literal;

/// What computing with long numbers takes of a budget: reading and writing decimal digits takes
/// time that grows with their square.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost<'b>(pub(crate) &'b Budget<'b>);

impl Cost<'_> {
    pub(crate) fn digits(self, digits: u64) -> Result<(), BudgetExceeded> {
        if digits > 40 {
            self.0.step(digits / 64 + digits.saturating_mul(digits) / 1024)?;
            self.0.allocate(digits)?;
        }
        Ok(())
    }

    pub(crate) fn bits(self, bits: u64) -> Result<(), BudgetExceeded> {
        if bits > 128 {
            self.0.step(bits / 1024)?;
            self.0.allocate(bits / 8)?;
        }
        Ok(())
    }

    /// A product of numbers of so many bits.
    pub(crate) fn product(self, left: u64, right: u64) -> Result<(), BudgetExceeded> {
        self.bits(left.saturating_add(right))?;
        self.0.step((left / 64).saturating_mul(right / 64) / 16)
    }
}

impl<'a> Arena<'a> {
    /// An integer of any size.
    pub(crate) fn integer(&self, int: &BigInt) -> Result<Term<'a>, BudgetExceeded> {
        if let Ok(int) = i64::try_from(int) {
            return Ok(Term::Int(int));
        }
        Ok(Term::Number(self.text(&digits::write(int, Cost(self.budget()))?)?))
    }

    /// What [`Float::literal`] writes.
    pub(crate) fn float(&self, float: &Float) -> Result<Term<'a>, BudgetExceeded> {
        self.number(&float.literal(Cost(self.budget()))?)
    }

    /// The number of this literal.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn number(&self, literal: &str) -> Result<Term<'a>, BudgetExceeded> {
        match Literal::canonical_int(literal) {
            Some(int) => Ok(Term::Int(int)),
            None => self.text(literal).map(Term::Number),
        }
    }
}

impl Term<'_> {
    /// The integer that OPA sees: digits, behind a point zeros only, no exponent, 64 bits.
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        match self {
            Term::Int(int) => Some(int),
            Term::Number(literal) => atoi64(literal),
            _ => None,
        }
    }
}

/// As OPA's `util.Atoi64`: at most 19 characters beside the sign.
fn atoi64(literal: &str) -> Option<i64> {
    let digits = literal.strip_prefix(['-', '+']).unwrap_or(literal);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = (1..=19).contains(&digits.len())
        && whole.bytes().all(|b| b.is_ascii_digit())
        && fraction.bytes().all(|b| b == b'0');
    if !plain {
        return None;
    }
    Literal::read(literal)?.to_i64()
}

/// Whether OPA takes a number of this literal where it reads numbers (policies, JSON): with an
/// exponent, its binary exponent is at most 100,000. What is refused is `number too big`.
#[must_use]
pub fn is_in_range(literal: &str) -> bool {
    const MOST: i64 = 100_000;
    let Some(number) = Literal::read(literal).filter(|_| literal.contains(['e', 'E'])) else {
        return true;
    };
    // 2^100,000 has 30,103 digits
    match number.magnitude().abs() {
        _ if number.is_zero() => true,
        0..=30_000 => true,
        30_001..=30_200 => Float::read(&number, Cost(&Budget::standard()))
            .is_ok_and(|float| float.binary_exponent().abs() <= MOST),
        _ => false,
    }
}

/// Reads any number: an integer literal exactly, others by their digits.
pub(crate) fn with_literal<R>(number: Term<'_>, then: impl FnOnce(Literal<'_>) -> R) -> Option<R> {
    read(number, &mut [0; 20]).map(then)
}

/// The index that a literal such as `1.0` stands for.
pub(super) fn whole_number(literal: &str) -> Option<usize> {
    usize::try_from(atoi64(literal)?).ok()
}

/// By value, exactly.
pub(super) fn compare(left: Term<'_>, right: Term<'_>) -> Ordering {
    let (mut left_buffer, mut right_buffer) = ([0; 20], [0; 20]);
    match (read(left, &mut left_buffer), read(right, &mut right_buffer)) {
        (Some(left), Some(right)) => left.compare(&right),
        // no other text gets into a number
        _ => Ordering::Equal,
    }
}

fn read<'b>(number: Term<'b>, buffer: &'b mut [u8; 20]) -> Option<Literal<'b>> {
    match number {
        Term::Number(literal) => Literal::read(literal),
        Term::Int(int) => Literal::read(decimal(int, buffer)),
        _ => None,
    }
}

/// The decimal form, without taking memory.
fn decimal(int: i64, buffer: &mut [u8; 20]) -> &str {
    use std::io::Write;
    let mut rest = buffer.as_mut_slice();
    let written = write!(rest, "{int}").map_or(0, |()| 20 - rest.len());
    buffer.get(..written).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("0")
}
