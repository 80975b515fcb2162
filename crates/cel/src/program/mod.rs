//! Compiled expressions.

mod accepts;
mod access;
mod evaluate;
mod fold;
mod node;
mod operators;
mod plan;

use crate::ast::Name;
use crate::check::Checked;
use crate::environment::Environment;
use crate::evaluation::Slot;
use crate::term::Term;
use crate::types::Type;
use crate::{Activation, Diagnostic, EvalError, Evaluation};
use node::Node;
use std::cell::Cell;
use std::sync::Arc;

/// A compiled expression: shared by all threads, evaluated as often as wanted.
#[derive(Clone, Debug)]
pub struct Program {
    inner: Arc<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    node: Node,
    /// the environment's variables that it reads; they stand in the first slots
    variables: Vec<Name>,
    slots: usize,
    depth: u16,
    result_type: Type,
    bad_presence_is_error: bool,
}

/// Where the variables of an evaluation stand.
pub(crate) struct Frame<'a> {
    pub(crate) evaluation: Evaluation<'a>,
    slots: &'a [Cell<Slot<'a>>],
    bad_presence_is_error: bool,
}

impl Program {
    pub(crate) fn new(
        checked: &Checked,
        environment: &Environment,
        text: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let planned = plan::plan(checked, environment, text)?;
        let inner = Compiled {
            node: planned.node,
            variables: planned.variables,
            slots: planned.slots,
            depth: checked.expr.depth,
            result_type: checked.result_type().clone(),
            bad_presence_is_error: environment.inner().libraries.options.bad_presence_is_error,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The type of its values, as far as the checker knows.
    #[must_use]
    pub fn result_type(&self) -> &Type {
        &self.inner.result_type
    }

    /// The environment's variables that it reads.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.inner.variables.iter().map(Name::as_str)
    }

    /// How deep its nodes are nested.
    pub(crate) fn depth(&self) -> u16 {
        self.inner.depth
    }

    /// Its value.
    ///
    /// # Errors
    /// Where it has none, or costs more than it may.
    pub fn evaluate<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        activation: &Activation<'a>,
    ) -> Result<Term<'a>, EvalError> {
        let inner = &*self.inner;
        evaluation.step(1)?;
        let slots = evaluation.slots(inner.slots);
        for (slot, name) in slots.iter().zip(&inner.variables) {
            if let Some(value) = activation.get(name) {
                slot.set(Slot::Value(value));
            }
        }
        let bad_presence_is_error = inner.bad_presence_is_error;
        inner.node.value(&Frame { evaluation, slots, bad_presence_is_error })
    }
}

impl<'a> Frame<'a> {
    fn slot(&self, index: usize) -> Slot<'a> {
        self.slots.get(index).map_or(Slot::Empty, Cell::get)
    }

    fn set(&self, index: usize, value: Slot<'a>) {
        if let Some(slot) = self.slots.get(index) {
            slot.set(value);
        }
    }

    fn charge(&self, cost: u64) -> Result<(), EvalError> {
        self.evaluation.charge(cost)
    }
}
