//! What API servers ask the webhooks about.

use crate::conditions::environment;
use sekisho_budget::Budget;
use sekisho_cel::kubernetes::PER_CALL_LIMIT;
use sekisho_cel::{Activation, Cost, Environment, Evaluation, Scratch, Term};
use sekisho_value::{Map, Value};

/// Whether the webhooks that judge are asked about an operation on a resource of a group, as
/// `pods` or `pods/exec`, or on some of its objects.
#[must_use]
pub fn asks(values: &Value, group: &str, resource: &str, operation: &str) -> bool {
    let environment = environment();
    ["enforcing", "advisory"].into_iter().any(|webhook| {
        let list = |key| values.path(&["webhooks", webhook, key]).and_then(Value::as_array);
        let covers = |rule: &Value| covers(rule, group, resource, operation);
        let leaves_out = |condition: &Value| {
            let text = condition.path_str(&["expression"]);
            let leaves = |(of, text)| leaves_out(of, text, &request(group, resource, operation));
            environment.as_ref().zip(text).is_some_and(leaves)
        };
        list("rules").unwrap_or_default().iter().any(covers)
            && !list("matchConditions").unwrap_or_default().iter().any(leaves_out)
    })
}

/// Whether a rule of a webhook is about it.
///
/// Source: `RuleWithOperations` of `admissionregistration.k8s.io/v1`: `*` is every resource and no
/// subresource.
fn covers(rule: &Value, group: &str, resource: &str, operation: &str) -> bool {
    let has = |key: &str, wanted: &dyn Fn(&str) -> bool| {
        let items = rule.get(key).and_then(Value::as_array).unwrap_or_default();
        items.iter().filter_map(Value::as_str).any(wanted)
    };
    let is = |wanted: &str, found: &str| wanted == "*" || wanted == found;
    let (whole, below) = resource.split_once('/').unwrap_or((resource, ""));
    has("apiGroups", &|one| is(one, group))
        && has("operations", &|one| is(one, operation))
        && has("resources", &|one| match one.split_once('/') {
            Some((one, part)) => is(one, whole) && is(part, below),
            None => is(one, whole) && below.is_empty(),
        })
}

/// As much of a request as is known of all of them.
fn request(group: &str, resource: &str, operation: &str) -> Value {
    let (whole, below) = resource.split_once('/').unwrap_or((resource, ""));
    let of = Map::from_iter([("group", Value::from(group)), ("resource", Value::from(whole))]);
    Value::Object(Map::from_iter([
        ("operation", Value::from(operation)),
        ("resource", Value::Object(of)),
        ("subResource", Value::from(below)),
    ]))
}

/// Whether a condition is false, whatever else the request has. What asks whether a field is there
/// would be told that it is not.
fn leaves_out(environment: &Environment, expression: &str, request: &Value) -> bool {
    if ["has(", ".?", "[?"].iter().any(|asks| expression.contains(asks)) {
        return false;
    }
    let Ok(program) = environment.compile(expression) else { return false };
    let (scratch, budget, cost) =
        (Scratch::new(), Budget::standard(), Cost::limited(PER_CALL_LIMIT));
    let mut activation = Activation::new();
    activation.set("request", Term::borrowed(request));
    let value = program.evaluate(Evaluation::new(&scratch, &budget, &cost), &activation);
    value.is_ok_and(|value| value.as_bool() == Some(false))
}

#[cfg(test)]
mod tests {
    use super::asks;
    use crate::values::{defaults, set};

    #[test]
    fn what_is_asked_about_is_what_rules_and_conditions_say() {
        let every = "webhooks.advisory.rules=[{apiGroups: ['*'], apiVersions: ['*'], operations: \
                     ['*'], resources: ['*/*']}]";
        let none = "webhooks.advisory.matchConditions=[]";
        let people = "webhooks.advisory.matchConditions=[{name: a, expression: \
                      'request.userInfo.username != \"robot\"'}]";
        let dry = "webhooks.advisory.matchConditions=[{name: a, expression: \
                   '!request.?dryRun.orValue(true)'}]";
        for (changes, group, resource, operation, wanted) in [
            (&[][..], "", "pods", "CREATE", true),
            (&[], "", "pods/exec", "CONNECT", true),
            (&[], "", "pods/exec", "CREATE", false),
            (&[], "", "pods/ephemeralcontainers", "UPDATE", true),
            (&[], "apps", "deployments", "UPDATE", true),
            (&[], "apps", "deployments", "DELETE", false),
            (&[], "apps", "deployments/scale", "UPDATE", false),
            (&[], "", "nodes", "UPDATE", false),
            (&[], "example.com", "nodes", "UPDATE", true),
            (&[], "coordination.k8s.io", "leases", "CREATE", false),
            (&[none], "", "nodes", "UPDATE", true),
            (&[people], "", "nodes", "UPDATE", true),
            (&[dry], "", "nodes", "UPDATE", true),
            (&[every], "apps", "deployments/scale", "UPDATE", true),
            (&[every], "apps", "deployments", "DELETE", true),
            (&[every], "", "nodes/proxy", "CONNECT", false),
        ] {
            let mut values = defaults();
            changes.iter().for_each(|change| set(&mut values, change).unwrap());
            let found = asks(&values, group, resource, operation);
            assert_eq!(found, wanted, "{changes:?} {group} {resource} {operation}");
        }
    }
}
