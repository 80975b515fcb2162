//! What is wrong with a policy, all at once, and what is unwise about it, each thing where it
//! stands in the text of its expression.

use crate::scene::{compile, creation, judge};
use sekisho_engine::{MemoryInventory, PolicySet, evaluate};
use sekisho_report::Diagnostic;

const HEAD: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
";
const RULES: &str = "  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods, configmaps]}]
";
const BINDING: &str = "---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny]}
";

fn build(spec: &str) -> (PolicySet, Vec<Diagnostic>) {
    compile(&format!("{HEAD}{spec}{BINDING}"))
}

#[test]
fn names_that_are_known_elsewhere_say_where() {
    for (expression, wanted) in [
        ("params.x == 1", "`spec.paramKind`"),
        ("JSONPatch{op: 'add'} == null", "expressions of `mutations`"),
        ("Object.spec{replicas: 1} == null", "expressions of `mutations`"),
        ("objekt == 1", "did you mean `object`?"),
    ] {
        let spec = format!("{RULES}  validations: [{{expression: \"{expression}\"}}]\n");
        let (_, told) = build(&spec);
        let help: Vec<&str> = told.iter().filter_map(|told| told.help.as_deref()).collect();
        assert!(
            matches!(help.as_slice(), [help] if help.contains(wanted)),
            "{expression}: {told:?}"
        );
    }
}

#[test]
fn one_wrong_type_hides_nothing_else() {
    let wrong = "  failurePolicy: 5\n  validations:\n  - expression: 5\n  - {expression: foo, message: no}\n";
    for (spec, wanted) in [
        (
            format!("{RULES}{wrong}"),
            &["7:3 failurePolicy", "9:5 expression", "10:18 undeclared", "10:23 message"][..],
        ),
        // What comes of a wrong type is not told.
        (format!("{RULES}  validations: 5\n"), &["7:3 validations"]),
        (
            "  matchConstraints: {resourceRules: 5}\n  validations: [5, {expression: 'foo'}]\n"
                .to_owned(),
            &["5:22 resourceRules", "6:17 validations[0]", "6:34 undeclared"],
        ),
    ] {
        let (_, told) = build(&spec);
        assert_eq!(told.len(), wanted.len(), "{told:#?}");
        for (told, wanted) in told.iter().zip(wanted) {
            let (place, word) = wanted.split_once(' ').unwrap();
            let found = format!("{}:{}", told.line.unwrap(), told.column.unwrap());
            assert_eq!((found.as_str(), told.policy.as_deref()), (place, Some("p")), "{told:?}");
            assert!(told.message.contains(word), "{}: {word}", told.message);
            assert!(told.marked.is_some(), "{told:?}");
        }
    }
    let beside_a_secret =
        format!("{RULES}  validations: [{{expression: 'foo'}}]\n{BINDING}---\nkind: Secret\n");
    assert!(build(&beside_a_secret).1.iter().all(|told| told.marked.is_none()));
}

#[test]
fn what_does_not_fit_schemas_is_told_one_by_one() {
    let validations = "  validations:
  - expression: \"object.spec.nope == 'a' &&\\n object.metadata.labels.x == 1\"
  - {expression: \"object.nope == 1\", messageExpression: 'string(object.metadata.names)'}
";
    let (set, told) = build(&format!("{RULES}{validations}"));
    assert!(told.is_empty(), "{told:?}");
    let found: Vec<(Option<(u32, u32)>, &str)> =
        set.advice().iter().map(|advice| (advice.place, advice.message.as_str())).collect();
    let wanted = [
        (Some((8, 29)), "undefined field 'nope' (of v1 Pod)"),
        (
            Some((8, 72)),
            "found no matching overload for '_==_' applied to '(string, int)' (of v1 ConfigMap, v1 Pod)",
        ),
        (Some((8, 24)), "undefined field 'spec' (of v1 ConfigMap)"),
    ];
    for one in wanted {
        assert!(found.contains(&one), "{one:?} of {found:#?}");
    }
}

#[test]
fn errors_name_the_expression() {
    let deep: String = (1..2000)
        .map(|n| format!("  - {{name: v{n}, expression: 'variables.v{} + 1'}}\n", n - 1))
        .collect();
    for (spec, wanted) in [
        (
            "  validations: [{expression: 'object.nope == 1'}]\n".to_owned(),
            "where `nope` may be absent, test it by `has(…)` or read it by `.?nope`; the expression \
             stands at `p.yaml:7:31`",
        ),
        (
            "  validations:\n  - expression: |\n      int(object.kind) == 1\n".to_owned(),
            "the expression stands at `p.yaml:9:7`",
        ),
        (
            "  variables:\n  - {name: a, expression: object.nope}\n  - {name: b, expression: \
             'variables.a + 1'}\n  validations: [{expression: 'variables.b == 1'}]\n"
                .to_owned(),
            "where `nope` may be absent, test it by `has(…)` or read it by `.?nope`; variable `a` \
             stands at `p.yaml:8:27`",
        ),
        (
            "  matchConditions: [{name: a, expression: 'int(object.kind) == 1'}]\n  validations: \
             [{expression: 'false'}]\n"
                .to_owned(),
            "the expression stands at `p.yaml:7:44`",
        ),
        (
            "  validations: [{expression: 'true'}]\n  auditAnnotations: [{key: a, valueExpression: \
             'string(int(object.kind))'}]\n"
                .to_owned(),
            "the expression stands at `p.yaml:8:49`",
        ),
        (
            format!(
                "  variables:\n  - {{name: v0, expression: '1'}}\n{deep}  validations:\n  - \
                 expression: 'variables.v1999 == 2'\n"
            ),
            "the expression stands at `p.yaml:2009:18`",
        ),
    ] {
        let (set, told) = build(&format!("{RULES}{spec}"));
        assert!(told.is_empty(), "{told:?}");
        let map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"#;
        let verdict = evaluate(&set, &creation(map, ""), &judge(&MemoryInventory::new()));
        let help: Vec<&str> =
            verdict.errors.iter().map(|error| error.help.as_deref().unwrap()).collect();
        assert_eq!(help, [wanted]);
    }
}
