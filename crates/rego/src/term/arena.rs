use super::{Comparison, Depth, Term};
use bumpalo::Bump;
use sekisho_budget::{Budget, BudgetExceeded};
use sekisho_value::Value;

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
        let depth = Depth::above(items.iter().copied())?;
        Ok(Term::Array(self.keep(items)?, depth))
    }

    /// A set of these members, in any order, repeated or not.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn set(&self, mut members: Vec<Term<'a>>) -> Result<Term<'a>, BudgetExceeded> {
        self.budget.step(members.len() as u64)?;
        let comparison = Comparison::new(self.budget);
        members.sort_by(|left, right| comparison.compare(*left, *right));
        members.dedup_by(|left, right| comparison.compare(*left, *right).is_eq());
        comparison.end()?;
        self.sorted_set(&members)
    }

    /// A set of members that are in order, none twice.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn sorted_set(&self, members: &[Term<'a>]) -> Result<Term<'a>, BudgetExceeded> {
        let depth = Depth::above(members.iter().copied())?;
        Ok(Term::Set(self.keep(members)?, depth))
    }

    /// A set of borrowed members that are in order, none twice.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn borrowed_set(&self, members: &'a [Value]) -> Result<Term<'a>, BudgetExceeded> {
        let depth = Depth::above(members.iter().map(Term::borrowed))?;
        self.budget.allocate((members.len() * size_of::<Term<'_>>()) as u64)?;
        let members = members.iter().map(Term::borrowed);
        Ok(Term::Set(self.bump.alloc_slice_fill_iter(members), depth))
    }

    /// An object of these entries, in any order; of entries with the same key the last counts.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn object(
        &self,
        mut entries: Vec<(Term<'a>, Term<'a>)>,
    ) -> Result<Term<'a>, BudgetExceeded> {
        self.budget.step(entries.len() as u64)?;
        let comparison = Comparison::new(self.budget);
        entries.sort_by(|(left, _), (right, _)| comparison.compare(*left, *right));
        // the first way to write a key stays, as in OPA
        entries.dedup_by(|(key, value), (first_key, kept)| {
            let same = comparison.compare(*key, *first_key).is_eq();
            if same {
                *kept = *value;
            }
            same
        });
        comparison.end()?;
        self.sorted_object(&entries)
    }

    /// An object of entries that are in the order of their keys, no key twice.
    ///
    /// # Errors
    /// Where the memory is used up.
    pub fn sorted_object(
        &self,
        entries: &[(Term<'a>, Term<'a>)],
    ) -> Result<Term<'a>, BudgetExceeded> {
        let depth = Depth::above(entries.iter().flat_map(|(key, value)| [*key, *value]))?;
        Ok(Term::Object(self.keep(entries)?, depth))
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
