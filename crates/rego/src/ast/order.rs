//! The order of expressions, by which OPA sorts the members of sets and the keys of objects.

use super::display::Joined;
use super::{Expr, ExprKind, TemplatePart};
use std::cmp::Ordering;

/// OPA's order: by sort of expression, then by what they hold.
pub(super) fn compare(left: &Expr, right: &Expr) -> Ordering {
    rank(left).cmp(&rank(right)).then_with(|| same_sort(left, right))
}

/// Sorts, and leaves one of those that are equal.
pub(super) fn sorted<'e>(items: impl IntoIterator<Item = &'e Expr>) -> Vec<&'e Expr> {
    let mut items: Vec<&Expr> = items.into_iter().collect();
    items.sort_by(|left, right| compare(left, right));
    items.dedup_by(|left, right| compare(left, right) == Ordering::Equal);
    items
}

fn rank(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Null => 0,
        ExprKind::Bool(_) => 1,
        ExprKind::Number(_) => 2,
        ExprKind::String(_) => 3,
        ExprKind::Template(_) => 4,
        ExprKind::Var(name) if matches!(name.as_str(), "input" | "data") => 6,
        ExprKind::Var(_) => 5,
        ExprKind::Ref { .. } => 6,
        ExprKind::Array(_) => 7,
        ExprKind::Object(_) => 8,
        ExprKind::Set(_) => 9,
        ExprKind::ArrayComprehension(..) => 10,
        ExprKind::ObjectComprehension(..) => 11,
        ExprKind::SetComprehension(..) => 12,
        ExprKind::Call { .. } => 13,
    }
}

fn same_sort(left: &Expr, right: &Expr) -> Ordering {
    match (&left.kind, &right.kind) {
        (ExprKind::Bool(left), ExprKind::Bool(right)) => left.cmp(right),
        (ExprKind::Number(left), ExprKind::Number(right)) => numbers(left, right),
        (ExprKind::String(left), ExprKind::String(right)) => left.cmp(right),
        (ExprKind::Var(left), ExprKind::Var(right)) => left.cmp(right),
        (ExprKind::Array(left), ExprKind::Array(right)) => lists(left, right),
        (ExprKind::Set(left), ExprKind::Set(right)) => lists(sorted(left), sorted(right)),
        (ExprKind::Object(left), ExprKind::Object(right)) => pairs(left, right),
        (ExprKind::Template(left), ExprKind::Template(right)) => {
            left.len().cmp(&right.len()).then_with(|| templates(left, right))
        }
        (
            ExprKind::ArrayComprehension(left, body) | ExprKind::SetComprehension(left, body),
            ExprKind::ArrayComprehension(right, other) | ExprKind::SetComprehension(right, other),
        ) => compare(left, right)
            .then_with(|| Joined(body).to_string().cmp(&Joined(other).to_string())),
        (
            ExprKind::ObjectComprehension(key, value, body),
            ExprKind::ObjectComprehension(other_key, other_value, other),
        ) => compare(key, other_key)
            .then_with(|| compare(value, other_value))
            .then_with(|| Joined(body).to_string().cmp(&Joined(other).to_string())),
        (
            ExprKind::Call { operator, args, .. },
            ExprKind::Call { operator: other, args: others, .. },
        ) => compare_references(operator, other).then_with(|| lists(args, others)),
        _ => compare_references(left, right),
    }
}

/// References by their parts; a name alone is a reference of one.
fn compare_references(left: &Expr, right: &Expr) -> Ordering {
    let (head, path) = parts(left);
    let (other, others) = parts(right);
    if std::ptr::eq(head, left) && std::ptr::eq(other, right) && head.as_var().is_none() {
        return Ordering::Equal;
    }
    let heads = match (head.as_var(), other.as_var()) {
        (Some(left), Some(right)) => left.cmp(right),
        _ => compare(head, other),
    };
    heads.then_with(|| lists(path, others))
}

fn parts(expr: &Expr) -> (&Expr, &[Expr]) {
    match &expr.kind {
        ExprKind::Ref { head, path } => (head, path),
        _ => (expr, &[]),
    }
}

fn lists<'e>(
    left: impl IntoIterator<Item = &'e Expr>,
    right: impl IntoIterator<Item = &'e Expr>,
) -> Ordering {
    left.into_iter().map(Sorted).cmp(right.into_iter().map(Sorted))
}

/// An expression with the order as its own.
struct Sorted<'e>(&'e Expr);

impl PartialEq for Sorted<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sorted<'_> {}

impl PartialOrd for Sorted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sorted<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}

/// The pairs of an object in the order of their keys, those of equal keys in that of the text.
pub(super) fn sorted_pairs(pairs: &[(Expr, Expr)]) -> Vec<&(Expr, Expr)> {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort_by(|(left, _), (right, _)| compare(left, right));
    pairs
}

fn pairs(left: &[(Expr, Expr)], right: &[(Expr, Expr)]) -> Ordering {
    let flat = |pairs: &[(Expr, Expr)]| -> Vec<Expr> {
        let sorted = sorted_pairs(pairs).into_iter();
        sorted.flat_map(|(key, value)| [key.clone(), value.clone()]).collect()
    };
    lists(&flat(left), &flat(right))
}

fn templates(left: &[TemplatePart], right: &[TemplatePart]) -> Ordering {
    let text = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => text.to_string(),
        TemplatePart::Expr(statement) => statement.to_string(),
    };
    left.iter().map(text).cmp(right.iter().map(text))
}

/// By value: literals of the same double are told apart by length and digits.
fn numbers(left: &str, right: &str) -> Ordering {
    let value = |literal: &str| literal.parse::<f64>().unwrap_or(0.0);
    let order = value(left).partial_cmp(&value(right)).unwrap_or(Ordering::Equal);
    let whole =
        |literal: &str| literal.trim_start_matches('-').bytes().all(|it| it.is_ascii_digit());
    order.then_with(|| {
        if !whole(left) || !whole(right) {
            return Ordering::Equal;
        }
        let magnitude = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
        if left.starts_with('-') { magnitude.reverse() } else { magnitude }
    })
}
