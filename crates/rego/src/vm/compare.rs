//! Comparisons and look-ups whose cost grows with the values: they take from the budget.

use super::{EvalError, Machine};
use crate::term::{Comparison, Term, compare};
use std::cmp::Ordering;

/// A shorter text costs no more than the operation that compares it.
const LONG: usize = 256;

impl<'a> Machine<'a> {
    /// As [`compare`].
    #[inline]
    pub(super) fn order(&self, left: Term<'a>, right: Term<'a>) -> Result<Ordering, EvalError> {
        match is_large(left) && is_large(right) {
            true => self.order_within(left, right),
            false => Ok(compare(left, right)),
        }
    }

    #[inline(never)]
    fn order_within(&self, left: Term<'a>, right: Term<'a>) -> Result<Ordering, EvalError> {
        let comparison = Comparison::new(self.arena.budget());
        let order = comparison.compare(left, right);
        comparison.end().map_err(|cause| self.exceeded(cause))?;
        Ok(order)
    }

    /// As [`Term::get`].
    #[inline]
    pub(super) fn find(&self, of: Term<'a>, key: Term<'a>) -> Result<Option<Term<'a>>, EvalError> {
        match is_large(key) {
            true => self.find_within(of, key),
            false => Ok(of.get(key)),
        }
    }

    #[inline(never)]
    fn find_within(&self, of: Term<'a>, key: Term<'a>) -> Result<Option<Term<'a>>, EvalError> {
        let comparison = Comparison::new(self.arena.budget());
        let found = of.get_within(key, &comparison);
        comparison.end().map_err(|cause| self.exceeded(cause))?;
        Ok(found)
    }
}

/// Whether it may take long to compare.
#[inline]
fn is_large(term: Term<'_>) -> bool {
    match term {
        Term::Null | Term::Bool(_) | Term::Int(_) => false,
        Term::String(text) | Term::Number(text) => text.len() >= LONG,
        _ => true,
    }
}
