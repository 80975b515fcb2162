//! What is asked beside reviews of objects: metrics, policies in force, images.

use crate::client::{GOOD, Running, basis, basis_of, review};
use hyper::StatusCode;
use sekisho_checkpoint_admission::{FailureDirection, Limits, Live};
use sekisho_policy::Pattern;
use sekisho_value::{Value, from_json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

fn baseline() -> Arc<Live> {
    let live = Arc::new(Live::default());
    live.renew(basis("baseline"));
    live
}

/// What is answered in plain HTTP.
async fn plain(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

#[tokio::test]
async fn metrics_have_a_door_of_their_own() {
    for debug in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (limits, on_error) = (Limits::default(), FailureDirection::Fail);
        let with =
            |server: sekisho_checkpoint_admission::Server| server.with_metrics(listener, debug);
        let server = Running::start_as(baseline(), limits, on_error, with).await;
        assert_eq!(server.get("/metrics").await.0, StatusCode::NOT_FOUND);
        assert_eq!(server.get("/debug/policies").await.0, StatusCode::NOT_FOUND);
        assert_eq!(server.get("/readyz").await.0, StatusCode::OK);
        server.review(GOOD).await;

        let metrics = plain(address, "/metrics").await;
        assert!(metrics.starts_with("HTTP/1.1 200 "), "{metrics}");
        let id = "local/pod-security/PodSecurityLevel/baseline:latest";
        for wanted in [
            format!("sekisho_policy_evaluations_total{{policy=\"{id}\"}} 1\n"),
            format!("sekisho_policy_violations_total{{policy=\"{id}\"}} 0\n"),
            "sekisho_policies{status=\"enforced\"} 1\n".to_owned(),
            "sekisho_policy_set_info{digest=\"sha256:".to_owned(),
            "sekisho_policy_reloads_total 1\n".to_owned(),
        ] {
            assert!(metrics.contains(&wanted), "{wanted} in\n{metrics}");
        }
        assert!(!metrics.contains("sequence"), "sets of files have none: {metrics}");
        assert!(plain(address, "/readyz").await.starts_with("HTTP/1.1 200 "));
        assert!(plain(address, "/validate").await.starts_with("HTTP/1.1 404 "));
        let policies = plain(address, "/debug/policies").await;
        assert_eq!(policies.contains(r#""status":"enforced""#), debug, "{policies}");
    }
}

/// Two templates: one about images and tickets, one that no pod passes.
const IMAGES: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: repos}
spec:
  crd: {spec: {names: {kind: Repos}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package repos
      violation[{"msg": msg}] {
        image := input.review.object.spec.containers[_].image
        not startswith(image, "good/")
        not input.review.object.metadata.annotations["x.image-policy.k8s.io/ticket"]
        msg := sprintf("%v in %v", [image, input.review.namespace])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Repos
metadata: {name: repos}
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: never}
spec:
  crd: {spec: {names: {kind: Never}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package never
      violation[{"msg": "never"}] { true }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Never
metadata: {name: never}
"#;

fn images(image: &str, annotations: &str) -> String {
    format!(
        r#"{{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","spec":{{
        "containers":[{{"image":"good/a"}},{{"image":"{image}"}}],"annotations":{annotations},
        "namespace":"shop"}}}}"#
    )
}

async fn asked(server: &Running, body: String) -> Value {
    let (status, body) = server.post("/imagepolicy", body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let review = from_json(&body).unwrap();
    assert_eq!(review.path_str(&["kind"]), Some("ImageReview"));
    review.get("status").unwrap().clone()
}

#[tokio::test]
async fn images_are_judged_by_the_policies_named() {
    let live = Arc::new(Live::default());
    live.renew(basis_of(IMAGES));
    let (limits, on_error) = (Limits::default(), FailureDirection::Fail);
    let with = |server: sekisho_checkpoint_admission::Server| {
        server.with_images(vec![Pattern::new("local/gatekeeper/Repos/*")])
    };
    let server = Running::start_as(live, limits, on_error, with).await;
    for (image, annotations, reason) in [
        ("good/b", "{}", None),
        ("bad/b", "{}", Some("[repos] bad/b in shop")),
        ("bad/b", r#"{"x.image-policy.k8s.io/ticket":"7"}"#, None),
    ] {
        let status = asked(&server, images(image, annotations)).await;
        assert_eq!(status.path_str(&["reason"]), reason, "{image} {annotations}");
        let allowed = status.get("allowed").unwrap().as_bool();
        assert_eq!(allowed, Some(reason.is_none()), "{image} {annotations}");
        assert!(status.path_str(&["auditAnnotations", "policy-set"]).is_some());
    }
    let (status, text) = server.post("/imagepolicy", review(GOOD)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("is to be `ImageReview`"), "{text}");
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains("{endpoint=\"imagepolicy\",outcome=\"denied\"} 1"), "{metrics}");
}

#[tokio::test]
async fn images_that_cannot_be_judged_go_the_configured_way() {
    for (on_error, allowed) in [(FailureDirection::Fail, false), (FailureDirection::Ignore, true)] {
        let live = Arc::new(Live::default());
        let with = |server: sekisho_checkpoint_admission::Server| {
            server.with_images(vec![Pattern::new("*")])
        };
        let server = Running::start_as(live, Limits::default(), on_error, with).await;
        let status = asked(&server, images("i", "{}")).await;
        assert_eq!(status.get("allowed").unwrap().as_bool(), Some(allowed));
        let told = "no policies are loaded yet";
        assert_eq!(status.path_str(&["auditAnnotations", "error"]), Some(told));
    }
}

#[tokio::test]
async fn without_policies_for_images_nothing_answers_for_them() {
    let (limits, on_error) = (Limits::default(), FailureDirection::Fail);
    let server = Running::start_with(baseline(), limits, on_error).await;
    assert_eq!(server.post("/imagepolicy", images("i", "{}")).await.0, StatusCode::NOT_FOUND);
}
