//! Mutation: Assign, AssignMetadata, ModifySet and AssignImage.
//!
//! [`Mutator::read`] reads one, [`Mutators`] puts them in order and applies them to an object
//! until it changes no more.
//!
//! Source of the rules: `pkg/mutation` of Gatekeeper v3.23.

mod apply_to;
mod conflicts;
mod external;
mod fault;
mod image;
mod mutator;
mod path;
mod path_tests;
mod read;
mod setter;
#[cfg(test)]
mod tests;
mod walk;
mod webhook;

pub use apply_to::ApplyTo;
pub use external::{Answer, DataSource, ExternalData, GivenAnswers, OnFailure, Reference};
pub use fault::{MutateError, MutateFault};
pub use image::{ImageError, ImageParts};
pub use mutator::{GROUP, Mutator, MutatorId, MutatorKind};
pub use path::{Items, Node, Path, PathError};
pub use path_tests::{Condition, PathTests, PathTestsError};
pub use setter::{Assigned, SetOperation, Setter};
pub(crate) use webhook::Webhook;

use crate::double;
use crate::matching::{Namespace, Source};
use external::Placeholders;
use sekisho_policy::{Budget, Operation};
use sekisho_value::Value;

/// All mutators of a policy set, in the order in which they are applied.
#[derive(Clone, Debug, Default)]
pub struct Mutators {
    mutators: Vec<Mutator>,
    conflicts: Vec<Conflict>,
    /// whether each is out of force
    idle: Vec<bool>,
}

/// A mutator that implies something else of a place than others do: none of them is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// the mutator
    pub id: MutatorId,
    /// those it is in conflict with
    pub with: Vec<MutatorId>,
}

/// What is mutated, and what mutators look at beside it.
#[derive(Clone, Copy)]
pub struct MutateInput<'a> {
    /// the object; its namespace is stated where it is in one
    pub object: &'a Value,
    /// its namespace
    pub namespace: Namespace<'a>,
    /// where it comes from
    pub source: Option<Source>,
    /// what is done with it; `None` where it is expanded from another
    pub operation: Option<Operation>,
    /// who does it
    pub username: &'a str,
    /// the way to providers of external data
    pub external: Option<&'a dyn ExternalData>,
}

/// A mutated object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutated {
    /// the object as it is now
    pub object: Value,
    /// the numbers of the mutators that changed something on the way, ascending
    pub applied: Vec<usize>,
    /// how often all mutators were applied
    pub rounds: usize,
}

impl Mutators {
    /// Puts mutators in order and finds those that are in conflict. Of two with one id the later
    /// counts.
    #[must_use]
    pub fn new(mutators: Vec<Mutator>) -> Self {
        let mut sorted = mutators;
        sorted.reverse();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        sorted.dedup_by(|a, b| a.id == b.id);
        let found = conflicts::find(&sorted);
        let id = |number: &usize| sorted.get(*number).map(|mutator| mutator.id.clone());
        let conflicts = sorted
            .iter()
            .zip(&found)
            .filter(|(_, with)| !with.is_empty())
            .map(|(mutator, with)| Conflict {
                id: mutator.id.clone(),
                with: with.iter().filter_map(id).collect(),
            })
            .collect();
        let idle = found.iter().map(|with| !with.is_empty()).collect();
        Self { mutators: sorted, conflicts, idle }
    }

    /// The mutators in the order in which they are applied.
    #[must_use]
    pub fn mutators(&self) -> &[Mutator] {
        &self.mutators
    }

    /// Those that are out of force.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// Applies all mutators, again and again until the object changes no more; then external data
    /// is asked for. Those for which `off` holds, by number, are passed over.
    ///
    /// # Errors
    /// Where a mutator cannot be applied, or they never come to an end. Gatekeeper's webhook
    /// then answers with an error.
    pub fn mutate(
        &self,
        input: &MutateInput<'_>,
        off: &dyn Fn(usize) -> bool,
        budget: &Budget<'_>,
    ) -> Result<Mutated, MutateError> {
        let mut placeholders = Placeholders::default();
        let mut applied = vec![false; self.mutators.len()];
        let mut touched = false;
        let mut object = input.object.clone();
        let most = self.mutators.len() + 1;
        for round in 1..=most {
            let before = object.clone();
            for (number, mutator) in self.mutators.iter().enumerate() {
                if self.idle.get(number) == Some(&true) || off(number) {
                    continue;
                }
                let fault = |fault| MutateError { mutator: Some(mutator.id.clone()), fault };
                budget.step(1).map_err(|error| fault(error.into()))?;
                if !mutator.matches(&object, input).map_err(fault)? {
                    continue;
                }
                let new = mutator.apply(&object, input, &mut placeholders, budget);
                if let Some(new) = new.map_err(fault)? {
                    // A number that is assigned anew is another one until it is written.
                    if let Some(applied) = applied.get_mut(number) {
                        *applied |= !double::are_written_alike(&object, &new);
                    }
                    (object, touched) = (new, true);
                }
            }
            if before == object {
                if touched {
                    object = finished(object, &placeholders, input, budget)?;
                }
                let numbers = applied.iter().enumerate().filter(|(_, applied)| **applied);
                let applied = numbers.map(|(number, _)| number).collect();
                return Ok(Mutated { object, applied, rounds: round });
            }
        }
        let fault = MutateFault::NotConverging { rounds: most };
        Err(MutateError { mutator: None, fault })
    }
}

/// The object as it is sent on: with answers for what waits, and numbers as JSON has them.
fn finished(
    object: Value,
    placeholders: &Placeholders,
    input: &MutateInput<'_>,
    budget: &Budget<'_>,
) -> Result<Value, MutateError> {
    let object = if placeholders.is_empty() {
        object
    } else {
        placeholders
            .resolve(&object, input.external, budget)
            .map_err(|fault| MutateError { mutator: None, fault })?
    };
    Ok(double::from_doubles(object))
}
