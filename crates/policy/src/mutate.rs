use crate::{Digest, EvalError, PolicyId, Reads, Request, Target};
use sekisho_budget::Budget;
use sekisho_kube_model::Schemas;
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// What all mutating policies of a dialect make of a request, together: in which order they are
/// applied, and how often, is the dialect's. Called from many threads.
pub trait Mutate: Send + Sync {
    /// Mutates the object of a request, as the system the policies come from does when the
    /// request comes.
    ///
    /// # Errors
    /// Where a policy cannot be applied: the object is then none that may be judged.
    fn mutate(&self, context: &MutateContext<'_>) -> Result<Mutation, MutateError>;
}

/// Everything a mutation may look at.
pub struct MutateContext<'a> {
    /// the request
    pub request: &'a Request,
    /// the way to other objects
    pub inventory: &'a Reads<'a>,
    /// what is judged for
    pub target: &'a Target,
    /// the kinds that the API server knows
    pub schemas: &'a Schemas,
    /// what the mutation may cost
    pub budget: &'a Budget<'a>,
    /// tells which policies are switched off
    pub is_off: &'a dyn Fn(&PolicyId) -> bool,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// the object as it is now
    pub object: Value,
    /// the policies that changed something
    pub applied: Vec<PolicyId>,
}

/// Why an object could not be mutated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct MutateError {
    /// the policy; `None` where it is all of them
    pub policy: Option<PolicyId>,
    /// the place in the object that is not as the policy takes it to be; the whole where there is
    /// none
    pub pointer: Pointer,
    /// what went wrong
    pub error: EvalError,
}

/// The mutating policies of a dialect, ready to be applied.
#[derive(Clone)]
pub struct CompiledMutators {
    /// the dialect's name
    pub dialect: &'static str,
    /// the policies, in the order in which they are applied, with the digests of their content
    pub policies: Vec<(PolicyId, Digest)>,
    /// what applies them
    pub mutate: Arc<dyn Mutate>,
}

impl std::fmt::Debug for CompiledMutators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledMutators")
            .field("dialect", &self.dialect)
            .field("policies", &self.policies)
            .finish_non_exhaustive()
    }
}
