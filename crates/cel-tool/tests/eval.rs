//! What `sekisho cel eval` says.
#![cfg(test)]

use sekisho_cel::kubernetes::Release;
use sekisho_cel_tool::{EvalOptions, Given, eval, render_json, render_text};
use std::fs;
use std::path::PathBuf;

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: web
    image: nginx:1.27
";

fn given() -> Given {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pod.yaml");
    fs::write(&file, POD).unwrap();
    Given::read(Some(&file), None, None, &[] as &[PathBuf]).unwrap()
}

fn options(minor: u32) -> EvalOptions {
    EvalOptions { release: Release { minor }, mutation: false }
}

#[test]
fn values_costs_and_faults_are_told() {
    let given = given();
    for (expression, minor, out, said) in [
        ("object.metadata.name", 37, "\"web\"\n", ""),
        // What the API server adds is there.
        ("object.spec.restartPolicy", 37, "\"Always\"\n", ""),
        ("request.operation + ' ' + request.resource.resource", 37, "\"CREATE pods\"\n", ""),
        ("isIP('10.0.0.1')", 31, "true\n", ""),
        (
            "isIP('10.0.0.1')",
            30,
            "true\n",
            "warning: 1:5: undeclared reference to 'isIP' (in container '')\n | isIP('10.0.0.1')\n |     ^\n \
             = help: `isIP` came with Kubernetes 1.30: new policies may use it from 1.31 on\n",
        ),
        (
            "isIP('10.0.0.1')",
            29,
            "",
            "error: 1:5: undeclared reference to 'isIP' (in container '')\n | isIP('10.0.0.1')\n |     ^\n \
             = help: `isIP` came with Kubernetes 1.30: new policies may use it from 1.31 on\n",
        ),
        (
            "params.max",
            37,
            "",
            "error: 1:1: undeclared reference to 'params' (in container '')\n | params.max\n | ^\n \
             = help: give them with `--params`\n",
        ),
        (
            "Object{}",
            37,
            "",
            "error: 1:7: undeclared reference to 'Object' (in container '')\n | Object{}\n |       ^\n \
             = help: mutations alone make it: say `--mutation`\n",
        ),
        (
            "object.metadata.name == oldObject.metadata.name",
            37,
            "",
            "error: no such key: metadata\n = help: `oldObject` is null here: give it with `--old-object`\n",
        ),
        (
            "object.spec.hostNetwork == 'true'",
            37,
            "",
            "warning: 1:25: found no matching overload for '_==_' applied to '(bool, string)'\n \
             | object.spec.hostNetwork == 'true'\n |                         ^\nerror: no such key: hostNetwork\n",
        ),
        (
            "object.spec.nope",
            37,
            "",
            "warning: 1:12: undefined field 'nope'\n | object.spec.nope\n |            ^\nerror: no such key: nope\n",
        ),
        (
            "authorizer.path('/a').check('get').allowed()",
            37,
            "",
            "error: `authorizer` is not answered here: `sekisho check` and `sekisho test` answer it by the roles and bindings that they are given\n",
        ),
    ] {
        let outcome = eval(expression, &given, options(minor));
        let (found, found_said) = render_text(expression, &outcome, false);
        assert_eq!(found, out, "{expression}");
        assert_eq!(found_said, said, "{expression}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let expression = "object.a.startswith('a') && nope && 1 + 'a' == 2";
    let outcome = eval(expression, &given(), options(37));
    let (out, said) = render_text(expression, &outcome, true);
    assert_eq!(out, "");
    assert_eq!(said.matches("error: ").count(), 3, "{said}");
    assert!(said.contains("did you mean `startsWith`?"), "{said}");
}

#[test]
fn programs_read_json() {
    let outcome = eval("object.spec.containers.size()", &given(), options(37));
    let json = sekisho_value::from_json(&render_json(&outcome)).unwrap();
    assert_eq!(
        json.to_json(),
        r#"{"cost":4,"estimate":{"max":2,"min":2},"type":"int","value":1,"warnings":[]}"#
    );
    let (out, _) = render_text("", &outcome, true);
    assert_eq!(out, "1\ncost: 4 of 1000000 (estimated 2 to 2)\n");
}

#[test]
fn mutations_make_objects() {
    let mutation = EvalOptions { release: Release::NEWEST, mutation: true };
    let expression = "Object{spec: Object.spec{replicas: object.spec.containers.size()}}";
    let (out, _) = render_text(expression, &eval(expression, &given(), mutation), false);
    assert_eq!(out, "{\"spec\":{\"replicas\":1}}\n");
    assert!(eval(expression, &given(), options(37)).is_err());
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.yaml");
    fs::write(&file, "a: [").unwrap();
    let missing = folder.path().join("missing.yaml");
    let faults = Given::read(Some(&file), Some(&missing), None, &[] as &[PathBuf]).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].place.ends_with("broken.yaml:1:4"), "{faults:?}");
}

#[test]
fn objects_are_read_as_the_api_server_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let none = &[] as &[PathBuf];
    let read = |text: &str| Given::read(Some(&write("a.yaml", text)), None, None, none);
    let unknown = read(&format!("{POD}  hostNetwrk: true\n")).unwrap();
    let [warning] = unknown.warnings.as_slice() else { panic!("{:?}", unknown.warnings) };
    assert!(warning.place.ends_with("a.yaml:10:3"), "{warning}");
    let wrong = read(&format!("{POD}  hostNetwork: 'true'\n")).unwrap_err();
    let [fault] = wrong.as_slice() else { panic!("{wrong:?}") };
    assert!(fault.place.ends_with("a.yaml:10:3"), "{fault}");
    // What is no object is given as it is.
    assert_eq!(read("hostNetwork: 'true'\n").unwrap().warnings, []);
    let no_definition = Given::read(None, None, None, &[write("pod.yaml", POD)]).unwrap_err();
    assert!(no_definition[0].message.contains("no CustomResourceDefinition"), "{no_definition:?}");
    let stdin = Some(std::path::Path::new("-"));
    let twice = Given::read(stdin, None, stdin, none).unwrap_err();
    assert_eq!(twice.len(), 1, "{twice:?}");
}
