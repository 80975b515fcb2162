//! Which changes of a pod are judged.

use crate::pod::{items, text};
use sekisho_policy::{Operation, Request};
use sekisho_value::Value;

/// Subresources of pods that do not carry a pod. Any other is judged, those that do not exist yet
/// included: they may change what is judged.
const IGNORED_SUBRESOURCES: [&str; 8] =
    ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"];

/// Whether a request about a pod is one that is judged.
pub(crate) fn is_judged(request: &Request) -> bool {
    matches!(request.operation, Operation::Create | Operation::Update)
        && !IGNORED_SUBRESOURCES.contains(&request.subresource.as_str())
}

/// Whether a change of a pod is one that is judged: what else may change in a running pod was
/// judged when it was created.
///
/// Source of the rule: `isSignificantPodUpdate` in `admission/admission.go` of
/// k8s.io/pod-security-admission.
pub(crate) fn is_significant(request: &Request) -> bool {
    if request.operation != Operation::Update {
        return true;
    }
    let lists = |list: &str| {
        let path = ["spec", list];
        (items(request.object.path(&path)), items(request.old_object.path(&path)))
    };
    let changed_in_place = ["containers", "initContainers"].into_iter().any(|list| {
        let (new, old) = lists(list);
        new.len() != old.len() || new.iter().zip(old).any(|(new, old)| image(new) != image(old))
    });
    let (new, old) = lists("ephemeralContainers");
    changed_in_place
        || new.iter().any(|new| {
            let before = old.iter().find(|old| text(old, "name") == text(new, "name"));
            before.is_none_or(|old| image(new) != image(old))
        })
}

fn image(container: &Value) -> &str {
    text(container, "image")
}
