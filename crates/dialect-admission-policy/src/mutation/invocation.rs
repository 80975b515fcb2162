//! A MutatingAdmissionPolicy with a binding and a parameter, changing an object.
//!
//! Source of the rules: `dispatchInvocations` in `pkg/admission/plugin/policy/mutating` of
//! `k8s.io/apiserver`.

use super::completed;
use super::configuration::{self, Unapplied};
use super::decoding;
use super::json_patch::{self, Unpatched};
use super::policy::{Change, MutatingPolicy, Patch};
use crate::attributes::{Attributes, Namespace};
use crate::expressions::{Stop, Wrong, all_hold, costs, user_is_known, values};
use crate::matching::{self, Matched};
use crate::read::{Binding, Expression};
use crate::scene::Scene;
use crate::validation::{asking, resource};
use sekisho_cel::kubernetes::{
    Configuration, Operation, PER_CALL_LIMIT, POLICY_LIMIT, apply_configuration,
    json_patch as json_patch_of,
};
use sekisho_cel::{Activation, Cause, Cost, Evaluation, Scratch, Term};
use sekisho_policy::EvalError;
use sekisho_value::Value;
use std::sync::Arc;

/// A policy and a binding.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) policy: Arc<MutatingPolicy>,
    pub(crate) binding: Binding,
}

/// Why an object is not mutated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// the failure policy says what becomes of it
    Policy(Wrong),
    /// the API server refuses with a status of its own, whatever the failure policy says
    Refused(String),
    /// what the API server would say cannot be told
    Here(EvalError),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Policy(words) => Self::Policy(words),
            Stop::Here(error) => Self::Here(error),
        }
    }
}

fn here(message: String, help: &str) -> Failure {
    Failure::Here(EvalError::Failed { message, help: Some(help.to_owned()) })
}

impl Change {
    /// What it made is none that can be: it goes by the failure policy.
    fn refused(&self, message: String) -> Failure {
        let help = self.expression.iter().flatten().next().map(Expression::stands);
        Failure::Policy(Wrong { message, help })
    }
}

/// What became of the object.
pub(super) struct Changed {
    pub(super) object: Value,
    /// a mutation was made, even if it changed nothing
    pub(super) touched: bool,
    /// what went wrong with a mutation; the others were made
    pub(super) failures: Vec<Failure>,
}

/// What one invocation is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) attributes: &'a Attributes,
    pub(super) matched: &'a Matched,
    pub(super) param: &'a Value,
    pub(super) scene: Scene<'a>,
}

impl Bound {
    /// Whether the match conditions hold of an object as it now is.
    pub(super) fn conditions_hold(
        &self,
        about: About<'_>,
        object: &Value,
    ) -> Result<bool, Failure> {
        let definition = &self.policy.definition;
        if definition.conditions.is_empty() {
            return Ok(true);
        }
        let asked = Matched { resource: about.attributes.gvr(), kind: about.matched.kind.clone() };
        let request = about.attributes.request(&asked);
        let namespace = Value::Null;
        match self.evaluate(about, object, &request, &namespace, None)? {
            Made::Held(held) => Ok(held),
            Made::Configuration(_) | Made::Patch(_) => Ok(false),
        }
    }

    /// Makes every mutation of the policy, one after the other.
    pub(super) fn mutate(&self, about: About<'_>, object: Value) -> Result<Changed, Failure> {
        let mut changed = Changed { object, touched: false, failures: Vec::new() };
        let request = about.attributes.request(about.matched);
        let namespace = self.namespace(about)?;
        for change in &self.policy.mutations {
            match self.change(change, about, &changed.object, &request, &namespace) {
                Ok(object) => {
                    changed.object = object;
                    changed.touched = true;
                }
                Err(failure @ Failure::Policy(_)) => changed.failures.push(failure),
                Err(failure) => return Err(failure),
            }
        }
        Ok(changed)
    }

    fn change(
        &self,
        change: &Change,
        about: About<'_>,
        object: &Value,
        request: &Value,
        namespace: &Value,
    ) -> Result<Value, Failure> {
        let gvk = &about.matched.kind;
        let Scene { schemas, budget, .. } = about.scene;
        if schemas.type_of(gvk).is_none() {
            let help = "give its CustomResourceDefinition with the manifests";
            return Err(here(format!("the schema of `{gvk}` is not known"), help));
        }
        let made = self.evaluate(about, object, request, namespace, Some(change))?;
        let patched = match made {
            Made::Held(_) => return Ok(object.clone()),
            Made::Configuration(configuration) => {
                match configuration::apply(schemas, gvk, object, configuration, budget) {
                    Ok(patched) => patched,
                    Err(Unapplied::Refused(words)) => return Err(change.refused(words)),
                    Err(Unapplied::Budget(exceeded)) => {
                        return Err(Failure::Here(exceeded.into()));
                    }
                    Err(Unapplied::UnknownKind) => {
                        return Err(here(
                            format!("the schema of `{gvk}` is not known"),
                            "give its CustomResourceDefinition",
                        ));
                    }
                }
            }
            Made::Patch(operations) => match json_patch::apply(object, &operations, budget) {
                Ok(patched) => {
                    decoding::strict(schemas, gvk, object, patched).map_err(Failure::Refused)?
                }
                Err(Unpatched::TestFailed) => return Ok(object.clone()),
                Err(Unpatched::Refused(words)) => {
                    return Err(change.refused(format!("JSON Patch: {words}")));
                }
                Err(Unpatched::Budget(exceeded)) => return Err(Failure::Here(exceeded.into())),
            },
        };
        let read = schemas.complete(&patched);
        match read.problems.iter().find(|_| !read.is_readable()) {
            None if patched == *object => Ok(patched),
            None => {
                let before = schemas.complete(object).object;
                Ok(completed::by_change(object, &before, &patched, &read.object))
            }
            Some(problem) => {
                Err(change.refused(format!("{}: {}", problem.pointer, problem.message)))
            }
        }
    }

    /// Evaluates a mutation, or the match conditions, with the names that expressions use.
    fn evaluate(
        &self,
        about: About<'_>,
        object: &Value,
        request: &Value,
        namespace: &Value,
        change: Option<&Change>,
    ) -> Result<Made, Failure> {
        let definition = &self.policy.definition;
        let expressions = change.map_or(&definition.conditions, |change| &change.expression);
        let costs = costs(expressions.len());
        user_is_known(definition, about.scene).map_err(Failure::Here)?;
        let old_object = converted(&about.attributes.old_object, about)?;
        let asking = self.policy.asks_authorizer.then(|| asking(about.scene)).transpose();
        let asking = asking.map_err(Failure::Here)?;
        let own = asking.as_ref().map(|asking| asking.about(resource(about.attributes)));
        let mut activation = Activation::from_iter([
            ("object", Term::borrowed(object)),
            ("oldObject", Term::borrowed(&old_object)),
            ("request", Term::borrowed(request)),
            ("namespaceObject", Term::borrowed(namespace)),
            ("params", Term::borrowed(about.param)),
            ("variables", Term::Object(&definition.variables)),
        ]);
        if let (Some(asking), Some(own)) = (&asking, &own) {
            activation.set("authorizer", Term::Opaque(asking));
            activation.set("authorizer.requestResource", Term::Opaque(own));
        }
        let (scratch, unlimited) = (Scratch::new(), Cost::unlimited());
        let evaluation = Evaluation::new(&scratch, about.scene.budget, &unlimited).with_lazy(
            &definition.variables,
            &activation,
            PER_CALL_LIMIT,
        );
        let Some(change) = change else {
            return Ok(Made::Held(all_hold(expressions, evaluation, &activation, &costs)?));
        };
        let mut left = POLICY_LIMIT;
        let values = values(expressions, evaluation, &activation, &costs, &mut left)?;
        let value = match values.into_iter().flatten().next() {
            Some(Ok(value)) => value,
            Some(Err(wrong)) => return Err(Stop::Policy(wrong).into()),
            None => return Err(Stop::Policy("there is no expression".to_owned().into()).into()),
        };
        match change.patch {
            Patch::ApplyConfiguration => {
                apply_configuration(evaluation, value).map(Made::Configuration)
            }
            Patch::JsonPatch => json_patch_of(evaluation, value).map(Made::Patch),
        }
        .map_err(|error| match error.cause() {
            Cause::Budget(exceeded) => Failure::Here(exceeded.into()),
            _ => change.refused(error.message().to_owned()),
        })
    }

    /// `namespaceObject`; null where the request is in no namespace.
    fn namespace(&self, about: About<'_>) -> Result<Value, Failure> {
        if !about.attributes.has_namespace() {
            return Ok(Value::Null);
        }
        let name = &about.attributes.namespace;
        match about.attributes.namespace(about.scene) {
            Namespace::Known(object) => Ok(about.attributes.shown(object)),
            Namespace::Unknown if !self.policy.reads_namespace => Ok(Value::Null),
            Namespace::Unknown => Err(here(
                format!("the policy reads namespace `{name}`, which is not known"),
                "give the Namespace among the manifests, or with `--inventory`",
            )),
            Namespace::Missing => Err(Failure::Refused(format!("namespaces \"{name}\" not found"))),
        }
    }
}

/// What an evaluation gives.
enum Made {
    /// the match conditions
    Held(bool),
    Configuration(Configuration),
    Patch(Vec<Operation>),
}

/// An object in the version that the policy is about.
pub(super) fn converted(object: &Value, about: About<'_>) -> Result<Value, Failure> {
    if object.is_null() || about.matched.kind == about.attributes.gvk {
        return Ok(object.clone());
    }
    matching::convert(object, &about.matched.kind, about.scene)
        .map_err(|why| here(why, "name the version of the object in `apiVersions`"))
}
