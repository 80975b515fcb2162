//! What an API server makes of the webhook's answers, and how its configuration can be written.

use crate::api_server::without_the_plugin;
use crate::serving::{LEAD_IN, Serving, pod, register, wait};
use sekisho_testenv::{Answer, TestEnv};
use sekisho_value::{Value, from_json};

const BAD: &str = r#"{"hostPID":true,"containers":[{"name":"c","image":"i"}]}"#;
const REFUSED: &str = "pods \"bad\" is forbidden: violates PodSecurity \"baseline:latest\": host \
                       namespaces (hostPID=true)";

/// The first webhook with a field set.
fn with(configuration: &Value, field: &str, value: &str) -> Value {
    let mut changed = configuration.clone();
    let webhook = &mut changed.get_mut("webhooks").and_then(Value::as_array_mut).unwrap()[0];
    webhook.as_object_mut().unwrap().insert(field, from_json(value).unwrap());
    changed
}

#[test]
fn reviews_of_both_versions_are_answered() {
    let test = "reviews_of_both_versions_are_answered";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let server = Serving::start(&["--pod-security", "baseline"]);
    let bad = pod("bad", BAD);
    let configuration = server.configuration();
    register(&env, &with(&configuration, "admissionReviewVersions", r#"["v1beta1"]"#), &bad);
    let refused = env.rejects(&bad).with_status(403).answer();
    assert_eq!(refused.message(), format!("{LEAD_IN}{REFUSED}"));
    let details = refused.body.get("details").map(Value::to_json);
    assert_eq!(details.as_deref(), Some(r#"{"kind":"pods","name":"bad"}"#));
    env.accepts(&pod("good", r#"{"containers":[{"name":"c","image":"i"}]}"#)).without_warning();
}

#[test]
fn match_conditions_leave_requests_out() {
    let test = "match_conditions_leave_requests_out";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let server = Serving::start(&["--pod-security", "baseline"]);
    let conditions =
        r#"[{"name":"people","expression":"request.userInfo.username != 'system:robot'"}]"#;
    let bad = pod("bad", BAD);
    register(&env, &with(&server.configuration(), "matchConditions", conditions), &bad);
    let robot = env.as_user("system:robot").in_group("system:masters");
    robot.accepts(&bad).without_warning();
    env.rejects(&bad).with_message(REFUSED);
    let asked = server.log.lock().unwrap().iter().filter(|line| line.contains("robot")).count();
    assert_eq!(asked, 0, "it is not asked about whoever is left out");
}

/// As many warnings as containers, each longer than what an API server passes on.
const MANY: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: many}
spec:
  crd: {spec: {names: {kind: Many}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package many
      violation[{"msg": msg}] {
        name := input.review.object.spec.containers[_].name
        msg := sprintf("%v: %v\nand \"more\" \\ é", [name, concat("", [x | numbers.range(1, 200)[_]; x := "…"])])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Many
metadata: {name: many}
spec: {enforcementAction: warn}
"#;

#[test]
fn warnings_and_annotations_come_through() {
    let test = "warnings_and_annotations_come_through";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.yaml");
    std::fs::write(&file, MANY).unwrap();
    let server = Serving::start(&["--pod-security", "baseline", "-p", file.to_str().unwrap()]);
    register(&env, &server.configuration(), &pod("bad", BAD));
    let asked = |count: usize| -> Answer {
        let containers: Vec<String> =
            (0..count).map(|n| format!(r#"{{"name":"c{n}","image":"i"}}"#)).collect();
        let spec = format!(r#"{{"containers":[{}]}}"#, containers.join(","));
        env.accepts(&pod("good", &spec)).answer()
    };
    let one = asked(1);
    assert!(one.warnings.iter().any(|text| text.starts_with("[many] c0: …")), "{:?}", one.warnings);
    assert!(one.warnings.join(" ").contains(r#"and "more" \ é"#), "{:?}", one.warnings);
    // An API server drops what is too much without a word; here the number of what is left out is
    // told, and no text is broken.
    let many = asked(60);
    let characters: usize = many.warnings.iter().map(|text| text.chars().count()).sum();
    assert!(characters <= 4096, "{characters}");
    let last = many.warnings.last().unwrap();
    assert!(last.starts_with("and ") && last.ends_with(" warnings more"), "{last}");

    let event = env.audit_event(&many).unwrap();
    let annotation = |name: &str| {
        let key = format!("validate.sekisho.test/{name}");
        event.get("annotations").and_then(|all| all.path_str(&[&key])).map(str::to_owned)
    };
    assert!(annotation("policy-set").unwrap().starts_with("sha256:"));
    let refused = env.rejects(&pod("bad", BAD)).answer();
    let event = env.audit_event(&refused).unwrap();
    assert_eq!(event.path(&["responseStatus", "code"]).and_then(Value::as_i64), Some(403));

    // And what could not be judged is there, too: an endless rule is let through with a warning.
    drop(server);
    let endless = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: \
        {name: endless}\nspec:\n  crd: {spec: {names: {kind: Endless}}}\n  targets:\n  - target: \
        admission.k8s.gatekeeper.sh\n    rego: |\n      package endless\n      \
        violation[{\"msg\": \"m\"}] {\n        numbers.range(1, 100000)[i]\n        \
        numbers.range(1, 100000)[j]\n        i * j < 0\n      }\n---\napiVersion: \
        constraints.gatekeeper.sh/v1beta1\nkind: Endless\nmetadata: {name: endless}\n";
    std::fs::write(&file, endless).unwrap();
    let arguments = ["-p", file.to_str().unwrap(), "--failure-policy", "ignore", "--deadline", "2"];
    let server = Serving::start(&arguments);
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";
    assert!(env.admin().delete(path).unwrap().is_success());
    assert!(env.admin().create(&server.configuration()).unwrap().is_success());
    let good = pod("good", r#"{"containers":[{"name":"c","image":"i"}]}"#);
    let open = wait("it is asked, and gives up", || {
        let answer = env.admin().create_dry_run(&good).unwrap();
        (answer.is_success() && !answer.warnings.is_empty()).then_some(answer)
    });
    let event = env.audit_event(&open).unwrap();
    let error =
        event.get("annotations").and_then(|all| all.path_str(&["validate.sekisho.test/error"]));
    assert!(error.is_some(), "{:?} {}", open.warnings, event.to_json());
}
