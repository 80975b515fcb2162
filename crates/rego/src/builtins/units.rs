//! `units.parse`, `units.parse_bytes`: numbers with a unit.

use super::arithmetic::Outcome;
use super::operands::string;
use super::{Context, Failure, Function};
use crate::term::Term;
use crate::term::number::{Cost, Float, Literal};
use num_bigint::{BigInt, Sign};

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("units.parse", parse), ("units.parse_bytes", parse_bytes)];

/// OPA takes the thousandth as the nearest double, exactly: this many 2^62nds.
const MILLI: (i64, u32) = (4_611_686_018_427_388, 62);

fn fail(function: &str, what: &str) -> Failure {
    Failure::error(format!("{function}: {what}"))
}

/// The exponent has more digits than six.
struct TooLarge;

/// The number at the start of a text, and its unit.
fn number_and_unit(text: &str) -> Result<(&str, &str), TooLarge> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let sign = |at: usize| matches!(bytes.get(at), Some(b'+' | b'-'));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' if digit(at + 1) || sign(at + 1) => {
                at += usize::from(sign(at + 1));
                let digits = (at + 1..).take_while(|at| digit(*at)).count();
                if digits > 6 {
                    return Err(TooLarge);
                }
            }
            _ => break,
        }
        at += 1;
    }
    Ok(text.split_at_checked(at).unwrap_or((text, "")))
}

/// The checks that both functions make; `amount` is what they call the number.
fn read<'t>(function: &str, amount: &str, text: &'t str) -> Result<(&'t str, &'t str), Failure> {
    if text.contains(' ') {
        return Err(fail(function, "spaces not allowed in resource strings"));
    }
    let (number, unit) =
        number_and_unit(text).map_err(|TooLarge| fail(function, "exponent too large"))?;
    if number.is_empty() {
        return Err(fail(function, &format!("no {amount} provided")));
    }
    Ok((number, unit))
}

fn no_number(function: &str, amount: &str) -> Failure {
    fail(function, &format!("could not parse {amount} to a number"))
}

fn thousands(power: u32) -> i64 {
    1000_i64.pow(power)
}

fn parse<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    const NAME: &str = "units.parse";
    let text = string(operands, 1)?;
    context.arena.budget().step(1 + text.len() as u64 / 16)?;
    let text = text.replace('"', "");
    let (number, unit) = read(NAME, "amount", &text)?;
    // `m` and `M` differ; the case of what follows does not matter
    let mut chars = unit.chars();
    let unit: String = chars.next().into_iter().chain(chars.flat_map(char::to_lowercase)).collect();
    let (factor, halvings) = match unit.as_str() {
        "m" => MILLI,
        "" => (1, 0),
        "k" | "K" => (thousands(1), 0),
        "ki" | "Ki" => (1 << 10, 0),
        "M" => (thousands(2), 0),
        "mi" | "Mi" => (1 << 20, 0),
        "g" | "G" => (thousands(3), 0),
        "gi" | "Gi" => (1 << 30, 0),
        "t" | "T" => (thousands(4), 0),
        "ti" | "Ti" => (1 << 40, 0),
        "p" | "P" => (thousands(5), 0),
        "pi" | "Pi" => (1 << 50, 0),
        "e" | "E" => (thousands(6), 0),
        "ei" | "Ei" => (1 << 60, 0),
        unit => return Err(fail(NAME, &format!("unit {unit} not recognized"))),
    };
    let literal = Literal::read(number).ok_or_else(|| no_number(NAME, "amount"))?;
    let cost = Cost(context.arena.budget());
    let fraction = Fraction::of(&literal, factor, halvings, cost)?;
    match fraction.integer() {
        Some(int) => Ok(context.arena.integer(&int)?),
        None => Ok(context.arena.number(&fraction.with_ten_places())?),
    }
}

/// `numerator / denominator`, the denominator a product of twos and fives.
struct Fraction {
    numerator: BigInt,
    denominator: BigInt,
}

impl Fraction {
    fn of(
        literal: &Literal<'_>,
        factor: i64,
        halvings: u32,
        cost: Cost<'_>,
    ) -> Result<Self, Failure> {
        let (digits, exponent) = literal.exact_parts(cost)?;
        cost.digits(exponent.unsigned_abs())?;
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let scale = BigInt::from(10).pow(power);
        let numerator = digits * factor;
        let denominator = BigInt::from(1) << halvings;
        Ok(if exponent < 0 {
            Self { numerator, denominator: denominator * scale }
        } else {
            Self { numerator: numerator * scale, denominator }
        })
    }

    fn integer(&self) -> Option<BigInt> {
        let quotient = &self.numerator / &self.denominator;
        (&quotient * &self.denominator == self.numerator).then_some(quotient)
    }

    /// Ten decimal places; halves are rounded away from zero.
    fn with_ten_places(&self) -> String {
        let negative = self.numerator.sign() == Sign::Minus;
        let scaled = self.numerator.magnitude() * 10_000_000_000_u64;
        let denominator = self.denominator.magnitude();
        let rounded = (scaled * 2_u32 + denominator) / (denominator * 2_u32);
        let digits = format!("{:0>11}", rounded.to_string());
        let (whole, places) = digits.split_at_checked(digits.len() - 10).unwrap_or(("0", &digits));
        format!("{}{whole}.{places}", if negative { "-" } else { "" })
    }
}

fn parse_bytes<'a>(context: &mut Context<'a>, operands: &[Term<'a>]) -> Outcome<'a> {
    const NAME: &str = "units.parse_bytes";
    let text = string(operands, 1)?;
    context.arena.budget().step(1 + text.len() as u64 / 16)?;
    let text = text.to_lowercase().replace('"', "");
    let (number, unit) = read(NAME, "byte amount", &text)?;
    let factor = match unit {
        "" => 1,
        "kb" | "k" => thousands(1),
        "kib" | "ki" => 1 << 10,
        "mb" | "m" => thousands(2),
        "mib" | "mi" => 1 << 20,
        "gb" | "g" => thousands(3),
        "gib" | "gi" => 1 << 30,
        "tb" | "t" => thousands(4),
        "tib" | "ti" => 1 << 40,
        "pb" | "p" => thousands(5),
        "pib" | "pi" => 1 << 50,
        "eb" | "e" => thousands(6),
        "eib" | "ei" => 1 << 60,
        unit => return Err(fail(NAME, &format!("byte unit {unit} not recognized"))),
    };
    let literal = Literal::read(number).ok_or_else(|| no_number(NAME, "byte amount"))?;
    let cost = Cost(context.arena.budget());
    let bytes = Float::read(&literal, cost)?.times(&Float::integer(&factor.into()));
    Ok(context.arena.integer(&bytes.truncated(cost)?)?)
}
