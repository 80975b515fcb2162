//! A server that runs, and what registers it with an API server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What an installation runs.
pub(crate) const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/sekisho-system/deployments/sekisho";

/// The server, stopped when dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) authority: String,
    pub(crate) port: u16,
    /// what it logged so far
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    /// reads what it logs
    reader: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts one that signs its certificate itself.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let own = ["--listen", "127.0.0.1:0", "--self-signed", "127.0.0.1"];
        Self::run(&[&own, arguments].concat())
    }

    /// Starts one with these arguments alone, and waits until it listens.
    pub(crate) fn run(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut lines: Vec<String> = Vec::new();
        let port = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended: {lines:#?}");
            let port = port_of(&line);
            lines.push(line.trim_end().to_owned());
            if let Some(port) = port {
                break port;
            }
        };
        // What it logs is read at once, so that it never waits for a reader.
        let log = Arc::new(Mutex::new(lines));
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || {
                for line in stderr.lines().map_while(Result::ok) {
                    log.lock().unwrap().push(line);
                }
            }
        });
        let mut authority = String::new();
        // One in a Secret is not printed.
        if arguments.contains(&"--self-signed") && !arguments.contains(&"--certificate-secret") {
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            while !authority.contains("END CERTIFICATE") {
                assert_ne!(stdout.read_line(&mut authority).unwrap(), 0, "no authority is printed");
            }
        }
        Self { child, authority, port, log, reader: Some(reader) }
    }

    /// Starts one that follows a cluster, and waits until it holds.
    pub(crate) fn follow(env: &TestEnv, arguments: &[&str]) -> Self {
        let kubeconfig = env.kubeconfig().to_str().unwrap();
        let server = Self::start(&[&["--cluster", "--kubeconfig", kubeconfig], arguments].concat());
        server.hear("policies are in force");
        server
    }

    /// Waits for a line with this part in its log.
    #[track_caller]
    pub(crate) fn hear(&self, part: &str) {
        wait(part, || self.said(part).then_some(()));
    }

    /// Starts one as the Deployment of an installation does, with the files of its Secret in a folder.
    pub(crate) fn deployed(env: &TestEnv, mounted: &Path, more: &[&str]) -> Self {
        let deployment = env.admin().get(DEPLOYMENT).unwrap().body;
        let containers = deployment.path(&["spec", "template", "spec", "containers"]).unwrap();
        let container = containers.as_array().unwrap().first().unwrap();
        let mounted = format!("={}/", mounted.display());
        let arguments = container.get("args").and_then(Value::as_array).unwrap().iter();
        let arguments = arguments.map(|argument| {
            let local = argument.as_str().unwrap().replace("=/tls/", &mounted);
            local.replace("=:8443", "=127.0.0.1:0").replace("=:9090", "=127.0.0.1:0")
        });
        let arguments: Vec<String> = arguments.collect();
        let (command, arguments) = arguments.split_first().unwrap();
        assert_eq!(command, "serve");
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self::run(&[&arguments, more].concat())
    }

    /// Whether a line that it logged has this part.
    pub(crate) fn said(&self, part: &str) -> bool {
        self.log.lock().unwrap().iter().any(|line| line.contains(part))
    }

    /// What registers it with an API server.
    pub(crate) fn configuration(&self) -> Value {
        configuration("Validating", "/validate", self.port, &self.authority)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and gives what it logged to its end.
    pub(crate) fn end(mut self) -> Vec<String> {
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(asked.unwrap().success());
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.log.lock().unwrap().join("\n"));
        }
    }
}

/// The port of the line that tells where a server listens.
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("listening on ")?;
    rest.split('"').next()?.rsplit_once(':')?.1.trim().parse().ok()
}

/// A webhook of a path and port, and the authorities that are trusted for it.
pub(crate) fn configuration(kind: &str, path: &str, port: u16, authorities: &str) -> Value {
    let bundle = STANDARD.encode(authorities);
    let name = path.trim_start_matches('/');
    let reinvocation = if kind == "Mutating" { r#","reinvocationPolicy":"IfNeeded""# } else { "" };
    let operations = if kind == "Mutating" { r#""CREATE","UPDATE""# } else { r#""*""# };
    from_json(&format!(
        r#"{{"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"{kind}WebhookConfiguration","metadata":{{"name":"sekisho"}},
        "webhooks":[{{"name":"{name}.sekisho.test","sideEffects":"None",
        "admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":5,
        "clientConfig":{{"url":"https://127.0.0.1:{port}{path}","caBundle":"{bundle}"}},
        "rules":[{{"apiGroups":["","apps"],"apiVersions":["*"],"operations":[{operations}],
        "resources":["pods","pods/exec","deployments","services"]}}]{reinvocation}}}]}}"#
    ))
    .unwrap()
}

/// The configuration with another list of resources, of all groups, in JSON.
pub(crate) fn about(configuration: &Value, resources: &str) -> Value {
    let mut changed = configuration.clone();
    let webhooks = changed.get_mut("webhooks").and_then(Value::as_array_mut).unwrap();
    let webhook = webhooks.first_mut().unwrap();
    let rules = format!(
        r#"[{{"apiGroups":["*"],"apiVersions":["*"],"operations":["*"],"resources":{resources}}}]"#
    );
    webhook.as_object_mut().unwrap().insert("rules", from_json(&rules).unwrap());
    changed
}

/// What comes within five minutes: the machine may have much else to do.
#[track_caller]
pub(crate) fn wait<T>(what: &str, mut until: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = until() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "not within five minutes: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The lead-in of the API server before a webhook's message.
pub(crate) const LEAD_IN: &str = "admission webhook \"validate.sekisho.test\" denied the request: ";

/// Registers a webhook, and waits until an object is refused by it: an API server takes a moment
/// to see a new configuration.
pub(crate) fn register(env: &TestEnv, configuration: &Value, refused: &Value) {
    let created = env.admin().create(configuration).unwrap();
    assert!(created.is_success(), "{}", created.message());
    let started = Instant::now();
    while env.admin().create_dry_run(refused).unwrap().is_success() {
        assert!(started.elapsed() < Duration::from_secs(30), "the webhook is not asked");
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(crate) fn pod(name: &str, spec: &str) -> Value {
    from_json(&format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
    ))
    .unwrap()
}
