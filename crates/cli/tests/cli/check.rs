//! `sekisho check`: exit codes, options, inputs.

use crate::scene::Scene;

const BREAKOUT: &str = "apiVersion: v1
kind: Pod
metadata: {name: breakout}
spec:
  hostPID: true
  containers:
    - name: shell
      image: alpine
      securityContext:
        privileged: true
";

const HARDENED: &str = "apiVersion: v1
kind: Pod
metadata: {name: safe}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: a
      image: a:1
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
";

#[test]
fn a_clean_manifest_is_clean() {
    let run = Scene::new().file("a.yaml", HARDENED).run(&["check", "-o", "json"]).code(0);
    assert_eq!(run.findings(), Vec::<String>::new());
    let summary = &run.json()["summary"];
    assert_eq!((summary["files"].as_u64(), summary["objects"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn a_breakout_is_denied_with_its_places() {
    let run = Scene::new().file("a.yaml", BREAKOUT).run(&["check", "-o", "json"]).code(1);
    assert_eq!(
        run.findings(),
        ["deny hostNamespaces Pod/breakout", "deny privileged Pod/breakout"]
    );
    let json = run.json();
    let first = &json["findings"][0];
    assert_eq!(first["message"], "host namespaces (hostPID=true)");
    assert_eq!(first["policy"], "baseline:latest");
    assert_eq!(first["location"]["file"], "a.yaml");
    assert_eq!(first["location"]["line"], 5);
    assert_eq!(first["location"]["column"], 3);
    assert_eq!(first["location"]["pointer"], "/spec/hostPID");
    assert_eq!(json["findings"][1]["location"]["line"], 10);
}

#[test]
fn fail_on_sets_exit_code_1_and_never_silences_2() {
    let scene = Scene::new().file("a.yaml", BREAKOUT).file(
        "soft.yaml",
        "apiVersion: v1
kind: Pod
metadata: {name: soft}
spec: {containers: [{name: a, image: a:1}]}
",
    );
    scene.run(&["check", "soft.yaml"]).code(0);
    scene.run(&["check", "soft.yaml", "--fail-on", "warn"]).code(1);
    scene.run(&["check", "a.yaml", "--fail-on", "never"]).code(0);
    let scene = scene.file("broken.yaml", "a: [1\n");
    let run = scene.run(&["check", "--fail-on", "never", "-o", "json"]).code(2);
    assert!(run.findings().contains(&"deny privileged Pod/breakout".to_owned()), "{run:?}");
}

#[test]
fn standard_input_is_read() {
    let run = Scene::new().run_with_input(&["check", "-", "-o", "json"], BREAKOUT).code(1);
    assert_eq!(run.json()["findings"][0]["location"]["file"], "<stdin>");
}

#[test]
fn controllers_are_judged_through_their_pods() {
    let deployment = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostPID: true
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: a
          image: a:1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
";
    let scene = Scene::new().file("a.yaml", deployment);
    let run = scene.run(&["check", "-o", "json"]).code(1);
    assert_eq!(run.findings(), ["deny hostNamespaces Deployment/web"]);
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["implied"], true);
    assert_eq!(finding["location"]["pointer"], "/spec/template/spec/hostPID");
    assert_eq!(finding["location"]["line"], 9);
    let run = scene.run(&["check", "-o", "json", "--no-implied"]).code(0);
    assert_eq!(run.findings(), ["warn hostNamespaces Deployment/web"]);
    let text = scene.run(&["check"]).code(1).out;
    assert!(text.contains("pods of Deployment"), "{text}");
    assert!(text.contains("would be refused"), "{text}");
}

#[test]
fn namespace_labels_count_unless_a_level_is_given() {
    let manifests = format!(
        "apiVersion: v1
kind: Namespace
metadata: {{name: ops, labels: {{pod-security.kubernetes.io/enforce: privileged}}}}
---
{}",
        BREAKOUT.replace("{name: breakout}", "{name: breakout, namespace: ops}")
    );
    let scene = Scene::new().file("a.yaml", manifests);
    let deny = |args: &[&str]| {
        let all = [&["check", "-o", "json"], args].concat();
        scene.run(&all).json()["summary"]["deny"].as_u64().unwrap()
    };
    assert_eq!(deny(&[]), 0);
    assert_eq!(deny(&["--pod-security", "baseline"]), 2);
    let run = scene.run(&["check", "-o", "json", "--pod-security", "restricted:v1.25"]);
    assert_eq!(run.json()["findings"][0]["policy"], "restricted:v1.25");
}

#[test]
fn outputs_are_paired_with_their_files() {
    let scene = Scene::new().file("a.yaml", BREAKOUT);
    let args = [
        "check",
        "a.yaml",
        "-o",
        "json",
        "--output-file",
        "out.json",
        "-o",
        "text",
        "-o",
        "sarif",
        "--output-file",
        "out.sarif",
    ];
    let run = scene.run(&args).code(1);
    assert!(run.out.contains("hostPID"), "{run:?}");
    assert!(scene.read("out.json").starts_with('{'));
    assert!(scene.read("out.sarif").contains("2.1.0"));
    for (args, part) in [
        (&["check", "-o", "json", "-o", "text"][..], "two outputs go to standard output"),
        (&["check", "--output-file", "x"][..], "belongs to the `--output` before it"),
        (&["check", "--pod-security", "strict"][..], "the levels are"),
        (&["check", "--pod-security", "baseline:1.30"][..], "a version looks like"),
        (&["check", "--kubernetes-version", "x"][..], "not a Kubernetes version"),
        (&["check", "--time", "tomorrow"][..], "RFC 3339"),
        (&["check", "--baseline", "a.yaml"][..], "a.yaml:1:1"),
        (&["check", "-p", "absent.yaml"][..], "absent.yaml"),
        (&["check", "absent.yaml"][..], "absent.yaml"),
        (&["check", "--target", "a.yaml"][..], "unknown field"),
        (&["explain", "hostNamespace"][..], "hostNamespaces"),
    ] {
        let run = scene.run(args).code(2);
        assert!(format!("{}{}", run.out, run.err).contains(part), "{args:?}: {run:?}");
    }
}

#[test]
fn policies_that_are_not_supported_are_errors() {
    let policy = "apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: require-labels}
";
    let scene = Scene::new().file("p/t.yaml", policy).file("a.yaml", BREAKOUT);
    let run = scene.run(&["check", "a.yaml", "-p", "p", "-o", "json"]).code(2);
    assert!(run.errors().contains("kyverno policies are not supported here"), "{run:?}");
    assert_eq!(run.json()["policies"][0]["status"], "unsupported");
    // Among the inputs it is an object like any other.
    scene.run(&["check", "p"]).code(0);
}

#[test]
fn objects_beside_policies_that_cannot_be_read_are_errors() {
    let namespace = "apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: 5}}
";
    let scene = Scene::new().file("p/ns.yaml", namespace).file("a.yaml", HARDENED);
    let run = scene.run(&["check", "a.yaml", "-p", "p", "-o", "json"]).code(2);
    assert!(run.errors().contains("wants a string"), "{run:?}");
}

#[test]
fn baselines_count_per_key() {
    let scene = Scene::new().file("a.yaml", BREAKOUT);
    scene.run(&["check", "a.yaml", "-o", "json", "--output-file", "b.json"]).code(1);
    let run = scene.run(&["check", "a.yaml", "--baseline", "b.json", "-o", "json"]).code(0);
    assert_eq!(run.json()["summary"]["baselined"], 2);
    let twice = format!("{BREAKOUT}---\n{BREAKOUT}");
    let scene = scene.file("a.yaml", twice);
    let run = scene.run(&["check", "a.yaml", "--baseline", "b.json", "-o", "json"]).code(1);
    assert_eq!(run.json()["summary"]["deny"], 2);
}

#[test]
fn strict_makes_errors_of_what_is_passed_over() {
    let scene = Scene::new()
        .file("values.yaml", "replicaCount: 1\nimage: {repository: nginx, tag: '1'}\n")
        .file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatta: {}\n");
    let run = scene.run(&["check", "-o", "json"]).code(0);
    assert_eq!(run.findings(), ["warn schema/unknown-field ConfigMap/a"]);
    assert_eq!(run.json()["summary"]["skipped"], 1);
    let run = scene.run(&["check", "-o", "json", "--strict"]).code(2);
    assert_eq!(run.json()["summary"]["errors"], 2);
}

#[test]
fn settings_give_defaults_and_the_command_line_wins() {
    let scene = Scene::new()
        .file(
            "work/.sekisho.yaml",
            "paths: [deploy]\nfail-on: warn\noutput: json\nexclude: x.yaml\n",
        )
        .file("work/deploy/a.yaml", BREAKOUT)
        .file("work/deploy/x.yaml", "{{ broken")
        .file("work/sub/keep", "");
    let run = scene.run_in("work/sub", &["check"], "").code(1);
    assert_eq!(run.json()["summary"]["deny"], 2);
    let run = scene.run_in("work", &["check", "--fail-on", "never", "-o", "text"], "").code(0);
    assert!(run.out.contains("hostPID"), "{run:?}");
    scene.run_in("work", &["check", "--no-config", "deploy/a.yaml"], "").code(1);
    let scene = scene.file("work/.sekisho.yaml", "fail_on: warn\n");
    let run = scene.run_in("work", &["check"], "").code(2);
    assert!(run.err.contains(".sekisho.yaml:1:1: unknown setting `fail_on`"), "{run:?}");
}

#[test]
fn exceptions_cover_and_expire() {
    let exception = |until: &str| {
        format!(
            "apiVersion: sekisho.dev/v1alpha1
kind: Exception
metadata: {{name: known}}
spec:
  policy: pod-security
  containers: [shell]
  rules: [privileged]
  reason: a test
  notAfter: {until}
"
        )
    };
    let scene =
        Scene::new().file("a.yaml", BREAKOUT).file("e.yaml", exception("2030-01-01T00:00:00Z"));
    let args = ["check", "a.yaml", "--pod-security", "baseline", "-p", "e.yaml", "-o", "json"];
    let run = scene.run(&args).code(1);
    let json = run.json();
    assert_eq!(json["summary"]["deny"], 1);
    assert_eq!(json["summary"]["excepted"], 1);
    let excepted = json["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "privileged");
    assert_eq!(excepted.unwrap()["exception"], "known");
    let late = [&args[..], &["--time", "2031-01-01T00:00:00Z"]].concat();
    let run = scene.run(&late).code(1);
    assert_eq!(run.json()["summary"]["deny"], 2);
    assert!(run.findings().contains(&"warn exception/expired Exception/known".to_owned()));
}

#[test]
fn versions_are_served_by_the_version_judged_for() {
    for (api_version, kind, version, want) in [
        ("extensions/v1beta1", "Deployment", "v1.15", None),
        ("extensions/v1beta1", "Deployment", "v1.16", Some("is not served since Kubernetes 1.16")),
        ("batch/v1beta1", "CronJob", "v1.24", None),
        ("batch/v1beta1", "CronJob", "v1.25", Some("is not served since Kubernetes 1.25")),
        ("batch/v1", "CronJob", "v1.20", Some("is not served before Kubernetes 1.21")),
        ("batch/v1", "CronJob", "v1.21", None),
        (
            "admissionregistration.k8s.io/v1",
            "MutatingAdmissionPolicy",
            "v1.25",
            Some("is not served before Kubernetes 1.36"),
        ),
        ("v1", "ConfigMap", "v1.0", None),
    ] {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let scene = Scene::new().file("a.yaml", text);
        let args = ["check", "-o", "json", "--kubernetes-version", version];
        let run = scene.run(&args).code(0);
        let json = run.json();
        let findings = json["findings"].as_array().unwrap().iter();
        let found: Vec<&str> = findings
            .filter(|finding| finding["rule"] == "schema/unserved-version")
            .map(|finding| finding["message"].as_str().unwrap())
            .collect();
        let want = want.map(|want| format!("`{api_version}` {kind} {want}"));
        assert_eq!(found, want.iter().collect::<Vec<_>>(), "{version}");
    }
}

#[test]
fn reruns_and_rollouts_keep_keys() {
    let key = |text: &str| {
        let run = Scene::new().file("a.yaml", text).run(&["check", "-o", "json"]);
        let json = run.json();
        let keys = json["findings"].as_array().unwrap().iter();
        let mut keys: Vec<String> = keys.map(|f| format!("{} {}", f["rule"], f["key"])).collect();
        keys.sort();
        keys
    };
    let pod = |meta: &str, image: &str, first: &str, second: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {meta}\nspec:\n  containers:\n{}{}",
            first.replace("IMAGE", image),
            second.replace("IMAGE", image)
        )
    };
    let a = "  - {name: a, image: IMAGE, securityContext: {privileged: true}}\n";
    let b = "  - {name: b, image: IMAGE, securityContext: {capabilities: {add: [SYS_ADMIN]}}}\n";
    let generated = |hash: &str, end: &str| {
        format!(
            "{{name: web-{hash}-{end}, labels: {{pod-template-hash: {hash}}}, ownerReferences: \
             [{{apiVersion: apps/v1, kind: ReplicaSet, name: web-{hash}, uid: u, controller: true}}]}}"
        )
    };
    let base = key(&pod(&generated("7d4b9c", "x8k2p"), "app:1", a, b));
    assert_eq!(base.len(), 2, "{base:?}");
    assert_eq!(base, key(&pod(&generated("7d4b9c", "x8k2p"), "app:2", a, b)), "image bump");
    assert_eq!(base, key(&pod(&generated("7d4b9c", "x8k2p"), "app:1", b, a)), "reordered");
    assert_eq!(base, key(&pod(&generated("5f6a1b", "q1w2e"), "app:1", a, b)), "rollout");
    let json = serde_json::json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"labels": {"pod-template-hash": "7d4b9c"}, "name": "web-7d4b9c-x8k2p",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "uid": "u",
                "name": "web-7d4b9c", "controller": true}]},
        "spec": {"containers": [
            {"name": "a", "image": "app:1", "securityContext": {"privileged": true}},
            {"name": "b", "image": "app:1",
                "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}
    });
    assert_eq!(base, key(&serde_json::to_string_pretty(&json).unwrap()), "reformatted");
    assert_ne!(base, key(&pod("{name: other}", "app:1", a, b)), "another pod");
}
