//! What is unwise about policies that are in order: told as findings, at their place in the user's
//! file.

mod message_expression;
mod open_prefix;

pub(crate) use open_prefix::compares_prefixes;

use crate::template::Template;
use sekisho_policy::{Advice, Fault, PolicyDocument, PolicyId, Rule};

/// The documentation of what is told.
pub(crate) static RULES: &[&Rule] = &[&open_prefix::RULE, &message_expression::RULE];

/// What is unwise about a constraint.
pub(crate) fn of_constraint(
    id: &PolicyId,
    policy: &PolicyDocument<'_>,
    template: &Template,
) -> Vec<Advice> {
    let parameters = policy.document.value.path(&["spec", "parameters"]);
    let found = parameters.map(|parameters| open_prefix::find(template, parameters));
    let found = found.into_iter().flatten();
    found.map(|fault| advice(id, policy, &open_prefix::RULE, fault)).collect()
}

/// What is unwise about a template.
pub(crate) fn of_template(
    id: &PolicyId,
    policy: &PolicyDocument<'_>,
    template: &Template,
) -> Vec<Advice> {
    let found = message_expression::find(template).iter().cloned();
    found.map(|fault| advice(id, policy, &message_expression::RULE, fault)).collect()
}

fn advice(id: &PolicyId, policy: &PolicyDocument<'_>, rule: &'static Rule, fault: Fault) -> Advice {
    Advice {
        policy: id.clone(),
        rule,
        document: policy.document.clone(),
        pointer: fault.pointer,
        place: None,
        message: fault.message,
        help: fault.help.unwrap_or_default(),
    }
}
