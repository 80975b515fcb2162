//! What `sekisho install` prints: judged by our own packs, and taken by an API server.

use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use std::process::Command;

/// As a user would install it: with an image that is pinned.
const PINNED: &str =
    "image.digest=sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Values that each make other objects.
const VALUES: [&[&str]; 4] = [
    &[],
    &["policies.cluster=true", "webhooks.mutating.enabled=true", "metrics.namespaces=[m]"],
    &["policies.cluster=true", "tls.cluster=true"],
    &["namespace.create=false", "priorityClassName=", "replicas=3"],
];

fn sekisho(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text + &String::from_utf8(output.stderr).unwrap())
}

fn printed(values: &[&str], more: &[&str]) -> String {
    let mut arguments = vec!["install", "--set", PINNED];
    values.iter().for_each(|value| arguments.extend(["--set", value]));
    arguments.extend(more);
    let (code, text) = sekisho(&arguments);
    assert_eq!(code, Some(0), "{text}");
    text
}

#[test]
fn our_own_packs_find_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for values in VALUES {
        let file = dir.path().join("install.yaml");
        std::fs::write(&file, printed(values, &[])).unwrap();
        let mut arguments = vec!["check", "--no-config", "--strict", file.to_str().unwrap()];
        arguments.extend(["--pack", "recommended", "--pack", "restricted"]);
        arguments.extend(["--pod-security", "restricted"]);
        let (code, said) = sekisho(&arguments);
        // Constraints have a kind for each template, and none of them is known before.
        let known = "rbac-wildcards]: `rules[1]` grants `*` in `resources`";
        let findings =
            said.lines().filter(|line| line.starts_with("deny[") || line.contains("warn["));
        let others: Vec<&str> = findings.filter(|line| !line.contains(known)).collect();
        assert_eq!(others, Vec::<&str>::new(), "{values:?}: {said}");
        assert_ne!(code, Some(2), "{said}");
    }
}

#[test]
fn a_webhook_is_the_first_to_go() {
    let text = printed(&[], &["--uninstall"]);
    let read = read("uninstall", text.as_bytes(), &ReadOptions::default());
    let kinds: Vec<&str> = read.documents.iter().map(|document| document.kind()).collect();
    let webhooks = kinds.iter().take_while(|kind| kind.ends_with("WebhookConfiguration")).count();
    assert_eq!(webhooks, 2, "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"Namespace"), "{kinds:?}");
    let without = printed(&["namespace.create=false"], &["--uninstall"]);
    assert!(!without.contains("kind: Namespace\n"), "a namespace of others stays");
}

#[test]
fn wrong_values_are_told() {
    for (value, told) in [
        ("replica=3", "there is no value `replica`"),
        ("policies.args=x", "`policies.args` is to be a list"),
    ] {
        let (code, said) = sekisho(&["install", "--set", value]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn an_api_server_takes_it() {
    let test = "an_api_server_takes_it";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let kubeconfig = env.kubeconfig().to_str().unwrap();
    let apply = ["--apply", "--wait", "0", "--kubeconfig", kubeconfig];
    let policies = ["--set", "policies.cluster=true", "--set", "webhooks.mutating.enabled=true"];
    let install: Vec<&str> = ["install"].iter().chain(&policies).chain(&apply).copied().collect();
    let (code, said) = sekisho(&install);
    assert_eq!(code, Some(0), "{said}");
    let applied: Vec<&str> = said.lines().collect();
    assert!(applied.last().unwrap().contains("WebhookConfiguration"), "webhooks are last: {said}");
    let webhook = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";
    let authority = || {
        let webhook = env.admin().get(webhook).unwrap().body.get("webhooks").unwrap().clone();
        let first = webhook.as_array().unwrap()[0].clone();
        first.path_str(&["clientConfig", "caBundle"]).unwrap().to_owned()
    };
    let before = authority();
    let (code, said) = sekisho(&install);
    assert_eq!(code, Some(0), "again: {said}");
    assert_eq!(authority(), before, "the certificate is kept");
    let deployment = "/apis/apps/v1/namespaces/sekisho-system/deployments/sekisho";
    assert_eq!(env.admin().get(deployment).unwrap().status, 200);

    // Pods of other namespaces are refused now, since nothing answers; ours are not.
    let mut uninstall = vec!["install", "--uninstall"];
    uninstall.extend(apply.iter().filter(|argument| !["--wait", "0"].contains(argument)));
    let (code, said) = sekisho(&uninstall);
    assert_eq!(code, Some(0), "{said}");
    let first: Vec<&str> = said.lines().take(2).collect();
    assert!(first.iter().all(|line| line.contains("WebhookConfiguration")), "{said}");
    assert_eq!(env.admin().get(webhook).unwrap().status, 404);
    assert_eq!(env.admin().get(deployment).unwrap().status, 404);
}

/// Helm is the one that others render the chart with.
#[test]
fn helm_renders_the_same() {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/sekisho");
    let rendered = |values: &[&str]| {
        let mut helm = Command::new("helm");
        helm.args(["template", "sekisho", chart, "--namespace", "sekisho-system"]);
        values.iter().for_each(|value| {
            helm.args(["--set-json", &json(value)]);
        });
        helm.output()
    };
    let Ok(probe) = Command::new("helm").arg("version").output() else {
        println!("helm_renders_the_same: skipped: helm is not there");
        return;
    };
    assert!(probe.status.success());
    for values in VALUES {
        let mut values = values.to_vec();
        // What is made by chance is given.
        values.extend(["tls.caBundle=Y2E=", "namespace.create=true"]);
        let output = rendered(&values).unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut arguments = vec!["install"];
        values.iter().for_each(|value| arguments.extend(["--set", value]));
        let (code, ours) = sekisho(&arguments);
        assert_eq!(code, Some(0), "{ours}");
        assert_eq!(objects(&ours), objects(&theirs), "{values:?}");
    }
}

/// A value as Helm takes it.
fn json(value: &str) -> String {
    let (key, text) = value.split_once('=').unwrap();
    let text = sekisho_manifest::read_value(if text.is_empty() { "''" } else { text }).unwrap();
    format!("{key}={}", text.to_json())
}

/// Every object, whatever the order.
fn objects(text: &str) -> Vec<String> {
    let read = read("manifests", text.as_bytes(), &ReadOptions::default());
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let mut objects: Vec<String> =
        read.documents.iter().map(|document| document.value.to_json()).collect();
    objects.sort();
    objects
}
