//! Integers, of 64 bits and of any size.

use super::Arg;
use super::write::Writer;
use crate::term::Text;
use crate::term::number::{Cost, digits};
use num_bigint::{BigInt, Sign};
use sekisho_budget::BudgetExceeded;

type Written = Result<(), BudgetExceeded>;

fn digits_of(magnitude: u64, verb: char) -> String {
    match verb {
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    }
}

impl Writer<'_, '_> {
    pub(super) fn integer(&mut self, int: i64) -> Written {
        let directive = self.directive;
        let sign = match (int < 0, directive.plus, directive.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let digits = match (directive.precision, directive.width) {
            // no digits for zero
            (Some(0), width) if int == 0 => {
                return self.out.repeat(' ', width.unwrap_or(0));
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if directive.zero && !directive.minus => {
                width.saturating_sub(sign.len())
            }
            _ => 0,
        };
        let shown = digits_of(int.unsigned_abs(), directive.verb);
        let zeros = digits.saturating_sub(shown.len());
        let prefix = match directive.verb {
            'O' if directive.sharp && zeros == 0 && !shown.starts_with('0') => "0o0",
            'O' => "0o",
            'b' if directive.sharp => "0b",
            'x' if directive.sharp => "0x",
            'X' if directive.sharp => "0X",
            'o' if directive.sharp && zeros == 0 && !shown.starts_with('0') => "0",
            _ => "",
        };
        let mut text = Text::new(self.out.budget());
        text.push_str(sign)?;
        text.push_str(prefix)?;
        text.repeat('0', zeros)?;
        text.push_str(&shown)?;
        self.padded_with_blanks(text.as_str())
    }

    /// As `big.Int` formats itself: <https://pkg.go.dev/math/big#Int.Format>.
    pub(super) fn big_integer(&mut self, int: &BigInt, arg: &Arg) -> Written {
        let directive = self.directive;
        if self.complaining || directive.verb == 'w' {
            return if self.complaining { self.inside(int) } else { self.bad_verb(arg) };
        }
        let radix = match directive.verb {
            'b' => 2,
            'o' | 'O' => 8,
            'd' | 's' | 'v' => 10,
            'x' | 'X' => 16,
            verb => {
                let shown = digits::write(int, Cost(self.out.budget()))?;
                return self.out.push_str(&format!("%!{verb}(big.Int={shown})"));
            }
        };
        let sign = match (int.sign(), directive.plus || directive.plus_v, directive.space) {
            (Sign::Minus, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let prefix = match (directive.verb, directive.sharp || directive.sharp_v) {
            ('O', _) => "0o",
            ('b', true) => "0b",
            ('o', true) => "0",
            ('x', true) => "0x",
            ('X', true) => "0X",
            _ => "",
        };
        Cost(self.out.budget()).digits(int.bits() / 3)?;
        let mut shown = match radix {
            10 => digits::write(&int.magnitude().clone().into(), Cost(self.out.budget()))?,
            radix => int.magnitude().to_str_radix(radix),
        };
        if directive.verb == 'X' {
            shown.make_ascii_uppercase();
        }
        let mut zeros = directive.precision.unwrap_or(0).saturating_sub(shown.len());
        let len = sign.len() + prefix.len() + zeros + shown.len();
        let missing = directive.width.unwrap_or(0).saturating_sub(len);
        let (mut left, mut right) = (0, 0);
        match (directive.minus, directive.zero && directive.precision.is_none()) {
            (true, _) => right = missing,
            (_, true) => zeros += missing,
            _ => left = missing,
        }
        self.out.repeat(' ', left)?;
        self.out.push_str(sign)?;
        self.out.push_str(prefix)?;
        self.out.repeat('0', zeros)?;
        self.out.push_str(&shown)?;
        self.out.repeat(' ', right)
    }

    /// What Go shows of a `big.Int` where it must not format itself: its fields.
    fn inside(&mut self, int: &BigInt) -> Written {
        let words: Vec<_> = int.magnitude().iter_u64_digits().map(|w| w.to_string()).collect();
        let negative = int.sign() == Sign::Minus;
        self.out.push_str(&format!("&{{{negative} [{}]}}", words.join(" ")))
    }
}
