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

/// How many connections that say nothing, in the round before and in the one that counts.
const IDLE: [usize; 2] = [2_000, 10_000];

/// How many of them this process has open at once: what it may have is not what is tested.
const OPEN: usize = 5_000;

/// How many bytes a body has that nobody wants.
const LARGE: u64 = 100 << 20;

/// How many healthy requests are timed at least, alone and beside the others.
const TIMED: usize = 100;

/// How much longer nine of ten healthy requests may take beside all of that than alone. Who attacks
/// has the same cores, and takes most of them.
const SLOWER: (u32, Duration) = (10, Duration::from_millis(250));

/// How much more memory the server may keep afterwards.
const KEPT: u64 = 32 << 20;

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

/// Sends a large body, of a length that is told or is not, until it is answered or closed.
fn pour(agent: &ureq::Agent, port: u16, told: bool) {
    let url = format!("https://127.0.0.1:{port}/validate?timeout=10s");
    let mut request = agent.post(&url).content_type("application/json");
    if told {
        request = request.header("content-length", LARGE);
    }
    let body = std::io::repeat(b' ').take(LARGE);
    if let Ok(answer) = request.send(ureq::SendBody::from_owned_reader(body)) {
        assert_eq!(answer.status(), 413);
    }
}

fn attack(agent: &ureq::Agent, port: u16, idle: usize) {
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
    for told in [true, false] {
        pour(agent, port, told);
    }
    let mut silent = std::collections::VecDeque::new();
    for _ in 0..idle {
        silent.extend(TcpStream::connect(("127.0.0.1", port)).ok());
        if silent.len() > OPEN {
            silent.pop_front();
        }
    }
}

/// How long healthy requests take, one after the other: so many at least, and until it is done.
/// Each gets the same answer.
fn times(agent: &ureq::Agent, port: u16, answer: &str, done: &AtomicBool) -> Vec<Duration> {
    let mut times = Vec::new();
    while times.len() < TIMED || !done.load(Ordering::SeqCst) {
        let started = Instant::now();
        assert_eq!(judged(agent, port), answer, "the same verdict");
        times.push(started.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    times.sort_unstable();
    times
}

/// The time that nine of ten take at most.
fn most(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 9 / 10]
}

#[test]
fn healthy_requests_go_on() {
    let server = Serving::start(&["--pod-security", "baseline", "--pack", "recommended"]);
    let (healthy, hostile) = (agent(&server.authority), agent(&server.authority));
    let answer = judged(&healthy, server.port);
    assert!(answer.contains("\"allowed\":"), "{answer}");
    let [few, all] = IDLE;
    // What is kept for later is kept after the first round, and not more of it after the second.
    attack(&hostile, server.port, few);
    let before = resident(server.pid());
    let (always, done) = (AtomicBool::new(true), AtomicBool::new(false));
    let alone = || most(&times(&healthy, server.port, &answer, &always));
    let first = alone();
    let beside = std::thread::scope(|scope| {
        let beside = scope.spawn(|| times(&healthy, server.port, &answer, &done));
        attack(&hostile, server.port, all);
        done.store(true, Ordering::SeqCst);
        beside.join().unwrap()
    });
    // What else the machine does changes while the test runs.
    let alone = first.max(alone());
    let after = resident(server.pid());
    let megabytes = |bytes: u64| bytes >> 20;
    println!(
        "healthy_requests_go_on: nine of ten take {:?}, alone {alone:?}; the slowest of {} takes \
         {:?}; {} MB, then {} MB",
        most(&beside),
        beside.len(),
        beside.last(),
        megabytes(before),
        megabytes(after)
    );
    let (factor, more) = SLOWER;
    assert!(most(&beside) < alone * factor + more, "{:?} beside, {alone:?} alone", most(&beside));
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
