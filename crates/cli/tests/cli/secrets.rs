//! Nothing that a Secret holds is ever told by what judges it.

use crate::scene::Scene;

/// Every value that must not be shown has this in it.
const VALUE: &str = "hunter2";

const FORMATS: [&str; 6] = ["text", "json", "sarif", "junit", "github", "gitlab"];

#[test]
fn no_output_tells_what_a_secret_holds() {
    let secret = |rest: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: shop}}\n{rest}")
    };
    let pod = "apiVersion: v1, kind: Pod, metadata: {name: p}, \
               spec: {hostPID: true, containers: [{name: a, image: a:1}]}";
    let flow = "apiVersion: v1, kind: Secret, metadata: {name: s}";
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"List","items":[{{"apiVersion":"v1","kind":"Secret",
           "metadata":{{"name":"s"}},"stringData":{{"p":"{VALUE}"}}}},{{"apiVersion":"v1",
           "kind":"Pod","metadata":{{"name":"p"}},"spec":{{"hostPID":true,
           "containers":[{{"name":"a","image":"a:1"}}]}}}}]}}"#
    );
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems: [{items}]\n");
    for (text, code) in [
        // What is not in base64 is an error, and so is any other wrong type.
        (secret("data: {password: hunter2!}\n"), 2),
        (secret("data: hunter2\n"), 2),
        (secret("stringData: {password: [hunter2]}\n"), 2),
        (secret("immutable: hunter2\n"), 2),
        // What is no YAML: an alias, a tag that the text does not fit, a line that lost its place.
        (secret("stringData:\n  password: *hunter2\n"), 2),
        (secret("stringData:\n  password: !!int hunter2\n"), 2),
        (secret("stringData:\n  key: |\n    begin\n  hunter2\n"), 2),
        (secret("stringData:\n  password: @hunter2\n"), 2),
        // A field that the kind does not have is a finding.
        (secret("stringdata: {password: hunter2}\n"), 0),
        // Others on the same line: before, behind, and with the value on lines of its own.
        (json.replace('\n', " "), 1),
        (json, 1),
        (list(&format!("{{{pod}}}, {{{flow}, stringData: {{p: {VALUE}}}}}")), 1),
        (list(&format!("{{{flow}, stringData: {{p: {VALUE}}}}}, {{{pod}}}")), 1),
        (list(&format!("{{{flow}, stringData: {{\n    p: {VALUE}}}}}, {{{pod}}}")), 1),
        (list(&format!("{{{flow}, stringData: {{p: 'x\n    {VALUE}'}}}}, {{{pod}}}")), 1),
    ] {
        let scene = Scene::new().file("a.yaml", &text);
        for format in FORMATS {
            let run = scene.run(&["check", "a.yaml", "-o", format]).code(code);
            assert!(!run.out.contains(VALUE) && !run.err.contains(VALUE), "{text}\n{run:?}");
        }
        let run = scene.run(&["show", "a.yaml"]);
        assert!(!run.err.contains(VALUE), "{text}\n{run:?}");
    }
}

#[test]
fn what_stands_beside_a_secret_is_shown() {
    let text = "apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {p: hunter2}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  hostPID: true
  containers: [{name: a, image: a:1}]
";
    let run = Scene::new().file("a.yaml", text).run(&["check", "a.yaml"]).code(1);
    assert!(run.out.contains("10 |   hostPID: true"), "{run:?}");
}
