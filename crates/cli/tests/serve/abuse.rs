//! Much that is meant ill in a short time, and the healthy requests beside it.

use crate::serving::Serving;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u",
    "kind":{"group":"","version":"v1","kind":"Pod"},
    "resource":{"group":"","version":"v1","resource":"pods"},"name":"p","namespace":"default",
    "operation":"CREATE","userInfo":{"username":"ann"},"object":{"apiVersion":"v1","kind":"Pod",
    "metadata":{"name":"p","namespace":"default"},
    "spec":{"containers":[{"name":"c","image":"i"}]}}}}"#;

/// How many connections that say nothing.
const IDLE: usize = 10_000;

/// How long a healthy request may take beside all of that, in a build that is not optimized, on a
/// machine that does other things.
const HEALTHY: Duration = Duration::from_secs(10);

/// How much more memory the server may keep afterwards.
const KEPT: u64 = 96 << 20;

fn agent(authority: &str) -> ureq::Agent {
    let authority = Certificate::from_pem(authority.as_bytes()).unwrap();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&[authority]))
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent()
}

/// The status of an answer; none where there is none.
fn post(agent: &ureq::Agent, port: u16, body: &[u8]) -> Option<u16> {
    let url = format!("https://127.0.0.1:{port}/validate?timeout=10s");
    let sent = agent.post(&url).content_type("application/json").send(body);
    sent.ok().map(|answer| answer.status().as_u16())
}

/// The answer to a healthy review.
fn judged(agent: &ureq::Agent, port: u16) -> String {
    let url = format!("https://127.0.0.1:{port}/validate?timeout=10s");
    let mut answer =
        agent.post(&url).content_type("application/json").send(REVIEW.as_bytes()).unwrap();
    assert_eq!(answer.status(), 200);
    answer.body_mut().read_to_string().unwrap()
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// Reviews that are none, or that mean harm.
fn malformed() -> Vec<Vec<u8>> {
    let with = |of: &str, by: &str| REVIEW.replace(of, by).into_bytes();
    vec![
        Vec::new(),
        b"\xff\xfe".to_vec(),
        b"{}".to_vec(),
        b"null".to_vec(),
        REVIEW.as_bytes()[..REVIEW.len() / 2].to_vec(),
        "[".repeat(1 << 20).into_bytes(),
        "{\"a\":".repeat(1 << 18).into_bytes(),
        with("\"uid\":\"u\"", "\"uid\":7"),
        with("CREATE", "DESTROY"),
        with("\"c\"", &format!("\"{}\"", "c".repeat(1 << 20))),
        with("\"name\":\"p\"", &format!("\"name\":{}", "9".repeat(1 << 20))),
        with("\"containers\"", "\"containers\":null,\"containers\""),
    ]
}

fn attack(agent: &ureq::Agent, port: u16) {
    for body in malformed() {
        let status = post(agent, port, &body).unwrap();
        assert!([200, 400].contains(&status), "{status}: {:?}", &body[..body.len().min(40)]);
    }
    for _ in 0..50 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // A ClientHello that ends in the middle, and one that is noise.
        let _ = stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
        let mut noise = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _ = noise.write_all(&[0xa5; 4096]);
        let _ = noise.set_read_timeout(Some(Duration::from_secs(2)));
        let _ = noise.read(&mut [0; 64]);
    }
    let large = vec![b' '; 100 << 20];
    for _ in 0..3 {
        // It is answered or closed before it is read.
        if let Some(status) = post(agent, port, &large) {
            assert_eq!(status, 413);
        }
    }
    let mut idle = std::collections::VecDeque::new();
    for _ in 0..IDLE {
        idle.extend(TcpStream::connect(("127.0.0.1", port)).ok());
        // What this process may have open is not what is tested.
        if idle.len() > 5_000 {
            idle.pop_front();
        }
    }
}

#[test]
fn healthy_requests_go_on() {
    let server = Serving::start(&["--pod-security", "baseline", "--pack", "recommended"]);
    let (healthy, hostile) = (agent(&server.authority), agent(&server.authority));
    let answer = judged(&healthy, server.port);
    assert!(answer.contains("\"allowed\":"), "{answer}");
    // What is kept for later is kept after the first round, and not more of it after the second.
    attack(&hostile, server.port);
    let before = resident(server.pid());
    let done = AtomicBool::new(false);
    let slowest = std::thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !done.load(Ordering::SeqCst) {
                let started = Instant::now();
                assert_eq!(judged(&healthy, server.port), answer, "the same verdict");
                slowest = slowest.max(started.elapsed());
                std::thread::sleep(Duration::from_millis(10));
            }
            slowest
        });
        attack(&hostile, server.port);
        done.store(true, Ordering::SeqCst);
        beside.join().unwrap()
    });
    std::thread::sleep(Duration::from_millis(500));
    let after = resident(server.pid());
    let megabytes = |bytes: u64| bytes >> 20;
    println!(
        "healthy_requests_go_on: slowest {slowest:?}; {} MB, then {} MB",
        megabytes(before),
        megabytes(after)
    );
    assert!(slowest < HEALTHY, "a healthy request took {slowest:?}");
    assert!(after < before + KEPT, "{} MB became {} MB", megabytes(before), megabytes(after));
    assert_eq!(post(&agent(&server.authority), server.port, REVIEW.as_bytes()), Some(200));
}

#[test]
fn hostile_policies_are_refused_or_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.yaml");
    let rego = |body: &str| {
        let body = body.replace('\n', "\n      ");
        format!(
            "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {{name: x}}\n\
             spec:\n  crd: {{spec: {{names: {{kind: X}}}}}}\n  targets:\n  - target: \
             admission.k8s.gatekeeper.sh\n    rego: |\n      {body}\n---\napiVersion: \
             constraints.gatekeeper.sh/v1beta1\nkind: X\nmetadata: {{name: x}}\n"
        )
    };
    // What never starts.
    let deep = "(".repeat(100_000);
    let recursive = "package x\nviolation[{\"msg\": m}] { f(1, m) }\nf(a, b) { f(a, b) }";
    for text in [
        "a: ".repeat(100_000),
        format!("x: {}", "[".repeat(100_000)),
        rego(&format!("package x\nviolation[{{\"msg\": \"m\"}}] {{ {deep} }}")),
        rego(recursive),
    ] {
        std::fs::write(&file, &text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["serve", "--listen", "127.0.0.1:0", "--self-signed", "127.0.0.1", "-p"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // What starts, and never ends: it is refused in time, and the next request, too.
    let endless = "package x\nviolation[{\"msg\": \"m\"}] {\n  numbers.range(1, 100000)[i]\n  \
                   numbers.range(1, 100000)[j]\n  i * j < 0\n}";
    std::fs::write(&file, rego(endless)).unwrap();
    let server = Serving::start(&["-p", file.to_str().unwrap(), "--deadline", "2"]);
    let agent = agent(&server.authority);
    for _ in 0..3 {
        let url = format!("https://127.0.0.1:{}/validate", server.port);
        let started = Instant::now();
        let mut answer =
            agent.post(&url).content_type("application/json").send(REVIEW.as_bytes()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(text.contains("\"allowed\":false") && text.contains("\"code\":500"), "{text}");
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    }
}
