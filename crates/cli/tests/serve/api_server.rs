//! What an API server and its users see of the webhook.

use crate::serving::{LEAD_IN, Serving, configuration, pod, register};
use sekisho_testenv::{Body, Builder, Request, TestEnv};
use std::io::Write as _;
use std::process::{Command, Stdio};

pub(crate) fn without_the_plugin() -> Builder {
    TestEnv::builder()
        .no_service_account()
        .no_workload_controllers()
        .disable_admission("PodSecurity")
}

/// A pod that leaves its container, as OWASP's cheat sheet shows it.
const BREAKOUT: &str = r#"{"hostPID":true,"containers":[{"name":"c","image":"alpine","command":["nsenter"],"securityContext":{"privileged":true}}]}"#;

/// A mutator, and constraints that deny, warn, and are about connections and deletions.
const POLICIES: &str = r#"
apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: team}
spec:
  location: metadata.labels.team
  parameters: {assign: {value: red}}
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: says}
spec:
  crd: {spec: {names: {kind: Says}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package says
      violation[{"msg": "latest is not told apart"}] {
        endswith(input.review.object.spec.containers[_].image, ":latest")
      }
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: keeps}
spec:
  crd: {spec: {names: {kind: Keeps}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    operations: ["*"]
    rego: |
      package keeps
      violation[{"msg": msg}] {
        input.review.operation == ["DELETE", "CONNECT"][_]
        startswith(input.review.name, "kept")
        msg := sprintf("%v of %v by %v", [input.review.operation, input.review.name, input.review.userInfo.username])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Says
metadata: {name: says}
spec: {enforcementAction: warn}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Keeps
metadata: {name: keeps}
"#;

#[test]
fn every_operation_is_asked_about() {
    let test = "every_operation_is_asked_about";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.yaml");
    std::fs::write(&file, POLICIES).unwrap();
    let server = Serving::start(&["--pod-security", "baseline", "-p", file.to_str().unwrap()]);
    register(&env, &server.configuration(), &pod("breakout", BREAKOUT));
    let mutating = configuration("Mutating", "/mutate", server.port, &server.authority);
    assert!(env.admin().create(&mutating).unwrap().is_success());

    // Mutation, seen by dry run; nothing is stored.
    let plain = pod("kept", r#"{"containers":[{"name":"c","image":"i:1"}]}"#);
    let started = std::time::Instant::now();
    loop {
        let accepted = env.accepts(&plain).without_warning();
        let label = accepted.object().path_str(&["metadata", "labels", "team"]).map(str::to_owned);
        if label.as_deref() == Some("red") {
            break;
        }
        assert!(started.elapsed().as_secs() < 30, "the mutating webhook is not asked");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let stored = env.admin().get("/api/v1/namespaces/default/pods/kept").unwrap();
    assert_eq!(stored.status, 404, "a dry run stores nothing");

    // Warnings.
    let latest = pod("latest", r#"{"containers":[{"name":"c","image":"i:latest"}]}"#);
    env.accepts(&latest).with_warning("[says] latest is not told apart");

    // DELETE and CONNECT.
    assert!(env.admin().create(&plain).unwrap().is_success());
    let path = "/api/v1/namespaces/default/pods/kept";
    let deleted = env.admin().delete(path).unwrap();
    assert_eq!(deleted.message(), format!("{LEAD_IN}[keeps] DELETE of kept by admin"));
    let exec = format!("{path}/exec?command=sh&container=c&stdout=true");
    let body = Body::None;
    let connected = env.admin().ask(&Request { method: "POST", path: &exec, body }).unwrap();
    assert_eq!(connected.message(), format!("{LEAD_IN}[keeps] CONNECT of kept by admin"));

    // The log, which nobody waits for, says who it was.
    let started = std::time::Instant::now();
    let log = loop {
        let log = server.log.lock().unwrap().join("\n");
        if log.contains("CONNECT") || started.elapsed().as_secs() > 10 {
            break log;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert!(log.contains(r#""event":"denied""#) && log.contains(r#""user":"admin""#), "{log}");
    assert!(log.contains(r#""operation":"CONNECT""#), "{log}");
}

#[test]
fn kubectl_shows_why() {
    let probe = Command::new("kubectl").args(["version", "--client"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!("kubectl_shows_why: skipped: kubectl is not there");
        return;
    }
    let test = "kubectl_shows_why";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let server = Serving::start(&["--pod-security", "baseline"]);
    let breakout = pod("breakout", BREAKOUT);
    register(&env, &server.configuration(), &breakout);
    let mut kubectl = Command::new("kubectl")
        .args(["apply", "-f", "-", "--kubeconfig"])
        .arg(env.kubeconfig())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    kubectl.stdin.take().unwrap().write_all(breakout.to_json().as_bytes()).unwrap();
    let output = kubectl.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let wanted = format!(
        "Error from server (Forbidden): error when creating \"STDIN\": {LEAD_IN}pods \"breakout\" \
         is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true), \
         privileged (container \"c\" must not set securityContext.privileged=true)"
    );
    assert_eq!(said.trim(), wanted);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_api_server_asks_it() {
    let test = "an_api_server_asks_it";
    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let breakout = pod("breakout", BREAKOUT);
    env.accepts(&breakout);

    let server = Serving::start(&["--pod-security", "baseline"]);
    register(&env, &server.configuration(), &breakout);
    let message = "admission webhook \"validate.sekisho.test\" denied the request: \
        pods \"breakout\" is forbidden: violates PodSecurity \"baseline:latest\": \
        host namespaces (hostPID=true), \
        privileged (container \"c\" must not set securityContext.privileged=true)";
    let refused = env.rejects(&breakout).with_status(403).with_message(message).answer();
    assert_eq!(refused.reason(), "Forbidden");

    let plain = pod("plain", r#"{"containers":[{"name":"c","image":"i"}]}"#);
    env.accepts(&plain).without_warning();
    env.admin().create(&plain).unwrap();
    let bytes = env.admin().delete("/api/v1/namespaces/default/pods/plain").unwrap();
    assert!(bytes.is_success(), "deletion is let through: {}", bytes.message());

    // Its absence is told by the failure policy.
    drop(server);
    env.rejects(&plain).with_status(500).with_message("failed calling webhook");
}
