//! `sekisho test` and `sekisho gator verify`.

use crate::scene::{Run, Scene};

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: wantsowner}
spec:
  crd: {spec: {names: {kind: WantsOwner}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package wantsowner

      violation[{"msg": "no owner"}] { not input.review.object.metadata.labels.owner }
"#;
const CONSTRAINT: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: WantsOwner\n\
                          metadata: {name: owner}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";

/// A suite of one case, and what it names.
fn scene(violations: &str) -> Scene {
    let suite = format!(
        "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n- name: owners\n  template: \
         template.yaml\n  constraint: constraint.yaml\n  cases:\n  - name: web\n    object: \
         pod.yaml\n    assertions:\n    - violations: {violations}\n"
    );
    Scene::new()
        .file("tests/suite.yaml", suite)
        .file("tests/template.yaml", TEMPLATE)
        .file("tests/constraint.yaml", CONSTRAINT)
        .file("tests/pod.yaml", POD)
}

/// The output without times.
fn lines(run: &Run) -> Vec<&str> {
    let line = |line: &'_ str| line.len() - line.rsplit('\t').next().unwrap_or_default().len();
    run.out
        .lines()
        .map(|text| if text.contains('\t') { &text[..line(text)] } else { text })
        .collect()
}

#[test]
fn suites_are_found_run_and_counted() {
    let run = scene("yes").run(&["test"]).code(0);
    assert_eq!(
        lines(&run),
        ["ok\ttests/suite.yaml\t", "PASS", "", "1 passed, 0 failed, 0 skipped"]
    );
    let run = scene("no").run(&["test", "tests"]).code(1);
    let wanted = [
        "    --- FAIL: web\t",
        "        unexpected number of violations: got 1 violations but want none: got messages [no owner]",
        "        at tests/suite.yaml:11:7",
        "--- FAIL: owners\t",
        "FAIL\ttests/suite.yaml\t",
        "FAIL",
        "",
        "0 passed, 1 failed, 0 skipped",
    ];
    assert_eq!(lines(&run), wanted);
    scene("maybe").run(&["test"]).code(2);
    let run = scene("yes").run(&["test", "-r", "nothing//", "-o", "json"]).code(0);
    assert_eq!(run.json()["summary"]["skipped"], 1);
    assert!(run.err.contains("no case was run"), "{}", run.err);
    scene("yes").run(&["test", "nowhere"]).code(2);
}

#[test]
fn verify_prints_and_ends_as_gator() {
    let run = scene("yes").run(&["gator", "verify", "-v", "tests/..."]).code(0);
    let wanted = [
        "=== RUN   owners",
        "    === RUN   web",
        "    --- PASS: web\t",
        "--- PASS: owners\t",
        "ok\ttests/suite.yaml\t",
        "PASS",
        "",
    ];
    assert_eq!(lines(&run), wanted);
    let run = scene("no").run(&["gator", "verify", "tests"]).code(1);
    assert!(run.err == "Error: FAIL\n" && run.out.ends_with("FAIL\n\n"), "{run:?}");
    for (args, said) in [
        (vec!["tests", "tests"], "Error: accepts 1 arg(s), received 2"),
        (vec!["nowhere"], "Error: listing test files: stat "),
        (vec!["tests", "--run=["], "Error: compiling filter: invalid test filter: error parsing"),
        (
            vec!["tests", "--default-k8s-native-validation-failure-policy=Maybe"],
            "Error: invalid default K8sNativeValidation failure policy",
        ),
    ] {
        let run = scene("yes").run(&[vec!["gator", "verify"], args].concat()).code(1);
        assert!(run.err.starts_with(said), "{run:?}");
    }
    let native = "--enable-k8s-native-validation=false";
    scene("yes").run(&["gator", "verify", native, "tests"]).code(0);
}

/// What providers answer in a case is known at the checkpoints that it names, too.
#[test]
fn checkpoints_know_what_providers_answer() {
    let template = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: \
         {name: wantsowner}\nspec:\n  crd: {spec: {names: {kind: WantsOwner}}}\n  targets:\n  - \
         target: admission.k8s.gatekeeper.sh\n    rego: |\n      package wantsowner\n      \
         violation[{\"msg\": m}] {\n        r := external_data({\"provider\": \"owners\", \"keys\": \
         [input.review.object.metadata.name]})\n        m := r.errors[_][1]\n      }\n";
    let suite = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n- name: owners\n  \
         template: template.yaml\n  constraint: constraint.yaml\n  cases:\n  - name: web\n    object: \
         object.yaml\n    externalData: [answers.yaml]\n    checkpoints: [check, admission, audit]\n    \
         assertions:\n    - {violations: 1, message: nobody owns it}\n";
    let answers = |answers: &str| {
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n";
        let scene = Scene::new().file("suite.yaml", suite).file("template.yaml", template);
        let scene = scene.file("constraint.yaml", CONSTRAINT).file("object.yaml", object);
        scene.file("answers.yaml", answers).run(&["test"])
    };
    answers("provider: owners\nerrors: {web: nobody owns it}\n").code(0);
    answers("provider: owners\nvalues: {web: we}\n").code(1);
    let unanswered = answers("provider: owners\n").code(2);
    let wanted = "there is no answer of external data provider `owners` for `web`";
    assert!(unanswered.out.matches(wanted).count() >= 4, "{unanswered:?}");
}
