//! `sekisho mutate`.

use crate::scene::Scene;

const MUTATORS: &str = r#"apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: owner}
spec:
  match: {namespaceSelector: {matchLabels: {team: a}}}
  location: metadata.labels.owner
  parameters: {assign: {fromMetadata: {field: namespace}}}
---
apiVersion: mutations.gatekeeper.sh/v1alpha1
kind: AssignImage
metadata: {name: mirror}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: "spec.containers[name: *].image"
  parameters: {assignDomain: mirror.example.com}
---
apiVersion: mutations.gatekeeper.sh/v1beta1
kind: ModifySet
metadata: {name: args}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: "spec.containers[name: a].args"
  parameters: {operation: prune, values: {fromList: ["--debug"]}}
"#;

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a}}
";

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - {name: a, image: nginx, args: [--debug, --x], resources: {limits: {cpu: 0.5}}}
";

fn scene() -> Scene {
    Scene::new().file("p/m.yaml", MUTATORS).file("ns.yaml", NAMESPACE).file("pod.yaml", POD)
}

#[test]
fn manifests_are_printed_as_given_with_what_changes() {
    let run = scene().run(&["mutate", "pod.yaml", "-p", "p", "--inventory", "ns.yaml"]).code(0);
    let wanted = "apiVersion: v1
kind: Pod
metadata:
  labels:
    owner: shop
  name: web
  namespace: shop
spec:
  containers:
  - args:
    - --x
    image: mirror.example.com/nginx
    name: a
    resources:
      limits:
        cpu: 0.5
";
    assert_eq!(run.out, wanted);
    let scene = scene();
    let json = ["mutate", "-", "-p", "p", "--inventory", "ns.yaml", "-o", "json"];
    let json = scene.run_with_input(&json, POD).code(0).json();
    assert_eq!(json["items"][0]["spec"]["containers"][0]["image"], "mirror.example.com/nginx");
    let again = ["mutate", "-", "-p", "p", "--inventory", "ns.yaml"];
    assert_eq!(scene.run_with_input(&again, wanted).code(0).out, wanted, "nothing is left to do");
}

#[test]
fn a_diff_shows_what_changes_alone() {
    let run =
        scene().run(&["mutate", ".", "--exclude", "p", "-p", "p", "--diff", "-n", "x"]).code(0);
    // A Namespace is matched by its own labels, and is in none.
    let wanted = "--- ns.yaml:1 Namespace shop
+++ mutated by owner
@@ -2,5 +2,6 @@
 kind: Namespace
 metadata:
   labels:
+    owner: \"\"
     team: a
   name: shop
--- pod.yaml:1 Pod web
+++ mutated by mirror, owner, args
@@ -1,14 +1,15 @@
 apiVersion: v1
 kind: Pod
 metadata:
+  labels:
+    owner: shop
   name: web
   namespace: shop
 spec:
   containers:
   - args:
-    - --debug
     - --x
-    image: nginx
+    image: mirror.example.com/nginx
     name: a
     resources:
       limits:
";
    assert_eq!(run.out, wanted, "{run:?}");
}

#[test]
fn what_cannot_be_mutated_is_told_with_its_place_and_not_printed() {
    // The labels of the namespace are not known.
    let run = scene().run(&["mutate", "pod.yaml", "-p", "p"]).code(2);
    assert_eq!(run.out, "");
    assert!(run.err.contains("Pod web: policy `local/gatekeeper/AssignMetadata/owner`"), "{run:?}");
    assert!(run.err.contains("pod.yaml:1:1") && run.err.contains("--inventory"), "{run:?}");
    let broken = MUTATORS.replace("labels.owner", "name");
    let run = scene().file("p/m.yaml", broken).run(&["mutate", "pod.yaml", "-p", "p"]).code(2);
    assert!(run.out.is_empty() && run.err.contains("p/m.yaml:6:3"), "{run:?}");
    let run = scene().run(&["mutate", "pod.yaml", "-p", "ns.yaml"]).code(2);
    assert!(run.out.is_empty() && run.err.contains("no policy mutates objects"), "{run:?}");
    let run = scene().run(&["check", "pod.yaml", "-p", "p", "--inventory", "ns.yaml"]).code(2);
    assert!(run.out.contains("policies that mutate, and none that judges"), "{run:?}");
}

#[test]
fn what_mutation_makes_impossible_is_an_error_and_not_printed() {
    let assign = |location: &str, value: &str| {
        format!(
            "apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {{name: a}}
spec:
  applyTo: [{{groups: [''], versions: [v1], kinds: [Pod]}}]
  location: {location}
  parameters: {{assign: {{value: {value}}}}}
"
        )
    };
    for (location, value, message) in [
        ("spec.hostNetwork", "'yes'", "`hostNetwork` wants a boolean, found the string"),
        ("spec", "5", "`spec` wants an object"),
        ("spec.containers", "[]", "`spec.containers` is required"),
        ("spec.containers", "[{image: x}]", "`spec.containers[0].name` is required"),
        ("kind", "Job", "mutation makes another object of it"),
        ("apiVersion", "v2", "mutation makes another object of it"),
    ] {
        let scene = Scene::new().file("m.yaml", assign(location, value)).file("pod.yaml", POD);
        let run = scene.run(&["mutate", "pod.yaml", "-p", "m.yaml"]).code(2);
        assert!(run.err.contains(message), "{location}: {run:?}");
        assert_eq!(run.out, "", "{location}");
    }
    // What was missing before is the manifest's own.
    let lacking = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {}\n";
    let scene = Scene::new().file("m.yaml", assign("spec.hostNetwork", "false"));
    let run = scene.file("pod.yaml", lacking).run(&["mutate", "pod.yaml", "-p", "m.yaml"]).code(0);
    assert!(run.out.contains("hostNetwork: false"), "{run:?}");
}

#[test]
fn a_finding_on_a_field_that_mutation_brings_stands_at_its_nearest_parent() {
    let policies = r#"apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: privileged}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: "spec.containers[name: *].securityContext.privileged"
  parameters: {assign: {value: true}}
"#;
    let scene = scene().file("p/m.yaml", policies);
    let args = [
        "check",
        "pod.yaml",
        "-p",
        "p",
        "--pod-security",
        "baseline",
        "-o",
        "json",
        "--time",
        "2026-11-21T00:00:00Z",
    ];
    let run = scene.run(&args).code(1);
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["rule"], "privileged", "{run:?}");
    assert_eq!(finding["location"]["pointer"], "/spec/containers/0/securityContext/privileged");
    assert_eq!(
        (finding["location"]["line"].as_u64(), finding["location"]["column"].as_u64()),
        (Some(6), Some(5))
    );
}
