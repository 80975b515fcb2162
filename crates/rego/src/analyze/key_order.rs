//! The order in which an object written out takes its entries.
//!
//! Of entries with equal keys the last counts. OPA's compiler keeps entries in the order of their
//! keys, not as they are written: constants stand before variables, which stand before references
//! and collections. It goes through them in that order when it names what it computes, and once
//! more by these names when it evaluates them.

use super::draft::{Term, Value};
use super::names::Names;
use std::cmp::Ordering;

/// Puts entries into OPA's order.
pub(super) fn sort(names: &Names, entries: &mut [(Term, Term)]) {
    entries.sort_by(|(left, _), (right, _)| compare(names, left, right));
}

/// Entries in OPA's order.
pub(super) fn in_order<'t>(names: &Names, entries: &'t [(Term, Term)]) -> Vec<&'t (Term, Term)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by(|(left, _), (right, _)| compare(names, left, right));
    entries
}

/// Linear in the size of the terms: what they hold has been sorted before.
fn compare(names: &Names, left: &Term, right: &Term) -> Ordering {
    rank(&left.value).cmp(&rank(&right.value)).then_with(|| match (&left.value, &right.value) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => {
            let number = |literal: &str| literal.parse::<f64>().unwrap_or(0.0);
            number(left).total_cmp(&number(right))
        }
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Var(left), Value::Var(right)) => names.text(*left).cmp(names.text(*right)),
        (
            Value::Ref(left) | Value::Array(left) | Value::Set(left),
            Value::Ref(right) | Value::Array(right) | Value::Set(right),
        ) => {
            let items = left.iter().zip(right);
            first_difference(items.map(|(left, right)| compare(names, left, right)))
                .then_with(|| left.len().cmp(&right.len()))
        }
        (Value::Object(left), Value::Object(right)) => {
            let entries = left.iter().zip(right);
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
