//! The order in which an object written out takes its entries.
//!
//! Of entries with equal keys the last counts. OPA's compiler keeps entries in the order of their
//! keys as it has rewritten them, not as they are written: constants stand before variables, which
//! stand before collections, and variables are ordered by the names that it has given them.

use super::draft::{Term, Value};
use super::names::Names;
use std::cmp::Ordering;

/// Entries as OPA goes through them.
pub(super) fn in_order<'t>(names: &Names, entries: &'t [(Term, Term)]) -> Vec<&'t (Term, Term)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by(|(left, _), (right, _)| compare(names, left, right));
    entries
}

/// Constants of one sort are left as they stand: where they differ, no key equals the other.
fn compare(names: &Names, left: &Term, right: &Term) -> Ordering {
    rank(&left.value).cmp(&rank(&right.value)).then_with(|| match (&left.value, &right.value) {
        (Value::Var(left), Value::Var(right)) => names.text(*left).cmp(names.text(*right)),
        (Value::Array(left) | Value::Set(left), Value::Array(right) | Value::Set(right)) => {
            let items = left.iter().zip(right);
            first_difference(items.map(|(left, right)| compare(names, left, right)))
        }
        (Value::Object(left), Value::Object(right)) => {
            let entries = in_order(names, left).into_iter().zip(in_order(names, right));
            first_difference(entries.map(|((key, value), (other_key, other))| {
                compare(names, key, other_key).then_with(|| compare(names, value, other))
            }))
        }
        _ => Ordering::Equal,
    })
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// OPA's order of sorts of terms.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Template(_) => 4,
        Value::Var(name) if name.is_root() => 6,
        Value::Var(_) => 5,
        Value::Ref(_) => 6,
        Value::Array(_) => 7,
        Value::Object(_) => 8,
        Value::Set(_) => 9,
        Value::ArrayOf(..) => 10,
        Value::ObjectOf(..) => 11,
        Value::SetOf(..) => 12,
        Value::Call(_) => 13,
    }
}
