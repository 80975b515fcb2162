//! The mutating policies of a set, applied to a request one after the other, and some again.
//!
//! Source of the rules: `Dispatch` in `pkg/admission/plugin/policy/generic`,
//! `dispatchInvocations` in `pkg/admission/plugin/policy/mutating` and `pkg/admission/reinvocation.go`
//! of `k8s.io/apiserver`. There the order of policies is any; here it is that of their names.

use super::invocation::{About, Bound, Failure, converted};
use crate::attributes::Attributes;
use crate::expressions::Wrong;
use crate::fault::Fault;
use crate::matching::{self, Matched};
use crate::scene::Scene;
use sekisho_policy::{
    EvalError, Mutate, MutateContext, MutateError, Mutation, Operation, PolicyId, Request,
};
use sekisho_value::{Pointer, Value};
use std::collections::BTreeSet;

/// Policies with their bindings, sorted by their names.
#[derive(Debug)]
pub(crate) struct Mutators {
    pub(crate) bound: Vec<Bound>,
}

/// What was done to the object so far.
struct Run<'a> {
    object: Value,
    applied: Vec<PolicyId>,
    /// of a second round: who takes part in it
    again: Option<&'a BTreeSet<Key>>,
    /// who wants to be asked again where others change the object
    reinvoked: BTreeSet<Key>,
    touched: bool,
}

/// A binding's id, and the namespace and name of the parameter.
type Key = (PolicyId, String, String);

impl Mutate for Mutators {
    fn mutate(&self, context: &MutateContext<'_>) -> Result<Mutation, MutateError> {
        let request = context.request;
        if request.operation == Operation::Delete || request.object.is_null() {
            return Ok(Mutation { object: request.object.clone(), applied: Vec::new() });
        }
        let mut first = Run {
            object: request.object.clone(),
            applied: Vec::new(),
            again: None,
            reinvoked: BTreeSet::new(),
            touched: false,
        };
        self.round(request, &mut first, context)?;
        let Run { object, applied, reinvoked, touched, .. } = first;
        if !touched || reinvoked.is_empty() {
            return Ok(Mutation { object, applied });
        }
        let changed = Request { object: object.clone(), ..request.clone() };
        let mut second =
            Run { object, applied, again: Some(&reinvoked), reinvoked: BTreeSet::new(), touched };
        self.round(&changed, &mut second, context)?;
        Ok(Mutation { object: second.object, applied: second.applied })
    }
}

impl Mutators {
    fn round(
        &self,
        request: &Request,
        run: &mut Run<'_>,
        context: &MutateContext<'_>,
    ) -> Result<(), MutateError> {
        let scene = Scene { request, ..Scene::from(context) };
        let attributes = Attributes::of(scene);
        if attributes.is_exempt() {
            return Ok(());
        }
        // Who is asked is settled by the object as it comes.
        let mut invocations: Vec<(&Bound, Matched, Value)> = Vec::new();
        for bound in self.bound.iter().filter(|bound| !(context.is_off)(&bound.binding.id)) {
            match bound.invoked(&attributes, scene) {
                Ok(found) => invocations
                    .extend(found.into_iter().map(|(matched, param)| (bound, matched, param))),
                Err(failure) => bound.settle(failure)?,
            }
        }
        for (bound, matched, param) in &invocations {
            let about = About { attributes: &attributes, matched, param, scene };
            bound.run(run, about)?;
        }
        Ok(())
    }
}

impl Bound {
    /// What of a request the policy is about, with each parameter.
    fn invoked(
        &self,
        attributes: &Attributes,
        scene: Scene<'_>,
    ) -> Result<Vec<(Matched, Value)>, Failure> {
        let definition = &self.policy.definition;
        let of = |what: &'static str| {
            move |fault: Fault| match fault {
                Fault::Here(error) => Failure::Here(error),
                Fault::Configuration { words, .. } => {
                    Failure::Policy(format!("failed to configure {what}: {words}").into())
                }
            }
        };
        let Some(matched) =
            definition.constraints.matches(attributes, scene).map_err(of("policy"))?
        else {
            return Ok(Vec::new());
        };
        if let Some(kind) = &definition.param_kind {
            kind.is_namespaced(scene).map_err(of("policy"))?;
        }
        if let Some(resources) = &self.binding.resources
            && resources.matches(attributes, scene).map_err(of("binding"))?.is_none()
        {
            return Ok(Vec::new());
        }
        let params = match &definition.param_kind {
            None => vec![Value::Null],
            Some(kind) => kind
                .collect(self.binding.param_ref.as_ref(), attributes, scene)
                .map_err(of("binding"))?,
        };
        Ok(params.into_iter().map(|param| (matched.clone(), param)).collect())
    }

    fn run(&self, run: &mut Run<'_>, about: About<'_>) -> Result<(), MutateError> {
        let before = converted(&run.object, about).map_err(|failure| self.error(failure))?;
        match self.conditions_hold(about, &before) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(failure) => return self.settle(failure),
        }
        let name = |field| about.param.path_str(&["metadata", field]).unwrap_or_default();
        let key = (self.binding.id.clone(), name("namespace").to_owned(), name("name").to_owned());
        if run.again.is_some_and(|again| !again.contains(&key)) {
            return Ok(());
        }
        let changed = self.mutate(about, before.clone()).map_err(|failure| self.error(failure))?;
        for failure in changed.failures {
            self.settle(failure)?;
        }
        run.touched |= changed.touched;
        if self.policy.reinvoked {
            run.reinvoked.insert(key);
        }
        if changed.object == before {
            return Ok(());
        }
        run.object = if about.matched.kind == about.attributes.gvk {
            changed.object
        } else {
            matching::convert(&changed.object, &about.attributes.gvk, about.scene).map_err(
                |message| {
                    let help = Some("name the version of the object in `apiVersions`".to_owned());
                    self.error(Failure::Here(EvalError::Failed { message, help }))
                },
            )?
        };
        if !run.applied.contains(&self.binding.id) {
            run.applied.push(self.binding.id.clone());
        }
        Ok(())
    }

    /// What becomes of a failure: the failure policy says so where it may.
    fn settle(&self, failure: Failure) -> Result<(), MutateError> {
        match failure {
            Failure::Policy(_) if self.policy.definition.ignores_errors => Ok(()),
            failure => Err(self.error(failure)),
        }
    }

    fn error(&self, failure: Failure) -> MutateError {
        let error = match failure {
            Failure::Here(error) => error,
            Failure::Refused(message) => EvalError::Failed { message, help: None },
            Failure::Policy(Wrong { message: words, help }) => {
                let (policy, binding) = (&self.policy.definition.name, &self.binding.name);
                let message = if words.starts_with("failed to configure policy: ") {
                    format!("policy \"{policy}\" denied request: {words}")
                } else {
                    format!("policy '{policy}' with binding '{binding}' denied request: {words}")
                };
                EvalError::Failed { message, help }
            }
        };
        MutateError { policy: Some(self.binding.id.clone()), pointer: Pointer::root(), error }
    }
}
