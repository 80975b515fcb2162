//! Every way to change an object: what the API server's own plugin says of it, and what the webhook
//! says in its place.

use crate::api_server::without_the_plugin;
use crate::serving::{LEAD_IN, Serving, about, pod, register, wait};
use sekisho_testenv::{Answer, Body, Request, TestEnv};
use sekisho_value::{Map, Value, from_json};

const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON: &str = "application/json";

/// A pod that the restricted level refuses.
const LOOSE: &str = r#"{"containers":[{"name":"c","image":"i:1",
    "resources":{"requests":{"cpu":"500m"}}}]}"#;

/// A body is what counts where there is one.
const UNDELETED: &str = r#"{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["All"]}"#;

/// A name, how it is asked, where (below the namespace), and what is sent.
type Step = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Nothing of it is stored.
const STEPS: [Step; 22] = [
    (
        "create",
        "POST",
        "pods",
        JSON,
        r#"{"metadata":{"name":"new"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#,
    ),
    (
        "generate",
        "POST",
        "pods",
        JSON,
        r#"{"metadata":{"generateName":"new-"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#,
    ),
    ("label", "PATCH", "pods/old", MERGE, r#"{"metadata":{"labels":{"a":"b"}}}"#),
    (
        "image",
        "PATCH",
        "pods/old",
        STRATEGIC,
        r#"{"spec":{"containers":[{"name":"c","image":"i:2"}]}}"#,
    ),
    (
        "toleration",
        "PATCH",
        "pods/old",
        STRATEGIC,
        r#"{"spec":{"tolerations":[{"operator":"Exists","key":"k"}]}}"#,
    ),
    ("deadline", "PATCH", "pods/old", MERGE, r#"{"spec":{"activeDeadlineSeconds":60}}"#),
    (
        "seccomp",
        "PATCH",
        "pods/old",
        MERGE,
        r#"{"metadata":{"annotations":{"container.seccomp.security.alpha.kubernetes.io/c":"unconfined"}}}"#,
    ),
    (
        "server-side apply",
        "PATCH",
        "pods/old?fieldManager=m",
        "application/apply-patch+yaml",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"old","labels":{"x":"y"}}}"#,
    ),
    (
        "create by apply",
        "PATCH",
        "pods/made?fieldManager=m",
        "application/apply-patch+yaml",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"made"},"spec":{"containers":[{"name":"c","image":"i"}]}}"#,
    ),
    (
        "debug",
        "PATCH",
        "pods/old/ephemeralcontainers",
        STRATEGIC,
        r#"{"spec":{"ephemeralContainers":[{"name":"d","image":"i","securityContext":{"privileged":true}}]}}"#,
    ),
    ("status", "PATCH", "pods/old/status", STRATEGIC, r#"{"status":{"phase":"Running"}}"#),
    (
        "resize",
        "PATCH",
        "pods/old/resize",
        STRATEGIC,
        r#"{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]}}"#,
    ),
    (
        "bind",
        "POST",
        "pods/old/binding",
        JSON,
        r#"{"apiVersion":"v1","kind":"Binding","metadata":{"name":"old"},"target":{"kind":"Node","name":"n"}}"#,
    ),
    (
        "evict",
        "POST",
        "pods/old/eviction",
        JSON,
        r#"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"old"}}"#,
    ),
    ("delete", "DELETE", "pods/old", JSON, UNDELETED),
    ("delete all", "DELETE", "pods", JSON, UNDELETED),
    (
        "template",
        "POST",
        "podtemplates",
        JSON,
        r#"{"metadata":{"name":"t"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}"#,
    ),
    (
        "controller",
        "POST",
        "replicationcontrollers",
        JSON,
        r#"{"metadata":{"name":"t"},"spec":{"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#,
    ),
    (
        "service",
        "POST",
        "services",
        JSON,
        r#"{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}"#,
    ),
    ("deployment", "PATCH", "deployments/web", MERGE, r#"{"spec":{"replicas":2}}"#),
    ("scale", "PATCH", "deployments/web/scale", MERGE, r#"{"spec":{"replicas":3}}"#),
    (
        "rollback",
        "PUT",
        "deployments/web/status",
        JSON,
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},"status":{"replicas":1}}"#,
    ),
];

const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},
    "spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
    "spec":{"containers":[{"name":"c","image":"i"}]}}}}"#;

/// What a client and the audit log are told.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    message: String,
    warnings: Vec<String>,
    annotations: Vec<(String, String)>,
}

impl Told {
    fn of(env: &TestEnv, answer: &Answer) -> Self {
        let event = env.audit_event(answer).unwrap();
        let mut annotations: Vec<(String, String)> = event
            .get("annotations")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::iter)
            .filter_map(|(key, value)| {
                let (of, name) = key.split_once('/')?;
                let counts = ["pod-security.kubernetes.io", "validate.sekisho.test"].contains(&of);
                (counts && name != "policy-set")
                    .then(|| (name.to_owned(), value.as_str().unwrap_or_default().to_owned()))
            })
            .collect();
        annotations.sort();
        Self {
            status: answer.status,
            message: named(answer.message().replacen(LEAD_IN, "", 1)),
            warnings: answer.warnings.clone(),
            annotations,
        }
    }
}

/// The message with a name in place of the one that the API server made up.
fn named(message: String) -> String {
    match message.strip_prefix("pods \"new-").and_then(|rest| rest.split_once('"')) {
        Some((_, rest)) => format!("pods \"new-…\"{rest}"),
        None => message,
    }
}

fn ask(env: &TestEnv, (_, method, place, content_type, body): &Step) -> Answer {
    let group = if place.starts_with("deployments") { "/apis/apps/v1" } else { "/api/v1" };
    let mark = if place.contains('?') { '&' } else { '?' };
    let path = format!("{group}/namespaces/shop/{place}{mark}dryRun=All");
    let body = Body::Bytes { content_type, bytes: body.as_bytes() };
    env.admin().ask(&Request { method, path: &path, body }).unwrap()
}

/// A namespace with a pod and a deployment that the labels it gets afterwards forbid.
fn furnish(env: &TestEnv, labels: &str) {
    let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
    assert!(env.admin().create(&from_json(namespace).unwrap()).unwrap().is_success());
    let shop = env.admin().in_namespace("shop");
    for object in [pod("old", LOOSE), from_json(DEPLOYMENT).unwrap()] {
        let made = shop.create(&object).unwrap();
        assert!(made.is_success(), "{}", made.message());
    }
    let body = Body::Bytes { content_type: MERGE, bytes: labels.as_bytes() };
    let request = Request { method: "PATCH", path: "/api/v1/namespaces/shop", body };
    assert!(env.admin().ask(&request).unwrap().is_success());
}

fn all(env: &TestEnv) -> Vec<Told> {
    STEPS.iter().map(|step| Told::of(env, &ask(env, step))).collect()
}

#[test]
fn every_operation_is_answered_as_the_plugin_does() {
    let test = "every_operation_is_answered_as_the_plugin_does";
    let labels = r#"{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted",
        "pod-security.kubernetes.io/warn":"restricted","pod-security.kubernetes.io/warn-version":"v1.30",
        "pod-security.kubernetes.io/audit":"baseline"}}}"#;
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(plugin) = TestEnv::start_or_skip(test, &builder) else { return };
    furnish(&plugin, labels);
    wait("the plugin sees the labels", || (!ask(&plugin, &STEPS[0]).is_success()).then_some(()));
    let theirs = all(&plugin);
    drop(plugin);

    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    furnish(&env, labels);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("configuration.yaml");
    let text =
        "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n";
    std::fs::write(&file, text).unwrap();
    let server = Serving::follow(&env, &["--pod-security-config", file.to_str().unwrap()]);
    let mut loose = pod("loose", LOOSE);
    loose.get_mut("metadata").and_then(Value::as_object_mut).unwrap().insert("namespace", "shop");
    register(&env, &about(&server.configuration(), r#"["*/*"]"#), &loose);
    let ours = all(&env);
    let mut differences = Vec::new();
    for ((step, ours), theirs) in STEPS.iter().zip(&ours).zip(&theirs) {
        if ours != theirs {
            differences.push(format!("{}:\n  plugin  {theirs:?}\n  webhook {ours:?}", step.0));
        }
    }
    let refused = theirs.iter().filter(|told| told.message.contains("PodSecurity")).count();
    let warned = theirs.iter().filter(|told| !told.warnings.is_empty()).count();
    println!("{test}: {} steps, {refused} refused, {warned} warned", STEPS.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(refused >= 4 && warned >= 2, "{theirs:?}");
}

/// A rule that tells how each request came, and one that compares with what was there.
const SEES: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: sees}
spec:
  crd: {spec: {names: {kind: Sees}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    operations: ["*"]
    rego: |
      package sees
      violation[{"msg": msg}] {
        r := input.review
        msg := sprintf("%v %v/%v is %v, was %v, dry run %v", [r.operation, r.resource.resource,
          object.get(r, "subResource", ""), kind("object"), kind("oldObject"), r.dryRun])
      }
      violation[{"msg": msg}] {
        was := input.review.oldObject.metadata.labels.team
        is := input.review.object.metadata.labels.team
        was != is
        msg := sprintf("team was %v and is %v", [was, is])
      }
      kind(field) := input.review[field].kind
      kind(field) := "nothing" { not input.review[field].kind }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Sees
metadata: {name: sees}
spec:
  enforcementAction: warn
  match: {namespaces: [shop]}
"#;

#[test]
fn policies_see_every_operation() {
    let test = "policies_see_every_operation";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    furnish(&env, r#"{"metadata":{"labels":{"a":"b"}}}"#);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.yaml");
    std::fs::write(&file, SEES).unwrap();
    let arguments = ["-p", file.to_str().unwrap(), "--pod-security", "baseline"];
    let server = Serving::follow(&env, &arguments);
    let refused = pod("refused", r#"{"hostPID":true,"containers":[{"name":"c","image":"i"}]}"#);
    register(&env, &about(&server.configuration(), r#"["*/*"]"#), &refused);
    let relabel = |team: &str| {
        let body = format!(r#"{{"metadata":{{"labels":{{"team":"{team}"}}}}}}"#);
        let body = Body::Bytes { content_type: MERGE, bytes: body.as_bytes() };
        let path = "/api/v1/namespaces/shop/pods/old";
        env.admin().ask(&Request { method: "PATCH", path, body }).unwrap()
    };
    assert_eq!(relabel("red").warnings, ["[sees] UPDATE pods/ is Pod, was Pod, dry run false"]);
    let warnings = relabel("blue").warnings;
    assert!(warnings.contains(&"[sees] team was red and is blue".to_owned()), "{warnings:?}");

    for (name, seen) in [
        ("create", "CREATE pods/ is Pod, was nothing"),
        ("generate", "CREATE pods/ is Pod, was nothing"),
        ("label", "UPDATE pods/ is Pod, was Pod"),
        ("server-side apply", "UPDATE pods/ is Pod, was Pod"),
        ("create by apply", "CREATE pods/ is Pod, was nothing"),
        ("status", "UPDATE pods/status is Pod, was Pod"),
        ("resize", "UPDATE pods/resize is Pod, was Pod"),
        ("bind", "CREATE pods/binding is Binding, was nothing"),
        ("evict", "CREATE pods/eviction is Eviction, was nothing"),
        ("delete", "DELETE pods/ is Pod, was Pod"),
        ("delete all", "DELETE pods/ is Pod, was Pod"),
        ("scale", "UPDATE deployments/scale is Scale, was Scale"),
        ("service", "CREATE services/ is Service, was nothing"),
    ] {
        let step = STEPS.iter().find(|step| step.0 == name).unwrap();
        let answer = ask(&env, step);
        assert!(answer.is_success(), "{name}: {}", answer.message());
        let wanted = format!("[sees] {seen}, dry run true");
        assert!(
            answer.warnings.contains(&wanted),
            "{name}: {:?} and not {wanted}",
            answer.warnings
        );
    }
    // What debugs a pod is held to what pods are held to.
    let debug = STEPS.iter().find(|step| step.0 == "debug").unwrap();
    let refused = ask(&env, debug);
    assert!(
        refused.message().contains("must not set securityContext.privileged=true"),
        "{}",
        refused.message()
    );
}
