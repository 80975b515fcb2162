//! Unsigned integers of any length, as decimal digits.

use std::borrow::Cow;
use std::cmp::Ordering;

/// How many digits an operation may add; beyond it a result is refused.
const MAX_PADDING: i64 = 4096;

/// An unsigned integer without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// what fits in 64 bits
    Small(u64),
    /// decimal digits of what does not
    Large(Box<str>),
}

impl Digits {
    pub(super) fn from_u64(value: u64) -> Self {
        Self::Small(value)
    }

    /// Reads ASCII digits; leading zeros are dropped.
    pub(super) fn from_text(text: &str) -> Self {
        let text = text.trim_start_matches('0');
        match text.parse() {
            Ok(value) => Self::Small(value),
            Err(_) if text.is_empty() => Self::Small(0),
            Err(_) => Self::Large(text.into()),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0))
    }

    pub(super) fn to_u64(&self) -> Option<u64> {
        match self {
            Self::Small(value) => Some(*value),
            Self::Large(_) => None,
        }
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Small(value) => Cow::Owned(value.to_string()),
            Self::Large(text) => Cow::Borrowed(text),
        }
    }

    /// Times `10^power`, where a negative power divides and rounds up; and whether nothing was
    /// rounded. `None` where a result would be far longer than what it came from.
    pub(super) fn shifted_up(&self, power: i64) -> Option<(Self, bool)> {
        if self.is_zero() {
            return Some((Self::Small(0), true));
        }
        if power >= 0 {
            let power = i32::try_from(power).ok()?;
            return Some((self.multiplied_by_power_of_ten(power)?, true));
        }
        let text = self.text();
        let dropped = usize::try_from(power.unsigned_abs()).unwrap_or(usize::MAX);
        let (kept, dropped) = text.split_at(text.len().saturating_sub(dropped));
        let exact = dropped.bytes().all(|digit| digit == b'0');
        let kept = Self::from_text(kept);
        Some((if exact { kept } else { kept.plus(&Self::Small(1)) }, exact))
    }

    /// Times `10^power`; `None` where that would be thousands of digits longer.
    pub(super) fn multiplied_by_power_of_ten(&self, power: i32) -> Option<Self> {
        let power = u32::try_from(power).ok()?;
        if self.is_zero() || power == 0 {
            return Some(self.clone());
        }
        if let Self::Small(value) = self
            && let Some(product) = 10_u64.checked_pow(power).and_then(|by| value.checked_mul(by))
        {
            return Some(Self::Small(product));
        }
        if i64::from(power) > MAX_PADDING {
            return None;
        }
        let mut text = self.text().into_owned();
        text.extend(std::iter::repeat_n('0', usize::try_from(power).ok()?));
        Some(Self::from_text(&text))
    }

    /// Times `2^power`, for powers up to 60.
    pub(super) fn multiplied_by_power_of_two(&self, power: u32) -> Self {
        let factor = 1_u128 << power;
        let mut carry = 0;
        let mut reversed = Vec::new();
        for digit in self.text().bytes().rev() {
            let product = u128::from(digit - b'0') * factor + carry;
            reversed.push(ascii(product % 10));
            carry = product / 10;
        }
        while carry > 0 {
            reversed.push(ascii(carry % 10));
            carry /= 10;
        }
        Self::from_reversed(reversed)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let Some(sum) = left.checked_add(*right)
        {
            return Self::Small(sum);
        }
        let (left, right) = (self.text(), other.text());
        let (mut left, mut right) = (left.bytes().rev(), right.bytes().rev());
        let (mut reversed, mut carry) = (Vec::new(), 0);
        loop {
            let (a, b) = (left.next(), right.next());
            if a.is_none() && b.is_none() && carry == 0 {
                return Self::from_reversed(reversed);
            }
            let sum = a.unwrap_or(b'0') - b'0' + (b.unwrap_or(b'0') - b'0') + carry;
            reversed.push(b'0' + sum % 10);
            carry = sum / 10;
        }
    }

    /// The difference from what is not greater.
    pub(super) fn minus(&self, lesser: &Self) -> Self {
        if let (Self::Small(left), Self::Small(right)) = (self, lesser) {
            return Self::Small(left.saturating_sub(*right));
        }
        let (left, right) = (self.text(), lesser.text());
        let (mut reversed, mut borrow) = (Vec::new(), 0);
        let mut right = right.bytes().rev();
        for a in left.bytes().rev() {
            let subtracted = right.next().unwrap_or(b'0') - b'0' + borrow;
            let a = a - b'0';
            borrow = u8::from(a < subtracted);
            reversed.push(b'0' + (a + 10 * borrow - subtracted));
        }
        Self::from_reversed(reversed)
    }

    fn from_reversed(mut reversed: Vec<u8>) -> Self {
        reversed.reverse();
        Self::from_text(&String::from_utf8_lossy(&reversed))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a decimal digit is below ten")]
fn ascii(digit: u128) -> u8 {
    b'0' + digit as u8
}

impl Ord for Digits {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Small(left), Self::Small(right)) = (self, other) {
            return left.cmp(right);
        }
        let (left, right) = (self.text(), other.text());
        left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
