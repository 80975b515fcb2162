//! `sekisho rego test`, and what its tests cover.

use super::folder;
use sekisho_rego::ast::Version;
use sekisho_rego_tool::{ERROR, FAILED, Limits, OK, TestFormat, TestOptions, test};
use sekisho_value::{Value, from_json};
use std::fs;
use std::path::Path;

const TESTS: &str = "package a_test

test_holds if { 1 == 1 }

test_fails if { input.x }

test_print if { print(\"seen\", 1) }

todo_test_later if { false }

test_cases[name] if {
	some name, case in {\"one\": 1, \"two\": 2}
	case == 1
}

test_all[name] if {
	some name, case in {\"one\": 1, \"two\": 1}
	case == 1
}

test_nested[first][second] if {
	some first, below in {\"a\": {\"x\": 1}, \"b\": {\"x\": 1, \"y\": 0}}
	some second, case in below
	case == 1
}
";

fn run_tests(path: &Path, change: impl FnOnce(&mut TestOptions)) -> (u8, String, String) {
    let mut options = TestOptions {
        paths: vec![path.display().to_string()],
        schema: None,
        version: Version::V1,
        run: None,
        verbose: false,
        coverage: false,
        format: TestFormat::Text,
        limits: Limits::default(),
        now: 0,
        color: false,
    };
    change(&mut options);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = test(&options, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn a_test_holds_where_its_value_is_true() {
    let module = "package a_test

test_set := set()
test_member contains x if { some x in input.none }
test_text := \"expected\"
test_count := 0
test_null := null
test_object := {\"a\": true}
test_none[name] if { some name in input.none }
";
    let made = folder(&[("a_test.rego", module)]);
    let (code, out, _) = run_tests(made.path(), |_| ());
    // A rule that gives cases and meets none holds, as with OPA.
    assert_eq!((code, out.lines().last()), (FAILED, Some("1 passed, 6 failed")), "{out}");
    assert!(out.contains("its value is a string, and is to be `true`"), "{out}");
}

#[test]
fn tests_as_text() {
    let made = folder(&[("a_test.rego", TESTS)]);
    let (code, out, _) = run_tests(made.path(), |_| ());
    assert_eq!(code, FAILED);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.last(), Some(&"3 passed, 3 failed"), "{out}");
    assert_eq!(lines.get(lines.len() - 2), Some(&"1 skipped"), "{out}");
    for part in ["FAIL data.a_test.test_cases", "  cases: two", "  cases: b", "SKIPPED data.a_test"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains("PASS") && !out.contains("seen"), "{out}");
    let (_, out, _) = run_tests(made.path(), |options| options.verbose = true);
    for part in ["PASS data.a_test.test_holds", "  seen 1", "  PASS one\n  FAIL two", "    FAIL y"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = run_tests(made.path(), |options| options.run = Some("holds|all".into()));
    assert_eq!((code, out.as_str()), (OK, "2 passed, 0 failed\n"));
    let (code, _, err) = run_tests(made.path(), |options| options.run = Some("(".into()));
    assert_eq!(code, ERROR, "{err}");
}

#[test]
fn tests_as_json_and_junit() {
    let made = folder(&[("a_test.rego", TESTS)]);
    let (_, out, _) = run_tests(made.path(), |options| options.format = TestFormat::Json);
    let results = from_json(&out).unwrap();
    let named = |name: &str| {
        let all = results.as_array().unwrap();
        all.iter().find(|it| it.get("name").and_then(Value::as_str) == Some(name)).unwrap()
    };
    let flags = |name: &str| {
        let of = named(name);
        ["fail", "skip", "error"].map(|flag| of.get(flag).is_some())
    };
    assert_eq!(flags("test_holds"), [false; 3]);
    assert_eq!(flags("test_fails"), [true, false, false]);
    assert_eq!(flags("todo_test_later"), [false, true, false]);
    assert_eq!(
        named("test_cases").get("sub_results").unwrap().to_json(),
        r#"{"one":{"name":"one"},"two":{"fail":true,"name":"two"}}"#
    );
    assert_eq!(named("test_holds").get("package").and_then(Value::as_str), Some("data.a_test"));
    let (_, out, _) = run_tests(made.path(), |options| options.format = TestFormat::Junit);
    assert!(out.contains(r#"tests="7" failures="3" errors="0" skipped="1""#), "{out}");
}

#[test]
fn tests_that_cannot_be_evaluated() {
    let made =
        folder(&[("a_test.rego", "package a\n\ntest_a if count(numbers.range(1, 1e9)) > 1\n")]);
    let (code, out, _) = run_tests(made.path(), |_| ());
    assert_eq!(code, ERROR);
    assert!(out.contains("ERROR data.a.test_a") && out.contains("memory"), "{out}");
    assert!(out.ends_with("0 passed, 1 failed\n"), "{out}");
}

#[test]
fn coverage_of_tests_that_pass() {
    let policy = "package p\n\na if input.x == 1\n\nb if {\n\tinput.x == 2\n}\n";
    let made = folder(&[
        ("p.rego", policy),
        ("p_test.rego", "package p_test\n\ntest_a if data.p.a with input.x as 1\n"),
    ]);
    let (code, out, _) = run_tests(made.path(), |options| options.coverage = true);
    let report = from_json(&out).unwrap();
    assert_eq!(code, OK);
    let lines = |key: &str| report.get(key).and_then(Value::as_i64);
    assert_eq!((lines("covered_lines"), lines("not_covered_lines")), (Some(1), Some(2)), "{out}");
    // of tests that fail it says little
    fs::write(made.path().join("p_test.rego"), "package p_test\n\ntest_a if data.p.a\n").unwrap();
    let (code, out, _) = run_tests(made.path(), |options| options.coverage = true);
    assert_eq!((code, out.ends_with("0 passed, 1 failed\n")), (FAILED, true), "{out}");
}

/// Rules of one set or function: a head is covered where its body holds.
#[test]
fn coverage_of_heads() {
    let policy = "package p

a contains \"x\" if input.x == 1

a contains \"y\" if {
\tinput.x == 2
}

f(\"x\") := 1

f(\"y\") := 2

g := 1 if {
\tinput.x == 3
}

g := 1 if {
\tinput.x == 1
}
";
    let test = "package p_test

test_all if {
\tcount(data.p.a) == 1 with input.x as 1
\tdata.p.f(\"x\") == 1
\tdata.p.g == 1 with input.x as 1
}
";
    let made = folder(&[("p.rego", policy), ("p_test.rego", test)]);
    let (code, out, _) = run_tests(made.path(), |options| options.coverage = true);
    assert_eq!(code, OK, "{out}");
    let report = from_json(&out).unwrap();
    let files = report.get("files").and_then(Value::as_object).unwrap();
    let (_, file) = files.iter().find(|(name, _)| name.ends_with("/p.rego")).unwrap();
    let missed = file.get("not_covered").and_then(Value::as_array).unwrap();
    let row = |range: &Value| range.path(&["start", "row"]).and_then(Value::as_i64);
    let rows: Vec<_> = missed.iter().filter_map(row).collect();
    assert_eq!(rows, [5, 11, 13], "{out}");
}

/// Places as `opa test --coverage` has them.
#[test]
fn coverage_has_columns() {
    let made = folder(&[(
        "a.rego",
        "package a\n\np if input.x == 1\n\nq contains x if {\n\tsome x in [1, 2]\n\tx > 1; x < 3\n}\n\n\
         default r := 1\n\nr := 2 if {\n\tnot p\n\tinput.none\n}\n\n\
         test_p if { p with input as {\"x\": 1}; q == {2}; r == 1 }\n",
    )]);
    let (code, out, _) = run_tests(made.path(), |options| options.coverage = true);
    assert_eq!(code, OK, "{out}");
    let report = from_json(&out).unwrap();
    let (_, file) = report.get("files").and_then(Value::as_object).unwrap().entry_at(0).unwrap();
    let ranges = |key: &str| -> Vec<String> {
        let place = |range: &Value, end: &str| {
            let number = |key: &str| range.path(&[end, key]).and_then(Value::as_i64).unwrap();
            format!("{}:{}", number("row"), number("col"))
        };
        let ranges = file.get(key).and_then(Value::as_array).unwrap();
        ranges
            .iter()
            .map(|range| format!("{}-{}", place(range, "start"), place(range, "end")))
            .collect()
    };
    let run = ranges("covered");
    for place in
        ["3:1-3:2", "3:6-3:18", "5:1-5:13", "7:2-7:7", "7:9-7:14", "10:1-10:15", "13:2-13:7"]
    {
        assert!(run.iter().any(|range| range == place), "{place}: {run:?}");
    }
    assert_eq!(ranges("not_covered"), ["12:1-12:7"]);
}
