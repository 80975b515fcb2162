//! Clients that mean harm, and the healthy request beside them.

use crate::client::{GOOD, Running, basis_of, review};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame};
use hyper::client::conn::http2;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioExecutor;
use sekisho_checkpoint_admission::{Basis, FailureDirection, Limits, Live};
use sekisho_policy::Inventory;
use sekisho_value::Value;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn start(limits: Limits) -> Running {
    Running::start(limits, FailureDirection::Fail).await
}

async fn is_healthy(server: &Running) {
    let started = Instant::now();
    assert_eq!(server.review(GOOD).await.get("allowed").unwrap().as_bool(), Some(true));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn large_bodies_are_refused_before_they_are_read() {
    let server = start(Limits { body: 1 << 20, ..Limits::default() }).await;
    let padded = format!("{}{}", review(GOOD), " ".repeat(2 << 20));
    assert_eq!(server.post("/validate", padded).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    is_healthy(&server).await;
}

#[tokio::test]
async fn bodies_are_bounded_together() {
    let server = start(Limits { held: 100_000, ..Limits::default() }).await;
    let head = "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99999\r\n\r\n";
    let mut hoarding = Vec::new();
    for _ in 0..2 {
        let mut hoarder = server.tls().await.unwrap();
        hoarder.write_all(head.as_bytes()).await.unwrap();
        hoarder.write_all(&[b' '; 60_000]).await.unwrap();
        hoarding.push(hoarder);
    }
    let mut reply = vec![0; 64];
    let Some(second) = hoarding.last_mut() else { return };
    let read = tokio::time::timeout(Duration::from_secs(4), second.read(&mut reply)).await;
    let read = read.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&reply[..read]).starts_with("HTTP/1.1 503"));
    is_healthy(&server).await;
}

#[tokio::test]
async fn idle_connections_make_room() {
    let server = start(Limits { connections: 8, ..Limits::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    is_healthy(&server).await;
    let mut first = idle.remove(0);
    let closed = tokio::time::timeout(Duration::from_secs(5), first.read(&mut [0; 1])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "the idlest was closed: {closed:?}");
}

#[tokio::test]
async fn slow_clients_are_left() {
    let patience = Duration::from_millis(200);
    let server = start(Limits { patience, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut broken = TcpStream::connect(server.address).await.unwrap();
    broken.write_all(b"\x16\x03\x01\x00\xff\x01").await.unwrap();
    let mut slow = server.tls().await.unwrap();
    let head = "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    for stream in [&mut silent, &mut broken] {
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut [0; 9])).await;
        assert!(closed.is_ok(), "it is closed");
    }
    let mut reply = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_secs(5), slow.read(&mut reply)).await;
    let read = read.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&reply[..read]).starts_with("HTTP/1.1 408"));
    is_healthy(&server).await;
}

#[tokio::test]
async fn what_is_too_much_goes_the_configured_way() {
    for (on_error, allowed) in [(FailureDirection::Fail, false), (FailureDirection::Ignore, true)] {
        let limits = Limits { at_once: 0, waiting: 0, ..Limits::default() };
        let server = Running::start(limits, on_error).await;
        // The other is read by a thread that does not talk.
        let large = GOOD.replace("\"i\"", &format!("\"{}\"", "i".repeat(100_000)));
        for (spec, shed) in [(GOOD, 1), (&*large, 2)] {
            let answer = server.review(spec).await;
            assert_eq!(answer.get("allowed").unwrap().as_bool(), Some(allowed));
            let told = "too many requests are being judged";
            assert_eq!(answer.path_str(&["auditAnnotations", "error"]), Some(told));
            if !allowed {
                let seconds = answer.path(&["status", "details", "retryAfterSeconds"]).unwrap();
                assert_eq!(seconds.as_i64(), Some(1));
            }
            let (_, metrics) = server.get("/metrics").await;
            assert!(metrics.contains(&format!("outcome=\"shed\"}} {shed}")), "{metrics}");
        }
    }
}

/// Large reviews of many values are read one after the other, where they would take too much memory
/// together; one for which there will be no room in time is refused.
#[tokio::test]
async fn what_takes_much_memory_waits_for_room() {
    let many =
        format!(r#"{{"containers":[{{"name":"c","image":"i"}}],"x":[{}0]}}"#, "0,".repeat(50_000));
    let limits = Limits { judging: 8, read: 1 << 20, ..Limits::default() };
    let server = Arc::new(start(limits).await);
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let (server, many) = (Arc::clone(&server), many.clone());
            tokio::spawn(async move { server.review(&many).await.to_json() })
        })
        .collect();
    is_healthy(&server).await;
    for answer in asked {
        assert!(answer.await.unwrap().contains("\"allowed\":true"));
    }
    // Who comes when half of the time is gone, and finds no room to be read in.
    let deadline = Duration::from_millis(500);
    let server = Arc::new(endless(Limits { judging: 1, deadline, ..limits }).await);
    let mut told = Vec::new();
    let asked: Vec<_> = (0..2)
        .map(|_| {
            let (server, many) = (Arc::clone(&server), many.clone());
            tokio::spawn(async move { server.post("/validate", review(&many)).await })
        })
        .collect();
    for answer in asked {
        told.push(answer.await.unwrap());
    }
    let late = (StatusCode::SERVICE_UNAVAILABLE, "not judged in time\n".to_owned());
    // A fast machine comes to the end of the first one's budget before that of its time, and a slow
    // one to the second when there is room again, and no time.
    let refused = |answer: &(_, String)| *answer == late || answer.1.contains("\"allowed\":false");
    assert!(told.iter().all(refused), "{told:?}");
}

/// Who sends requests ahead has them answered in turn with those of others.
#[tokio::test]
async fn requests_sent_ahead_hold_up_nobody() {
    let server = start(Limits::default()).await;
    let body = review(GOOD);
    let ahead = format!(
        "POST /validate HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: \
         {}\r\n\r\n{body}",
        body.len()
    );
    let (mut hasty, mut other) = (server.tls().await.unwrap(), server.tls().await.unwrap());
    // Both are welcomed; what they say comes together.
    tokio::time::sleep(Duration::from_millis(100)).await;
    hasty.write_all(ahead.repeat(20).as_bytes()).await.unwrap();
    let ask = "GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    other.write_all(ask.as_bytes()).await.unwrap();
    let mut metrics = String::new();
    other.read_to_string(&mut metrics).await.unwrap();
    let judged = metrics.lines().find_map(|line| line.split_once("outcome=\"allowed\"} "));
    let judged: usize = judged.map_or(0, |(_, count)| count.parse().unwrap());
    assert!(judged < 5, "{judged} were answered before");
}

/// No pod is ever judged by it, and nothing else is asked about.
const ENDLESS: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: endless}
spec:
  crd: {spec: {names: {kind: Endless}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package endless
      violation[{"msg": "m"}] {
        numbers.range(1, 3000)[i]
        numbers.range(1, 3000)[j]
        i * j < 0
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Endless
metadata: {name: endless}
spec: {match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}}
"#;

async fn endless(limits: Limits) -> Running {
    let live = Arc::new(Live::default());
    live.renew(basis_of(ENDLESS));
    Running::start_with(live, limits, FailureDirection::Fail).await
}

/// What is judged at once does not wait for what takes long, however much of that there is.
#[tokio::test]
async fn short_judgements_go_past_long_ones() {
    let deadline = Duration::from_secs(3);
    let limits = Limits { judging: 1, waiting: 2, deadline, ..Limits::default() };
    let server = Arc::new(endless(limits).await);
    let started = Instant::now();
    let long: Vec<_> = (0..6)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.review(GOOD).await.to_json() })
        })
        .collect();
    let short = review(GOOD).replace("\"kind\":\"Pod\"", "\"kind\":\"ConfigMap\"");
    let short = short.replace("\"spec\":", "\"immutable\":true,\"other\":");
    let mut in_flight = false;
    for _ in 0..5 {
        let (status, answer) = server.post("/validate", short.clone()).await;
        assert_eq!(status, StatusCode::OK);
        assert!(answer.contains("\"allowed\":true"), "{answer}");
        assert_eq!(server.get("/readyz").await.0, StatusCode::OK);
        let (_, metrics) = server.get("/metrics").await;
        in_flight |= metrics.contains("sekisho_requests_in_flight 1\n");
    }
    assert!(in_flight && started.elapsed() < deadline, "{:?}", started.elapsed());
    let mut told = Vec::new();
    for answer in long {
        told.push(answer.await.unwrap());
    }
    assert!(started.elapsed() < deadline + Duration::from_secs(2), "{:?}", started.elapsed());
    let said = |what: &str| told.iter().filter(|answer| answer.contains(what)).count();
    assert!(told.iter().all(|answer| answer.contains("\"allowed\":false")), "{told:?}");
    let shed = said("too many requests are being judged");
    assert!(shed >= 3, "two wait, one is judged: {told:?}");
    // A fast machine comes to the end of their budget before that of their time.
    let ended = said("it was not judged in time") + said("could not be evaluated");
    assert!(ended >= 1 && ended + shed == told.len(), "{told:?}");
    // Each of them is in the log, with who asked, and in the metrics.
    let log = server.logged(told.len()).await;
    assert!(log.iter().all(|line| line.contains("\"errors\":[") && line.contains("\"user\":")));
    let logged = log.iter().filter(|line| line.contains("too many requests")).count();
    assert_eq!(logged, shed, "{log:?}");
    let (_, metrics) = server.get("/metrics").await;
    let all = told.len() + 5;
    assert!(
        metrics.contains(&format!("sekisho_request_duration_seconds_count {all}\n")),
        "{metrics}"
    );
}

/// An API server that does not answer at once.
struct Slow;

impl Inventory for Slow {
    fn pods(&self, _: &str, within: Duration) -> Option<Vec<Value>> {
        std::thread::sleep(within);
        None
    }
}

/// The pods of a namespace whose level changes are listed, which takes time.
const TIGHTENED: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
    "uid":"u1","kind":{"group":"","version":"v1","kind":"Namespace"},
    "resource":{"group":"","version":"v1","resource":"namespaces"},
    "name":"n","namespace":"n","operation":"UPDATE","userInfo":{"username":"ann"},
    "object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n",
    "labels":{"pod-security.kubernetes.io/enforce":"restricted"}}},
    "oldObject":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}}}"#;

/// Who waits for the API server gives its turn to those who wait for nobody.
#[tokio::test]
async fn a_turn_is_given_up_while_the_api_server_is_asked() {
    for (asking, beside) in [(1, true), (0, false)] {
        let live = Arc::new(Live::default());
        let configuration = "apiVersion: pod-security.admission.config.k8s.io/v1\n\
                             kind: PodSecurityConfiguration\n";
        live.renew(Basis { inventory: Box::new(Slow), ..basis_of(configuration) });
        let limits = Limits { at_once: 0, judging: 1, asking, ..Limits::default() };
        let server = Arc::new(Running::start_with(live, limits, FailureDirection::Fail).await);
        let tightens = tokio::spawn({
            let server = Arc::clone(&server);
            async move { server.post("/validate", TIGHTENED).await.1 }
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        is_healthy(&server).await;
        let (_, metrics) = server.get("/metrics").await;
        let in_flight = metrics.contains("sekisho_requests_in_flight 1\n");
        assert_eq!(in_flight, beside, "asking {asking}");
        let told = tightens.await.unwrap();
        assert!(told.contains("failed to list pods"), "{told}");
        assert!(server.get("/metrics").await.1.contains("sekisho_requests_in_flight 0\n"));
    }
}

/// A judgement ends when nobody waits for it any more.
#[tokio::test]
async fn who_leaves_takes_the_judgement_along() {
    let deadline = Duration::from_secs(60);
    let server = endless(Limits { judging: 1, deadline, ..Limits::default() }).await;
    let mut sender = server.connect_http2().await;
    let asked = sender.send_request(post(Full::new(Bytes::from(review(GOOD)))));
    assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err());
    drop(sender);
    let started = Instant::now();
    while !server.get("/metrics").await.1.contains("sekisho_requests_in_flight 0\n") {
        assert!(started.elapsed() < Duration::from_secs(20), "it is still judged");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn post<B>(body: B) -> Request<B> {
    let request = Request::post("https://localhost/validate");
    request.header("content-type", "application/json").body(body).unwrap()
}

/// A body that begins, and does not go on.
struct Stuck(bool);

impl Body for Stuck {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{")))))
    }
}

/// A client of HTTP/2 reads why, whatever it was about to send.
#[tokio::test]
async fn early_answers_reach_clients_of_http_2() {
    let patience = Duration::from_millis(300);
    let server = start(Limits { held: 100_000, patience, ..Limits::default() }).await;
    let large = || Full::new(Bytes::from(vec![b' '; 1 << 20]));
    let mut sender = server.connect_http2().await;
    let shed = sender.send_request(post(large())).await.unwrap();
    assert_eq!(shed.status(), StatusCode::SERVICE_UNAVAILABLE);
    let text = shed.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&text[..], b"too many reviews are being read\n");

    let mut plain = post(large());
    plain.headers_mut().remove("content-type");
    let plain = server.connect_http2().await.send_request(plain).await.unwrap();
    assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let slow = server.connect_http2().await.send_request(post(Stuck(false))).await.unwrap();
    assert_eq!(slow.status(), StatusCode::REQUEST_TIMEOUT);
    is_healthy(&server).await;
}

/// Who asks and takes no answers is left, before there are too many.
#[tokio::test]
async fn answers_that_nobody_takes_are_not_kept() {
    let server = start(Limits { kept: 1 << 20, ..Limits::default() }).await;
    let mut takes_none = http2::Builder::new(TokioExecutor::new());
    takes_none.initial_stream_window_size(0);
    let mut hoarders = Vec::new();
    for _ in 0..4 {
        let mut sender = server.connect_http2_as(&takes_none).await;
        let asked: Vec<_> = (0..100)
            .map(|_| sender.send_request(post(Full::new(Bytes::from(review(GOOD))))))
            .collect();
        let mut answers = Vec::new();
        for answer in asked {
            answers.extend(answer.await);
        }
        hoarders.push((sender, answers));
        is_healthy(&server).await;
    }
    let left = hoarders.iter().filter(|(sender, _)| sender.is_closed()).count();
    assert!(left >= 3, "{left} of the clients are left");
}

/// What answers `HEAD` has no body, whatever the protocol leaves to who writes it.
#[tokio::test]
async fn heads_have_no_body() {
    let server = Running::start(Limits::default(), FailureDirection::Fail).await;
    for path in ["/livez", "/readyz", "/metrics", "/nowhere"] {
        let mut sender = server.connect_http2().await;
        let request = Request::head(format!("https://localhost{path}"));
        let reply = sender.send_request(request.body(Full::<Bytes>::default()).unwrap()).await;
        let body = reply.unwrap().into_body().collect().await.unwrap().to_bytes();
        assert!(body.is_empty(), "{path}: {body:?}");
    }
}
