//! The index of the engine and the match of a constraint agree.

use crate::scene::{create, json, judge, policy, set};

#[test]
fn what_the_index_passes_over_does_not_match() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"}}"#;
    let deployment = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"}}"#;
    for (kinds, object, wanted) in [
        ("[]", pod, 1),
        ("[{}]", pod, 1),
        (r#"[{kinds: ["*"]}]"#, pod, 1),
        (r#"[{kinds: [Pod, Deployment], apiGroups: ["", apps]}]"#, pod, 1),
        (r#"[{kinds: [Pod, Deployment], apiGroups: ["", apps]}]"#, deployment, 1),
        (r#"[{kinds: [Pod], apiGroups: [apps]}, {kinds: ["*"], apiGroups: [batch]}]"#, pod, 0),
        (r#"[{apiGroups: [apps]}]"#, deployment, 1),
        (r#"[{apiGroups: [apps]}]"#, pod, 0),
        (r#"[{kinds: [Pod], apiGroups: [apps, "*"]}]"#, pod, 1),
    ] {
        let set = set(&policy(rego, &format!("{{match: {{kinds: {kinds}}}}}")));
        let found = judge(&set, &create(&json(object)), &[]).judgements.len();
        assert_eq!(found, wanted, "{kinds} {object}");
    }
}

#[test]
fn many_groups_and_kinds_take_little() {
    let rego = "package found\nviolation[{\"msg\": \"a\"}] { true }";
    let many = |last: &str| -> String {
        let names: Vec<String> = (0..3000).map(|number| format!("n{number}")).collect();
        format!("{}, {last}", names.join(", "))
    };
    let kinds = format!("[{{apiGroups: [{}], kinds: [{}]}}]", many("apps"), many("Deployment"));
    let set = set(&policy(rego, &format!("{{match: {{kinds: {kinds}}}}}")));
    for (version, wanted) in [("apps/v1", 1), ("batch/v1", 0)] {
        let object = format!(
            r#"{{"apiVersion":"{version}","kind":"Deployment","metadata":{{"name":"web","namespace":"shop"}}}}"#
        );
        assert_eq!(judge(&set, &create(&json(&object)), &[]).judgements.len(), wanted, "{version}");
    }
}
