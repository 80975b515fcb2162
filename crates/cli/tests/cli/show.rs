//! `sekisho show`, `explain`, `completions` and `--version`.

use crate::scene::{Scene, workspace};

#[test]
fn objects_are_shown_as_stored() {
    let scene = Scene::new().file(
        "a.yaml",
        "apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: a, image: nginx, resources: {limits: {cpu: 0.5}}}
  volumes: [{name: v}]
",
    );
    let json = scene.run(&["show", "-o", "json"]).code(0).json();
    assert_eq!(json["kind"], "List");
    let pod = &json["items"][0];
    assert_eq!(pod["metadata"]["namespace"], "default");
    assert_eq!(pod["spec"]["containers"][0]["imagePullPolicy"], "Always");
    assert_eq!(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"], "500m");
    assert_eq!(pod["spec"]["volumes"][0]["emptyDir"], serde_json::json!({}));
    let yaml = scene.run(&["show"]).code(0).out;
    let again = scene.run_with_input(&["show", "-", "-o", "json"], &yaml).code(0).json();
    assert_eq!(json, again, "what is shown is read back the same");
}

#[test]
fn every_check_is_explained() {
    let scene = Scene::new();
    let list = scene.run(&["explain"]).code(0).out;
    let ids: Vec<&str> = list
        .lines()
        .filter(|l| l.starts_with("  "))
        .map(|l| l.split_whitespace().next().unwrap())
        .collect();
    assert!(ids.len() >= 24, "{list}");
    for id in ids {
        let text = scene.run(&["explain", id]).code(0).out;
        let headings = match id.starts_with("Sekisho") {
            true => &["## Why", "## How to mend", "## Parameters", "## Sources"],
            false => &["## What it does", "## Why is this bad", "## Example", "## Use instead"],
        };
        for heading in headings {
            assert!(text.contains(heading), "{id}: {text}");
        }
    }
}

#[test]
fn examples_show_a_pass_a_warning_and_a_denial() {
    let examples = workspace().join("examples").display().to_string();
    let run = Scene::new().run(&["check", "-o", "json", "--fail-on", "never", &examples]).code(0);
    let json = run.json();
    assert!(json["summary"]["deny"].as_u64().unwrap() >= 2, "{run:?}");
    assert!(json["summary"]["warn"].as_u64().unwrap() >= 1, "{run:?}");
    assert_eq!(json["summary"]["errors"], 0, "{run:?}");
    let findings = run.findings();
    assert!(
        !findings.iter().any(|f| f.ends_with("/web")),
        "the hardened one is clean: {findings:?}"
    );
}

#[test]
fn version_and_completions() {
    let scene = Scene::new();
    let version = scene.run(&["--version"]).code(0).out;
    assert!(version.starts_with("sekisho ") && version.contains('('), "{version}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(scene.run(&["completions", shell]).code(0).out.contains("sekisho"));
    }
}
