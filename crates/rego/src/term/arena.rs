use super::{Term, compare};
use bumpalo::Bump;
use sekisho_budget::{Budget, BudgetExceeded};

/// Where the values of one evaluation stand. Every byte is taken from the budget; all of it is
/// given back at once, at the end.
#[derive(Clone, Copy, Debug)]
pub struct Arena<'a> {
    bump: &'a Bump,
    budget: &'a Budget<'a>,
}

impl<'a> Arena<'a> {
    /// An arena that takes from this budget.
    #[must_use]
    pub fn new(bump: &'a Bump, budget: &'a Budget<'a>) -> Self {
        Self { bump, budget }
    }

    /// The budget, for steps and for memory outside the arena: take before allocating.
    #[must_use]
    pub fn budget(&self) -> &'a Budget<'a> {
        self.budget
    }

    /// Keeps a text.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn text(&self, text: &str) -> Result<&'a str, BudgetExceeded> {
        self.budget.allocate(text.len() as u64)?;
        Ok(self.bump.alloc_str(text))
    }

    /// A string.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn string(&self, text: &str) -> Result<Term<'a>, BudgetExceeded> {
        self.text(text).map(Term::String)
    }

    /// A list.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn array(&self, items: &[Term<'a>]) -> Result<Term<'a>, BudgetExceeded> {
        self.keep(items).map(Term::Array)
    }

    /// A set of these members, in any order, repeated or not.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn set(&self, mut members: Vec<Term<'a>>) -> Result<Term<'a>, BudgetExceeded> {
        members.sort_by(|left, right| compare(*left, *right));
        members.dedup();
        self.keep(&members).map(Term::Set)
    }

    /// An object of these entries, in any order; of entries with the same key the last counts.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn object(
        &self,
        mut entries: Vec<(Term<'a>, Term<'a>)>,
    ) -> Result<Term<'a>, BudgetExceeded> {
        entries.reverse();
        entries.sort_by(|(left, _), (right, _)| compare(*left, *right));
        entries.dedup_by(|(later, _), (kept, _)| later == kept);
        self.keep(&entries).map(Term::Object)
    }

    /// Keeps a slice as it is.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn keep<T: Copy>(&self, items: &[T]) -> Result<&'a [T], BudgetExceeded> {
        self.budget.allocate(size_of_val(items) as u64)?;
        Ok(self.bump.alloc_slice_copy(items))
    }
}
