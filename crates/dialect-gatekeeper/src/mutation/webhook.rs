//! Mutators as Gatekeeper's mutating webhook applies them to a request.
//!
//! Source of the rules: `pkg/webhook/mutation.go` of Gatekeeper v3.23.

use super::external::GivenAnswers;
use super::{MutateError, MutateFault, MutateInput, MutatorId, Mutators};
use crate::config::Exclusions;
use crate::matching::{MatchError, Namespace, Source};
use crate::review::known;
use sekisho_policy::{EvalError, Mutate, MutateContext, Mutation, Operation, PolicyId};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// The groups of Gatekeeper's own kinds, which are never mutated.
const OWN_GROUPS: [&str; 7] = [
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "mutations.gatekeeper.sh",
    "config.gatekeeper.sh",
    "externaldata.gatekeeper.sh",
    "expansion.gatekeeper.sh",
    "status.gatekeeper.sh",
];

/// The mutators of a policy set.
pub(crate) struct Webhook {
    /// the mutators
    pub(crate) mutators: Mutators,
    /// their ids, in the same order
    pub(crate) ids: Vec<PolicyId>,
    /// the namespaces in which nothing is mutated
    pub(crate) exclusions: Arc<Exclusions>,
}

impl Mutate for Webhook {
    fn mutate(&self, context: &MutateContext<'_>) -> Result<Mutation, sekisho_policy::MutateError> {
        let request = context.request;
        let unchanged = || Mutation { object: request.object.clone(), applied: Vec::new() };
        let operation = match request.operation {
            operation @ (Operation::Create | Operation::Update) => operation,
            Operation::Delete | Operation::Connect => return Ok(unchanged()),
        };
        // The webhook is registered for no subresource.
        if !request.subresource.is_empty() || OWN_GROUPS.contains(&request.gvk.group.as_str()) {
            return Ok(unchanged());
        }
        let is_namespace = request.gvk.is("", "Namespace");
        let namespace = request.namespace.clone().filter(|name| !is_namespace && !name.is_empty());
        let of = if is_namespace { Some(&request.name) } else { namespace.as_ref() };
        if self.exclusions.exclude_mutation(of.map_or("", Str::as_str)) {
            return Ok(unchanged());
        }
        let object = in_namespace(&request.object, namespace.as_ref());
        let known = known(request, context.inventory, namespace.as_ref());
        let external = GivenAnswers(context.inventory.external());
        let input = MutateInput {
            object: &object,
            namespace: known.as_namespace(),
            source: Some(if request.generated { Source::Generated } else { Source::Original }),
            operation: Some(operation).filter(|_| !request.generated),
            username: &request.user.username,
            external: Some(&external),
        };
        let id = |number: usize| self.ids.get(number);
        let off = |number| id(number).is_some_and(|id| (context.is_off)(id));
        let mutated =
            self.mutators.mutate(&input, &off, context.budget).map_err(|error| self.told(error))?;
        if mutated.applied.is_empty() {
            return Ok(unchanged());
        }
        let stated = request.object.path_str(&["metadata", "namespace"]).map(Str::new);
        Ok(Mutation {
            object: in_namespace(&mutated.object, stated.as_ref()),
            applied: mutated.applied.into_iter().filter_map(id).cloned().collect(),
        })
    }
}

impl Webhook {
    /// What would come of another object, as mutators leave it.
    pub(crate) fn mutate_generated(
        &self,
        object: &Value,
        namespace: Namespace<'_>,
        context: &MutateContext<'_>,
    ) -> Result<Value, sekisho_policy::MutateError> {
        let external = GivenAnswers(context.inventory.external());
        let input = MutateInput {
            object,
            namespace,
            source: Some(Source::Generated),
            operation: None,
            username: &context.request.user.username,
            external: Some(&external),
        };
        let off = |number| self.ids.get(number).is_some_and(|id| (context.is_off)(id));
        let mutated = self.mutators.mutate(&input, &off, context.budget);
        mutated.map(|mutated| mutated.object).map_err(|error| self.told(error))
    }

    fn told(&self, error: MutateError) -> sekisho_policy::MutateError {
        let pointer = error.pointer();
        let (message, help) = (error.fault.to_string(), error.help());
        let told = match error.fault {
            MutateFault::Budget(exceeded) => EvalError::Budget(exceeded),
            MutateFault::Match(MatchError::UnknownNamespace(_) | MatchError::NoNamespace) => {
                EvalError::Unmatched { message, help }
            }
            _ => EvalError::Failed { message, help },
        };
        let policy = error.mutator.as_ref().and_then(|mutator| self.id(mutator));
        sekisho_policy::MutateError { policy: policy.cloned(), pointer, error: told }
    }

    fn id(&self, mutator: &MutatorId) -> Option<&PolicyId> {
        let all = self.mutators.mutators();
        let number = all.iter().position(|one| one.id() == mutator)?;
        self.ids.get(number)
    }
}

/// An object that states a namespace, or none. The webhook states that of the request before
/// mutators see the object, and takes it back.
fn in_namespace(object: &Value, namespace: Option<&Str>) -> Value {
    let stated = object.path_str(&["metadata", "namespace"]);
    if stated == namespace.map(Str::as_str) {
        return object.clone();
    }
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        match namespace {
            Some(name) => metadata.insert("namespace", Value::String(name.clone())),
            None => metadata.remove("namespace"),
        };
    }
    object
}
