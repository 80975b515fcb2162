//! `sekisho test`: our extensions of suites, output, and what is broken.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_checkpoint_check::CheckFiles;
use sekisho_dialect_admission_policy::AdmissionPolicy;
use sekisho_dialect_gatekeeper::Gatekeeper;
use sekisho_gator_tool::{Engine, Format, TestOptions, test};
use std::fs;
use std::path::Path;

fn options(path: &str) -> TestOptions<'static> {
    TestOptions {
        paths: vec![path.to_owned()],
        run: String::new(),
        verbose: false,
        engine: None,
        format: Format::Text,
        coverage: false,
        strict: false,
        as_stored: false,
        color: false,
        now: jiff::Timestamp::UNIX_EPOCH,
        target: sekisho_policy::Target::default(),
        dialects: &[&Gatekeeper, &AdmissionPolicy],
        checkpoints: &[&CheckFiles],
    }
}

struct Said {
    code: u8,
    out: String,
    err: String,
}

/// Runs, with the folder of the tests taken out of what is said.
fn said(options: &TestOptions<'_>) -> Said {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = test(options, &mut out, &mut err).unwrap();
    let here = format!("{}/", env!("CARGO_MANIFEST_DIR"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&here, "");
    Said { code, out: text(out), err: text(err) }
}

fn below(path: &str) -> String {
    format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// A folder of the tests, the exit code, and parts of what is printed.
const CASES: &[(&str, u8, &[&str])] = &[
    ("extensions/mutations", 0, &["4 passed, 0 failed, 1 skipped\n"]),
    (
        "extensions/broken-mutations",
        2,
        &[
            "unexpected object: want `/metadata/labels` to be `{\"team\":\"gold\"}`",
            "at tests/extensions/files/pod-mutated.yaml:6:3",
            "at tests/extensions/broken-mutations/suite.yaml:7:5",
            "want `/spec/containers/0/image` to be `\"web\"`, got `\"web@sha256:0123\"`",
            "there is no answer of external data provider `registry` for `web`",
            "unexpected error: want \"colour\"",
            "no error: want \"answer\"",
            "must define one of expected, unchanged and error",
            "adding mutators: ",
            "tests/extensions/files/pod.yaml:2:1: `Pod` is no mutator",
            "invalid test: must define mutators",
            "0 passed, 8 failed, 0 skipped\n",
        ],
    ),
    ("extensions/admission-policies", 0, &["11 passed, 0 failed, 0 skipped\n"]),
    (
        "extensions/broken-admission-policies",
        2,
        &[
            "unexpected verdict: want allow, got deny: got messages [at most 3 replicas]",
            "at tests/extensions/broken-admission-policies/suite.yaml:11:5",
            "unexpected message: want \"colour\"",
            "no warning contains \"colour\"",
            "unexpected audit annotation replicas/replicas: want \"2\", got \"5\"",
            "unexpected object: want `/spec/replicas` to be `2`, got `5`",
            "at tests/extensions/files/deployment-2.yaml:5:3",
            "must define one of verdict, message, warnings, auditAnnotations, patched and unchanged",
            "no params found",
            "limits-of-nothing.yaml: no such file",
            // Policies that do nothing, or less than is written, are tested in vain.
            "ValidatingAdmissionPolicy `unbound`: no binding names `unbound`: it does nothing",
            "at tests/extensions/files/unbound.yaml:3:",
            "help: give a ValidatingAdmissionPolicyBinding of it with the policies",
            "ValidatingAdmissionPolicy `misspelt`: unknown field `excludeResourceRule`",
            "help: did you mean `excludeResourceRules`?",
            "no policy is in force: the files hold no policy, but ",
            " stands twice, with different contents",
            "at tests/extensions/files/other-limits.yaml:",
            // All that does not hold is told, at its place.
            "        unexpected verdict: want allow, got deny: got messages [at most 3 replicas]\n        at tests/extensions/broken-admission-policies/idle.yaml:31:5\n",
            "        at tests/extensions/broken-admission-policies/idle.yaml:32:5: unexpected message: want \"colour\"",
            "idle.yaml:33:16: no warning contains \"flavour\"",
            "idle.yaml:33:25: no warning contains \"taste\"",
            "idle.yaml:34:24: unexpected audit annotation replicas/replicas: want \"2\", got \"5\"",
            "idle.yaml:34:48: unexpected audit annotation replicas/other: want \"there\", got none",
            "deployment-2.yaml:5:3: unexpected object: want `/spec/replicas` to be `2`, got `5`\n        at tests/extensions/broken-admission-policies/idle.yaml:35:5\n",
            "0 passed, 13 failed, 0 skipped\n",
        ],
    ),
    (
        "extensions/warnings",
        1,
        &[
            "unexpected warnings: got warnings [",
            "no warning contains \"colour\"",
            "at tests/extensions/warnings/suite.yaml:22:23",
            "2 passed, 2 failed, 0 skipped\n",
        ],
    ),
    (
        "extensions/external-data",
        2,
        &[
            "there is no answer of external data provider `registry`",
            "at tests/extensions/external-data/suite.yaml:19:5",
            "3 passed, 1 failed, 0 skipped\n",
        ],
    ),
    (
        "extensions/checkpoints",
        2,
        &[
            "laptop: no checkpoint is named `laptop`; there are check, admission, audit",
            "skipped\t1 by audit: the `audit` checkpoint is not built in\n",
            "3 passed, 1 failed, 1 skipped\n",
        ],
    ),
    (
        "scenarios/failing",
        1,
        &[
            "        unexpected number of violations: got 2 violations but want none",
            "        at tests/scenarios/failing/suite.yaml:11:7\n",
            "1 passed, 6 failed, 0 skipped\n",
        ],
    ),
    // Every case of a test that is broken has failed.
    ("scenarios/kinds", 2, &["0 passed, 7 failed, 0 skipped\n"]),
    (
        "scenarios/broken-yaml",
        2,
        &["at tests/scenarios/files/broken-second.yaml:7:", "0 passed, 6 failed, 0 skipped\n"],
    ),
    ("scenarios/skip", 0, &["2 passed, 0 failed, 3 skipped\n"]),
    (
        "scenarios/broken-rego-under-cel",
        0,
        &[
            "skipped\t1 by rego: it does not compile, and gator passes over it: adding template: ",
            "1 passed, 0 failed, 1 skipped\n",
        ],
    ),
    ("scenarios/no-operation", 0, &["3 passed, 0 failed, 0 skipped\n"]),
    (
        "scenarios/number-for-message",
        2,
        &["Rego: the `msg` of a violation is a number\n", "0 passed, 2 failed, 0 skipped\n"],
    ),
    ("scenarios/operations", 0, &["3 passed, 0 failed, 0 skipped\n"]),
    ("scenarios/basic", 0, &["PASS\n\n5 passed, 0 failed, 0 skipped\n"]),
];

#[test]
fn suites_are_run_and_told() {
    for (path, code, parts) in CASES {
        let said = said(&options(&below(path)));
        for part in *parts {
            assert!(said.out.contains(part), "{path}: no `{part}` in\n{}", said.out);
        }
        assert_eq!(said.code, *code, "{path}\n{}{}", said.out, said.err);
    }
}

#[test]
fn what_defaults_change_is_shown() {
    let path = below("extensions/as-stored");
    let said = said(&TestOptions { as_stored: true, ..options(&path) });
    assert_eq!(said.code, 0);
    let shown = "as stored: tests/extensions/as-stored/suite.yaml:8:5 defaults: the API server sets \
                 it\n    given : 1 violations\n        no restart policy\n    stored: 0 \
                 violations\nas stored: 1 answers differ\n";
    assert!(said.out.contains(shown), "{}", said.out);
}

#[test]
fn filters_and_engines_narrow() {
    let path = below("scenarios/basic");
    for (run, engine, wanted) in [
        ("owner//", None, "5 passed, 0 failed, 0 skipped\n"),
        ("^owner$", None, "4 passed, 0 failed, 1 skipped\n"),
        ("^bare$", None, "1 passed, 0 failed, 4 skipped\n"),
        ("owner//once", None, "1 passed, 0 failed, 4 skipped\n"),
        ("", Some(Engine::Rego), "5 passed, 0 failed, 0 skipped\n"),
        ("", Some(Engine::Cel), "0 passed, 0 failed, 5 skipped\n"),
    ] {
        let said = said(&TestOptions { run: run.to_owned(), engine, ..options(&path) });
        assert!(said.out.ends_with(wanted), "{run} {engine:?}: {}", said.out);
        assert_eq!(said.code, 0);
    }
    let wrong = said(&TestOptions { run: "[".to_owned(), ..options(&path) });
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("error parsing regexp: missing closing ]: `[`"), "{}", wrong.err);
}

/// Texts of suites, and what is said of them: place and message.
const BROKEN: &[(&str, &[&str])] = &[
    ("tests: 5\n", &["s.yaml:3:1: `tests` is a number where a list is expected"]),
    (
        "tests:\n- name: 5\n  skip: yes\n",
        &[
            "s.yaml:4:3: `name` is a number where a text is expected",
            "s.yaml:5:3: `skip` is a text where `true` or `false` is expected",
        ],
    ),
    (
        "tests:\n- cases:\n  - assertions:\n    - violations: true\n",
        &["s.yaml:6:7: `violations` is a boolean where"],
    ),
    (
        "tests:\n- cases:\n  - assertions:\n    - violations: 1.5\n",
        &["s.yaml:6:7: `1.5` is no number of violations"],
    ),
    (
        "tests:\n- cases:\n  - assertions:\n    - violations: 3000000000\n",
        &["s.yaml:6:7: `3000000000` is no number of violations"],
    ),
    (
        "tests:\n- null\n- a\n",
        &["s.yaml:4:3: item 0 of `tests` is no object", "s.yaml:5:3: item 1"],
    ),
    ("tests:\n- cases:\n  - inventory: x\n", &["s.yaml:5:5: `inventory` is a text where a list"]),
    ("tests: [\n", &["s.yaml:"]),
    ("tests:\n- name: a\n  name: b\n", &["s.yaml:5:3: key `name` is already set on line 4"]),
    ("mutations:\n- name: a\n", &["s.yaml:4:3: a test of mutators without `mutators`"]),
    (
        "mutations:\n- mutators: [a]\n  cases:\n  - {object: a, unchanged: true, error: a}\n",
        &["`unchanged` and `error` exclude each other"],
    ),
    (
        "---\napiVersion: test.gatekeeper.sh/v1\nkind: Suite\n",
        &["s.yaml:4:1: only the first document of a file is run, and this suite is another"],
    ),
];

/// What is told as `file:line:column: message`, from how it is rendered.
fn told(said: &Said) -> String {
    let mut told = String::new();
    let mut message = "";
    for line in said.out.lines().map(str::trim_start) {
        match line.strip_prefix("at ").map(|place| place.rsplit('/').next().unwrap()) {
            Some(place) if place.contains(": ") => told += &format!("{place}\n"),
            Some(place) => told += &format!("{place}: {message}\n"),
            None => message = line,
        }
    }
    for line in said.err.lines() {
        if let Some(text) = line.strip_prefix("error: ") {
            message = text;
        } else if let Some(place) = line.trim_start().strip_prefix("--> ") {
            let file = place.rsplit('/').next().unwrap();
            told += &format!("{file}: {message}\n");
        }
    }
    told
}

#[test]
fn broken_suites_are_told_with_their_places_and_hide_no_others() {
    for (text, wanted) in BROKEN {
        let folder = tempfile::tempdir().unwrap();
        let head = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\n";
        fs::write(folder.path().join("s.yaml"), format!("{head}{text}")).unwrap();
        fs::write(folder.path().join("good.yaml"), head.to_owned() + "tests: []\n").unwrap();
        // What is no suite is in nobody's way.
        for (name, text) in [("values.yaml", "a: {{ b }}\n"), ("x.yaml", "a: [\n"), ("e.yaml", "")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let said = said(&options(&folder.path().display().to_string()));
        let told = told(&said);
        for part in *wanted {
            assert!(told.contains(part), "{text}: no `{part}` in\n{told}");
        }
        assert!(said.out.contains("ok\t") && said.out.contains("good.yaml"), "{}", said.out);
        assert_eq!(said.code, 2, "{text}");
    }
}

#[test]
fn strict_tells_fields_that_nothing_reads() {
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntest: []\ntests:\n- Name: \
                a\n  skip: true\n  cases:\n  - objects: x\n    assertions:\n    - count: 1\n";
    fs::write(folder.path().join("s.yaml"), text).unwrap();
    let path = folder.path().display().to_string();
    let lenient = said(&options(&path));
    assert_eq!(lenient.code, 0);
    assert!(lenient.err.contains("warning: unknown field `count`"), "{}", lenient.err);
    let said = said(&TestOptions { strict: true, ..options(&path) });
    let told = told(&said);
    for part in [
        "s.yaml:3:1: unknown field `test`",
        "s.yaml:5:3: unknown field `Name`",
        "s.yaml:8:5: unknown field `objects`",
        "s.yaml:10:7: unknown field `count`",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    assert!(said.err.contains("it is read as `name`"), "{}", said.err);
    assert_eq!(said.code, 2);
}

/// Suites of admission policies are ours, and an assertion that is misspelt asserts nothing.
#[test]
fn fields_of_suites_of_admission_policies_are_those_that_there_are() {
    let said = said(&options(&below("extensions/misspelt-admission-policies")));
    let told = told(&said);
    for part in [
        "suite.yaml:6:3: unknown field `case`",
        "suite.yaml:10:12: unknown field `usrname`",
        "suite.yaml:10:26: unknown field `group`",
        "suite.yaml:11:5: unknown field `parms`",
        "suite.yaml:13:5: unknown field `Message`",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    for help in ["did you mean `cases`?", "did you mean `username`?", "it is read as `message`"] {
        assert!(said.out.contains(help), "{}", said.out);
    }
    assert_eq!(said.code, 2);
}

/// A case that cannot be read is an error of its own, and the others are run.
#[test]
fn malformed_cases_hide_no_others() {
    let path = below("extensions/malformed");
    let said = said(&TestOptions { format: Format::Json, ..options(&path) });
    assert_eq!(said.code, 2, "{}{}", said.out, said.err);
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let mut found = Vec::new();
    for suite in value["suites"].as_array().unwrap() {
        for test in suite["tests"].as_array().unwrap() {
            for case in test["cases"].as_array().unwrap() {
                let run = &case["runs"][0];
                let (name, result) = (case["name"].as_str().unwrap(), run["result"].as_str());
                let line = run["places"][0]["line"].as_u64().unwrap_or_default();
                let message = run["message"].as_str().unwrap_or_default();
                found.push(format!("{name}: {} {line} {message}", result.unwrap()));
            }
        }
    }
    let parse = "contains invalid regular expression: error parsing regexp: missing closing ): `(`";
    let wanted = [
        "no number: error 11 `violations` is a boolean where \"yes\", \"no\" or a number is expected",
        &format!("no expression: error 16 message {parse}"),
        "in order: passed 0 ",
        "of no use: error 26 unknown field `inventry`",
        &format!("no expression: error 30 error {parse}"),
        "in order: passed 0 ",
        "misspelt: error 40 unknown field `verdit`",
        &format!("no expression: error 43 message {parse}"),
        &format!("no annotation: error 47 auditAnnotations {parse}"),
        &format!("no warning: error 51 warnings {parse}"),
        "in order: passed 0 ",
    ];
    assert_eq!(found, wanted);
    assert_eq!((&value["summary"]["errors"], &value["summary"]["passed"]), (&8.into(), &3.into()));
}

#[test]
fn paths_that_lead_to_nothing_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    fs::write(folder.path().join("pod.yaml"), "apiVersion: v1\nkind: Pod\n").unwrap();
    for path in [path.clone(), format!("{path}/..."), format!("{path}/pod.yaml"), path + "/no"] {
        let said = said(&options(&path));
        assert_eq!(said.code, 2, "{path}: {}", said.out);
        assert!(said.out.ends_with("0 passed, 0 failed, 0 skipped\n"), "{}", said.out);
        assert!(said.err.starts_with("error: "), "{}", said.err);
    }
}

#[test]
fn every_format_tells_the_same() {
    let path = below("scenarios/failing");
    let of = |format| said(&TestOptions { format, ..options(&path) });
    let json = of(Format::Json);
    assert_eq!(json.code, 1);
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["summary"]["failed"], 6);
    let case = &value["suites"][0]["tests"][0]["cases"][0];
    assert_eq!((&case["name"], &case["result"]), (&"wants none".into(), &"failed".into()));
    assert_eq!(case["line"], 8);
    let run = &case["runs"][0];
    assert_eq!((&run["by"], &run["places"][0]["line"]), (&"rego".into(), &11.into()));
    assert_eq!(run["violations"][0], "no label \"owner\"");

    let junit = of(Format::Junit);
    assert_eq!(junit.code, 1);
    for part in [
        r#"<testsuites name="sekisho test" tests="7" failures="6" errors="0" skipped="0""#,
        r#"<testcase classname="owner" name="wants none" file="tests/scenarios/failing/suite.yaml" line="8""#,
        "<failure message=\"unexpected number of violations: got 2 violations but want none",
        r#"containing &quot;tab\there&quot;"#,
    ] {
        assert!(junit.out.contains(part), "no `{part}` in {}", junit.out);
    }

    // What no case could be made of is an error, too.
    let none = said(&TestOptions { format: Format::Json, ..options(&below("no")) });
    let value: serde_json::Value = serde_json::from_str(&none.out).unwrap();
    assert_eq!((value["summary"]["errors"].as_u64(), none.code), (Some(1), 2));

    let github = of(Format::Github);
    let line = "::error file=tests/scenarios/failing/suite.yaml,line=11,col=7,title=owner%3A wants \
                none::unexpected number of violations: got 2 violations but want none";
    assert!(github.out.starts_with(line), "{}", github.out);
    assert!(github.out.ends_with("1 passed, 6 failed, 0 skipped\n"), "{}", github.out);
    let several = below("extensions/broken-admission-policies");
    let several = said(&TestOptions { format: Format::Github, ..options(&several) });
    let line = "got messages [at most 3 replicas]%0Atests/extensions/broken-admission-policies/idle.yaml\
                :32:5: unexpected message: want \"colour\"";
    assert!(several.out.contains(line), "{}", several.out);
}

/// Lines of the template and of its library, and what the rules print.
#[test]
fn coverage_and_prints_are_shown() {
    let options =
        TestOptions { coverage: true, verbose: true, ..options(&below("extensions/coverage")) };
    let text = said(&options);
    assert_eq!(text.code, 0, "{}{}", text.out, text.err);
    let printed = "        === PRINT ===\n        found 5 of at most 3\n";
    let covered = "coverage\ttests/extensions/coverage/template.yaml\t72.7%\tnot run: 30, 32, 42\n";
    for part in [printed, covered] {
        assert!(text.out.contains(part), "no `{part}` in {}", text.out);
    }
    let json = said(&TestOptions { format: Format::Json, ..options });
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(told["coverage"][0]["missed"], serde_json::json!([30, 32, 42]));
    assert_eq!(
        told["suites"][0]["tests"][0]["cases"][0]["runs"][0]["printed"][0],
        "found 5 of at most 3"
    );
}

/// The suites of Gatekeeper's library, where they are beside the checkout.
#[test]
fn upstream_suites_pass_unchanged() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    for (folder, least) in [("gatekeeper-library", 100), ("gator/verify", 6)] {
        let path = corpora.join(folder);
        if !path.exists() {
            println!("skipped: {} is not there", path.display());
            continue;
        }
        let said = said(&options(&path.display().to_string()));
        assert_eq!(said.code, 0, "{folder}: {}{}", said.out, said.err);
        let last = said.out.lines().last().unwrap();
        let passed: usize = last.split(' ').next().unwrap().parse().unwrap();
        assert!(passed >= least && last.contains(" 0 failed"), "{folder}: {last}");
    }
}
