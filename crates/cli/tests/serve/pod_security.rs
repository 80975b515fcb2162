//! The upstream Pod Security tests: through the webhook, and through the API server's own plugin.

use crate::api_server::without_the_plugin;
use crate::serving::{LEAD_IN, Serving, configuration, pod, register};
use sekisho_manifest::read_value;
use sekisho_testenv::{Answer, TestEnv};
use sekisho_value::{Value, from_json};
use std::path::{Path, PathBuf};

/// A file of the corpus, and the namespace whose labels say what holds for it.
struct Case {
    file: PathBuf,
    namespace: String,
    pod: Value,
}

/// The files of the versions that an API server of this minor version knows.
fn cases(corpus: &Path, minor: u32) -> (Vec<Case>, Vec<Value>) {
    let (mut cases, mut namespaces) = (Vec::new(), Vec::new());
    for level in ["baseline", "restricted"] {
        for number in 0..=minor {
            let version = format!("v1.{number}");
            let folder = corpus.join(level).join(&version);
            if !folder.is_dir() {
                continue;
            }
            let namespace = format!("{level}-1-{number}");
            let labels = format!(
                r#"{{"pod-security.kubernetes.io/enforce":"{level}",
                "pod-security.kubernetes.io/enforce-version":"{version}"}}"#
            );
            let object = format!(
                r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}","labels":{labels}}}}}"#
            );
            namespaces.push(from_json(&object).unwrap());
            for verdict in ["pass", "fail"] {
                let files = std::fs::read_dir(folder.join(verdict)).unwrap();
                for file in files.map(|file| file.unwrap().path()) {
                    let pod = read_value(&std::fs::read_to_string(&file).unwrap()).unwrap();
                    cases.push(Case { file, namespace: namespace.clone(), pod });
                }
            }
        }
    }
    cases.sort_by(|a, b| a.file.cmp(&b.file));
    (cases, namespaces)
}

/// How many clients ask at once.
const CLIENTS: usize = 8;

/// What a client is told of each case: whether it may, and why not.
fn told(env: &TestEnv, cases: &[Case]) -> Vec<(bool, String)> {
    let told = |case: &Case| {
        let answer: Answer =
            env.admin().in_namespace(&case.namespace).create_dry_run(&case.pod).unwrap();
        let message = if answer.is_success() { "" } else { answer.message() };
        (answer.is_success(), message.to_owned())
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = cases
            .chunks(cases.len().div_ceil(CLIENTS).max(1))
            .map(|share| scope.spawn(move || share.iter().map(told).collect::<Vec<_>>()))
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn the_webhook_says_what_the_plugin_says() {
    let test = "the_webhook_says_what_the_plugin_says";
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/pod-security");
    if !corpus.is_dir() {
        println!("{test}: skipped: {} is not there", corpus.display());
        return;
    }
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(plugin) = TestEnv::start_or_skip(test, &builder) else { return };
    let version = plugin.version().unwrap();
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap();
    let (cases, namespaces) = cases(&corpus, minor);
    let theirs: Vec<_> = {
        for namespace in &namespaces {
            assert!(plugin.admin().create(namespace).unwrap().is_success());
        }
        told(&plugin, &cases)
    };
    drop(plugin);

    let Some(env) = TestEnv::start_or_skip(test, &without_the_plugin()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let known = dir.path().join("namespaces.json");
    let list: Vec<Value> = namespaces.clone();
    let list =
        format!(r#"{{"apiVersion":"v1","kind":"List","items":{}}}"#, Value::from(list).to_json());
    std::fs::write(&known, list).unwrap();
    let configured = dir.path().join("configuration.yaml");
    let text =
        "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n";
    std::fs::write(&configured, text).unwrap();
    let kubernetes = format!("v1.{minor}");
    let server = Serving::start(&[
        "--pod-security-config",
        configured.to_str().unwrap(),
        "--inventory",
        known.to_str().unwrap(),
        "--kubernetes-version",
        &kubernetes,
    ]);
    for namespace in &namespaces {
        assert!(env.admin().create(namespace).unwrap().is_success());
    }
    let probe = pod("probe", r#"{"hostPID":true,"containers":[{"name":"c","image":"i"}]}"#);
    let mut of_namespace = probe;
    let metadata = of_namespace.get_mut("metadata").and_then(Value::as_object_mut).unwrap();
    metadata.insert("namespace", namespaces[0].path_str(&["metadata", "name"]).unwrap());
    let registration = configuration("Validating", "/validate", server.port, &server.authority);
    register(&env, &registration, &of_namespace);

    let mut refused = 0;
    for ((case, ours), (allowed, message)) in cases.iter().zip(told(&env, &cases)).zip(&theirs) {
        let name = case.file.strip_prefix(&corpus).unwrap().display();
        assert_eq!(ours.0, *allowed, "{name}: {} instead of {message}", ours.1);
        assert_eq!(ours.1.replacen(LEAD_IN, "", 1), *message, "{name}");
        refused += usize::from(!allowed);
    }
    println!("{test}: {} files, {refused} refused", cases.len());
    assert!(refused > cases.len() / 2, "most files of the corpus are refused");
}
