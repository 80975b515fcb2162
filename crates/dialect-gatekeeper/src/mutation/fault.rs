//! Why an object cannot be mutated.

use super::MutatorId;
use crate::matching::MatchError;
use sekisho_policy::BudgetExceeded;
use sekisho_value::Pointer;

/// Why an object cannot be mutated, and by which mutator. It is then none that is judged: the
/// webhook would answer with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutateError {
    /// the mutator; `None` where it is all of them
    pub mutator: Option<MutatorId>,
    /// what goes wrong
    pub fault: MutateFault,
}

/// What goes wrong in a mutation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MutateFault {
    /// it cannot be told whether a mutator is about the object
    #[error(transparent)]
    Match(#[from] MatchError),
    /// the object is not as the mutator takes it to be
    #[error("{message}")]
    Shape {
        /// the place in the object
        pointer: Pointer,
        /// what is wrong with it
        message: String,
    },
    /// every round changes the object anew
    #[error("mutation not converging: after {rounds} rounds, mutators still change the object")]
    NotConverging {
        /// how often all mutators were applied
        rounds: usize,
    },
    /// it costs more than it may
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// anything else
    #[error("{message}")]
    Failed {
        /// what went wrong
        message: String,
        /// how to mend it
        help: Option<String>,
    },
}

impl std::fmt::Display for MutateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.mutator {
            Some(mutator) => write!(f, "mutator `{mutator}`: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}

impl std::error::Error for MutateError {}

impl MutateError {
    /// The place in the object that is not as the mutator takes it to be; the whole else.
    #[must_use]
    pub fn pointer(&self) -> Pointer {
        match &self.fault {
            MutateFault::Shape { pointer, .. } => pointer.clone(),
            _ => Pointer::root(),
        }
    }

    /// How to mend it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match &self.fault {
            MutateFault::NotConverging { .. } => {
                Some("two mutators undo each other; make one of them match less".to_owned())
            }
            MutateFault::Match(MatchError::UnknownNamespace(_)) => {
                Some("give the Namespace among the manifests, or with `--inventory`".to_owned())
            }
            MutateFault::Failed { help, .. } => help.clone(),
            _ => None,
        }
    }
}
