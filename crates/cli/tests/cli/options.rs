//! Options and settings: what cannot be meant is refused, with the place where it stands.

use crate::scene::Scene;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: a, image: a:1}]}
";

#[test]
fn values_that_cannot_be_are_refused() {
    let scene = Scene::new().file("a.yaml", POD);
    for (args, part) in [
        (&["-n", ""][..], "a namespace's name has"),
        (&["-n", "Foo Bar"], "a namespace's name has"),
        (&["--as", ""], "'--as <USER>'"),
        (&["--as", "me", "--as-group", ""], "'--as-group <GROUP>'"),
        (&["--as-group", "g"], "give one"),
        (&["--time", "2026-11-21T12:00:00+25:00"], "RFC 3339"),
        (&["--time", ""], "RFC 3339"),
        (&["--kubernetes-version", "1.x"], "not a Kubernetes version"),
        (&["--pod-security", "strict"], "the levels are"),
    ] {
        let run = scene.run(&[&["check", "a.yaml"][..], args].concat()).code(2);
        assert!(run.err.contains(part), "{args:?}: {run:?}");
    }
    scene.run(&["check", "a.yaml", "--as", "me", "--as-group", "g", "-n", "x-1"]).code(0);
}

#[test]
fn settings_are_told_off_at_their_place() {
    for (settings, want) in [
        ("time: foo\n", ".sekisho.yaml:1:1: wrong value of `time`: `foo`: not a time"),
        ("strict: true\nfail-on: Never\n", ".sekisho.yaml:2:1: wrong value of `fail-on`: `Never`"),
        ("fail-on: Never\n", "help: it is one of deny, warn, audit, never"),
        (
            "pod-security:\n  - baseline\n  - foo\n",
            ".sekisho.yaml:3:5: wrong value of `pod-security`: `foo`: the levels are",
        ),
        ("output: [{format: texts}]\n", ".sekisho.yaml:1:10: wrong value of `output`: `texts`"),
        ("namespace: A\n", ".sekisho.yaml:1:1: wrong value of `namespace`: `A`"),
        ("strict: 1\n", ".sekisho.yaml:1:1: `strict` wants true or false"),
        ("pathz: [a]\n", ".sekisho.yaml:1:1: unknown setting `pathz`\nhelp: did you mean `paths`?"),
        ("fail_on: deny\n", "unknown setting `fail_on`\nhelp: did you mean `fail-on`?"),
        ("colour: always\n", "unknown setting `colour`\nhelp: did you mean `color`?"),
        ("frobnicate: 1\n", "help: the settings are paths, policies, "),
    ] {
        let scene = Scene::new().file("a.yaml", POD).file(".sekisho.yaml", settings);
        let run = scene.run(&["check", "a.yaml"]).code(2);
        assert!(run.err.starts_with("error: .sekisho.yaml:"), "{settings}: {run:?}");
        assert!(run.err.contains(want), "{settings}: {run:?}");
        // What the command line gives does not come from the settings.
        assert!(!run.err.contains("--"), "{settings}: {run:?}");
    }
}

#[test]
fn settings_in_force_are_told() {
    let scene = Scene::new().file("a.yaml", POD).file(".sekisho.yaml", "fail-on: warn\n");
    let run = scene.run(&["check", "a.yaml", "-o", "json"]).code(1);
    assert_eq!(run.json()["basis"]["settings"], ".sekisho.yaml");
    let run = scene.run(&["check", "a.yaml"]).code(1);
    assert!(run.out.contains("options of .sekisho.yaml are in force"), "{run:?}");
    let run = scene.run(&["check", "a.yaml", "--no-config", "-o", "json"]).code(0);
    assert_eq!(run.json()["basis"].get("settings"), None);
}

#[cfg(unix)]
#[test]
fn settings_that_cannot_be_read_are_an_error() {
    use std::os::unix::fs::symlink;
    let link = |to: &str| {
        let scene = Scene::new().file("a.yaml", POD);
        symlink(scene.path(to), scene.path(".sekisho.yaml")).unwrap();
        scene
    };
    let folder = Scene::new().file("a.yaml", POD).file(".sekisho.yaml/x", "");
    for scene in [link("nowhere"), link(".sekisho.yaml"), folder] {
        let run = scene.run(&["check", "a.yaml"]).code(2);
        assert!(run.err.starts_with("error: .sekisho.yaml: "), "{run:?}");
        scene.run(&["check", "a.yaml", "--no-config"]).code(0);
    }
}
