//! A ValidatingAdmissionPolicy with one of its bindings, judging requests.
//!
//! Source of the rules: `pkg/admission/plugin/policy/validating/dispatcher.go` of
//! `k8s.io/apiserver`.

use super::decision::{Annotation, Decisions, Denied, Given, decide};
use super::policy::ValidatingPolicy;
use super::published::Published;
use crate::attributes::{Attributes, Namespace};
use crate::expressions::{Stop, Wrong, user_is_known};
use crate::fault::Fault;
use crate::matching::{self, Matched};
use crate::rbac;
use crate::read::Binding;
use crate::scene::Scene;
use sekisho_cel::kubernetes::{Asking, Resource, User};
use sekisho_cel::{Activation, Scratch, Term};
use sekisho_policy::{
    Action, EvalContext, EvalError, Evaluate, Manner, Outcome, Severity, StatusReason, Unevaluated,
    Violation,
};
use sekisho_value::{Map, Pointer, Str, Value};
use std::cell::RefCell;
use std::sync::Arc;

/// A policy and a binding.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) policy: Arc<ValidatingPolicy>,
    pub(crate) binding: Binding,
    /// `validationActions`
    pub(crate) actions: Vec<Action>,
    /// it is the last binding of the policy, in the order in which they are asked
    pub(crate) is_last: bool,
}

thread_local! {
    /// Memory that evaluations on one thread use again.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Evaluate for Judgement {
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let attributes = context.shared.get(|| Attributes::of(context.into()));
        let published = context.shared.get(Published::default);
        let mut outcome = Outcome::default();
        let judged = if attributes.is_exempt() {
            Ok(())
        } else {
            self.judge(context.into(), &attributes, &published, &mut outcome)
        };
        if self.is_last {
            let definition = &self.policy.definition;
            outcome.annotations.extend(published.take(&definition.id, &definition.name));
        }
        judged.map(|()| outcome)
    }

    fn refusal(&self, policy: &str, violations: &[&Violation]) -> String {
        let message = violations.first().map_or("", |first| &first.message);
        let binding = &self.binding.name;
        format!(
            "ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {message}"
        )
    }

    fn warning(&self, policy: &str, violations: &[&Violation]) -> String {
        let lines: Vec<String> =
            violations.iter().map(|found| self.warned(policy, &found.message)).collect();
        lines.join("\n")
    }

    fn error_warning(&self, policy: &str, error: &Unevaluated) -> String {
        self.warned(policy, &error.message)
    }

    fn manner(&self, violations: &[&Violation]) -> Manner {
        let reason = violations.first().and_then(|first| first.details.path_str(&["reason"]));
        let known = StatusReason::ALL.into_iter().find(|known| Some(known.as_str()) == reason);
        Manner::With(known.unwrap_or_default())
    }
}

impl Judgement {
    fn warned(&self, policy: &str, message: &str) -> String {
        let binding = &self.binding.name;
        format!(
            "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': \
             {message}"
        )
    }

    fn judge(
        &self,
        scene: Scene<'_>,
        attributes: &Attributes,
        published: &Published,
        outcome: &mut Outcome,
    ) -> Result<(), EvalError> {
        let definition = &self.policy.definition;
        // What is wrong with the policy is told once, whatever binding comes upon it first.
        let of_policy = |fault| self.at_fault("policy", fault);
        let matched = match definition.constraints.matches(attributes, scene) {
            Ok(None) => return Ok(()),
            Ok(Some(matched)) => Ok(matched),
            Err(fault) => Err(fault),
        };
        let scope = || match &definition.param_kind {
            Some(kind) => kind.is_namespaced(scene).map(|_| ()),
            None => Ok(()),
        };
        let matched = match matched.and_then(|matched| scope().map(|()| matched)) {
            Ok(matched) => matched,
            Err(fault) => {
                let told = of_policy(fault)?;
                if published.is_news(&definition.id) {
                    outcome.errors.extend(told);
                }
                return Ok(());
            }
        };
        match self.params(attributes, scene) {
            Ok(params) if params.is_empty() => Ok(()),
            Ok(params) => {
                for param in &params {
                    self.with_param(&matched, param, attributes, scene, published, outcome)?;
                }
                Ok(())
            }
            Err(fault) => {
                outcome.errors.extend(self.at_fault("binding", fault)?);
                Ok(())
            }
        }
    }

    /// The parameters, where the binding is about the request.
    fn params(&self, attributes: &Attributes, scene: Scene<'_>) -> Result<Vec<Value>, Fault> {
        if let Some(resources) = &self.binding.resources
            && resources.matches(attributes, scene)?.is_none()
        {
            return Ok(Vec::new());
        }
        match &self.policy.definition.param_kind {
            None => Ok(vec![Value::Null]),
            Some(kind) => kind.collect(self.binding.param_ref.as_ref(), attributes, scene),
        }
    }

    /// What becomes of a fault: the failure policy says so, but of what is not known here.
    fn at_fault(&self, of: &str, fault: Fault) -> Result<Option<Unevaluated>, EvalError> {
        match fault {
            Fault::Here(error) => Err(error),
            Fault::Configuration { .. } if self.policy.definition.ignores_errors => Ok(None),
            Fault::Configuration { words, help } => Ok(Some(Unevaluated {
                message: format!("failed to configure {of}: {words}"),
                help,
                action: Action::Deny,
            })),
        }
    }

    fn with_param(
        &self,
        matched: &Matched,
        param: &Value,
        attributes: &Attributes,
        scene: Scene<'_>,
        published: &Published,
        outcome: &mut Outcome,
    ) -> Result<(), EvalError> {
        user_is_known(&self.policy.definition, scene)?;
        let namespace = self.namespace(attributes, scene)?;
        let converted = |object: &Value| match matched.kind == attributes.gvk {
            true => Ok(object.clone()),
            false => matching::convert(object, &matched.kind, scene),
        };
        let objects = converted(&attributes.object)
            .and_then(|object| Ok((object, converted(&attributes.old_object)?)));
        let (object, old_object) = objects.map_err(|why| EvalError::Failed {
            message: why,
            help: Some("name the version of the object in `apiVersions`".to_owned()),
        })?;
        let asking = self.policy.asks_authorizer.then(|| asking(scene)).transpose()?;
        let about = asking.as_ref().map(|asking| asking.about(resource(attributes)));
        let request = attributes.request(matched);
        let told = Activation::from_iter([
            ("object", Term::borrowed(&object)),
            ("oldObject", Term::borrowed(&old_object)),
            ("request", Term::borrowed(&request)),
            ("namespaceObject", Term::borrowed(&namespace)),
            ("params", Term::borrowed(param)),
            ("variables", Term::Object(&self.policy.definition.variables)),
        ]);
        let checks = asking.as_ref().zip(about.as_ref()).map(|(asking, about)| {
            let mut checks = told.clone();
            checks.set("authorizer", Term::Opaque(asking));
            checks.set("authorizer.requestResource", Term::Opaque(about));
            checks
        });
        let asked = (!self.policy.definition.conditions.is_empty()).then(|| {
            let resource = attributes.gvr();
            attributes.request(&Matched { resource, kind: matched.kind.clone() })
        });
        let conditions = asked.as_ref().map(|asked| {
            let mut conditions = checks.as_ref().unwrap_or(&told).clone();
            conditions.set("request", Term::borrowed(asked));
            conditions.set("namespaceObject", Term::borrowed(&Value::Null));
            conditions
        });
        let given = Given { conditions, checks, told };
        let decided = SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => {
                scratch.reset();
                decide(&self.policy, &given, &scratch, scene.budget)
            }
            Err(_) => decide(&self.policy, &given, &Scratch::new(), scene.budget),
        });
        match decided {
            Err(Stop::Here(error)) => return Err(error),
            Err(Stop::Policy(Wrong { message, help })) => {
                let denied = Denied { index: 0, message, help, reason: None };
                self.publish(&[denied], None, false, published, outcome);
            }
            Ok(Decisions { denied, annotations }) => {
                let located = matched.kind == attributes.gvk && !object.is_null();
                self.publish(&denied, parameter(param), located, published, outcome);
                self.annotate(annotations, published, outcome);
            }
        }
        Ok(())
    }

    /// `namespaceObject`; null where the request is in no namespace.
    fn namespace(&self, attributes: &Attributes, scene: Scene<'_>) -> Result<Value, EvalError> {
        if !attributes.has_namespace() {
            return Ok(Value::Null);
        }
        match attributes.namespace(scene) {
            Namespace::Known(object) => Ok(attributes.shown(object)),
            Namespace::Unknown if !self.policy.reads_namespace => Ok(Value::Null),
            Namespace::Unknown => Err(EvalError::Failed {
                message: format!(
                    "the policy reads namespace `{}`, which is not known",
                    attributes.namespace
                ),
                help: Some(
                    "give the Namespace among the manifests, or with `--inventory`".to_owned(),
                ),
            }),
            Namespace::Missing => Err(EvalError::Failed {
                message: format!("namespaces \"{}\" not found", attributes.namespace),
                help: None,
            }),
        }
    }

    /// `located`: expressions see the object as it was sent.
    fn publish(
        &self,
        denied: &[Denied],
        parameter: Option<Str>,
        located: bool,
        published: &Published,
        outcome: &mut Outcome,
    ) {
        let strongest = self.actions.iter().copied().max().unwrap_or(Action::Off);
        let definition = &self.policy.definition;
        for Denied { index, message, help, reason } in denied {
            if reason.is_none() && definition.ignores_errors {
                continue;
            }
            if self.actions.contains(&Action::Audit) {
                let actions: Vec<&'static str> =
                    self.actions.iter().map(|action| word(*action)).collect();
                let names = (self.binding.policy_name.as_str(), &*self.binding.name);
                outcome.annotations.extend(published.failure(*index, message, &actions, names));
            }
            match reason {
                None => outcome.errors.push(Unevaluated {
                    message: message.clone(),
                    help: help.clone(),
                    action: strongest,
                }),
                Some(reason) => outcome.violations.push(Violation {
                    policy: None,
                    parameter: parameter.clone(),
                    rule: format!("validations[{index}]").into(),
                    message: message.clone(),
                    pointers: if located { self.fields(*index) } else { Vec::new() },
                    action: None,
                    severity: Severity::Medium,
                    help: parameter.as_ref().map(|name| self.judged_by(name)),
                    details: Value::Object(Map::from_iter([("reason", reason.as_str())])),
                }),
            }
        }
    }

    /// Which parameter it was that the object does not hold to.
    fn judged_by(&self, parameter: &str) -> Str {
        let kind = self.policy.definition.param_kind.as_ref().map_or("", |kind| kind.kind.as_str());
        format!("mend the object, or its parameter, {kind} `{parameter}`").into()
    }

    /// The fields of the object that a validation reads.
    fn fields(&self, index: usize) -> Vec<Pointer> {
        let check = self.policy.checks.get(index).and_then(Option::as_ref);
        check.map(|check| check.fields.clone()).unwrap_or_default()
    }

    fn annotate(&self, annotations: Vec<Annotation>, published: &Published, outcome: &mut Outcome) {
        let definition = &self.policy.definition;
        for annotation in annotations {
            match annotation {
                Annotation::Published { key, value } => published.add(&definition.id, key, value),
                Annotation::Failed(_) if definition.ignores_errors => {}
                // Whatever the binding asks for, it is denied.
                Annotation::Failed(Wrong { message, help }) => {
                    outcome.errors.push(Unevaluated { message, help, action: Action::Deny });
                }
            }
        }
    }
}

/// `namespace/name` of a parameter; `None` where there is none.
fn parameter(param: &Value) -> Option<Str> {
    let name = param.path_str(&["metadata", "name"])?;
    Some(match param.path_str(&["metadata", "namespace"]) {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}/{name}").into(),
        _ => name.into(),
    })
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Deny => "Deny",
        Action::Warn => "Warn",
        Action::Audit => "Audit",
        Action::Off => "",
    }
}

/// Who asks, and who answers.
pub(crate) fn asking(scene: Scene<'_>) -> Result<Asking, EvalError> {
    let user = &scene.request.user;
    let user = User {
        name: user.username.clone(),
        uid: user.uid.clone(),
        groups: user.groups.clone(),
        extra: user.extra.clone(),
    };
    Ok(Asking::new(user, rbac::authorizer(scene)?))
}

/// The resource of the request, as `authorizer.requestResource` asks about it.
pub(crate) fn resource(attributes: &Attributes) -> Resource {
    let gvr = attributes.gvr();
    Resource {
        group: gvr.group.to_string(),
        resource: gvr.resource.to_string(),
        subresource: attributes.subresource.to_string(),
        namespace: attributes.namespace.to_string(),
        name: attributes.name.to_string(),
        ..Resource::default()
    }
}
