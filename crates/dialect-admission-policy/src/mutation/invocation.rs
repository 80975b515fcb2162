//! A MutatingAdmissionPolicy with a binding and a parameter, changing an object.
//!
//! Source of the rules: `dispatchInvocations` in `pkg/admission/plugin/policy/mutating` of
//! `k8s.io/apiserver`.

use super::configuration::{self, Unapplied};
use super::decoding;
use super::json_patch::{self, Unpatched};
use super::policy::{Change, MutatingPolicy, Patch};
use crate::attributes::{Attributes, Namespace, shown};
use crate::expressions::{Stop, all_hold, costs, values};
use crate::matching::{self, Matched};
use crate::read::Binding;
use crate::scene::Scene;
use crate::validation::{asking, resource};
use sekisho_cel::kubernetes::{PER_CALL_LIMIT, POLICY_LIMIT, apply_configuration};
use sekisho_cel::{Activation, Cause, Cost, Evaluation, Scratch, Term};
use sekisho_policy::{EvalError, StatusReason};
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
    Policy(String, StatusReason),
    /// the API server refuses with a status of its own, whatever the failure policy says
    Refused(String),
    /// what the API server would say cannot be told
    Here(EvalError),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Policy(words) => Self::Policy(words, StatusReason::Invalid),
            Stop::Here(error) => Self::Here(error),
        }
    }
}

fn here(message: String, help: &str) -> Failure {
    Failure::Here(EvalError::Failed { message, help: Some(help.to_owned()) })
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
    pub(super) fn conditions_hold(&self, about: About<'_>, object: &Value) -> Result<bool, Failure> {
        let definition = &self.policy.definition;
        if definition.conditions.is_empty() {
            return Ok(true);
        }
        let asked = Matched {
            resource: about.attributes.gvr(),
            kind: about.matched.kind.clone(),
        };
        let request = about.attributes.request(&asked);
        let costs = costs(definition.conditions.len());
        self.evaluate(about, object, &request, &Value::Null, |evaluation, activation| {
            Ok(all_hold(&definition.conditions, evaluation, activation, &costs)?)
        })
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
                Err(failure @ Failure::Policy(..)) => changed.failures.push(failure),
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
        let costs = costs(change.expression.len());
        let gvk = &about.matched.kind;
        let Scene { schemas, budget, .. } = about.scene;
        if schemas.type_of(gvk).is_none() {
            let help = "give its CustomResourceDefinition with the manifests";
            return Err(here(format!("the schema of `{gvk}` is not known"), help));
        }
        let made = self.evaluate(about, object, request, namespace, |evaluation, activation| {
            let mut left = POLICY_LIMIT;
            let values = values(&change.expression, evaluation, activation, &costs, &mut left)?;
            let value = values.into_iter().flatten().next();
            let value = match value {
                Some(Ok(value)) => value,
                Some(Err(words)) => return Err(Stop::Policy(words).into()),
                None => return Err(Stop::Policy("no expression".to_owned()).into()),
            };
            let wrong = |error: sekisho_cel::EvalError| match error.cause() {
                Cause::Budget(exceeded) => Failure::Here(exceeded.into()),
                _ => Stop::Policy(error.message().to_owned()).into(),
            };
            Ok(match change.patch {
                Patch::ApplyConfiguration => {
                    Made::Configuration(apply_configuration(evaluation, value).map_err(wrong)?)
                }
                Patch::JsonPatch => Made::Patch(
                    sekisho_cel::kubernetes::json_patch(evaluation, value).map_err(wrong)?,
                ),
            })
        })?;
        let patched = match made {
            Made::Configuration(configuration) => {
                match configuration::apply(schemas, gvk, object, configuration, budget) {
                    Ok(patched) => patched,
                    Err(Unapplied::Refused(words)) => return Err(Stop::Policy(words).into()),
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
                    decoding::strict(schemas, gvk, patched).map_err(Failure::Refused)?
                }
                Err(Unpatched::TestFailed) => return Ok(object.clone()),
                Err(Unpatched::Refused(words)) => {
                    return Err(Stop::Policy(format!("JSON Patch: {words}")).into());
                }
                Err(Unpatched::Budget(exceeded)) => return Err(Failure::Here(exceeded.into())),
            },
        };
        let stored = schemas.store(&patched);
        match stored.problems.iter().find(|_| !stored.is_readable()) {
            None => Ok(stored.object),
            Some(problem) => {
                let words = format!("{}: {}", problem.pointer, problem.message);
                Err(Stop::Policy(words).into())
            }
        }
    }

    /// Evaluates something with the names that expressions use.
    fn evaluate<T>(
        &self,
        about: About<'_>,
        object: &Value,
        request: &Value,
        namespace: &Value,
        with: impl FnOnce(Evaluation<'_>, &Activation<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let old_object = converted(&about.attributes.old_object, about)?;
        let asking = self.policy.asks_authorizer.then(|| asking(about.scene)).transpose();
        let asking = asking.map_err(Failure::Here)?;
        let own = asking.as_ref().map(|asking| asking.about(resource(about.attributes)));
        let definition = &self.policy.definition;
        let mut activation = Activation::new();
        activation.set("object", Term::borrowed(object));
        activation.set("oldObject", Term::borrowed(&old_object));
        activation.set("request", Term::borrowed(request));
        activation.set("namespaceObject", Term::borrowed(namespace));
        activation.set("params", Term::borrowed(about.param));
        activation.set("variables", Term::Object(&definition.variables));
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
        with(evaluation, &activation)
    }

    /// `namespaceObject`; null where the request is in no namespace.
    fn namespace(&self, about: About<'_>) -> Result<Value, Failure> {
        if !about.attributes.has_namespace() {
            return Ok(Value::Null);
        }
        let name = &about.attributes.namespace;
        match about.attributes.namespace(about.scene) {
            Namespace::Known(object) => Ok(shown(object)),
            Namespace::Unknown if !self.policy.reads_namespace => Ok(Value::Null),
            Namespace::Unknown => Err(here(
                format!("the policy reads namespace `{name}`, which is not known"),
                "give the Namespace among the manifests, or with `--inventory`",
            )),
            Namespace::Missing => Err(Failure::Refused(format!("namespaces \"{name}\" not found"))),
        }
    }
}

enum Made {
    Configuration(Value),
    Patch(Vec<sekisho_cel::kubernetes::Operation>),
}

/// An object in the version that the policy is about.
pub(super) fn converted(object: &Value, about: About<'_>) -> Result<Value, Failure> {
    if object.is_null() || about.matched.kind == about.attributes.gvk {
        return Ok(object.clone());
    }
    matching::convert(object, &about.matched.kind, about.scene)
        .map_err(|why| here(why, "name the version of the object in `apiVersions`"))
}
