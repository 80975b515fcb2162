//! `check`, admission and the audit say the same, message by message, of every object that a real
//! API server takes; skipped where there is no API server, or no corpus beside the checkout.
#![expect(clippy::unwrap_used, reason = "a test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SEKISHO: &str = env!("CARGO_BIN_EXE_sekisho");
/// What is judged by, everywhere.
const POLICIES: [&str; 4] = ["--pack", "recommended", "--pod-security", "baseline"];
/// What the reading of files finds, and no other checkpoint has to do with.
const OF_FILES: [&str; 3] = ["schema/", "exception/", "inventory/"];

/// Kind, namespace and name.
type Named = (String, String, String);
/// Policy, rule, action, message and key.
type Found = BTreeMap<Named, BTreeSet<[String; 5]>>;

#[test]
fn check_admission_and_audit_say_the_same() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/real");
    if !corpus.is_dir() {
        eprintln!("skipped: check_admission_and_audit_say_the_same: no {}", corpus.display());
        return;
    }
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let test = "check_admission_and_audit_say_the_same";
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let objects = objects(&corpus);
    let taken = create(&env, &objects);
    assert!(taken.len() > 400, "{} of {}", taken.len(), objects.len());

    let by_check = check(&taken);
    let by_audit = audit(&env);
    let by_admission = admit(&env, &taken);
    let mut differences = Vec::new();
    let (mut findings, mut with) = (0, 0);
    for object in &taken {
        let named = named(object);
        let of = |found: &Found| found.get(&named).cloned().unwrap_or_default();
        let (check, audit, admission) = (of(&by_check), of(&by_audit), of(&by_admission));
        findings += check.len();
        with += usize::from(!check.is_empty());
        for (place, other) in [("audit", audit), ("admission", admission)] {
            for only in check.difference(&other) {
                differences.push(format!("{named:?}: not at {place}: {only:?}"));
            }
            for only in other.difference(&check) {
                differences.push(format!("{named:?}: only at {place}: {only:?}"));
            }
        }
    }
    eprintln!(
        "{} objects of {} were taken; {with} of them have {findings} findings, the same at check, \
         admission and audit; {} differences",
        taken.len(),
        objects.len(),
        differences.len()
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(findings > 500, "{findings}");
}

fn named(object: &Value) -> Named {
    let text = |path: &[&str]| object.path_str(path).unwrap_or_default().to_owned();
    (text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"]))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files(&entry, found);
        } else {
            found.push(entry);
        }
    }
}

/// All objects of a folder; definitions and namespaces come first.
fn objects(folder: &Path) -> Vec<Value> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    let mut objects: Vec<Value> = Vec::new();
    for path in paths {
        let read = read("f", std::fs::read(path).unwrap(), &ReadOptions::default());
        objects.extend(read.documents.into_iter().map(|document| document.value));
    }
    // Servers that are not there: what they would serve cannot be listed, which is an error.
    objects.retain(|object| object.path_str(&["kind"]) != Some("APIService"));
    let rank = |object: &Value| match object.path_str(&["kind"]) {
        Some("CustomResourceDefinition") => 0,
        Some("Namespace") => 1,
        _ => 2,
    };
    objects.sort_by_key(rank);
    objects
}

/// Creates what the API server takes; gives that as it was given, with its namespace.
fn create(env: &TestEnv, objects: &[Value]) -> Vec<Value> {
    let namespaces: BTreeSet<&str> =
        objects.iter().filter_map(|object| object.path_str(&["metadata", "namespace"])).collect();
    let given: BTreeSet<&str> = objects
        .iter()
        .filter(|object| object.path_str(&["kind"]) == Some("Namespace"))
        .filter_map(|object| object.path_str(&["metadata", "name"]))
        .collect();
    for name in namespaces.difference(&given) {
        let text =
            format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}"}}}}"#);
        env.admin().create(&from_json(&text).unwrap()).unwrap();
    }
    let mut taken = Vec::new();
    let mut defined = false;
    for object in objects {
        if !defined && object.path_str(&["kind"]) != Some("CustomResourceDefinition") {
            // Their kinds are served a moment later.
            std::thread::sleep(Duration::from_secs(3));
            defined = true;
        }
        // What names nothing cannot be told apart; a kind that is not served is none to take.
        let Ok(answer) = env.admin().create(object) else { continue };
        if !answer.is_success() || object.path_str(&["metadata", "name"]).is_none() {
            continue;
        }
        let mut object = object.clone();
        if let Some(namespace) = answer.body.path_str(&["metadata", "namespace"]) {
            let metadata = object.get_mut("metadata").and_then(Value::as_object_mut).unwrap();
            metadata.insert("namespace", namespace);
        }
        taken.push(object);
    }
    taken
}

fn report(command: &mut Command) -> Found {
    let output = command.args(["-o", "json", "--no-progress"]).args(POLICIES).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = from_json(&String::from_utf8(output.stdout).unwrap()).unwrap();
    let errors = report.get("errors").and_then(Value::as_array).unwrap();
    assert!(
        errors.is_empty(),
        "{stderr}{:?}",
        errors.iter().map(Value::to_json).collect::<Vec<_>>()
    );
    let mut found = Found::new();
    for finding in report.get("findings").and_then(Value::as_array).unwrap() {
        let text = |path: &[&str]| finding.path_str(path).unwrap_or_default().to_owned();
        if OF_FILES.iter().any(|start| text(&["rule"]).starts_with(start)) {
            continue;
        }
        let of = ["kind", "namespace", "name"].map(|key| text(&["resource", key]));
        let [kind, namespace, name] = of;
        let told = ["policy", "rule", "action", "message", "key"].map(|key| text(&[key]));
        found.entry((kind, namespace, name)).or_default().insert(told);
    }
    found
}

fn check(taken: &[Value]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for (number, object) in taken.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:04}.json")), object.to_json()).unwrap();
    }
    report(Command::new(SEKISHO).args(["check", "--no-config"]).arg(folder.path()))
}

fn audit(env: &TestEnv) -> Found {
    let mut command = Command::new(SEKISHO);
    command.args(["audit", "--cluster", "--no-cluster-policies", "--kubeconfig"]);
    report(command.arg(env.kubeconfig()))
}

/// The server, stopped when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the webhook says of each object as the API server sends it.
fn admit(env: &TestEnv, taken: &[Value]) -> Found {
    let mut child = Command::new(SEKISHO)
        .args(["serve", "--cluster", "--listen", "127.0.0.1:0", "--self-signed", "127.0.0.1"])
        .arg("--kubeconfig")
        .arg(env.kubeconfig())
        .args(POLICIES)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let (lines, log) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&said));
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| log.lock().unwrap().push(line));
    });
    let mut authority = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    while !authority.contains("END CERTIFICATE") {
        assert_ne!(stdout.read_line(&mut authority).unwrap(), 0, "no authority");
    }
    let _serving = Serving(child);
    let started = Instant::now();
    let port: u16 = loop {
        let lines = said.lock().unwrap().clone();
        let port = lines.iter().find_map(|line| line.strip_prefix("listening on 127.0.0.1:"));
        if let Some(port) = port
            && lines.iter().any(|line| line.contains("policies are in force"))
        {
            break port.parse().unwrap();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{lines:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let bundle = STANDARD.encode(&authority);
    let configuration = format!(
        r#"{{"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"ValidatingWebhookConfiguration","metadata":{{"name":"sekisho"}},
        "webhooks":[{{"name":"validate.sekisho.test","sideEffects":"None",
        "admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":30,
        "clientConfig":{{"url":"https://127.0.0.1:{port}/validate","caBundle":"{bundle}"}},
        "rules":[{{"apiGroups":["*"],"apiVersions":["*"],"operations":["CREATE"],
        "resources":["*"]}}]}}]}}"#
    );
    env.admin().create(&from_json(&configuration).unwrap()).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    for object in taken {
        // It is there already, which is told after all webhooks were asked; that its port is taken
        // is told before.
        if object.path_str(&["kind"]) == Some("Service") {
            let (_, namespace, name) = named(object);
            let path = format!("/api/v1/namespaces/{namespace}/services/{name}");
            assert!(env.admin().delete(&path).unwrap().is_success());
        }
        let answer = env.admin().create_dry_run(object).unwrap();
        assert!(!answer.is_success() || answer.body.get("kind").is_some());
    }
    let mut found = Found::new();
    for line in said.lock().unwrap().iter().filter(|line| line.starts_with('{')) {
        let line = from_json(line).unwrap();
        assert!(line.get("errors").is_none(), "{}", line.to_json());
        let text = |key: &str| line.path_str(&[key]).unwrap_or_default().to_owned();
        let named = (text("kind"), text("namespace"), text("name"));
        for finding in line.get("findings").and_then(Value::as_array).unwrap_or_default() {
            let told = ["policy", "rule", "action", "message", "key"]
                .map(|key| finding.path_str(&[key]).unwrap_or_default().to_owned());
            found.entry(named.clone()).or_default().insert(told);
        }
    }
    found
}
