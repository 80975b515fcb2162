//! A `PodSecurityLevel` at work: one level for every namespace, whatever its labels say.

use crate::channels::PREFIX;
use crate::judgement;
use crate::level::LevelVersion;
use crate::pod::Pod;
use crate::update;
use sekisho_kube_model::pod_template;
use sekisho_policy::{Action, EvalContext, EvalError, Evaluate, Outcome, Violation};
use sekisho_value::Pointer;

/// A level and what is done about violations of it.
#[derive(Clone, Debug)]
pub(crate) struct FixedLevel {
    pub(crate) wanted: LevelVersion,
    pub(crate) action: Action,
}

impl Evaluate for FixedLevel {
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let request = context.request;
        if !update::is_judged(request) {
            return Ok(Outcome::default());
        }
        judgement::decodable(&request.object)?;
        if request.gvk.kind == "Pod" && request.gvk.group.is_empty() {
            if !update::is_significant(request) {
                return Ok(Outcome::default());
            }
            return self.judge(&Pod::of(&request.object), &Pointer::root(), None, context);
        }
        // Upstream refuses pods alone. A namespace that enforces a level warns of controllers by
        // it, too, where its labels say nothing else.
        let action = (self.action == Action::Deny).then_some(Action::Warn);
        match pod_template(&request.gvk, &request.object) {
            Some(template) if request.subresource.is_empty() => {
                self.judge(&Pod::of(&template.pod), &template.pointer, action, context)
            }
            _ => Ok(Outcome::default()),
        }
    }

    fn stands_alone(&self) -> bool {
        true
    }

    fn refusal(&self, policy: &str, violations: &[&Violation]) -> String {
        judgement::violates(policy, &judgement::joined(violations))
    }

    fn warning(&self, policy: &str, violations: &[&Violation]) -> String {
        judgement::would_violate(policy, &judgement::joined(violations))
    }
}

impl FixedLevel {
    fn judge(
        &self,
        pod: &Pod<'_>,
        base: &Pointer,
        action: Option<Action>,
        context: &EvalContext<'_>,
    ) -> Result<Outcome, EvalError> {
        judgement::account(pod, context)?;
        let results = judgement::judge(pod, self.wanted, context.target.kubernetes_version);
        let mut outcome = Outcome::default();
        let mut annotate = |key: &str, value| {
            outcome.annotations.push(([PREFIX, key].concat(), value));
        };
        if self.action == Action::Deny && action.is_none() {
            annotate("enforce-policy", self.wanted.text());
        } else if self.action == Action::Audit && !results.is_empty() {
            let messages = judgement::messages(&results);
            let record = judgement::would_violate(&self.wanted.text(), &messages);
            annotate("audit-violations", record);
        }
        outcome.violations.extend(judgement::violations(results, base, None, action));
        Ok(outcome)
    }
}
