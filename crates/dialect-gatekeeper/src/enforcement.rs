//! What is done about violations of a constraint, and where.
//!
//! Source of the rules: `pkg/apis/constraints` of the constraint framework and
//! `pkg/util/enforcement_action.go` of Gatekeeper.

use sekisho_policy::{Action, Fault, Point};
use sekisho_value::{Pointer, Value};

/// The actions of a constraint at each enforcement point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Enforcement {
    admission: Action,
    audit: Action,
    gator: Action,
}

const POINTS: [&str; 5] =
    ["validation.gatekeeper.sh", "audit.gatekeeper.sh", "gator.gatekeeper.sh", "vap.k8s.io", "*"];

impl Enforcement {
    fn everywhere(action: Action) -> Self {
        Self { admission: action, audit: action, gator: action }
    }

    /// What is done at a point; off where the constraint does not list it.
    pub(crate) fn at(self, point: Point) -> Action {
        match point {
            Point::Admission => self.admission,
            Point::Audit => self.audit,
            Point::Gator => self.gator,
        }
    }

    /// Reads the actions of a `spec`. Those that there are not are faults: the webhook refuses them;
    /// as they are given, violations are told of and nothing is denied, as Gatekeeper's CLI does.
    pub(crate) fn read(
        spec: Option<&Value>,
        at: &Pointer,
        as_given: bool,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let at_action = at.key("enforcementAction");
        let action = spec.and_then(|spec| spec.get("enforcementAction"));
        match action.unwrap_or(&Value::Null) {
            Value::Null => Self::everywhere(Action::Deny),
            Value::String(word) if word.is_empty() => Self::everywhere(Action::Deny),
            Value::String(word) if word == "scoped" => Self::scoped(spec, at, as_given, faults),
            Value::String(word) => {
                let action = named(word, as_given).unwrap_or_else(|| {
                    let message = format!("unknown enforcement action `{word}`");
                    let help = "the actions are deny, dryrun, warn and scoped";
                    faults.push(Fault::new(at_action, message).with_help(help));
                    Action::Deny
                });
                Self::everywhere(action)
            }
            other => {
                let message =
                    format!("`enforcementAction` wants a string, found a {}", other.kind());
                faults.push(Fault::new(at_action, message));
                Self::everywhere(Action::Deny)
            }
        }
    }

    /// Of several actions at one point the strongest counts.
    fn scoped(spec: Option<&Value>, at: &Pointer, as_given: bool, faults: &mut Vec<Fault>) -> Self {
        let mut found = Self::everywhere(Action::Off);
        let at = at.key("scopedEnforcementActions");
        let list = spec.and_then(|spec| spec.get("scopedEnforcementActions"));
        let Some(list) = list.and_then(Value::as_array) else {
            let help = "list the actions, and for each its enforcement points";
            let message = "`scopedEnforcementActions` is missing";
            faults.push(Fault::new(at, message).with_help(help));
            return found;
        };
        for (index, entry) in list.iter().enumerate() {
            let at = at.index(index);
            let word = entry.path_str(&["action"]).unwrap_or_default();
            let Some(action) = named(word, as_given) else {
                let message = format!("unknown enforcement action `{word}`");
                let help = "the scoped actions are deny, dryrun and warn";
                faults.push(Fault::new(at.key("action"), message).with_help(help));
                continue;
            };
            let points = entry.get("enforcementPoints").and_then(Value::as_array);
            let points = points.unwrap_or_default();
            if points.is_empty() && !as_given {
                let message = "no enforcement point is named: the action holds nowhere";
                let help = format!("the enforcement points are {}", POINTS.join(", "));
                faults.push(Fault::new(at.key("enforcementPoints"), message).with_help(help));
            }
            for (index, point) in points.iter().enumerate() {
                let name = point.path_str(&["name"]).unwrap_or_default();
                if !POINTS.contains(&name) && !as_given {
                    let at = at.key("enforcementPoints").index(index);
                    let message = format!("unknown enforcement point `{name}`");
                    let help = format!("the enforcement points are {}", POINTS.join(", "));
                    faults.push(Fault::new(at, message).with_help(help));
                }
                found.add(name, action);
            }
        }
        found
    }

    fn add(&mut self, point: &str, action: Action) {
        for (name, own) in [
            ("validation.gatekeeper.sh", &mut self.admission),
            ("audit.gatekeeper.sh", &mut self.audit),
            ("gator.gatekeeper.sh", &mut self.gator),
        ] {
            if point == name || point == "*" {
                *own = action.max(*own);
            }
        }
    }
}

pub(crate) fn named(word: &str, as_given: bool) -> Option<Action> {
    match word {
        "deny" => Some(Action::Deny),
        "warn" => Some(Action::Warn),
        "dryrun" => Some(Action::Audit),
        _ => as_given.then_some(Action::Audit),
    }
}

#[cfg(test)]
mod tests {
    use super::Enforcement;
    use sekisho_policy::{Action, Point};
    use sekisho_value::{Pointer, from_json};

    #[test]
    fn actions_at_points() {
        use Action::{Audit, Deny, Off, Warn};
        for (spec, wanted) in [
            ("{}", [Deny; 3]),
            (r#"{"enforcementAction":""}"#, [Deny; 3]),
            (r#"{"enforcementAction":"deny"}"#, [Deny; 3]),
            (r#"{"enforcementAction":"warn"}"#, [Warn; 3]),
            (r#"{"enforcementAction":"dryrun"}"#, [Audit; 3]),
            // Without `scoped`, what is scoped does not count.
            (
                r#"{"scopedEnforcementActions":[{"action":"warn","enforcementPoints":[{"name":"*"}]}]}"#,
                [Deny; 3],
            ),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"warn","enforcementPoints":[{"name":"*"}]}]}"#,
                [Warn; 3],
            ),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"deny","enforcementPoints":[{"name":"validation.gatekeeper.sh"},{"name":"vap.k8s.io"}]},{"action":"dryrun","enforcementPoints":[{"name":"*"}]}]}"#,
                [Deny, Audit, Audit],
            ),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"warn","enforcementPoints":[{"name":"gator.gatekeeper.sh"}]}]}"#,
                [Off, Off, Warn],
            ),
        ] {
            let mut faults = Vec::new();
            let spec_value = from_json(spec).unwrap();
            let found = Enforcement::read(Some(&spec_value), &Pointer::root(), false, &mut faults);
            let found = [Point::Admission, Point::Audit, Point::Gator].map(|p| found.at(p));
            assert_eq!((found, faults), (wanted, vec![]), "{spec}");
        }
    }

    #[test]
    fn what_is_no_action_is_told() {
        for (spec, place) in [
            (r#"{"enforcementAction":"ban"}"#, "/enforcementAction"),
            (r#"{"enforcementAction":1}"#, "/enforcementAction"),
            (r#"{"enforcementAction":"scoped"}"#, "/scopedEnforcementActions"),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"scoped","enforcementPoints":[]}]}"#,
                "/scopedEnforcementActions/0/action",
            ),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"deny"}]}"#,
                "/scopedEnforcementActions/0/enforcementPoints",
            ),
            (
                r#"{"enforcementAction":"scoped","scopedEnforcementActions":[{"action":"deny","enforcementPoints":[{"name":"webhook"}]}]}"#,
                "/scopedEnforcementActions/0/enforcementPoints/0",
            ),
        ] {
            let mut faults = Vec::new();
            let value = from_json(spec).unwrap();
            let _ = Enforcement::read(Some(&value), &Pointer::root(), false, &mut faults);
            let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert_eq!(found, [place], "{spec}");
        }
    }
}
