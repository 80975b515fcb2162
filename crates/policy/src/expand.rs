use crate::{Action, Digest, MutateContext, MutateError, PolicyId};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// What a dialect says would come of an object, as a Pod comes of a Deployment. Called from many
/// threads.
pub trait Expand: Send + Sync {
    /// The objects that would come of a request's object, mutated as they would be, in the order
    /// in which they are judged.
    ///
    /// # Errors
    /// Where that cannot be told: the request is then none that may be judged.
    fn expand(&self, context: &MutateContext<'_>) -> Result<Vec<Expanded>, MutateError>;
}

/// An object that would come of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// the object
    pub object: Value,
    /// the place in the object that was sent of which it is made
    pub source: Pointer,
    /// what stands before the messages about it
    pub prefix: Arc<str>,
    /// what is done about violations, where it is not for the violated policies to say
    pub action: Option<Action>,
}

/// What a dialect says would come of objects, ready to be asked.
#[derive(Clone)]
pub struct CompiledExpansion {
    /// the dialect's name: what comes of an object is judged by its policies alone
    pub dialect: &'static str,
    /// the policies that say it, with the digests of their content
    pub policies: Vec<(PolicyId, Digest)>,
    /// what tells it
    pub expand: Arc<dyn Expand>,
}

impl std::fmt::Debug for CompiledExpansion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledExpansion")
            .field("dialect", &self.dialect)
            .field("policies", &self.policies)
            .finish_non_exhaustive()
    }
}
