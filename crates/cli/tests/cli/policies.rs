//! What is judged by: a gate that no policy stands behind is an error, never a pass.

use crate::scene::Scene;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  containers: [{name: a, image: a:1}]
";

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop}
";

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
";

const EXCEPTION: &str = "apiVersion: sekisho.dev/v1alpha1
kind: Exception
metadata: {name: known}
spec:
  policy: pod-security
  reason: a test
  notAfter: 2030-01-01T00:00:00Z
";

const CONFIGURATION: &str = "apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline}
";

#[test]
fn files_that_bring_no_policy_are_an_error_where_nothing_else_does() {
    for (text, found) in [
        ("", "hold no document"),
        ("# nothing\n", "hold no document"),
        (POD, "hold no policy, but 1 of kind `Pod`"),
        (NAMESPACE, "hold no policy, but 1 of kind `Namespace`"),
        (CRD, "hold no policy, but 1 of kind `CustomResourceDefinition`"),
        (EXCEPTION, "hold no policy, but 1 of kind `Exception`"),
        (
            &format!("{CRD}---\n{NAMESPACE}---\n{EXCEPTION}"),
            "1 of kind `CustomResourceDefinition`, 1 of kind `Exception` and 1 of kind `Namespace`",
        ),
    ] {
        let scene = Scene::new().file("a.yaml", POD).file("p.yaml", text);
        let run = scene.run(&["check", "a.yaml", "-p", "p.yaml", "-o", "json"]).code(2);
        assert!(run.errors().starts_with("no policy is in force"), "{text}: {run:?}");
        assert!(run.errors().contains(found), "{text}: {run:?}");
        // Beside a policy all of them are in order.
        let scene = scene.file("c.yaml", CONFIGURATION);
        for policy in [["--pod-security", "baseline"], ["--pod-security-config", "c.yaml"]] {
            let args = ["check", "a.yaml", "-p", "p.yaml", "-o", "json"];
            let run = scene.run(&[&args[..], &policy].concat());
            assert_eq!(run.errors(), "", "{text}: {run:?}");
            assert_eq!(run.code, i32::from(text != EXCEPTION && !text.contains("Exception")));
        }
    }
}

#[test]
fn levels_go_by_their_names() {
    let level = |name: &str, level: &str| {
        format!(
            "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\nmetadata: {{name: {name}}}\n\
             spec: {{level: {level}}}\n---\n"
        )
    };
    let exception = EXCEPTION.replace("policy: pod-security", "policy: house-rule");
    for (policies, code, deny, errors) in [
        // Two names are two policies.
        (level("one", "baseline") + &level("two", "baseline"), 1, 2, ""),
        (level("one", "baseline") + &level("one", "baseline"), 1, 1, ""),
        (
            level("one", "baseline") + &level("one", "restricted"),
            2,
            1,
            "policy `local/pod-security/PodSecurityLevel/one` stands twice with different contents, \
             here and in `p.yaml:1`",
        ),
        (level("house-rule", "baseline") + &exception, 0, 0, ""),
        (level("''", "baseline"), 2, 0, "`metadata.name` is missing"),
    ] {
        let scene = Scene::new().file("a.yaml", POD).file("p.yaml", &policies);
        let run = scene.run(&["check", "a.yaml", "-p", "p.yaml", "-o", "json"]).code(code);
        assert_eq!(run.json()["summary"]["deny"], deny, "{policies}: {run:?}");
        assert_eq!(run.errors(), errors, "{policies}");
        if !errors.is_empty() {
            assert_eq!(run.json()["errors"][0]["file"], "p.yaml", "{run:?}");
        }
    }
    // Beside the option.
    let scene = Scene::new().file("a.yaml", POD).file("p.yaml", level("mine", "baseline"));
    let args = ["check", "a.yaml", "-p", "p.yaml", "--pod-security", "baseline", "-o", "json"];
    assert_eq!(scene.run(&args).code(1).errors(), "");
}

#[test]
fn a_level_warns_of_controllers_as_a_namespace_that_enforces_it() {
    let template = "template: {metadata: {labels: {a: b}}, spec: {hostPID: true, \
                    containers: [{name: a, image: a:1}]}}";
    for (kind, spec) in [
        (
            "apps/v1 Deployment",
            format!("spec: {{selector: {{matchLabels: {{a: b}}}}, {template}}}"),
        ),
        (
            "batch/v1 CronJob",
            format!("spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{template}}}}}}}"),
        ),
        ("v1 PodTemplate", template.to_owned()),
    ] {
        let (version, kind) = kind.split_once(' ').unwrap();
        let text =
            format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n{spec}\n");
        let scene = Scene::new().file("a.yaml", text);
        let args = ["check", "a.yaml", "--pod-security", "baseline", "--no-implied", "-o", "json"];
        let run = scene.run(&args).code(0);
        let found: Vec<String> =
            run.findings().into_iter().filter(|f| f.contains("hostNamespaces")).collect();
        assert_eq!(found, [format!("warn hostNamespaces {kind}/web")], "{run:?}");
        // With the pods it comes to be refused once, not warned of besides.
        let run = scene.run(&["check", "a.yaml", "--pod-security", "baseline", "-o", "json"]);
        let action = if kind == "PodTemplate" { "warn" } else { "deny" };
        let found: Vec<String> =
            run.findings().into_iter().filter(|f| f.contains("hostNamespaces")).collect();
        assert_eq!(found, [format!("{action} hostNamespaces {kind}/web")], "{run:?}");
    }
}

#[test]
fn a_configuration_file_holds_one_configuration() {
    let twice = format!("{CONFIGURATION}---\n{CONFIGURATION}");
    let beside = format!("{CONFIGURATION}---\n{POD}");
    for (text, line, part) in [
        ("", None, "the file holds no `PodSecurityConfiguration`"),
        ("# nothing\n", None, "the file holds no `PodSecurityConfiguration`"),
        (POD, Some(2), "`Pod` is no `PodSecurityConfiguration`"),
        (NAMESPACE, Some(2), "`Namespace` is no `PodSecurityConfiguration`"),
        (EXCEPTION, Some(2), "`Exception` is no `PodSecurityConfiguration`"),
        ("a: b\n", Some(1), "no policy: "),
        (&twice, Some(6), "a second `PodSecurityConfiguration`"),
        (&beside, Some(6), "`Pod` is no `PodSecurityConfiguration`"),
    ] {
        let scene = Scene::new().file("a.yaml", POD).file("c.yaml", text);
        let args = ["check", "a.yaml", "--pod-security-config", "c.yaml", "-o", "json"];
        let run = scene.run(&args).code(2);
        assert!(run.errors().contains(part), "{text}: {run:?}");
        let error = &run.json()["errors"][0];
        assert_eq!(error["file"], "c.yaml", "{text}: {run:?}");
        assert_eq!(error["line"].as_u64(), line, "{text}: {run:?}");
    }
}
