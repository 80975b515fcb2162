use crate::client::{BAD, GOOD, Running, basis, basis_of, review};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode};
use sekisho_checkpoint_admission::{Certificate, FailureDirection, Limits, Live};
use std::sync::Arc;

async fn start() -> Running {
    Running::start(Limits::default(), FailureDirection::Fail).await
}

#[tokio::test]
async fn pods_are_let_through_or_refused() {
    let server = start().await;
    let good = server.review(GOOD).await;
    assert_eq!(good.get("allowed").unwrap().as_bool(), Some(true));
    assert!(good.path_str(&["auditAnnotations", "policy-set"]).unwrap().starts_with("sha256:"));

    let bad = server.review(BAD).await;
    assert_eq!(bad.get("allowed").unwrap().as_bool(), Some(false));
    let message = "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)";
    assert_eq!(bad.path_str(&["status", "message"]), Some(message));
    assert_eq!(bad.path(&["status", "code"]).unwrap().as_i64(), Some(403));

    let (_, metrics) = server.get("/metrics").await;
    for wanted in ["outcome=\"allowed\"} 1", "outcome=\"denied\"} 1"] {
        assert!(metrics.contains(wanted), "{metrics}");
    }
}

#[tokio::test]
async fn objects_of_wrong_types_go_the_configured_way() {
    for spec in ["5", r#"{"containers":[{"name":"c","securityContext":{"privileged":"true"}}]}"#] {
        for path in ["/validate", "/mutate"] {
            let closed = start().await.asked(path, spec).await;
            assert_eq!(closed.get("allowed").unwrap().as_bool(), Some(false), "{path} {spec}");
            assert_eq!(closed.path(&["status", "code"]).unwrap().as_i64(), Some(500));
            let message = closed.path_str(&["status", "message"]).unwrap();
            assert!(message.contains(": `request.object` cannot be read: "), "{message}");

            let open = Running::start(Limits::default(), FailureDirection::Ignore).await;
            let open = open.asked(path, spec).await;
            assert_eq!(open.get("allowed").unwrap().as_bool(), Some(true), "{path} {spec}");
            assert!(open.get("warnings").unwrap().to_json().contains("cannot be read"));
        }
    }
}

/// Wherever what cannot be judged goes: the API server goes by its own direction.
#[tokio::test]
async fn what_is_no_review_is_never_let_through() {
    let server = Running::start(Limits::default(), FailureDirection::Ignore).await;
    let words = "CREATE, UPDATE, DELETE or CONNECT";
    for (of, by, told) in [
        (r#""CREATE""#, r#""FOO""#, words),
        (r#""CREATE""#, r#""Create""#, words),
        (r#""CREATE""#, r#""*""#, words),
        (r#""CREATE""#, r#""""#, "`request.operation` is missing"),
        (r#""operation""#, r#""other""#, "`request.operation` is missing"),
        (r#""kind":{"#, r#""other":{"#, "`request.kind` is missing"),
        (r#""resource":{"#, r#""other":{"#, "`request.resource` is missing"),
        (r#""resource":"pods""#, r#""other":"pods""#, "`request.resource.resource` is missing"),
        (r#""uid":"u1""#, r#""uid":"""#, "`request.uid` is empty"),
        (r#""dryRun":false"#, r#""dryRun":"false""#, "`request.dryRun` is a string"),
        ("admission.k8s.io/v1", "admission.k8s.io/v2", "is to be an `AdmissionReview`"),
        ("admission.k8s.io/v1", "", "is to be an `AdmissionReview`"),
        (r#""kind":"AdmissionReview","#, "", "is to be an `AdmissionReview`"),
    ] {
        let review = review(GOOD).replacen(of, by, 1);
        for path in ["/validate", "/mutate"] {
            let (status, text) = server.post(path, review.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{by}: {text}");
            assert!(text.contains(told) && !text.contains("allowed"), "{by}: {text}");
        }
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let server = start().await;
    let deep = "[".repeat(100_000);
    for (path, body, status, told) in [
        ("/validate", "{}", StatusCode::BAD_REQUEST, "is to be an `AdmissionReview`"),
        ("/validate", "", StatusCode::BAD_REQUEST, "the body cannot be read as JSON"),
        ("/validate", deep.as_str(), StatusCode::BAD_REQUEST, "the body cannot be read as JSON"),
        ("/", "{}", StatusCode::NOT_FOUND, "nothing here"),
        ("/livez", "{}", StatusCode::METHOD_NOT_ALLOWED, "not with this method"),
    ] {
        let (found, text) = server.post(path, body.to_owned()).await;
        assert_eq!(found, status, "{path} {text}");
        assert!(text.contains(told), "{text}");
    }
    let plain = Request::builder().method(Method::POST).uri("/validate").header("host", "h");
    let (status, _) = server.send(plain.body(Full::new(Bytes::from(review(GOOD)))).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(server.get("/validate").await.0, StatusCode::METHOD_NOT_ALLOWED);
}

/// A client of HTTP/2 reads why, while its body is on its way.
#[tokio::test]
async fn a_body_that_is_too_large_is_told_over_http_2() {
    let server = start().await;
    let mut sender = server.connect_http2().await;
    let request = Request::builder()
        .method(Method::POST)
        .uri("https://localhost/validate")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(vec![b' '; 9 << 20])))
        .unwrap();
    let reply = sender.send_request(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let text = reply.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&text[..], b"a review has at most 8388608 bytes\n");
}

#[tokio::test]
async fn it_is_ready_with_the_first_policies() {
    let live = Arc::new(Live::default());
    let limits = Limits::default();
    let server = Running::start_with(Arc::clone(&live), limits, FailureDirection::Fail).await;
    assert_eq!(server.get("/livez").await.0, StatusCode::OK);
    assert_eq!(server.get("/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let early = server.review(GOOD).await;
    assert_eq!(early.path_str(&["status", "message"]), Some("no policies are loaded yet"));

    live.renew(basis("baseline"));
    assert_eq!(server.get("/readyz").await.0, StatusCode::OK);
    assert_eq!(server.review(GOOD).await.get("allowed").unwrap().as_bool(), Some(true));
}

#[tokio::test]
async fn policies_are_renewed_while_requests_are_answered() {
    let server = start().await;
    assert_eq!(server.review(BAD).await.get("allowed").unwrap().as_bool(), Some(false));
    server.live.renew(basis("privileged"));
    assert_eq!(server.review(BAD).await.get("allowed").unwrap().as_bool(), Some(true));
    server.live.refuse("faulty");
    assert_eq!(server.review(BAD).await.get("allowed").unwrap().as_bool(), Some(true));
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains("sekisho_policy_reload_failed 1"), "{metrics}");
    assert!(metrics.contains("sekisho_policy_reloads_total 2"), "{metrics}");
}

#[tokio::test]
async fn the_certificate_is_renewed_for_new_connections() {
    let server = start().await;
    let mut open = server.connect().await;
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (other.cert.pem(), other.signing_key.serialize_pem());
    assert!(server.certificate.renew(chain.as_bytes(), b"no key").is_err());
    assert!(server.tls().await.is_ok(), "a faulty one is not taken");

    server.certificate.renew(chain.as_bytes(), key.as_bytes()).unwrap();
    assert!(server.tls().await.is_err(), "a client that trusts the old authority alone");
    let request = Request::builder().uri("/livez").header("host", "h");
    let reply = open.send_request(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK, "an open connection goes on");
    assert!(Certificate::from_pem(b"", key.as_bytes()).is_err());
}

/// A mutator, and a constraint that two rules violate with a warning.
const GATEKEEPER: &str = r#"
apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: team}
spec:
  location: metadata.labels.team
  parameters: {assign: {value: red}}
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: all}
spec:
  crd: {spec: {names: {kind: All}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package all
      violation[{"msg": msg}] { msg := ["one", "two"][_] }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: All
metadata: {name: denied}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: All
metadata: {name: warned}
spec: {enforcementAction: warn}
"#;

#[tokio::test]
async fn gatekeepers_policies_answer_as_its_webhook_does() {
    let live = Arc::new(Live::default());
    live.renew(basis_of(GATEKEEPER));
    let server = Running::start_with(live, Limits::default(), FailureDirection::Fail).await;
    let refused = server.review(GOOD).await;
    assert_eq!(refused.path_str(&["status", "message"]), Some("[denied] one\n[denied] two"));
    let warnings = refused.get("warnings").unwrap();
    assert_eq!(warnings.to_json(), r#"["[warned] one","[warned] two"]"#);
    assert_eq!(refused.get("patch"), None);

    let mutated = server.asked("/mutate?timeout=10s", GOOD).await;
    assert_eq!(mutated.get("allowed").unwrap().as_bool(), Some(true));
    let patch = STANDARD.decode(mutated.path_str(&["patch"]).unwrap()).unwrap();
    let wanted = r#"[{"op":"add","path":"/metadata/labels","value":{"team":"red"}}]"#;
    assert_eq!(String::from_utf8(patch).unwrap(), wanted);
    let by = mutated.path_str(&["auditAnnotations", "mutated-by"]);
    assert_eq!(by, Some("local/gatekeeper/AssignMetadata/team"));
}

/// Policies of pods alone: one that is violated, one that cannot be evaluated, and one that takes
/// longer than there is time.
const OF_PODS: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ofpods}
spec:
  crd: {spec: {names: {kind: OfPods}, validation: {openAPIV3Schema: {type: object, properties: {what: {type: string}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package ofpods
      violation[{"msg": "a violation"}] { input.parameters.what == "violated" }
      violation[{"msg": {}}] { input.parameters.what == "unevaluated" }
      violation[{"msg": "m"}] {
        input.parameters.what == "endless"
        numbers.range(1, 3000)[i]
        numbers.range(1, 3000)[j]
        i * j < 0
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: OfPods
metadata: {name: of-pods}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
  parameters: {what: WHAT}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: OfPods
metadata: {name: of-pods-again}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
  parameters: {what: WHAT}
"#;

fn deployment() -> String {
    let spec = format!(
        r#"{{"selector":{{"matchLabels":{{"a":"b"}}}},
        "template":{{"metadata":{{"labels":{{"a":"b"}}}},"spec":{GOOD}}}}}"#
    );
    review(&spec)
        .replace(r#""kind":"Pod""#, r#""kind":"Deployment""#)
        .replace(r#""group":"","version""#, r#""group":"apps","version""#)
        .replace(r#""resource":"pods""#, r#""resource":"deployments""#)
        .replace(r#"{"apiVersion":"v1","#, r#"{"apiVersion":"apps/v1","#)
}

/// An API server asks about pods when they come: what is found of them before is told, and refuses
/// nothing, whatever it is.
#[tokio::test]
async fn what_pods_would_be_told_is_logged_and_not_waited_for() {
    for (what, logged) in [
        ("violated", "\"message\":\"a violation\""),
        ("unevaluated", "\"errors\":[{\"message\":"),
        ("endless", "\"errors\":[{\"message\":"),
    ] {
        let live = Arc::new(Live::default());
        live.renew(basis_of(&OF_PODS.replace("WHAT", what)));
        let server = Running::start_with(live, Limits::default(), FailureDirection::Fail).await;
        let (status, answer) = server.post("/validate?timeout=2s", deployment()).await;
        assert_eq!(status, StatusCode::OK);
        assert!(answer.contains(r#""allowed":true"#), "{what}: {answer}");
        assert!(!answer.contains("error"), "{what}: {answer}");
        let line = server.logged(1).await.remove(0);
        assert!(line.contains(r#""event":"allowed""#), "{line}");
        assert!(line.contains(logged), "{what}: {line}");
        assert!(line.contains(r#""kind":"Deployment""#), "{line}");
        let (_, metrics) = server.get("/metrics").await;
        let allowed = "sekisho_requests_total{endpoint=\"validate\",outcome=\"allowed\"} 1\n";
        assert!(metrics.contains(allowed), "{what}: {metrics}");
        let errors = match what {
            "violated" => 0,
            "unevaluated" => 2,
            // A fast machine comes to the end of the policies' budgets before that of the time.
            _ => continue,
        };
        let errors = format!("sekisho_errors_total {errors}\n");
        assert!(metrics.contains(&errors), "{what}: {errors} in\n{metrics}");
    }
}

/// Where too many wait only what was found of workloads themselves is told, which is said and
/// counted.
#[tokio::test]
async fn what_pods_would_be_told_is_left_out_where_too_many_wait() {
    let live = Arc::new(Live::default());
    let of_deployments = "constraints.gatekeeper.sh/v1beta1\nkind: OfPods\nmetadata: {name: of-deployments}\nspec:\n  \
         match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}]}\n  parameters: {what: violated}\n";
    let policies = OF_PODS.replace("WHAT", "violated") + "---\napiVersion: " + of_deployments;
    live.renew(basis_of(&policies));
    let limits = Limits { afterwards: 0, ..Limits::default() };
    let server = Running::start_with(live, limits, FailureDirection::Fail).await;
    let (_, answer) = server.post("/validate?timeout=2s", deployment()).await;
    assert!(answer.contains("[of-deployments] a violation"), "{answer}");
    let line = server.logged(1).await.remove(0);
    assert_eq!(line.matches("\"key\":").count(), 1, "{line}");
    assert!(line.contains("what its pods would be told was not found out: too many"), "{line}");
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains("sekisho_requests_unforeseen_total 1\n"), "{metrics}");
    assert!(metrics.contains("sekisho_errors_total 0\n"), "{metrics}");
}

/// So it is where one other waits, and no more may.
#[tokio::test]
async fn no_more_wait_for_their_pods_than_may() {
    let live = Arc::new(Live::default());
    live.renew(basis_of(&OF_PODS.replace("WHAT", "endless")));
    let limits = Limits { afterwards: 1, ..Limits::default() };
    let server = Running::start_with(live, limits, FailureDirection::Fail).await;
    for _ in 0..2 {
        let (_, answer) = server.post("/validate?timeout=2s", deployment()).await;
        assert!(answer.contains(r#""allowed":true"#), "{answer}");
    }
    let lines = server.logged(2).await;
    let left_out = lines.iter().filter(|line| line.contains("not found out: too many others"));
    assert_eq!(left_out.count(), 1, "{lines:?}");
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains("sekisho_requests_unforeseen_total 1\n"), "{metrics}");
}

const MANY: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: counts}
spec:
  crd: {spec: {names: {kind: Counts}, validation: {openAPIV3Schema: {type: object, properties: {rest: {type: integer}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package counts
      violation[{"msg": sprintf("%d", [n])}] {
        name := input.review.name
        n := count([i | i := numbers.range(1, 1000)[_]; i % 50 == input.parameters.rest; name != ""])
      }
"#;

/// Of what would take a thread more than it may at once, a second one evaluates a part.
#[tokio::test]
async fn two_threads_judge_what_many_policies_are_about() {
    let constraint = |n| {
        format!(
            "---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Counts\n\
             metadata: {{name: c{n:02}}}\nspec: {{parameters: {{rest: {n}}}}}\n"
        )
    };
    let policies: String = (0..32).map(constraint).collect();
    let mut answers = Vec::new();
    for judging in [1, 2] {
        let live = Arc::new(Live::default());
        live.renew(basis_of(&format!("{MANY}{policies}")));
        // A little less than all of them take.
        let limits = Limits { judging, at_once: 150_000, ..Limits::default() };
        let server = Running::start_with(live, limits, FailureDirection::Fail).await;
        let mut evaluated = vec![0];
        for _ in 0..10 {
            answers.push(server.post("/validate?timeout=20s", review(GOOD)).await);
            let (_, metrics) = server.get("/metrics").await;
            let first = "sekisho_policy_evaluations_total{policy=\"local/gatekeeper/Counts/c00\"} ";
            let count = metrics.lines().find_map(|line| line.strip_prefix(first)).unwrap();
            evaluated.push(count.parse::<u64>().unwrap());
        }
        // One thread begins anew where it may take longer; two are done before, unless the second
        // comes late.
        let anew = evaluated.windows(2).filter(|two| two[1] - two[0] == 2).count();
        match judging {
            1 => assert_eq!(anew, 10, "{evaluated:?}"),
            _ if std::thread::available_parallelism().unwrap().get() == 1 => {}
            _ => assert!(anew < 10, "{evaluated:?}"),
        }
    }
    assert!(answers[0].1.contains("[c31] 20"), "{answers:?}");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}
