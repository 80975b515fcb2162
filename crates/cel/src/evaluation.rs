use crate::EvalError;
use crate::ast::Name;
use crate::lazy::Lazy;
use crate::term::{Opaque, Scratch, Term};
use sekisho_budget::{Budget, BudgetExceeded};
use std::cell::Cell;
use std::sync::Arc;

/// What an evaluation may cost, and what it has cost.
#[derive(Debug)]
pub struct Cost {
    limit: Cell<u64>,
    spent: Cell<u64>,
}

impl Cost {
    /// A cost without limit.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::limited(u64::MAX)
    }

    /// A cost that ends the evaluation when it passes a limit.
    #[must_use]
    pub fn limited(limit: u64) -> Self {
        Self { limit: Cell::new(limit), spent: Cell::new(0) }
    }

    /// What has been spent.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    pub(crate) fn refund(&self, cost: u64) {
        self.spent.set(self.spent.get().saturating_sub(cost));
    }

    #[inline]
    pub(crate) fn charge(&self, cost: u64) -> Result<(), EvalError> {
        let spent = self.spent.get().saturating_add(cost);
        self.spent.set(spent);
        if spent > self.limit.get() { Err(EvalError::cost_limit()) } else { Ok(()) }
    }
}

/// What evaluating takes beside program and activation: scratch, budget and cost.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    scratch: &'a Scratch,
    budget: &'a Budget<'a>,
    cost: &'a Cost,
    lazy: Option<&'a Lazy<'a>>,
}

impl<'a> Evaluation<'a> {
    /// An evaluation in a scratch, within a budget and a cost.
    #[must_use]
    pub fn new(scratch: &'a Scratch, budget: &'a Budget<'a>, cost: &'a Cost) -> Self {
        Self { scratch, budget, cost, lazy: None }
    }

    /// The same scratch and budget with another cost.
    #[must_use]
    pub fn with_cost(self, cost: &'a Cost) -> Self {
        Self { cost, ..self }
    }

    /// The cost that it adds to.
    #[must_use]
    pub fn cost(self) -> &'a Cost {
        self.cost
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// Where fewer are left, or the evaluation was cancelled.
    #[inline]
    pub fn step(self, steps: usize) -> Result<(), EvalError> {
        Ok(self.budget.step(steps as u64)?)
    }

    /// Adds to the cost.
    ///
    /// # Errors
    /// Where it passes its limit.
    #[inline]
    pub fn charge(self, cost: u64) -> Result<(), EvalError> {
        self.cost.charge(cost)
    }

    pub(crate) fn budget(self) -> &'a Budget<'a> {
        self.budget
    }

    fn allocate(self, bytes: usize) -> Result<(), BudgetExceeded> {
        // Making something costs time as well.
        self.budget.step(bytes as u64 / 64)?;
        self.budget.allocate(bytes as u64)
    }

    /// Takes bytes from the budget, before something of that size is made elsewhere.
    ///
    /// # Errors
    /// Where fewer are left.
    pub fn reserve(self, bytes: usize) -> Result<(), EvalError> {
        Ok(self.allocate(bytes)?)
    }

    /// A text that lasts as long as the evaluation.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn text(self, text: &str) -> Result<&'a str, EvalError> {
        self.allocate(text.len())?;
        Ok(self.scratch.bump.alloc_str(text))
    }

    /// The value of a text.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn string(self, text: &str) -> Result<Term<'a>, EvalError> {
        Ok(Term::String(self.text(text)?))
    }

    /// The value of bytes.
    ///
    /// # Errors
    /// Where the budget has no room for them.
    pub fn bytes(self, bytes: &[u8]) -> Result<Term<'a>, EvalError> {
        self.allocate(bytes.len())?;
        Ok(Term::Bytes(self.scratch.bump.alloc_slice_copy(bytes)))
    }

    /// A list.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn list(self, items: &[Term<'a>]) -> Result<Term<'a>, EvalError> {
        self.allocate(size_of_val(items))?;
        Ok(Term::List(self.scratch.bump.alloc_slice_copy(items)))
    }

    /// A map.
    ///
    /// # Errors
    /// Where a key stands twice or is of no type of keys, or the budget has no room for it.
    pub fn map(self, mut entries: Vec<(Term<'a>, Term<'a>)>) -> Result<Term<'a>, EvalError> {
        self.allocate(size_of_val(entries.as_slice()))?;
        for (key, _) in &entries {
            if !matches!(key, Term::Bool(_) | Term::Int(_) | Term::Uint(_) | Term::String(_)) {
                let message = format!("unsupported key type: {}", key.type_name());
                return Err(EvalError::new(message));
            }
        }
        entries.sort_by(|(a, _), (b, _)| crate::term::key_order(*a, *b));
        let twice = entries.windows(2).find_map(|pair| match pair {
            [(a, _), (b, _)] if crate::term::key_order(*a, *b).is_eq() => Some(*b),
            _ => None,
        });
        match twice {
            Some(key) => Err(EvalError::new(format!("Failed with repeated key: {key}"))),
            None => Ok(Term::Map(self.scratch.bump.alloc_slice_copy(&entries))),
        }
    }

    /// A map of constants: of two values of one key the last is kept, and any key goes.
    pub(crate) fn constant_map(
        self,
        entries: Vec<(Term<'a>, Term<'a>)>,
    ) -> Result<Term<'a>, EvalError> {
        self.allocate(size_of_val(entries.as_slice()))?;
        let mut kept: Vec<(Term<'a>, Term<'a>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let at = kept.binary_search_by(|(at, _)| crate::term::key_order(*at, key));
            match at {
                Ok(at) => {
                    if let Some(own) = kept.get_mut(at) {
                        *own = (key, value);
                    }
                }
                Err(at) => kept.insert(at, (key, value)),
            }
        }
        Ok(Term::Map(self.scratch.bump.alloc_slice_copy(&kept)))
    }

    /// An optional with a value.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn optional(self, value: Term<'a>) -> Result<Term<'a>, EvalError> {
        self.allocate(size_of::<Term<'_>>())?;
        Ok(Term::Optional(Some(self.scratch.bump.alloc(value))))
    }

    /// A value of an extension.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn opaque(self, opaque: impl Opaque) -> Result<Term<'a>, EvalError> {
        self.allocate(size_of_val(&opaque) + 32)?;
        Ok(Term::Opaque(self.scratch.keep(Arc::new(opaque))))
    }

    /// Anything that lasts as long as the evaluation and owns nothing.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub fn keep<T: Copy>(self, value: T) -> Result<&'a T, EvalError> {
        self.allocate(size_of::<T>())?;
        Ok(self.scratch.bump.alloc(value))
    }

    pub(crate) fn lazy(self) -> Option<&'a Lazy<'a>> {
        self.lazy
    }

    pub(crate) fn put_lazy(self, lazy: Lazy<'a>) -> Self {
        Self { lazy: Some(self.scratch.bump.alloc(lazy)), ..self }
    }

    pub(crate) fn scratch(self) -> &'a Scratch {
        self.scratch
    }

    pub(crate) fn slots(self, count: usize) -> &'a [Cell<Slot<'a>>] {
        self.scratch.bump.alloc_slice_fill_with(count, |_| Cell::new(Slot::Empty))
    }
}

/// What a local variable is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot<'a> {
    /// not evaluated yet
    Empty,
    /// its value
    Value(Term<'a>),
    /// evaluating it failed, with this message
    Failed(&'a str),
    /// what it is cannot be told here, for this reason
    Unknown(&'a str),
}

/// The values of an environment's variables.
#[derive(Clone, Debug)]
pub struct Activation<'a> {
    values: Vec<(Name, Term<'a>)>,
}

impl<'a> Activation<'a> {
    /// No variable has a value.
    #[must_use]
    pub fn new() -> Self {
        Self { values: Vec::new() }
    }

    /// Gives a variable its value.
    pub fn set(&mut self, name: &str, value: Term<'a>) {
        match self.values.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value,
            None => self.values.push((Name::new(name), value)),
        }
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Term<'a>> {
        self.values.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }
}

impl Default for Activation<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Names that differ, with their values.
impl<'a, 'n> FromIterator<(&'n str, Term<'a>)> for Activation<'a> {
    fn from_iter<I: IntoIterator<Item = (&'n str, Term<'a>)>>(values: I) -> Self {
        let named = |(name, value)| (Name::new(name), value);
        Self { values: values.into_iter().map(named).collect() }
    }
}
