//! The library against a real control plane; skipped where there can be none.

#![expect(clippy::unwrap_used, reason = "a test")]

use sekisho_testenv::{Body, Request, TestEnv};
use sekisho_value::{Value, from_json};

fn pod(name: &str, more: &str) -> Value {
    from_json(&format!(
        r#"{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "{name}"}},
            "spec": {{"containers": [{{"name": "c", "image": "i"}}]{more}}}}}"#
    ))
    .unwrap()
}

#[test]
fn the_server_answers_the_users_of_the_launcher() {
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let test = "the_server_answers_the_users_of_the_launcher";
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    assert!(env.version().unwrap().starts_with("v1."));

    let review =
        from_json(r#"{"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}"#)
            .unwrap();
    for (user, group) in [("admin", "system:masters"), ("dev", "developers")] {
        let who = env.as_user(user).create(&review).unwrap().body;
        assert_eq!(who.path_str(&["status", "userInfo", "username"]), Some(user));
        let groups = who.path(&["status", "userInfo", "groups"]).unwrap();
        assert!(groups.as_array().unwrap().contains(&group.into()), "{groups:?}");
    }
    let alice = env.as_user("alice").in_group("wonderland").create(&review).unwrap().body;
    assert_eq!(alice.path_str(&["status", "userInfo", "username"]), Some("alice"));

    // Accepted and defaulted.
    let accepted = env.as_user("dev").accepts(&pod("p", "")).without_warning();
    assert_eq!(accepted.object().path_str(&["spec", "dnsPolicy"]), Some("ClusterFirst"));
    env.accepts(
        &from_json(r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}"#)
            .unwrap(),
    );

    // Refused: by authorization, by validation, by decoding, for want of a namespace.
    env.as_user("viewer").rejects(&pod("p", "")).with_status(403).with_message("viewer");
    env.rejects(&pod("p", r#", "dnsPolicy": "Sometimes""#))
        .with_status(422)
        .with_message("spec.dnsPolicy: Unsupported value");
    env.rejects(&pod("p", r#", "hostPID": "yes""#)).with_status(400);
    env.admin().in_namespace("nowhere").rejects(&pod("p", "")).with_status(404);

    // Warnings, and bodies that are no value.
    let unknown = env.accepts(&pod("p", r#", "hostPid": true"#));
    unknown.with_warning(r#"unknown field "spec.hostPid""#);
    let twice = Request {
        method: "POST",
        path: "/api/v1/namespaces/default/configmaps?dryRun=All&fieldValidation=Strict",
        body: Body::Bytes {
            content_type: "application/json",
            bytes: br#"{"kind": "ConfigMap", "metadata": {"name": "a", "name": "b"}}"#,
        },
    };
    let refused = env.admin().ask(&twice).unwrap();
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("duplicate field"), "{}", refused.message());

    // The audit log names the request that was answered.
    let answer = env.as_user("dev").create(&pod("audited", "")).unwrap();
    assert_eq!(answer.status, 201);
    let event = env.audit_event(&answer).unwrap();
    assert_eq!(event.path_str(&["user", "username"]), Some("dev"));
    assert_eq!(event.path_str(&["objectRef", "resource"]), Some("pods"));

    // Dropping it stops it.
    let dir = env.dir().to_owned();
    assert!(dir.exists());
    drop(env);
    assert!(!dir.exists());
}

#[test]
#[should_panic(expected = "the server should reject Pod `p`")]
fn a_wrong_assertion_fails() {
    let test = "a_wrong_assertion_fails";
    let builder = TestEnv::builder().no_service_account();
    match TestEnv::start_or_skip(test, &builder) {
        Some(env) => drop(env.rejects(&pod("p", ""))),
        None => panic!("the server should reject Pod `p`: not asked"),
    }
}
