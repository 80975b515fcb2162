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
