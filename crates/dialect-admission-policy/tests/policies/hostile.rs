//! Policies that are made to hurt are refused, or end, in time.

use crate::scene::{bound, compile, creation, judge};
use sekisho_engine::{MemoryInventory, evaluate};
use std::time::{Duration, Instant};

/// On a slow machine that does much else, unoptimized. What hurts takes minutes.
const BOUND: Duration = Duration::from_secs(30);

const RULES: &str = "resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], \
                     resources: [configmaps]}]";

#[test]
fn policies_end_in_time() {
    let doubling = |count: usize, double: &str| -> String {
        let variable = |index: usize| {
            let expression = double.replace("@", &format!("variables.v{index}"));
            format!("{{name: v{}, expression: \"{expression}\"}}", index + 1)
        };
        let first = "{name: v0, expression: object.data.long}".to_owned();
        let all: Vec<String> = [first].into_iter().chain((0..count).map(variable)).collect();
        format!("variables: [{}]", all.join(", "))
    };
    let deep = format!("{}@{}", "[".repeat(100), "]".repeat(100));
    let check = |expression: &str| format!("validations: [{{expression: \"{expression}\"}}]");
    let many = |what: &str, count: usize| vec![what; count].join(", ");
    let names: Vec<String> = (0..20_000).map(|index| format!("n{index}")).collect();
    let conditions = many("{name: a, expression: 'true'}", 3_000);
    let annotations = many("{key: a, valueExpression: \"'x'\"}", 3_000);
    let typos = many("deploymets", 20_000);
    // the policy less its name: whether it compiles, and, where it does, whether it can be judged
    for (spec, wanted) in [
        (
            format!(
                "matchConstraints: {{{RULES}}}, {}, {}",
                doubling(60, "@ + @"),
                check("variables.v60 == ''")
            ),
            "error",
        ),
        (
            format!(
                "matchConstraints: {{{RULES}}}, {}, {}",
                doubling(60, "[@, @]"),
                check("variables.v60 == variables.v60")
            ),
            "error",
        ),
        (
            format!(
                "matchConstraints: {{{RULES}}}, {}, {}",
                doubling(3_000, "@"),
                check("variables.v3000 == ''")
            ),
            "error",
        ),
        // Deep expressions in each other, and values that get deeper from one to the next.
        (
            format!(
                "matchConstraints: {{{RULES}}}, {}, {}",
                doubling(20, &deep),
                check("variables.v20 == variables.v20")
            ),
            "error",
        ),
        (
            format!("matchConstraints: {{{RULES}}}, {}, validations: [{}]", doubling(20, &deep), {
                let one =
                    |index| format!("{{expression: \"variables.v{index} == variables.v{index}\"}}");
                (0..20).map(one).collect::<Vec<_>>().join(", ")
            }),
            "error",
        ),
        (
            format!(
                "matchConstraints: {{{RULES}}}, {}",
                check(
                    "'abcdefghij'.split('').all(a, object.data.long.split('').all(b, a != b || object.data.long.matches('(a|aa)+$')))"
                )
            ),
            "error",
        ),
        (
            format!(
                "matchConstraints: {{{RULES}}}, matchConditions: [{conditions}], {}",
                check("true")
            ),
            "refused",
        ),
        (format!("matchConstraints: {{{RULES}}}, auditAnnotations: [{annotations}]"), "refused"),
        (
            format!(
                "matchConstraints: {{resourceRules: [{{apiGroups: [''], apiVersions: [v1], \
                 operations: ['*'], resources: [configmaps], resourceNames: [{}]}}]}}, {}",
                names.join(", "),
                check("true")
            ),
            "judged",
        ),
        (
            format!(
                "matchConstraints: {{resourceRules: [{{apiGroups: [apps], apiVersions: [v1], \
                 operations: ['*'], resources: [{typos}]}}]}}, {}",
                check("true")
            ),
            "judged",
        ),
    ] {
        let started = Instant::now();
        let found = end(&spec);
        let shown: String = spec.chars().take(300).collect();
        assert_eq!(found, wanted, "{shown}");
        assert!(started.elapsed() < BOUND, "{:?}: {shown}", started.elapsed());
    }
}

fn end(spec: &str) -> &'static str {
    let (set, diagnostics) = compile(&bound(spec, ""));
    assert!(set.advice().len() < 100);
    if !diagnostics.is_empty() {
        return "refused";
    }
    let long = "a".repeat(100_000);
    let object = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c","namespace":"shop"}},"data":{{"long":"{long}"}}}}"#
    );
    let inventory = MemoryInventory::new();
    let verdict = evaluate(&set, &creation(&object, ""), &judge(&inventory));
    if verdict.errors.is_empty() { "judged" } else { "error" }
}
