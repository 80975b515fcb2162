use super::{Term, TermKind, number};
use sekisho_budget::{Budget, BudgetExceeded};
use std::cell::Cell;
use std::cmp::Ordering;

/// The order of all values: null, booleans, numbers by value, strings by bytes, lists, objects,
/// sets.
///
/// It costs nothing of a budget: for values that may be large and are compared again and again
/// use [`Comparison`].
#[must_use]
pub fn compare(left: Term<'_>, right: Term<'_>) -> Ordering {
    match (left, right) {
        (Term::Int(left), Term::Int(right)) => left.cmp(&right),
        (Term::String(left), Term::String(right)) => left.cmp(right),
        _ => compare_any(left, right, &mut |_| true),
    }
}

/// A shorter text costs nothing to compare.
const LONG: usize = 256;

/// Many comparisons that take a step for every collection that they look into, and for every
/// second of its members, and one for so many bytes of long texts and numbers.
///
/// Once the budget is used up everything is equal, so that a sort ends soon; [`Self::end`] then
/// gives the error.
pub struct Comparison<'b> {
    budget: &'b Budget<'b>,
    exceeded: Cell<Option<BudgetExceeded>>,
}

impl<'b> Comparison<'b> {
    /// Comparisons that take from this budget.
    #[must_use]
    pub fn new(budget: &'b Budget<'b>) -> Self {
        Self { budget, exceeded: Cell::new(None) }
    }

    /// As [`compare`].
    #[must_use]
    pub fn compare(&self, left: Term<'_>, right: Term<'_>) -> Ordering {
        match (left, right) {
            (Term::Int(left), Term::Int(right)) => left.cmp(&right),
            (Term::String(left), Term::String(right)) if left.len().min(right.len()) < LONG => {
                left.cmp(right)
            }
            _ => compare_any(left, right, &mut |len| self.take(len)),
        }
    }

    /// As [`Self::compare`], a step for scalars, too: for loops in loops.
    #[must_use]
    pub fn counted(&self, left: Term<'_>, right: Term<'_>) -> Ordering {
        if self.take(0) { self.compare(left, right) } else { Ordering::Equal }
    }

    fn take(&self, len: usize) -> bool {
        if self.exceeded.get().is_none()
            && let Err(exceeded) = self.budget.step(1 + len as u64 / 2)
        {
            self.exceeded.set(Some(exceeded));
        }
        self.exceeded.get().is_none()
    }

    /// The end of the comparisons.
    ///
    /// # Errors
    /// Where the budget was used up.
    pub fn end(self) -> Result<(), BudgetExceeded> {
        self.exceeded.get().map_or(Ok(()), Err)
    }
}

fn compare_any(left: Term<'_>, right: Term<'_>, go_on: &mut dyn FnMut(usize) -> bool) -> Ordering {
    let kinds = left.kind().cmp(&right.kind());
    if kinds.is_ne() {
        return kinds;
    }
    match (left, right) {
        (Term::Bool(left), Term::Bool(right)) => left.cmp(&right),
        (Term::Int(left), Term::Int(right)) => left.cmp(&right),
        (Term::String(left), Term::String(right)) => {
            let len = left.len().min(right.len());
            if len >= LONG && !go_on(len / 32) {
                return Ordering::Equal;
            }
            left.cmp(right)
        }
        (Term::Int(_) | Term::Number(_), _) => {
            let digits = |term| if let Term::Number(literal) = term { literal.len() } else { 0 };
            let len = digits(left).max(digits(right));
            if len >= LONG && !go_on(len / 4) {
                return Ordering::Equal;
            }
            number::compare(left, right)
        }
        (Term::Null, _) => Ordering::Equal,
        _ if same_place(left, right) || !go_on(left.len().min(right.len()).unwrap_or(0)) => {
            Ordering::Equal
        }
        _ => compare_members(left, right, go_on),
    }
}

/// The same collection is equal to itself; no need to look.
fn same_place(left: Term<'_>, right: Term<'_>) -> bool {
    match (left, right) {
        (Term::Array(left, _), Term::Array(right, _))
        | (Term::Set(left, _), Term::Set(right, _)) => std::ptr::eq(left, right),
        (Term::Object(left, _), Term::Object(right, _)) => std::ptr::eq(left, right),
        (Term::JsonArray(left), Term::JsonArray(right)) => std::ptr::eq(left, right),
        (Term::JsonObject(left), Term::JsonObject(right)) => std::ptr::eq(left, right),
        _ => false,
    }
}

/// As OPA does: member by member, of objects key before value; then by length. Plain loops: a
/// comparison recurses as deep as values nest, and is to take little of the stack.
fn compare_members(
    left: Term<'_>,
    right: Term<'_>,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Ordering {
    let keyed = left.kind() == TermKind::Object;
    let mut position = 0;
    while let (Some(left), Some(right)) = (left.entry(position), right.entry(position)) {
        if keyed {
            let order = compare_any(left.0, right.0, go_on);
            if order.is_ne() {
                return order;
            }
        }
        let order = compare_any(left.1, right.1, go_on);
        if order.is_ne() {
            return order;
        }
        position += 1;
    }
    left.len().cmp(&right.len())
}
