use crate::ast::Name;
use crate::evaluation::Slot;
use crate::term::{Object, Term};
use crate::{Activation, Cause, Cost, EvalError, Evaluation, Program};
use sekisho_budget::BudgetExceeded;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

/// An object whose fields are expressions, each evaluated when it is first read: the `variables`
/// of an admission policy.
///
/// A field may read those before it. Its value is kept for as long as the [`Evaluation`] that
/// [`Evaluation::with_lazy`] gives is used, for however many programs; what evaluating it costs is
/// no cost of the program that reads it, but counted by [`Evaluation::lazy_spent`].
#[derive(Clone, Debug)]
pub struct LazyFields {
    type_name: Name,
    fields: Vec<(Name, Program)>,
    positions: BTreeMap<Name, usize>,
}

impl LazyFields {
    /// An object of these fields, in the order in which they may read each other.
    #[must_use]
    pub fn new(type_name: &str, fields: Vec<(Name, Program)>) -> Self {
        let names = fields.iter().enumerate();
        let positions = names.map(|(position, (name, _))| (name.clone(), position)).collect();
        Self { type_name: Name::new(type_name), fields, positions }
    }

    fn position(&self, name: &str) -> Option<usize> {
        // Few are gone through faster than looked up.
        if self.fields.len() <= FEW {
            return self.fields.iter().rposition(|(other, _)| **other == *name);
        }
        self.positions.get(name).copied()
    }
}

/// So many fields are gone through one by one.
const FEW: usize = 16;

/// How deep expressions may be nested in each other by way of fields: those that are evaluated
/// while others are, and those whose values are made of others'. Either would take the stack.
const MOST_NESTED: u32 = 600;

fn within_most(depth: u32) -> Result<u32, EvalError> {
    if depth > MOST_NESTED { Err(BudgetExceeded::Depth.into()) } else { Ok(depth) }
}

/// What the fields of a [`LazyFields`] are evaluated with.
#[derive(Clone, Copy)]
pub(crate) struct Lazy<'a> {
    values: &'a [Cell<Slot<'a>>],
    /// how deep each value may be nested
    depths: &'a [Cell<u32>],
    /// how deep the fields that are being evaluated are nested in each other
    within: &'a Cell<u32>,
    /// the greatest depth of what the field that is being evaluated has read
    read: &'a Cell<u32>,
    activation: &'a Activation<'a>,
    limit: u64,
    spent: &'a Cell<u64>,
}

impl fmt::Debug for Lazy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").finish_non_exhaustive()
    }
}

impl<'a> Evaluation<'a> {
    /// This evaluation, with fields that are evaluated when they are first read. The activation is
    /// that of the programs which read them, the object itself included; each field may cost
    /// `limit` by itself.
    #[must_use]
    pub fn with_lazy(
        self,
        fields: &LazyFields,
        activation: &'a Activation<'a>,
        limit: u64,
    ) -> Self {
        let values = self.slots(fields.fields.len());
        let bump = &self.scratch().bump;
        let depths = bump.alloc_slice_fill_with(fields.fields.len(), |_| Cell::new(0));
        let (within, read) = (bump.alloc(Cell::new(0)), bump.alloc(Cell::new(0)));
        let spent = bump.alloc(Cell::new(0));
        self.put_lazy(Lazy { values, depths, within, read, activation, limit, spent })
    }

    /// What evaluating fields has cost so far.
    #[must_use]
    pub fn lazy_spent(self) -> u64 {
        self.lazy().map_or(0, |lazy| lazy.spent.get())
    }
}

impl Object for LazyFields {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn field<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        name: &str,
    ) -> Result<Option<Term<'a>>, EvalError> {
        let (Some(position), Some(lazy)) = (self.position(name), evaluation.lazy()) else {
            return Ok(None);
        };
        let (Some(slot), Some(depth), Some((_, program))) =
            (lazy.values.get(position), lazy.depths.get(position), self.fields.get(position))
        else {
            return Ok(None);
        };
        match slot.get() {
            Slot::Value(value) => {
                lazy.read.set(lazy.read.get().max(depth.get()));
                return Ok(Some(value));
            }
            Slot::Failed(message) => return Err(EvalError::new(message.to_owned())),
            Slot::Unknown(message) => return Err(EvalError::unknown(message.to_owned())),
            Slot::Empty => {}
        }
        // Whoever reads itself, by whatever way, fails instead of going round.
        slot.set(Slot::Failed("a variable reads itself"));
        let cost = evaluation.scratch().bump.alloc(Cost::limited(lazy.limit));
        let own = u32::from(program.depth()).saturating_add(1);
        let nested = || -> Result<Term<'a>, EvalError> {
            let within = lazy.within.get();
            lazy.within.set(within_most(within.saturating_add(own))?);
            let read = lazy.read.replace(0);
            let value = program.evaluate(evaluation.with_cost(cost), lazy.activation);
            lazy.within.set(within);
            depth.set(own.saturating_add(lazy.read.get()));
            lazy.read.set(read.max(depth.get()));
            within_most(depth.get())?;
            value
        };
        let value = nested();
        lazy.spent.set(lazy.spent.get().saturating_add(cost.spent()));
        match value {
            Ok(value) => {
                slot.set(Slot::Value(value));
                Ok(Some(value))
            }
            Err(error) if matches!(error.cause(), Cause::Budget(_)) => Err(error),
            Err(error) => {
                // As the API server words it.
                let message = format!("composited variable \"{name}\" fails to evaluate: {error}");
                let kept = evaluation.text(&message)?;
                if error.cause() == Cause::Unknown {
                    slot.set(Slot::Unknown(kept));
                    return Err(EvalError::unknown(message));
                }
                slot.set(Slot::Failed(kept));
                Err(EvalError::new(message))
            }
        }
    }

    fn has<'a>(&'a self, _: Evaluation<'a>, name: &str) -> Result<bool, EvalError> {
        Ok(self.position(name).is_some())
    }
}
