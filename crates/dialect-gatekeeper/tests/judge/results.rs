//! What becomes of what a rule gives.

use crate::scene::{build, build_as, create, errors, json, judge, messages, policy, set};
use sekisho_engine::ErrorKind;
use sekisho_policy::{Action, PolicyStatus};

const CONFIG_MAP: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"#;

fn found(rego: &str) -> sekisho_engine::Verdict {
    judge(&set(&policy(rego, "{}")), &create(&json(CONFIG_MAP)), &[])
}

#[test]
fn violations_are_a_set_in_the_order_of_their_messages() {
    for (body, wanted) in [
        (r#"violation[{"msg": m}] { m := ["b", "a", "a"][_] }"#, &["a", "b"][..]),
        // Details tell violations of one message apart.
        (r#"violation[{"msg": "a", "details": d}] { d := [1, 2, 1][_] }"#, &["a", "a"]),
        (
            r#"violation[{"msg": m, "details": d}] { d := [1, 2][_]; m := sprintf("%v", [3 - d]) }"#,
            &["1", "2"],
        ),
        // What turns out to have no message is none.
        (r#"violation[input.parameters.none] { true }"#, &[]),
        (r#"violation[{"msg": "a"}] { false }"#, &[]),
        // Not a set: the keys of an object are gone through.
        (r#"violation = {{"msg": "a"}}"#, &["a"]),
        (r#"violation = {{"msg": "k"}: 1}"#, &["k"]),
        (r#"violation[{"msg": "a"}] { input.parameters == {} }"#, &["a"]),
    ] {
        let verdict = found(&format!("package found\n{body}"));
        assert_eq!((messages(&verdict), errors(&verdict)), (wanted.to_vec(), vec![]), "{body}");
    }
}

#[test]
fn parameters_are_part_of_the_input() {
    for (body, wanted) in [
        ("m := sprintf(\"%v\", [input.parameters.a])", "1"),
        ("m := sprintf(\"%v\", [input.parameters])", "{\"a\": 1, \"b\": [\"x\"]}"),
        ("i := input; m := sprintf(\"%v\", [i.parameters.b[0]])", "x"),
        ("m := sprintf(\"%v\", [[k | input[k]]])", "[\"parameters\", \"review\"]"),
        ("k := [\"parameters\"][_]; m := sprintf(\"%v\", [input[k].a])", "1"),
        ("walk(input, [p, \"x\"]); m := sprintf(\"%v\", [p])", "[\"parameters\", \"b\", 0]"),
        ("m := object.get(input.parameters, \"c\", \"none\")", "none"),
        ("m := f(input.parameters)", "f"),
    ] {
        let rego = format!(
            "package found\nf(p) = \"f\" {{ p.a == 1 }}\nviolation[{{\"msg\": m}}] {{ {body} }}"
        );
        let set = set(&policy(&rego, "{parameters: {a: 1, b: [x]}}"));
        let verdict = judge(&set, &create(&json(CONFIG_MAP)), &[]);
        assert_eq!((messages(&verdict), errors(&verdict)), (vec![wanted], vec![]), "{body}");
    }
}

#[test]
fn a_finding_names_template_and_constraint() {
    let verdict =
        found("package found\nviolation[{\"msg\": \"a\", \"details\": {\"x\": 1}}] { true }");
    let judgement = &verdict.judgements[0];
    assert_eq!(judgement.policy_id.as_str(), "local/gatekeeper/Found/only");
    assert_eq!((&*judgement.policy, judgement.binding.as_deref()), ("Found", Some("only")));
    assert_eq!((judgement.dialect, judgement.action), ("gatekeeper", Action::Deny));
    assert_eq!(judgement.details, json(r#"{"x":1}"#));
}

#[test]
fn what_fails_is_an_error_and_no_violation() {
    for (rego, kind, message) in [
        (
            "package found\nviolation[{\"msg\": 1}] { true }",
            ErrorKind::Malformed,
            "the `msg` of a violation is a number",
        ),
        (
            "package found\nx = 1 { true }\nx = 2 { true }\nviolation[{\"msg\": \"a\"}] { x }",
            ErrorKind::Failed,
            "template:3: eval_conflict_error: complete rules must not produce multiple outputs",
        ),
        (
            "package found\nviolation[{\"msg\": \"a\"}] { count([1 | numbers.range(1, 5000)[_]; numbers.range(1, 5000)[_]]) > 0 }",
            ErrorKind::Budget,
            "than it may",
        ),
    ] {
        let verdict = found(rego);
        let error = &verdict.errors[0];
        assert_eq!((error.kind, verdict.judgements.len()), (kind, 0), "{rego}: {error:?}");
        assert!(error.message.contains(message), "{rego}: {error:?}");
    }
}

#[test]
fn rego_is_of_the_version_that_its_template_says() {
    let code = |version: &str, rego: &str| {
        format!(
            "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: found}}
spec:
  crd: {{spec: {{names: {{kind: Found}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: Other
      source: {{rego: 1}}
    - engine: Rego
      source:
        version: {version}
        rego: |
          package found
          {rego}
---
apiVersion: constraints.gatekeeper.sh/v1alpha1
kind: Found
metadata: {{name: only}}
"
        )
    };
    let v0 = r#"violation[{"msg": "a"}] { true }"#;
    let v1 = r#"violation contains {"msg": "a"} if true"#;
    for (version, rego, compiles) in
        [("v0", v0, true), ("v1", v1, true), ("v2", v0, true), ("v0", v1, false), ("v1", v0, false)]
    {
        let (set, diagnostics) = build(&code(version, rego));
        assert_eq!(diagnostics.is_empty(), compiles, "{version} {rego}: {diagnostics:?}");
        let verdict = judge(&set, &create(&json(CONFIG_MAP)), &[]);
        let wanted: &[&str] = if compiles { &["a"] } else { &[] };
        assert_eq!(messages(&verdict), wanted, "{version} {rego}");
    }
}

#[test]
fn every_policy_is_seen_doing_what_it_does() {
    let text = policy("package found\nviolation[{\"msg\": \"a\"}] { true }", "{}");
    let state = |text: &str, id: &str| {
        let (set, diagnostics) = build(text);
        let state = set.states().iter().find(|state| state.id == id).cloned();
        (state.unwrap_or_else(|| panic!("no {id} in {:?}", set.states())), diagnostics)
    };
    let constraint = "local/gatekeeper/Found/only";
    assert_eq!(state(&text, constraint).0.status, PolicyStatus::Enforced);

    let (template, _) = text.split_once("---").unwrap();
    let (unused, diagnostics) = state(template, "local/gatekeeper/ConstraintTemplate/found");
    assert_eq!((unused.status, diagnostics.len()), (PolicyStatus::Off, 0));
    assert_eq!(unused.reason.as_deref(), Some("no constraint is of its kind"));

    // A template that does not compile is told once, and its constraints are not in force.
    let broken = text.replace("{ true }", "{");
    let (failed, diagnostics) = state(&broken, constraint);
    assert_eq!((failed.status, diagnostics.len()), (PolicyStatus::NotCompiled, 1));
    assert!(failed.reason.unwrap().starts_with("its template does not compile: "));

    let off = policy(
        "package found\nviolation[{\"msg\": \"a\"}] { true }",
        "{enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]}",
    );
    assert_eq!(state(&off, constraint).0.status, PolicyStatus::Off);

    let provider = "apiVersion: externaldata.gatekeeper.sh/v1beta1\nkind: Provider\nmetadata: {name: p}\nspec: {url: 'https://localhost'}\n";
    let (provider, _) = state(provider, "local/gatekeeper/Provider/p");
    assert_eq!(provider.status, PolicyStatus::Off);
}

#[test]
fn unknown_fields_of_templates_are_errors_where_so_wished() {
    let text =
        policy("package found\nviolation[{\"msg\": \"a\"}] { true }", "{match: {scope: cluster}}");
    for (from, to, place) in [
        ("  targets:", "  target: []\n  targets:", Some((6, 3))),
        ("    rego: |", "    library: []\n    rego: |", Some((8, 5))),
        ("names: {kind: Found}", "names: {kind: Found, singular: f}", Some((5, 37))),
        // A scope that is none matches everything.
        ("scope: cluster", "scope: cluster", Some((15, 16))),
        ("scope: cluster", "scope: Cluster", None),
    ] {
        let base =
            if place == Some((15, 16)) { text.clone() } else { text.replace("cluster", "Cluster") };
        let changed = base.replacen(from, to, 1);
        assert_eq!(build(&changed).1, [], "{changed}");
        let found = build_as(&changed, true).1;
        let places = found.iter().map(|found| (found.line.unwrap(), found.column.unwrap()));
        assert_eq!(places.collect::<Vec<_>>(), Vec::from_iter(place), "{found:?}");
    }
}

#[test]
fn templates_of_one_name_say_the_same() {
    let text = policy("package found\nviolation[{\"msg\": \"a\"}] { true }", "{}");
    let (template, constraint) = text.split_once("---").unwrap();
    let twice = format!("{template}---\n{template}---{constraint}");
    assert!(build(&twice).1.is_empty());
    let other = template.replace("\"a\"", "\"b\"");
    let (_, diagnostics) = build(&format!("{template}---\n{other}---{constraint}"));
    assert_eq!(diagnostics.len(), 1);
    assert!(diagnostics[0].message.contains("another template of the same name"));
}
