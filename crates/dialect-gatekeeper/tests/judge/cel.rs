//! Templates of CEL.

use crate::scene::{bare, build, build_as, create, errors, json, judge, messages, set};
use sekisho_policy::{Operation, Request};
use sekisho_value::Value;

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod",
    "metadata":{"name":"p","namespace":"shop","labels":{"app":"web"}},
    "spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:2"}]}}"#;

/// A template of this source, and a constraint of it.
fn policy(source: &str, spec: &str) -> String {
    let indented: Vec<String> = source.lines().map(|line| format!("        {line}")).collect();
    format!(
        "apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {{name: found}}
spec:
  crd: {{spec: {{names: {{kind: Found}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
{}
    - engine: Rego
      source: {{rego: 'package found violation[{{\"msg\": \"by Rego\"}}] {{ true }}'}}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Found
metadata: {{name: only}}
spec: {spec}
",
        indented.join("\n")
    )
}

fn said(source: &str, spec: &str, request: &Request) -> (Vec<String>, Vec<String>) {
    let verdict = judge(&set(&policy(source, spec)), request, &[]);
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    (owned(messages(&verdict)), owned(errors(&verdict)))
}

#[test]
fn what_is_not_true_is_a_violation_with_a_message() {
    for (validation, wanted) in [
        ("expression: 'true', message: nay", None),
        ("expression: 'false', message: ' nay '", Some("nay")),
        ("expression: 'false'", Some("failed expression: false")),
        (
            "expression: ' object.metadata.name == \"q\" '",
            Some("failed expression: object.metadata.name == \"q\""),
        ),
        (
            "expression: 'false', message: nay, messageExpression: '\" name \" + object.metadata.name + \" \"'",
            Some("name p"),
        ),
        // Lines, nothing and what fails give the message.
        ("expression: 'false', message: nay, messageExpression: '\"a\\nb\"'", Some("nay")),
        ("expression: 'false', message: nay, messageExpression: '\"  \"'", Some("nay")),
        (
            "expression: 'false', message: nay, messageExpression: 'string(object.nope)'",
            Some("nay"),
        ),
        (
            "expression: 'false', messageExpression: 'string(object.nope)'",
            Some("failed expression: false"),
        ),
        // So does what does not compile.
        ("expression: 'false', message: nay, messageExpression: '1'", Some("nay")),
        ("expression: 'false', message: nay, messageExpression: object.metadata.name", Some("nay")),
        ("expression: 'false', messageExpression: 'object.'", Some("failed expression: false")),
        ("expression: 'false', messageExpression: nope", Some("failed expression: false")),
        ("expression: 'variables.params == {\"a\": 1}'", None),
        ("expression: 'variables.anyObject == object'", None),
        ("expression: 'oldObject == null'", None),
        ("expression: 'request.operation == \"CREATE\" && request.kind.kind == \"Pod\"'", None),
        ("expression: 'request.name == \"p\" && request.namespace == \"shop\"'", None),
        ("expression: 'object.metadata.labels[\"app\"].find(\"w.b\") == \"web\"'", None),
        ("expression: 'quantity(\"1Gi\").isGreaterThan(quantity(\"1000M\"))'", None),
        ("expression: '[3, 1, 2].max() == 3 && [1, 2].isSorted() && [1, 2].sum() == 3'", None),
        ("expression: 'semver(\"1.2.3\").isLessThan(semver(\"1.10.0\"))'", None),
        ("expression: 'ip(\"10.0.0.1\").family() == 4'", None),
        ("expression: 'object.?spec.?nope.orValue(\"n\") == \"n\"'", None),
        ("expression: 'sets.contains([1, 2], [2]) && 1 < 1.5'", None),
    ] {
        let source = format!("validations: [{{{validation}}}]");
        let (found, wrong) = said(&source, "{parameters: {a: 1}}", &create(&json(POD)));
        let wanted: Vec<String> = wanted.map(str::to_owned).into_iter().collect();
        assert_eq!((found, wrong), (wanted, vec![]), "{validation}");
    }
}

#[test]
fn each_validation_that_fails_is_a_violation() {
    let source = "validations:\n- {expression: 'false', message: nay}\n- {expression: '1 == 2', \
                  message: nay}\n- {expression: 'false', message: aye}";
    let verdict = judge(&set(&policy(source, "{}")), &create(&json(POD)), &[]);
    assert_eq!(messages(&verdict), ["aye", "nay", "nay"]);
    let refusals: Vec<&str> =
        verdict.denials.iter().map(|denial| denial.message.as_str()).collect();
    assert_eq!(refusals, ["[only] aye\n[only] nay\n[only] nay"]);
}

#[test]
fn variables_are_found_when_they_are_read() {
    let source = "variables:
- {name: unused, expression: object.nope}
- {name: images, expression: 'object.spec.containers.map(c, c.image)'}
- {name: bad, expression: 'variables.images.filter(i, !i.startsWith(variables.params.prefix))'}
- {name: constraint, expression: params.metadata.name}
validations:
- {expression: 'variables.bad.size() == 0', messageExpression: 'variables.constraint + \": \" + variables.bad.join(\", \")'}";
    let found = said(source, "{parameters: {prefix: 'a'}}", &create(&json(POD)));
    assert_eq!(found, (vec!["only: b:2".to_owned()], vec![]));
    // Without parameters they are null.
    let found =
        said("validations: [{expression: variables.params == null}]", "{}", &create(&json(POD)));
    assert_eq!(found, (vec![], vec![]));
}

#[test]
fn errors_go_by_the_failure_policy() {
    let wrong = "expression 'object.nope == 1' resulted in error: no such key: nope";
    let validations =
        "validations: [{expression: 'false', message: nay}, {expression: object.nope == 1}]";
    let request = create(&json(POD));
    for (policy, wanted) in
        [("Fail", (vec![], vec![wrong.to_owned()])), ("Ignore", (vec!["nay".to_owned()], vec![]))]
    {
        let source = format!("failurePolicy: {policy}\n{validations}");
        assert_eq!(said(&source, "{}", &request), wanted, "{policy}");
    }
    assert_eq!(said(validations, "{}", &request).1, [wrong]);
    // To Gatekeeper's CLI they are violations beside the others.
    let (found, errors) = said(validations, "{}", &bare(&json(POD)));
    assert_eq!((found, errors), (vec![wrong.to_owned(), "nay".to_owned()], vec![]));
    // What a variable fails with tells which.
    let source = "variables: [{name: v, expression: object.nope}]
validations: [{expression: variables.v == 1}]";
    assert_eq!(
        said(source, "{}", &request).1,
        ["expression 'variables.v == 1' resulted in error: composited variable \"v\" fails to \
          evaluate: no such key: nope"]
    );
}

#[test]
fn conditions_choose_what_is_judged() {
    for (conditions, wanted) in [
        ("[{name: a, expression: 'true'}]", 1),
        ("[{name: a, expression: 'true'}, {name: b, expression: object.metadata.name == 'q'}]", 0),
        // One that does not hold counts before errors.
        ("[{name: a, expression: object.nope == 1}, {name: b, expression: 'false'}]", 0),
    ] {
        let source =
            format!("matchCondition: {conditions}\nvalidations: [{{expression: 'false'}}]");
        let (found, wrong) = said(&source, "{}", &create(&json(POD)));
        assert_eq!((found.len(), wrong.len()), (wanted, 0), "{conditions}");
    }
    let source = "matchCondition: [{name: a, expression: object.nope == 1}]
validations: [{expression: 'false'}]";
    let (found, wrong) = said(source, "{}", &create(&json(POD)));
    assert_eq!((found.len(), wrong.len()), (0, 1));
}

/// As Gatekeeper joins errors.
#[test]
fn errors_of_conditions_are_told_once_each() {
    let (a, b) = ("object.nope == 1", "object.nap == 1");
    let told = |expression: &str, key: &str| {
        format!("expression '{expression}' resulted in error: no such key: {key}")
    };
    let (of_a, of_b) = (told(a, "nope"), told(b, "nap"));
    for (expressions, wanted) in [
        (vec![a, a], of_a.clone()),
        (vec![a, b], format!("[{of_a}, {of_b}]")),
        (vec![a, b, a], format!("[{of_a}, {of_b}]")),
    ] {
        let conditions = expressions.iter().enumerate();
        let conditions: Vec<String> =
            conditions.map(|(n, text)| format!("{{name: c{n}, expression: {text}}}")).collect();
        let source = format!(
            "matchCondition: [{}]\nvalidations: [{{expression: 'false'}}]",
            conditions.join(", ")
        );
        let (_, wrong) = said(&source, "{}", &create(&json(POD)));
        assert_eq!(wrong, [wanted], "{expressions:?}");
    }
}

#[test]
fn what_is_deleted_is_the_old_object() {
    let request = Request {
        operation: Operation::Delete,
        object: Value::Null,
        old_object: json(POD),
        ..create(&json(POD))
    };
    let source = "validations:
- {expression: 'object == null && oldObject.metadata.name == \"p\"'}
- {expression: 'variables.anyObject.metadata.name == \"p\" && request.operation == \"DELETE\"'}";
    assert_eq!(said(source, "{}", &request), (vec![], vec![]));
}

#[test]
fn a_namespace_that_is_read_has_to_be_known() {
    let source = "validations: [{expression: 'namespaceObject.metadata.labels[\"team\"] == \"web\"', message: nay}]";
    let request = create(&json(POD));
    let set = set(&policy(source, "{}"));
    let namespace = |team: &str| {
        json(&format!(
            r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"shop","labels":{{"team":"{team}"}}}}}}"#
        ))
    };
    for (inventory, found, wrong) in
        [(vec![], 0, 1), (vec![namespace("web")], 0, 0), (vec![namespace("db")], 1, 0)]
    {
        let verdict = judge(&set, &request, &inventory);
        assert_eq!((messages(&verdict).len(), errors(&verdict).len()), (found, wrong));
    }
}

#[test]
fn evaluations_cost_no_more_than_they_may() {
    let list = format!("[{}]", vec!["0"; 200].join(","));
    let source = format!(
        "variables: [{{name: l, expression: '{list}'}}]
validations: [{{expression: 'variables.l.all(a, variables.l.all(b, variables.l.all(c, a == c)))'}}]"
    );
    let (found, wrong) = said(&source, "{}", &create(&json(POD)));
    assert_eq!((found.len(), wrong.len()), (0, 1));
    assert!(wrong[0].contains("running out of cost budget"), "{wrong:?}");
}

#[test]
fn faults_are_told_where_they_stand() {
    for (source, line, column, message) in [
        ("validations: [{expression: object.a ==}]", 11, 47, "Syntax error"),
        (
            "validations:\n- expression: |\n    true &&\n    objekt.a\n",
            14,
            13,
            "undeclared reference to 'objekt'",
        ),
        ("validations: [{expression: object.a}]", 11, 0, "must evaluate to bool but got dyn"),
        ("validations: [{expression: params.a == 1}]", 11, 0, "undeclared reference to 'params'"),
        ("validations: [{expression: request.oper == 'a'}]", 11, 0, "undefined field 'oper'"),
        ("validations: [{expression: variables.a == 1}]", 11, 0, "undefined field 'a'"),
        ("validations: [{message: a}]", 11, 0, "`expression` is missing"),
        ("validations: {}", 11, 0, "`validations` wants a list"),
        ("variables: [{name: params, expression: '1'}]", 11, 0, "the name `params` is reserved"),
        ("variables: [{name: anyObject, expression: '1'}]", 11, 0, "is reserved"),
        ("variables: [{name: gatekeeper_internal_a, expression: '1'}]", 11, 0, "is reserved"),
        ("variables: [{name: a-b, expression: '1'}]", 11, 0, "is no name of a variable"),
        (
            "variables: [{name: a, expression: '1'}, {name: a, expression: '2'}]",
            11,
            0,
            "two variables `a`",
        ),
        (
            "variables: [{name: a, expression: variables.b}, {name: b, expression: '2'}]",
            11,
            0,
            "undefined field 'b'",
        ),
        (
            "matchCondition: [{name: gatekeeper_internal_a, expression: 'true'}]",
            11,
            0,
            "is reserved",
        ),
        (
            "matchCondition: [{name: a, expression: '1'}]",
            11,
            0,
            "must evaluate to bool but got int",
        ),
        ("validations: [{expression: 'true', message: no}]", 11, 0, "`message` wants a text"),
        ("generateVAP: 'yes'", 11, 9, "`generateVAP` wants a boolean"),
        ("generateVAP: {}", 11, 9, "`generateVAP` wants a boolean"),
        ("matchCondition: [{name: 1, expression: 'true'}]", 11, 0, "`name` wants a text"),
        ("failurePolicy: Maybe", 11, 9, "unknown failure policy `Maybe`"),
    ] {
        let (_, diagnostics) = build(&policy(source, "{}"));
        let told = diagnostics.first().unwrap_or_else(|| panic!("{source}: nothing is told"));
        assert!(told.message.contains(message), "{source}: {told:?}");
        let place = (told.line.unwrap_or(0), told.column.unwrap_or(0));
        assert_eq!(place.0, line, "{source}: {told:?}");
        assert!(column == 0 || place.1 == column, "{source}: {told:?}");
    }
}

/// Gatekeeper enforces without a message that does not compile.
#[test]
fn a_message_that_is_never_said_is_told() {
    for (message, wanted) in [
        ("object.metadata.name", "must evaluate to string but got dyn"),
        ("nope", "undeclared reference to 'nope' (in container '')"),
        ("string(object.metadata.name)", ""),
    ] {
        let source =
            format!("validations: [{{expression: 'false', messageExpression: {message}}}]");
        let (set, diagnostics) = build(&policy(&source, "{}"));
        assert_eq!(diagnostics, [], "{message}");
        let told: Vec<(&str, &str)> =
            set.advice().iter().map(|advice| (advice.rule.id, advice.message.as_str())).collect();
        match wanted {
            "" => assert_eq!(told, [], "{message}"),
            wanted => assert_eq!(told, [("gatekeeper/message-expression", wanted)]),
        }
    }
}

#[test]
fn unknown_fields_of_a_source_are_errors_where_asked_for() {
    for (source, field) in [
        ("matchConditions: []\nvalidations: []", "matchConditions"),
        ("validations: [{expression: 'true', reason: Invalid}]", "reason"),
        ("variables: [{name: a, expression: '1', type: int}]", "type"),
    ] {
        let text = policy(source, "{}");
        assert!(build(&text).1.is_empty(), "{source}");
        let (_, diagnostics) = build_as(&text, true);
        assert!(diagnostics[0].message.contains(&format!("unknown field `{field}`")), "{source}");
    }
}
