//! What a policy decides on one request with one parameter.
//!
//! Source of the rules: `pkg/admission/plugin/policy/validating/validator.go` of
//! `k8s.io/apiserver`.

use super::policy::ValidatingPolicy;
use crate::expressions::{Outcome, Stop, Wrong, all_hold, costs, values};
use sekisho_cel::kubernetes::{LONGEST_MESSAGE, PER_CALL_LIMIT, POLICY_LIMIT};
use sekisho_cel::{Activation, Cost, Evaluation, Scratch, Term};
use sekisho_policy::{Budget, StatusReason};

/// What is denied, and what is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    /// in the order of the validations
    pub(super) denied: Vec<Denied>,
    pub(super) annotations: Vec<Annotation>,
}

/// A validation that does not hold, or something that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    /// the number of the validation; 0 for what belongs to none
    pub(super) index: usize,
    pub(super) message: String,
    /// how to mend what could not be evaluated
    pub(super) help: Option<String>,
    /// `None` where it could not be evaluated
    pub(super) reason: Option<StatusReason>,
}

/// What an audit annotation gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Annotation {
    Published { key: String, value: String },
    Failed(Wrong),
}

/// The values of the names that expressions use.
pub(super) struct Given<'a> {
    /// of match conditions, where there are any
    pub(super) conditions: Option<Activation<'a>>,
    /// of validations, where they ask an authorizer
    pub(super) checks: Option<Activation<'a>>,
    /// of all others
    pub(super) told: Activation<'a>,
}

/// What each expression may cost, and has cost.
struct Costs {
    conditions: Vec<Cost>,
    checks: Vec<Cost>,
    messages: Vec<Cost>,
    annotations: Vec<Cost>,
}

/// Decides, by a policy whose failure policy has yet to say what becomes of errors.
pub(super) fn decide(
    policy: &ValidatingPolicy,
    given: &Given<'_>,
    scratch: &Scratch,
    budget: &Budget<'_>,
) -> Result<Decisions, Stop> {
    let definition = &policy.definition;
    let costs = Costs {
        conditions: costs(definition.conditions.len()),
        checks: costs(policy.checks.len()),
        messages: costs(policy.messages.len()),
        annotations: costs(policy.annotations.len()),
    };
    let unlimited = Cost::unlimited();
    let evaluation = Evaluation::new(scratch, budget, &unlimited);
    // Conditions, validations, messages and annotations have variables of their own.
    let with = |activation| evaluation.with_lazy(&definition.variables, activation, PER_CALL_LIMIT);
    if let Some(given) = &given.conditions {
        let (conditions, costs) = (&definition.conditions, &costs.conditions);
        if !all_hold(conditions, with(given), given, costs)? {
            return Ok(Decisions::default());
        }
    }
    let mut left = POLICY_LIMIT;
    let checks = given.checks.as_ref().unwrap_or(&given.told);
    let checked = values(&policy.checks, with(checks), checks, &costs.checks, &mut left)?;
    let told = with(&given.told);
    let said = values(&policy.messages, told, &given.told, &costs.messages, &mut left);
    let said = match said {
        Err(Stop::Here(error)) => return Err(Stop::Here(error)),
        said => said,
    };
    let mut decisions = Decisions::default();
    for (index, value) in checked.into_iter().enumerate() {
        let said = match &said {
            Ok(values) => Ok(values.get(index).and_then(Option::as_ref)),
            Err(stop) => Err(stop),
        };
        decisions.denied.extend(denied(policy, index, value, said));
    }
    let of_annotations = with(&given.told);
    let mut left = POLICY_LIMIT;
    let annotations =
        values(&policy.annotations, of_annotations, &given.told, &costs.annotations, &mut left)?;
    for (key, value) in policy.keys.iter().zip(annotations) {
        decisions.annotations.extend(value.and_then(|value| annotation(key, value)));
    }
    Ok(decisions)
}

fn denied(
    policy: &ValidatingPolicy,
    index: usize,
    value: Option<Outcome<'_>>,
    said: Result<Option<&Outcome<'_>>, &Stop>,
) -> Option<Denied> {
    let value = match value? {
        Ok(value) => value,
        Err(Wrong { message, help }) => {
            return Some(Denied { index, message, help, reason: None });
        }
    };
    let said = match said {
        Ok(said) => said,
        Err(Stop::Policy(why)) => {
            let message = format!("failed messageExpression: {}", why.message);
            return Some(Denied { index, message, help: why.help.clone(), reason: None });
        }
        Err(Stop::Here(_)) => None,
    };
    if value.as_bool() == Some(true) {
        return None;
    }
    let expression = policy.checks.get(index)?.as_ref()?;
    let validation = policy.validations.get(index)?;
    let of_expression = match said {
        Some(Ok(Term::String(text))) => usable(text),
        _ => None,
    };
    let message = of_expression
        .or_else(|| {
            Some(validation.message.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
        })
        .unwrap_or_else(|| format!("failed expression: {}", expression.text.trim()));
    Some(Denied { index, message, help: None, reason: Some(validation.reason) })
}

/// A message that an expression gives, where it can be shown.
fn usable(text: &str) -> Option<String> {
    let text = text.trim();
    let shown = !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n');
    shown.then(|| text.to_owned())
}

fn annotation(key: &str, value: Outcome<'_>) -> Option<Annotation> {
    match value {
        Ok(Term::String(text)) if text.trim().is_empty() => None,
        Ok(Term::String(text)) => {
            Some(Annotation::Published { key: key.to_owned(), value: text.trim().to_owned() })
        }
        // Of what compiles, all else is null.
        Ok(_) => None,
        Err(wrong) => Some(Annotation::Failed(wrong)),
    }
}
