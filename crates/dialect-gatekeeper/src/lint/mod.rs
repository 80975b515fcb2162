//! What is unwise about constraints that are in order: told as findings, at their place in the
//! user's file.

mod open_prefix;

pub(crate) use open_prefix::compares_prefixes;

use crate::constraint;
use crate::template::Template;
use sekisho_policy::{Advice, PolicyDocument, Rule};

/// The documentation of what is told.
pub(crate) static RULES: &[&Rule] = &[&open_prefix::RULE];

/// What is unwise about a constraint.
pub(crate) fn advice(policy: &PolicyDocument<'_>, template: &Template) -> Vec<Advice> {
    let parameters = policy.document.value.path(&["spec", "parameters"]);
    let found = parameters.map(|parameters| open_prefix::find(template, parameters));
    let advice = found.into_iter().flatten().map(|found| Advice {
        policy: constraint::id(policy),
        rule: &open_prefix::RULE,
        document: policy.document.clone(),
        pointer: found.pointer,
        place: None,
        message: found.message,
        help: found.help.unwrap_or_default(),
    });
    advice.collect()
}
