use crate::PolicySet;
use sekisho_policy::{Action, PolicyId};

/// What is done about a violation: the declared action, unless the bundle's manifest replaces it.
pub(crate) fn effective(
    set: &PolicySet,
    id: &PolicyId,
    name: &str,
    declared: Action,
) -> (Action, Option<String>) {
    let replaced = set
        .manifest()
        .actions
        .iter()
        .rev()
        .find(|(pattern, _)| pattern.matches(id.as_str()) || pattern.matches(name));
    match replaced {
        Some((pattern, action)) if *action != declared => {
            (*action, Some(format!("the bundle sets `{pattern}` to {action}")))
        }
        _ => (declared, None),
    }
}
