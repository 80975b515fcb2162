//! The group `flowcontrol.apiserver.k8s.io`.

use super::fields::{child, child_or_new, set_if_absent, set_if_zero};
use sekisho_value::Map;

/// Defaults of an object of the group `flowcontrol.apiserver.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "FlowSchema" => {
            if let Some(spec) = child_or_new(object, "spec") {
                set_if_zero(spec, "matchingPrecedence", 1000);
            }
        }
        "PriorityLevelConfiguration" => {
            if let Some(spec) = child(object, "spec") {
                priority_level(spec);
            }
        }
        _ => {}
    }
}

fn priority_level(spec: &mut Map) {
    if let Some(limited) = child(spec, "limited") {
        set_if_absent(limited, "nominalConcurrencyShares", 30);
        set_if_absent(limited, "lendablePercent", 0);
        if let Some(response) = child(limited, "limitResponse")
            && let Some(queuing) = child(response, "queuing")
        {
            set_if_zero(queuing, "handSize", 8);
            set_if_zero(queuing, "queues", 64);
            set_if_zero(queuing, "queueLengthLimit", 50);
        }
    }
    if let Some(exempt) = child(spec, "exempt") {
        set_if_absent(exempt, "nominalConcurrencyShares", 0);
        set_if_absent(exempt, "lendablePercent", 0);
    }
}
