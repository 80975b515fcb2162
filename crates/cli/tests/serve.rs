//! `sekisho serve` behind a real API server; skipped where there can be none.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server, stopped when dropped.
struct Serving {
    child: Child,
    authority: String,
    port: u16,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["serve", "--listen", "127.0.0.1:0", "--self-signed", "127.0.0.1"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let port = line.trim().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let Some(port) = port else {
            stderr.read_to_string(&mut line).unwrap();
            panic!("{line}");
        };
        // What it logs is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || stderr.lines().for_each(drop));
        let mut authority = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        while !authority.contains("END CERTIFICATE") {
            assert_ne!(stdout.read_line(&mut authority).unwrap(), 0, "no authority is printed");
        }
        Self { child, authority, port }
    }

    /// What registers it with an API server.
    fn configuration(&self) -> Value {
        let bundle = STANDARD.encode(&self.authority);
        let port = self.port;
        from_json(&format!(
            r#"{{"apiVersion":"admissionregistration.k8s.io/v1",
            "kind":"ValidatingWebhookConfiguration","metadata":{{"name":"sekisho"}},
            "webhooks":[{{"name":"validate.sekisho.test","sideEffects":"None",
            "admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":5,
            "clientConfig":{{"url":"https://127.0.0.1:{port}/validate","caBundle":"{bundle}"}},
            "rules":[{{"apiGroups":["","apps"],"apiVersions":["*"],"operations":["*"],
            "resources":["pods","pods/exec","deployments","services"]}}]}}]}}"#
        ))
        .unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pod(name: &str, spec: &str) -> Value {
    from_json(&format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
    ))
    .unwrap()
}

#[test]
fn an_api_server_asks_it() {
    let builder = TestEnv::builder()
        .no_service_account()
        .no_workload_controllers()
        .disable_admission("PodSecurity");
    let Some(env) = TestEnv::start_or_skip("an_api_server_asks_it", &builder) else { return };
    let breakout = pod(
        "breakout",
        r#"{"hostPID":true,"containers":[{"name":"c","image":"alpine","command":["nsenter"],"securityContext":{"privileged":true}}]}"#,
    );
    env.accepts(&breakout);

    let server = Serving::start(&["--pod-security", "baseline"]);
    env.admin().create(&server.configuration()).unwrap();
    // An API server takes a moment to see a new configuration.
    let started = Instant::now();
    while env.admin().create_dry_run(&breakout).unwrap().is_success() {
        assert!(started.elapsed() < Duration::from_secs(30), "the webhook is not asked");
        std::thread::sleep(Duration::from_millis(100));
    }
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
