//! A `PodSecurityConfiguration` at work: what the admission plugin does with pods, with the
//! controllers that create them, and with namespaces.
//!
//! Source of the rules: `admission/admission.go` of k8s.io/pod-security-admission.

mod namespace;
#[cfg(test)]
mod tests;

use crate::channels::{Channels, PREFIX, aggregate};
use crate::exemptions::Exemptions;
use crate::judgement::{self, Results};
use crate::level::{Level, LevelVersion};
use crate::pod::Pod;
use crate::update;
use sekisho_kube_model::pod_template;
use sekisho_policy::{Action, EvalContext, EvalError, Evaluate, Manner, Outcome, Rule, Violation};
use sekisho_value::{Map, Pointer, Value};
use std::sync::Arc;

/// A configuration: what holds where a namespace's labels say nothing, and who is exempt.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    pub(crate) defaults: Channels,
    pub(crate) exemptions: Exemptions,
}

/// What is judged, and how much of it is the pod's own.
struct Subject<'a> {
    pod: &'a Value,
    base: &'a Pointer,
    /// pods are refused; for controllers there are only warnings and records
    enforced: bool,
}

impl Evaluate for Admission {
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let gvk = &context.request.gvk;
        match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("", "Namespace") => self.namespace(context),
            ("", "Pod") => self.pod(context),
            _ => self.controller(context),
        }
    }

    fn stands_alone(&self) -> bool {
        true
    }

    fn refusal(&self, policy: &str, violations: &[&Violation]) -> String {
        if violations.iter().any(|violation| violation.rule == namespace::RULE.id) {
            let errors: Vec<String> = violations.iter().map(|v| v.message.clone()).collect();
            return aggregate(&errors);
        }
        judgement::violates(policy, &judgement::joined(violations))
    }

    fn manner(&self, violations: &[&Violation]) -> Manner {
        let of_labels = violations.iter().any(|violation| violation.rule == namespace::RULE.id);
        if of_labels { Manner::Invalid } else { Manner::Forbidden }
    }

    fn warning(&self, policy: &str, violations: &[&Violation]) -> String {
        judgement::would_violate(policy, &judgement::joined(violations))
    }
}

impl Admission {
    fn pod(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let request = context.request;
        if !update::is_judged(request) {
            return Ok(Outcome::default());
        }
        if let Some(exempt) = self.exempt(context) {
            return Ok(exempt);
        }
        let (channels, errors) = self.channels(context);
        if errors.is_empty() && channels.is_privileged() {
            let policy = LevelVersion::PRIVILEGED.text();
            return Ok(annotated("enforce-policy", policy));
        }
        judgement::decodable(&request.object)?;
        if !update::is_significant(request) {
            return Ok(Outcome::default());
        }
        let base = Pointer::root();
        let subject = Subject { pod: &request.object, base: &base, enforced: true };
        self.evaluate_pod(&subject, channels, &errors, context)
    }

    fn controller(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let request = context.request;
        if !request.subresource.is_empty() || !update::is_judged(request) {
            return Ok(Outcome::default());
        }
        if let Some(exempt) = self.exempt(context) {
            return Ok(exempt);
        }
        let (channels, errors) = self.channels(context);
        let silent = [channels.warn, channels.audit].iter().all(|c| c.level == Level::Privileged);
        if errors.is_empty() && silent {
            return Ok(Outcome::default());
        }
        judgement::decodable(&request.object)?;
        let Some(template) = pod_template(&request.gvk, &request.object) else {
            return Ok(Outcome::default());
        };
        let subject = Subject { pod: &template.pod, base: &template.pointer, enforced: false };
        self.evaluate_pod(&subject, channels, &errors, context)
    }

    fn evaluate_pod(
        &self,
        subject: &Subject<'_>,
        channels: Channels,
        errors: &[String],
        context: &EvalContext<'_>,
    ) -> Result<Outcome, EvalError> {
        if self.exemptions.runtime_class(subject.pod.path_str(&["spec", "runtimeClassName"])) {
            return Ok(annotated("exempt", "runtimeClass".to_owned()));
        }
        let mut outcome = Outcome::default();
        if !errors.is_empty() {
            let error = format!("Failed to parse policy: {}", aggregate(errors));
            annotate(&mut outcome, "error", error);
        }
        let pod = Pod::of(subject.pod);
        let judge = |wanted| {
            judgement::account(&pod, context)?;
            Ok::<Results, EvalError>(judgement::judge(
                &pod,
                wanted,
                context.target.kubernetes_version,
            ))
        };
        let mut add = |results: Results, wanted: LevelVersion, action| {
            if !results.is_empty() {
                let policy: Arc<str> = wanted.text().into();
                let base = subject.base;
                let found = judgement::violations(results, base, Some(&policy), Some(action));
                outcome.violations.extend(found);
            }
        };
        let mut denied = false;
        if subject.enforced {
            let results = judge(channels.enforce)?;
            denied = !results.is_empty();
            add(results, channels.enforce, Action::Deny);
        }
        // Who is refused is not warned besides.
        if !denied {
            add(judge(channels.warn)?, channels.warn, Action::Warn);
        }
        let audited = judge(channels.audit)?;
        let record = (!audited.is_empty()).then(|| {
            let messages = judgement::messages(&audited);
            judgement::would_violate(&channels.audit.text(), &messages)
        });
        add(audited, channels.audit, Action::Audit);
        if subject.enforced {
            annotate(&mut outcome, "enforce-policy", channels.enforce.text());
        }
        if let Some(record) = record {
            annotate(&mut outcome, "audit-violations", record);
        }
        Ok(outcome)
    }

    /// The answer to a request from an exempt user or in an exempt namespace.
    fn exempt(&self, context: &EvalContext<'_>) -> Option<Outcome> {
        let request = context.request;
        if request.namespace.as_deref().is_some_and(|name| self.exemptions.namespace(name)) {
            Some(annotated("exempt", "namespace".to_owned()))
        } else if self.exemptions.user(&request.user.username) {
            Some(annotated("exempt", "user".to_owned()))
        } else {
            None
        }
    }

    /// What holds in the request's namespace. One that is not known has no labels.
    fn channels(&self, context: &EvalContext<'_>) -> (Channels, Vec<String>) {
        let name = context.request.namespace.as_deref().unwrap_or_default();
        let namespace = if name.is_empty() { None } else { context.inventory.namespace(name) };
        let (channels, errors) =
            Channels::of_labels(namespace.as_ref().and_then(labels), self.defaults);
        (channels, errors.iter().map(ToString::to_string).collect())
    }
}

/// The documentation of what is asked of namespaces' labels.
pub(crate) fn namespace_rule() -> &'static Rule {
    &namespace::RULE
}

fn labels(object: &Value) -> Option<&Map> {
    object.path(&["metadata", "labels"])?.as_object()
}

fn annotate(outcome: &mut Outcome, key: &str, value: String) {
    outcome.annotations.push(([PREFIX, key].concat(), value));
}

fn annotated(key: &str, value: String) -> Outcome {
    let mut outcome = Outcome::default();
    annotate(&mut outcome, key, value);
    outcome
}
