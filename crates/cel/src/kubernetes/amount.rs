//! A quantity as the API server holds one: where it fits, as an integer and a power of ten, which
//! alone can be asked for as an integer.
//!
//! Source of the rules: `pkg/api/resource` of `k8s.io/apimachinery` (`ParseQuantity`,
//! `int64Amount`).

use crate::term::Opaque;
use sekisho_kube_model::{Quantity, QuantityError, QuantityFormat};
use sekisho_value::Value;
use std::any::Any;

/// The name of the type.
pub(super) const NAME: &str = "kubernetes.Quantity";

/// A quantity: `100m`, `1.5Gi`.
#[derive(Clone, Debug)]
pub struct Amount {
    /// how much
    pub quantity: Quantity,
    /// `value * 10^scale`
    integer: Option<(i64, i32)>,
    /// how many decimals it is held with where it is none
    decimals: i32,
    /// it is the value of an addition: the API server can compare others with it, but not it with
    /// others
    computed: bool,
}

impl Opaque for Amount {
    fn type_name(&self) -> &str {
        NAME
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        let other = (other as &dyn Any).downcast_ref::<Self>()?;
        (!other.computed).then(|| self.quantity == other.quantity)
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.quantity.to_string()))
    }
}

impl Amount {
    /// Reads a quantity.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let quantity = Quantity::parse(text)?;
        // What is cut off at the greatest integer has none.
        let cut = quantity.format() == QuantityFormat::BinarySi
            && quantity.value().map(i64::unsigned_abs) == Some(i64::MAX.unsigned_abs());
        let decimals = if cut { 0 } else { DECIMALS };
        Ok(Self { integer: integer(text), quantity, decimals, computed: false })
    }

    /// The quantity of an integer.
    #[must_use]
    pub fn from_i64(int: i64) -> Self {
        let quantity = Quantity::from_i64(int, QuantityFormat::DecimalExponent);
        Self { quantity, integer: Some((int, 0)), decimals: 0, computed: true }
    }

    /// The integer that it is, where it is held as one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        let (value, scale) = self.integer?;
        scaled(value, scale)
    }

    /// The double that the API server computes: what it holds, times a power of ten.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "as the API server converts it")]
    pub fn approximate(&self) -> f64 {
        let (held, scale) = match self.integer {
            Some((value, scale)) => (value as f64, scale),
            None => (self.quantity.nearest_times_power_of_ten(self.decimals), -self.decimals),
        };
        if scale == 0 { held } else { held * power_of_ten(scale) }
    }

    /// How many decimals it has as a decimal number.
    fn as_decimals(&self) -> i32 {
        self.integer.map_or(self.decimals, |(_, scale)| -scale)
    }

    /// The sum or difference, by what is done to each.
    #[must_use]
    pub fn computed(
        &self,
        other: &Self,
        quantity: Option<Quantity>,
        subtract: bool,
    ) -> Option<Self> {
        let integer = match (self.integer, other.integer) {
            (Some(one), Some((value, scale))) => {
                let value = if subtract { value.checked_neg() } else { Some(value) };
                value.and_then(|value| sum(one, (value, scale)))
            }
            _ => None,
        };
        let decimals = self.as_decimals().max(other.as_decimals());
        Some(Self { quantity: quantity?, integer, decimals, computed: true })
    }
}

/// How many decimals what is no integer is rounded up to.
const DECIMALS: i32 = 9;

/// The double that is nearest to a power of ten.
fn power_of_ten(power: i32) -> f64 {
    format!("1e{power}").parse().unwrap_or(f64::INFINITY)
}

fn scaled(value: i64, scale: i32) -> Option<i64> {
    let scale = u32::try_from(scale).ok()?;
    value.checked_mul(10_i64.checked_pow(scale)?)
}

fn sum(one: (i64, i32), other: (i64, i32)) -> Option<(i64, i32)> {
    match (one, other) {
        (one, (0, _)) => Some(one),
        ((0, _), other) => Some(other),
        ((a, at), (b, scale)) => {
            let least = at.min(scale);
            let sum = scaled(a, at - least)?.checked_add(scaled(b, scale - least)?)?;
            Some((sum, least))
        }
    }
}

/// How many digits a 64-bit integer has room for.
const DIGITS: usize = 18;

/// A quantity that is well-formed, as an integer and a power of ten, where the API server reads it
/// so.
fn integer(text: &str) -> Option<(i64, i32)> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..)?),
        Some(b'+') => (false, text.get(1..)?),
        _ => (false, text),
    };
    let rest = rest.trim_start_matches('0');
    let end = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at_checked(end(rest))?;
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at_checked(end(rest))?,
        None => ("", rest),
    };
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction_digits = i32::try_from(fraction.len()).ok()?;
    let (factor, scale) = match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        binary if binary.ends_with('i') => {
            let power: u8 = match binary {
                "Ki" => 10,
                "Mi" => 20,
                "Gi" => 30,
                "Ti" => 40,
                "Pi" => 50,
                "Ei" => 60,
                _ => return None,
            };
            // As many digits as a power of two leaves room for; only whole numbers.
            let taken = whole.len() + usize::from(power * 3 / 10) + 1;
            (fraction.is_empty() && taken <= 15).then_some((1_i64 << power, 0))?
        }
        exponent => (1, exponent.get(1..)?.parse().ok()?),
    };
    let decimal = factor == 1;
    if decimal && whole.len() + fraction.len() > DIGITS {
        return None;
    }
    let scale: i32 = scale - fraction_digits;
    if scale < -9 {
        return None;
    }
    let value: i64 = format!("{whole}{fraction}").parse().ok()?;
    let value = value.checked_mul(factor)?;
    Some((if negative { -value } else { value }, scale))
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn what_is_held_as_an_integer() {
        for (text, integer) in [
            ("1", Some(1)),
            ("-50k", Some(-50_000)),
            ("1000m", None),
            ("1.0", None),
            ("1.5k", Some(1500)),
            ("1Gi", Some(1 << 30)),
            ("1.5Gi", None),
            ("9223372036854775807", None),
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("1e3", Some(1000)),
        ] {
            assert_eq!(Amount::parse(text).unwrap().as_integer(), integer, "{text}");
        }
    }
}
