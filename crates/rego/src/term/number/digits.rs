//! Decimal digits of integers of any size, read and written piece by piece: what takes time that
//! grows with the square of their number has to look at the budget on its way.

use super::Cost;
use num_bigint::{BigInt, BigUint, Sign};
use sekisho_budget::BudgetExceeded;

/// How many digits are read or written at once.
const PIECE: usize = 1_216;

/// The number of these digits.
pub(super) fn read(digits: &[u8], cost: Cost<'_>) -> Result<BigUint, BudgetExceeded> {
    if digits.len() <= 2 * PIECE {
        return Ok(BigUint::parse_bytes(digits, 10).unwrap_or_default());
    }
    // Halves, so that long products do the work: they take less than the square.
    let (high, low) = digits.split_at(digits.len() / 2);
    let places = u32::try_from(low.len()).map_err(|_| BudgetExceeded::Memory)?;
    let (high, low) = (read(high, cost)?, read(low, cost)?);
    cost.0.step(digits.len() as u64)?;
    let scale = BigUint::from(10_u32).pow(places);
    cost.0.step(digits.len() as u64)?;
    Ok(high * scale + low)
}

/// The decimal form of a number.
pub(crate) fn write(int: &BigInt, cost: Cost<'_>) -> Result<String, BudgetExceeded> {
    cost.digits(int.bits() * 3 / 10)?;
    // A digit takes more than three bits.
    if int.bits() <= 3 * PIECE as u64 {
        return Ok(int.to_str_radix(10));
    }
    let places = u32::try_from(PIECE).unwrap_or(u32::MAX);
    let scale = BigUint::from(10_u32).pow(places);
    let mut rest = int.magnitude().clone();
    let mut pieces = Vec::new();
    while rest >= scale {
        cost.0.step(rest.bits())?;
        let higher = &rest / &scale;
        pieces.push((rest - &higher * &scale).to_str_radix(10));
        rest = higher;
    }
    let mut out = if int.sign() == Sign::Minus { "-".to_owned() } else { String::new() };
    out.push_str(&rest.to_str_radix(10));
    for piece in pieces.iter().rev() {
        out.push_str(&format!("{piece:0>PIECE$}"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Cost, PIECE, read, write};
    use num_bigint::{BigInt, BigUint};
    use sekisho_budget::Budget;

    #[test]
    fn long_numbers_are_read_and_written() {
        let budget = Budget::new(u64::MAX, u64::MAX, None);
        let sizes = [1, 40, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 1, 5 * PIECE, 7 * PIECE + 3];
        for size in sizes {
            for digits in [
                "1234567890".repeat(size / 10 + 1),
                format!("1{}", "0".repeat(size)),
                "9".repeat(size),
            ] {
                let whole = BigUint::parse_bytes(digits.as_bytes(), 10).unwrap();
                assert_eq!(read(digits.as_bytes(), Cost(&budget)).unwrap(), whole);
                let negative = -BigInt::from(whole);
                assert_eq!(write(&negative, Cost(&budget)).unwrap(), format!("-{digits}"));
            }
        }
    }
}
