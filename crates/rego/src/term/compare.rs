use super::Term;
use std::cmp::Ordering;

/// The order of all values: null, booleans, numbers by value, strings by bytes, lists, objects,
/// sets.
#[must_use]
pub fn compare(left: Term<'_>, right: Term<'_>) -> Ordering {
    match (left, right) {
        (Term::Int(left), Term::Int(right)) => left.cmp(&right),
        (Term::String(left), Term::String(right)) => left.cmp(right),
        _ => compare_any(left, right),
    }
}

fn compare_any(left: Term<'_>, right: Term<'_>) -> Ordering {
    let kinds = left.kind().cmp(&right.kind());
    if kinds.is_ne() {
        return kinds;
    }
    match (left, right) {
        (Term::Bool(left), Term::Bool(right)) => left.cmp(&right),
        (Term::Int(_) | Term::Number(_), _) => super::convert::compare_numbers(left, right),
        (Term::Array(_) | Term::JsonArray(_) | Term::Set(_), _) => left
            .items()
            .zip(right.items())
            .map(|(l, r)| compare(l, r))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| left.len().cmp(&right.len())),
        (Term::Object(_) | Term::JsonObject(_), _) => compare_objects(left, right),
        _ => Ordering::Equal,
    }
}

/// As OPA does: entry by entry, key before value; then by length.
fn compare_objects(left: Term<'_>, right: Term<'_>) -> Ordering {
    for ((left_key, left_value), (right_key, right_value)) in left.entries().zip(right.entries()) {
        let order = compare(left_key, right_key).then_with(|| compare(left_value, right_value));
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len())
}
