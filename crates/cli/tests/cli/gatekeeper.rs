//! `check` with Gatekeeper's templates and constraints.

use crate::scene::Scene;

/// A template of Rego, and a constraint of it.
fn policy(rego: &str, spec: &str) -> String {
    let rego: String = rego.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: found}}
spec:
  crd: {{spec: {{names: {{kind: Found}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
{rego}---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Found
metadata: {{name: only}}
spec: {spec}
"
    )
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n";

const SHOP: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n";

#[test]
fn a_violation_names_template_and_constraint() {
    let text = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{}");
    let scene = Scene::new().file("p.yaml", text).file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(1);
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["policyId"], "local/gatekeeper/Found/only");
    assert_eq!((&finding["policy"], &finding["binding"]), (&"Found".into(), &"only".into()));
    assert_eq!(finding["location"]["line"], 1);
    assert_eq!(run.json()["policies"][0]["status"], "enforced");
}

#[test]
fn what_a_cluster_holds_is_given_as_inventory() {
    let selector = policy(
        "package found\nviolation[{\"msg\": \"no\"}] { true }",
        "{match: {kinds: [{kinds: [ConfigMap]}], namespaceSelector: {matchLabels: {team: a}}}}",
    );
    let scene = Scene::new()
        .file("selector.yaml", selector)
        .file(
            "lookup.yaml",
            policy(
                "package found\nviolation[{\"msg\": m}] { m := data.inventory.cluster.v1.Node[_].metadata.name }",
                "{match: {kinds: [{kinds: [ConfigMap]}]}}",
            ),
        )
        .file("a.yaml", CONFIG_MAP)
        .file("cluster/shop.yaml", SHOP)
        .file("cluster/nodes.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n");
    let unknown = scene.run(&["check", "-p", "selector.yaml", "a.yaml"]).code(2);
    assert!(unknown.out.contains("the labels of namespace `shop` are not known"), "{unknown:?}");
    assert!(unknown.out.contains("--inventory"), "{unknown:?}");
    scene.run(&["check", "-p", "selector.yaml", "a.yaml", "--inventory", "cluster"]).code(1);
    scene.run(&["check", "-p", "lookup.yaml", "a.yaml"]).code(0);
    let args = ["check", "-p", "lookup.yaml", "a.yaml", "--inventory", "cluster", "-o", "json"];
    let known = scene.run(&args).code(1);
    assert_eq!(known.json()["findings"][0]["message"], "node-1");
    assert_eq!(known.json()["summary"]["objects"], 1);
    assert_eq!(known.json()["basis"]["inventory"]["complete"], false);
    scene.run(&["check", "-p", "lookup.yaml", "a.yaml", "--inventory", "absent"]).code(2);
}

#[test]
fn a_policy_without_an_end_ends() {
    let text = policy(
        "package found\nviolation[{\"msg\": \"no\"}] { count({x | x := numbers.range(1, 4000)[_] * numbers.range(1, 4000)[_]}) == 0 }",
        "{match: {name: c}}",
    );
    let scene = Scene::new()
        .file("p.yaml", text)
        .file("a.yaml", format!("{CONFIG_MAP}---\n{}", CONFIG_MAP.replace("name: c", "name: d")));
    let began = std::time::Instant::now();
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(2);
    assert!(began.elapsed() < std::time::Duration::from_secs(60));
    assert!(run.errors().contains("than it may"), "{run:?}");
    assert_eq!(run.json()["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn a_pod_that_a_controller_would_create_is_judged() {
    let text = policy(
        "package found\nviolation[{\"msg\": m}] { m := input.review.object.spec.containers[_].image }",
        "{match: {kinds: [{apiGroups: [\"\"], kinds: [Pod]}]}}",
    );
    let deployment = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: 'a:1'}]}
";
    let scene = Scene::new().file("p.yaml", text).file("a.yaml", deployment);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(1);
    let finding = &run.json()["findings"][0];
    assert_eq!((&finding["implied"], &finding["message"]), (&true.into(), &"a:1".into()));
}
