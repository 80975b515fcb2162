//! Namespaces: which one an object goes into, and whose labels count.

use crate::scene::Scene;

fn namespace(level: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\n\
         metadata: {{name: shop, labels: {{pod-security.kubernetes.io/enforce: {level}}}}}\n"
    )
}

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  hostPID: true
  containers: [{name: a, image: a:1}]
";

#[test]
fn the_default_namespace_is_that_of_every_namespaced_kind() {
    let template = "metadata: {name: web}\nspec: {template: {spec: {hostPID: true, \
                    containers: [{name: a, image: a:1}]}}}\n";
    let crd = |scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
             metadata: {{name: things.example.com}}\nspec:\n  group: example.com\n  scope: {scope}\n  \
             names: {{plural: things, kind: Thing}}\n  \
             versions: [{{name: v1, served: true, storage: true, \
             schema: {{openAPIV3Schema: {{type: object}}}}}}]\n"
        )
    };
    let thing = |version: &str| {
        format!("apiVersion: example.com/{version}\nkind: Thing\nmetadata: {{name: web}}\n")
    };
    for (given, object, want) in [
        (
            String::new(),
            format!("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n{template}"),
            "shop",
        ),
        (
            String::new(),
            format!("apiVersion: serving.knative.dev/v1\nkind: Service\n{template}"),
            "shop",
        ),
        (
            String::new(),
            format!("apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\n{template}"),
            "shop",
        ),
        (crd("Namespaced"), thing("v1"), "shop"),
        (crd("Namespaced"), thing("v2"), "shop"),
        (crd("Cluster"), thing("v1"), ""),
        (crd("Cluster"), thing("v2"), ""),
        // Nothing tells.
        (String::new(), thing("v1"), ""),
        (
            String::new(),
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: web, namespace: odd}\n".to_owned(),
            "",
        ),
    ] {
        let scene = Scene::new().file("a.yaml", format!("{given}---\n{object}"));
        let run = scene.run(&["show", "a.yaml", "-n", "shop", "-o", "json"]).code(0);
        let json = run.json();
        let shown = json["items"].as_array().unwrap().last().unwrap();
        let namespace = shown["metadata"]["namespace"].as_str().unwrap_or_default();
        assert_eq!(namespace, want, "{object}");
    }
    // Its labels hold for the pods that a kind of an operator creates.
    let rollout = format!("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n{template}");
    let text = format!("{}---\n{rollout}", namespace("privileged"));
    let scene = Scene::new().file("a.yaml", text);
    scene.run(&["check", "a.yaml"]).code(1);
    scene.run(&["check", "a.yaml", "-n", "shop"]).code(0);
}

#[test]
fn labels_count_as_the_operator_gives_them() {
    let overridden =
        |count: usize| vec!["warn inventory/namespace Namespace/shop".to_owned(); count];
    let (strict, lax) = (namespace("baseline"), namespace("privileged"));
    for (given, inputs, code, remarks) in [
        (Some(&strict), vec![&lax], 1, 1),
        (Some(&lax), vec![&strict], 0, 1),
        (Some(&strict), vec![&lax, &lax], 1, 2),
        (Some(&strict), vec![&strict], 1, 0),
        (None, vec![&lax, &strict], 1, 1),
        (None, vec![&strict, &lax], 0, 1),
        (None, vec![&lax, &lax], 0, 0),
    ] {
        let scene = Scene::new()
            .file("c.yaml", "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n")
            .file("p.yaml", given.map_or("", String::as_str));
        let args =
            vec!["check", "in", "--pod-security-config", "c.yaml", "-p", "p.yaml", "-o", "json"];
        let mut scene = scene.file("in/z.yaml", POD);
        for (number, input) in inputs.iter().enumerate() {
            scene = scene.file(&format!("in/{number}.yaml"), input);
        }
        let run = scene.run(&args).code(code);
        let found: Vec<String> =
            run.findings().into_iter().filter(|f| f.contains("inventory")).collect();
        assert_eq!(found, overridden(remarks), "{inputs:?}");
        assert_eq!(run.errors(), "");
    }
}

#[test]
fn an_operator_says_one_thing_of_a_namespace() {
    let twice = format!("{}---\n{}", namespace("baseline"), namespace("restricted"));
    let scene = Scene::new().file("a.yaml", POD).file("p.yaml", twice);
    let args = ["check", "a.yaml", "--pod-security", "baseline", "-p", "p.yaml", "-o", "json"];
    let run = scene.run(&args).code(2);
    assert!(
        run.errors().contains("Namespace `shop` stands twice, with other labels in `p.yaml:1`")
    );
    assert_eq!(run.json()["errors"][0]["line"], 7);
}
