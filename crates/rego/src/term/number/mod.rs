//! Numbers as OPA has them: literals, compared exactly.

mod literal;

use super::Term;
pub(crate) use literal::Literal;
use std::cmp::Ordering;

/// The index that a literal such as `1.0` or `1e1` stands for.
pub(super) fn whole_number(literal: &str) -> Option<usize> {
    usize::try_from(Literal::read(literal)?.to_i64()?).ok()
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
