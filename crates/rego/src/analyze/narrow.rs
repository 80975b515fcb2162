//! Which constants a variable of a reference may stand for: `some k in ["a", "b"]; data[k].p` uses
//! two packages, not all of them.

use super::draft::{Expr, Term, Value};
use super::names::Name;
use super::rule_tree::Part;
use super::same;
use crate::numbers::NumberMap;

/// More references than these are not told apart.
const MOST: usize = 64;

/// The constants that variables stand for, as far as the expressions so far say.
#[derive(Default)]
pub(super) struct Known(NumberMap<Name, Vec<Term>>);

impl Known {
    /// What `=` says of a variable.
    pub(super) fn learn(&mut self, expr: &Expr) {
        if expr.negated || !expr.with.is_empty() {
            return;
        }
        let Some((left, right)) = expr.unified() else { return };
        for (var, other) in [(left, right), (right, left)] {
            if let Some(name) = var.as_var()
                && let Some(values) = self.values(other)
            {
                self.0.entry(name).or_insert(values);
                return;
            }
        }
    }

    /// The constants that a term may stand for.
    fn values(&self, term: &Term) -> Option<Vec<Term>> {
        match &term.value {
            Value::Var(name) => self.0.get(name).cloned(),
            Value::Ref(path) => {
                let (head, rest) = path.split_first()?;
                let mut values = self.values(head)?;
                for part in rest {
                    let mut next = Vec::new();
                    for value in &values {
                        if part.value.is_constant() {
                            next.extend(member(value, part));
                        } else {
                            next.extend(members(value)?);
                        }
                        if next.len() > MOST {
                            return None;
                        }
                    }
                    values = next;
                }
                Some(values)
            }
            value => value.is_constant().then(|| vec![term.clone()]),
        }
    }
}

fn member(of: &Term, key: &Term) -> Option<Term> {
    match &of.value {
        Value::Array(items) => match &key.value {
            Value::Number(position) => items.get(position.parse::<usize>().ok()?).cloned(),
            _ => None,
        },
        Value::Object(entries) => {
            entries.iter().find(|(other, _)| same::terms(other, key)).map(|(_, v)| v.clone())
        }
        Value::Set(items) => items.iter().find(|item| same::terms(item, key)).cloned(),
        _ => None,
    }
}

fn members(of: &Term) -> Option<Vec<Term>> {
    match &of.value {
        Value::Array(items) | Value::Set(items) => (items.len() <= MOST).then(|| items.clone()),
        Value::Object(entries) => {
            (entries.len() <= MOST).then(|| entries.iter().map(|(_, v)| v.clone()).collect())
        }
        _ => None,
    }
}

/// Calls `found` for each path below `data` that a reference may mean.
pub(super) fn expand(term: &Term, path: Vec<Part>, known: &Known, found: &mut dyn FnMut(&[Part])) {
    let Value::Ref(parts) = &term.value else { return };
    let mut paths = vec![path];
    if !known.0.is_empty() {
        for (position, part) in parts.iter().skip(1).enumerate() {
            if part.value.is_constant() {
                continue;
            }
            let Some(values) = known.values(part) else { continue };
            if values.is_empty() || paths.len() * values.len() > MOST {
                continue;
            }
            let mut next = Vec::with_capacity(paths.len() * values.len());
            for path in &paths {
                for value in &values {
                    let mut path = path.clone();
                    if let Some(slot) = path.get_mut(position) {
                        *slot = Part::of(value);
                    }
                    next.push(path);
                }
            }
            paths = next;
        }
    }
    paths.iter().for_each(|path| found(path));
}
