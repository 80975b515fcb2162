//! `check`, admission and the audit say the same, message by message, of every object that a real
//! API server takes; skipped where there is no API server, or no corpus beside the checkout.
#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a test")]

#[path = "serve/serving.rs"]
#[expect(dead_code, reason = "the tests of `serve` use the rest of it")]
mod serving;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};
use serving::Serving;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SEKISHO: &str = env!("CARGO_BIN_EXE_sekisho");
/// What is judged by, everywhere.
const POLICIES: [&str; 6] = [
    "--pack",
    "recommended",
    "--pod-security",
    "baseline",
    "--policies",
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/one_verdict/policies.yaml"),
];
/// A parameter of those.
const PARAMETER: &str = r#"{"apiVersion":"v1","kind":"ConfigMap",
    "metadata":{"name":"verdict-ports","namespace":"default"},"data":{"most":"8000"}}"#;
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
    let mut objects = objects(&corpus);
    objects.push(from_json(PARAMETER).unwrap());
    tell_apart(&mut objects);
    let serving = Serving::follow(&env, &POLICIES);
    // Whatever mutators change is changed before it is stored.
    register(&serving, &env, "Mutating", "mutate");
    let taken = create(&env, &objects);
    assert!(taken.len() > 400, "{} of {}", taken.len(), objects.len());

    let by_check = check(&env, &taken);
    let by_audit = audit(&env);
    let (by_admission, told) = admit(&env, serving, &taken);
    let mut differences = Vec::new();
    let (mut findings, mut with) = (0, 0);
    for object in &taken {
        let named = named(object);
        let of = |found: &Found| found.get(&named).cloned().unwrap_or_default();
        let (check, audit, admission) = (of(&by_check), of(&by_audit), of(&by_admission));
        // What Secrets hold stays out of the log, so that messages about them are not in it; who
        // sent one is told all the same.
        let is_secret = named.0 == "Secret";
        let as_logged = |found: &BTreeSet<[String; 5]>| match is_secret {
            true => found.iter().cloned().map(without_message).collect(),
            false => found.clone(),
        };
        for [.., message, _] in check.iter().filter(|_| is_secret) {
            if !told[&named].contains(message.as_str()) {
                differences.push(format!("{named:?}: the sender is not told: {message}"));
            }
        }
        findings += check.len();
        with += usize::from(!check.is_empty());
        for (place, check, other) in
            [("audit", check.clone(), audit), ("admission", as_logged(&check), admission)]
        {
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
    let of = |part: &str| {
        let policies = by_check.values().flatten().map(|[policy, ..]| policy);
        policies.filter(|policy| policy.contains(part)).count()
    };
    let each = ["Told", "replicas", "images", "ports", "baseline", "Sekisho"].map(|p| (p, of(p)));
    eprintln!("{each:?}");
    assert!(each.iter().all(|(_, count)| *count > 0), "every sort of policy finds something");
}

fn without_message([policy, rule, action, _, key]: [String; 5]) -> [String; 5] {
    [policy, rule, action, String::new(), key]
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

/// How many clients ask at once.
const CLIENTS: usize = 8;

/// Asks about each object, several at once; the answers are in order.
fn each<T: Send>(objects: &[Value], ask: impl Fn(&Value) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let ask = &ask;
        let clients: Vec<_> = objects
            .chunks(objects.len().div_ceil(CLIENTS).max(1))
            .map(|share| scope.spawn(move || share.iter().map(ask).collect::<Vec<_>>()))
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// Gives an object a name of its own where several projects, or versions of one, have it. The name
/// of a definition is what it defines; that of a Namespace is where others are.
fn tell_apart(objects: &mut Vec<Value>) {
    let mut names: BTreeMap<(String, Named), usize> = BTreeMap::new();
    objects.retain_mut(|object| {
        let group = object.path_str(&["apiVersion"]).unwrap_or_default();
        let group = group.split_once('/').map_or("", |(group, _)| group).to_owned();
        let (kind, mut namespace, name) = named(object);
        if namespace.is_empty() {
            "default".clone_into(&mut namespace);
        }
        let count = names.entry((group, (kind.clone(), namespace, name.clone()))).or_default();
        *count += 1;
        if *count == 1 || name.is_empty() {
            return true;
        }
        if ["CustomResourceDefinition", "Namespace"].contains(&kind.as_str()) {
            return false;
        }
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut).unwrap();
        metadata.insert("name", format!("{name}-{count}"));
        true
    });
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
    let missing: Vec<Value> = namespaces
        .difference(&given)
        .map(|name| {
            format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}"}}}}"#)
        })
        .map(|text| from_json(&text).unwrap())
        .collect();
    let come_first = |object: &&Value| {
        matches!(object.path_str(&["kind"]), Some("CustomResourceDefinition" | "Namespace"))
    };
    let (first, others): (Vec<&Value>, Vec<&Value>) = objects.iter().partition(come_first);
    let first: Vec<Value> = missing.iter().chain(first).cloned().collect();
    let others: Vec<Value> = others.into_iter().cloned().collect();
    let mut answers = each(&first, |object| made(env, object));
    // Kinds are served a moment after their definitions.
    std::thread::sleep(Duration::from_secs(3));
    answers.extend(each(&others, |object| made(env, object)));
    let mut taken = Vec::new();
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        match answer {
            Ok(object) => taken.push(object),
            Err(why) => *refusals.entry(why).or_default() += 1,
        }
    }
    refusals.iter().for_each(|(why, count)| eprintln!("not taken, {count} times: {why}"));
    taken
}

/// The object as it was given, with its namespace, where the API server takes it; else why not.
fn made(env: &TestEnv, object: &Value) -> Result<Value, String> {
    if object.path_str(&["metadata", "name"]).is_none() {
        return Err("it has no name, and cannot be told apart".to_owned());
    }
    let answer = env.admin().create(object).map_err(|error| error.to_string())?;
    if !answer.is_success() {
        return Err(format!("{} {}", answer.status, answer.message()));
    }
    let mut object = object.clone();
    if let Some(namespace) = answer.body.path_str(&["metadata", "namespace"]) {
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut).unwrap();
        metadata.insert("namespace", namespace);
    }
    Ok(object)
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

fn check(env: &TestEnv, taken: &[Value]) -> Found {
    let (folder, known) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (number, object) in taken.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:04}.json")), object.to_json()).unwrap();
    }
    // Namespaces that nobody has to make.
    for name in ["default", "kube-system", "kube-public"] {
        let namespace = env.admin().get(&format!("/api/v1/namespaces/{name}")).unwrap().body;
        std::fs::write(known.path().join(format!("{name}.json")), namespace.to_json()).unwrap();
    }
    let mut command = Command::new(SEKISHO);
    command.args(["check", "--no-config", "--inventory"]).arg(known.path());
    report(command.arg(folder.path()))
}

fn audit(env: &TestEnv) -> Found {
    let mut command = Command::new(SEKISHO);
    command.args(["audit", "--cluster", "--no-cluster-policies", "--kubeconfig"]);
    report(command.arg(env.kubeconfig()))
}

/// Has the API server ask it about every creation.
fn register(server: &Serving, env: &TestEnv, kind: &str, path: &str) {
    let (port, bundle) = (server.port, STANDARD.encode(&server.authority));
    let configuration = format!(
        r#"{{"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"{kind}WebhookConfiguration","metadata":{{"name":"sekisho"}},
        "webhooks":[{{"name":"{path}.sekisho.test","sideEffects":"None",
        "admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":30,
        "clientConfig":{{"url":"https://127.0.0.1:{port}/{path}","caBundle":"{bundle}"}},
        "rules":[{{"apiGroups":["*"],"apiVersions":["*"],"operations":["CREATE"],
        "resources":["*"]}}]}}]}}"#
    );
    let created = env.admin().create(&from_json(&configuration).unwrap()).unwrap();
    assert!(created.is_success(), "{}", created.message());
    std::thread::sleep(Duration::from_secs(3));
}

/// What the webhook says of each object as the API server sends it, and what the sender is told.
fn admit(env: &TestEnv, serving: Serving, taken: &[Value]) -> (Found, BTreeMap<Named, String>) {
    serving.log.lock().unwrap().clear();
    register(&serving, env, "Validating", "validate");
    let told = each(taken, |object| {
        // It is there already, which is told after all webhooks were asked; that its port is taken
        // is told before.
        if object.path_str(&["kind"]) == Some("Service") {
            let (_, namespace, name) = named(object);
            let path = format!("/api/v1/namespaces/{namespace}/services/{name}");
            assert!(env.admin().delete(&path).unwrap().is_success());
        }
        let answer = env.admin().create_dry_run(object).unwrap();
        assert!(!answer.is_success() || answer.body.get("kind").is_some());
        (named(object), format!("{}\n{}", answer.message(), answer.warnings.join("\n")))
    });
    let mut found = Found::new();
    for line in serving.end().iter().filter(|line| line.starts_with('{')) {
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
    (found, told.into_iter().collect())
}
