//! The commands on files: what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_rego::ast::Version;
use sekisho_rego_tool::{
    CheckOptions, ERROR, EvalFormat, EvalOptions, FAILED, Limits, OK, TestFormat, TestOptions,
    check, eval, test,
};
use sekisho_value::{Value, from_json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder of files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn named(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn options(query: &str, paths: Vec<String>) -> EvalOptions {
    EvalOptions {
        query: query.to_owned(),
        paths,
        input: None,
        schema: None,
        version: Version::V1,
        format: EvalFormat::Json,
        strict_builtin_errors: false,
        allow_conflicts: false,
        limits: Limits::default(),
        now: 1_700_000_000_000_000_000,
        seed: 1,
        color: false,
    }
}

/// Exit code, standard output and standard error.
fn run(options: &EvalOptions) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = eval(options, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// What `opa eval --format json` prints, its keys sorted.
fn json(options: &EvalOptions) -> (u8, String) {
    let (code, out, _) = run(options);
    (code, from_json(&out).unwrap().to_json())
}

/// The value of the only expression.
fn value(query: &str, paths: Vec<String>) -> String {
    let (code, out, _) = run(&options(query, paths));
    assert_eq!(code, OK, "{out}");
    let out = from_json(&out).unwrap();
    let Some(result) = out.get("result").and_then(|it| it.at(0)) else {
        return "undefined".to_owned();
    };
    let expression = result.get("expressions").and_then(|it| it.at(0)).unwrap();
    expression.get("value").unwrap().to_json()
}

#[test]
fn results_are_opas() {
    for (query, expected) in [
        ("input.x", "{}"),
        (
            "1 + 1",
            r#"{"result":[{"expressions":[{"location":{"col":1,"row":1},"text":"1 + 1","value":2}]}]}"#,
        ),
        (
            "x := 1.50; y = {x}",
            r#"{"result":[{"bindings":{"x":1.50,"y":[1.50]},"expressions":[{"location":{"col":1,"row":1},"text":"x := 1.50","value":true},{"location":{"col":12,"row":1},"text":"y = {x}","value":true}]}]}"#,
        ),
        (
            "[1, 2][_] > 1",
            r#"{"result":[{"expressions":[{"location":{"col":1,"row":1},"text":"[1, 2][_] \u003e 1","value":true}]}]}"#,
        ),
        ("false; true", "{}"),
        (
            "false",
            r#"{"result":[{"expressions":[{"location":{"col":1,"row":1},"text":"false","value":false}]}]}"#,
        ),
    ] {
        let (code, printed) = json(&options(query, Vec::new()));
        let same = from_json(expected).unwrap().to_json();
        assert_eq!((code, printed), (OK, same), "{query}");
    }
}

#[test]
fn errors_are_opas() {
    for (query, strict, expected) in [
        (
            "1 / 0",
            true,
            r#"{"errors":[{"code":"eval_builtin_error","location":{"col":1,"file":"","row":1},"message":"div: divide by zero"}]}"#,
        ),
        (
            "f(1)",
            false,
            r#"{"errors":[{"code":"rego_type_error","location":{"col":1,"file":"","row":1},"message":"undefined function f"}]}"#,
        ),
        (
            "x > 1",
            false,
            r#"{"errors":[{"code":"rego_unsafe_var_error","location":{"col":1,"file":"","row":1},"message":"var x is unsafe"}]}"#,
        ),
    ] {
        let options = EvalOptions { strict_builtin_errors: strict, ..options(query, Vec::new()) };
        assert_eq!(json(&options), (ERROR, expected.to_owned()), "{query}");
    }
}

#[test]
fn data_of_files_and_folders() {
    let made = folder(&[
        ("all/data.json", r#"{"a":{"x":1}}"#),
        ("all/other.json", r#"{"b":1.50}"#),
        ("all/sub/deep/more.yaml", "c: [yes, 0644]\n"),
        ("all/.hidden/data.yml", "d: 1\n"),
        ("all/readme.md", "no data"),
        ("all/p.rego", "package p\n\nq := data.a.x + data.b"),
        ("clash.json", r#"{"a":{"x":2}}"#),
        ("list.json", "[1]"),
        ("broken.json", "{\"a\":"),
        ("broken.yaml", "a: [1"),
        ("empty.json", ""),
        ("rule.json", r#"{"p":{"q":1}}"#),
        ("above.json", r#"{"p":1}"#),
        ("beside.json", r#"{"p":{"z":1}}"#),
        ("latin.json", "{\"a\": \"\"}"),
    ]);
    fs::write(made.path().join("latin.json"), b"{\"a\": \"\xe4\"}").unwrap();
    let path = |name: &str| named(made.path(), name);
    let all = path("all");
    for (query, expected) in [
        ("data.a", r#"{"x":1}"#),
        ("data.b", "1.50"),
        ("data.sub.deep.c", "[true,420]"),
        ("data[\".hidden\"]", r#"{"d":1}"#),
        ("data.p.q", "2.5"),
    ] {
        assert_eq!(value(query, vec![all.clone()]), expected, "{query}");
    }
    let mut both = options("data.p", vec![all.clone(), path("rule.json")]);
    both.allow_conflicts = true;
    assert!(json(&both).1.contains(r#""value":{"q":1}"#), "the document counts");
    assert_eq!(value("data.p", vec![all.clone(), path("beside.json")]), r#"{"q":2.5,"z":1}"#);
    for (name, message) in [
        ("clash.json", "clash.json: `a.x` has another value in an earlier file"),
        ("list.json", "list.json: base documents are an object at the top"),
        ("broken.json", "broken.json: "),
        ("broken.yaml", "broken.yaml: "),
        ("empty.json", "empty.json: "),
        ("latin.json", "latin.json: the file is not UTF-8"),
        ("rule.json", "conflicting rule for data path p/q found"),
        ("above.json", "conflicting rule for data path p/q found"),
        ("nowhere", "nowhere: "),
    ] {
        let (code, printed) = json(&options("data", vec![all.clone(), path(name)]));
        assert_eq!(code, ERROR, "{name}");
        assert!(printed.starts_with("{\"errors\":["), "{printed}");
        assert!(printed.contains(message), "{name}: {printed}");
    }
}

#[test]
fn inputs() {
    for (text, expected) in [
        ("{\"x\": 1.50}", Some("1.50")),
        ("x: 0x10", Some("16")),
        ("{\"x\": 1", None),
        ("x: [", None),
    ] {
        let mut options = options("input.x", Vec::new());
        options.input = Some(("in.json".to_owned(), text.to_owned()));
        let (code, printed) = json(&options);
        match expected {
            Some(value) => assert!(printed.contains(&format!("\"value\":{value}")), "{printed}"),
            None => {
                assert_eq!(code, ERROR, "{text}");
                assert!(printed.contains("in.json: "), "{printed}");
            }
        }
    }
}

#[test]
fn budgets_are_named() {
    let doubled = "x0 := [1]; ".to_owned()
        + &(1..40).map(|n| format!("x{n} := [x{}, x{}]; ", n - 1, n - 1)).collect::<String>()
        + "true";
    let few = |steps, memory, depth| Limits { steps, memory, depth, ..Limits::default() };
    let deep = "package p\n\na := b\n\nb := c\n\nc := input.x";
    let made = folder(&[("p.rego", deep)]);
    for (query, limits, message) in [
        ("count([1 | numbers.range(1, 1000)[_]])", few(1_000, 1 << 26, 1000), "more steps"),
        ("numbers.range(1, 1e9)", few(u64::MAX, 1 << 20, 1000), "more memory"),
        ("data.p.a", few(u64::MAX, 1 << 26, 2), "calls nest deeper than 2"),
        // it is small, and its text is not
        (doubled.as_str(), few(u64::MAX, 1 << 20, 1000), "more memory"),
    ] {
        let limited =
            EvalOptions { limits, ..options(query, vec![made.path().display().to_string()]) };
        let (code, printed) = json(&limited);
        assert_eq!(code, ERROR, "{query}");
        assert!(printed.contains("eval_budget_error") && printed.contains(message), "{printed}");
    }
}

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

#[test]
fn checks() {
    let made = folder(&[
        ("good/a.rego", "package a\n\np := 1\n"),
        ("bad/b.rego", "package b\n\np := x\n\nq := f(1)\n\nr = s {\n"),
        ("worse/c.rego", "package c\n\np := 1 if { x }\n\nq := 1 if { input.a > y }\n"),
        ("old/d.rego", "package d\n\np { input.x }\n"),
        ("none/readme.md", ""),
    ]);
    for (name, version, code, messages) in [
        ("good", Version::V1, OK, &[][..]),
        ("bad", Version::V1, ERROR, &["rego_parse_error"][..]),
        ("worse", Version::V1, ERROR, &["var x is unsafe", "c.rego:3:13", "var y is unsafe"][..]),
        ("old", Version::V1, ERROR, &["`if` keyword is required before rule body"][..]),
        ("old", Version::V0, OK, &[][..]),
        ("none", Version::V1, ERROR, &["no `.rego` file among these paths"][..]),
        ("nowhere", Version::V1, ERROR, &["nowhere"][..]),
    ] {
        let options = checked(vec![named(made.path(), name)], version);
        let (given, _, err) = run_check(&options);
        assert_eq!(given, code, "{name}: {err}");
        assert!(messages.iter().all(|message| err.contains(message)), "{name}: {err}");
        assert_eq!(err.is_empty(), messages.is_empty(), "{name}: {err}");
    }
}

fn checked(paths: Vec<String>, version: Version) -> CheckOptions {
    let limits = Limits::default();
    CheckOptions { paths, schema: None, version, json: false, limits, color: false }
}

fn run_check(options: &CheckOptions) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = check(options, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn checks_as_json() {
    let made = folder(&[("a.rego", "package a\n\np := x\n\nq := y\n"), ("b.rego", "package b\n")]);
    let of = |name: &str| {
        let paths = vec![named(made.path(), name)];
        run_check(&CheckOptions { json: true, ..checked(paths, Version::V1) })
    };
    let (code, out, err) = of("a.rego");
    let errors = from_json(&out).unwrap();
    let errors = errors.get("errors").and_then(Value::as_array).unwrap();
    let places: Vec<_> = errors.iter().map(|error| error.path(&["location", "row"])).collect();
    assert_eq!((code, err.as_str()), (ERROR, ""));
    assert_eq!(places, [Some(&Value::from(3)), Some(&Value::from(5))], "{out}");
    assert_eq!(of("b.rego"), (OK, String::new(), String::new()));
}

/// As `opa check` and `opa check --schema` find them.
#[test]
fn schemas() {
    let made = folder(&[
        (
            "p/a.rego",
            "package a\n\n# METADATA\n# schemas:\n#   - input: {type: object, properties: {x: {type: string}}}\n\
             p if input.y == 1\n\n# METADATA\n# schemas:\n#   - input: schema.pod\nq if input.x == \"1\"\n\n\
             # METADATA\n# scope: document\n# schemas:\n#   - data.foo: {type: object, properties: {x: {type: string}}}\n\
             r if data.foo.z == 1\n\ns if input.zz\n\n# METADATA\n# schemas:\n#   - input.a.b: {type: number}\n\
             t if { input.a.c; input.d; lower(input.a.b) }\n",
        ),
        (
            "schemas/pod.json",
            "{\"type\": \"object\", \"properties\": {\"x\": {\"type\": \"number\"}}}",
        ),
        (
            "one.json",
            "{\"properties\": {\"x\": {\"$ref\": \"#/definitions/d\"}}, \"definitions\": {\"d\": {\"type\": \"string\"}}}",
        ),
        ("bad.json", "{\"type\": \"nosuch\"}"),
    ]);
    for (schema, wanted) in [
        (
            None,
            &[
                (6, "undefined ref: input.y"),
                (17, "undefined ref: data.foo.z"),
                (24, "lower: invalid argument(s)"),
            ][..],
        ),
        (
            Some("schemas"),
            &[
                (6, "undefined ref: input.y"),
                (11, "match error"),
                (17, "undefined ref: data.foo.z"),
                (24, "lower: invalid argument(s)"),
            ],
        ),
        (
            Some("one.json"),
            &[
                (6, "undefined ref: input.y"),
                (11, "undefined schema: schema.pod"),
                (17, "undefined ref: data.foo.z"),
                (19, "undefined ref: input.zz"),
                (24, "undefined ref: input.a.c"),
            ],
        ),
        (Some("bad.json"), &[(0, "unable to compile the schema")]),
        (Some("none.json"), &[(0, "none.json")]),
    ] {
        let options = CheckOptions {
            schema: schema.map(|name| named(made.path(), name)),
            json: true,
            ..checked(vec![named(made.path(), "p")], Version::V1)
        };
        let (code, out, _) = run_check(&options);
        assert_eq!(code, ERROR, "{schema:?}");
        let errors = from_json(&out).unwrap();
        let errors = errors.get("errors").and_then(Value::as_array).unwrap();
        for (row, message) in wanted {
            let is = |error: &&Value| {
                let at = error.path(&["location", "row"]).and_then(Value::as_i64);
                (*row == 0 || at == Some(*row))
                    && error.path_str(&["message"]).is_some_and(|told| told.contains(message))
            };
            assert!(errors.iter().any(|error| is(&error)), "{schema:?} {row} {message}: {out}");
        }
    }
}

#[test]
fn budgets_say_what_raises_them() {
    let made = folder(&[(
        "a.rego",
        "package a\n\np := count(numbers.range(1, 10000000))\n\nq := r\n\nr := s\n\ns := 1\n",
    )]);
    for (query, limits, wanted) in [
        (
            "data.a.p",
            Limits { memory: 1 << 20, ..Limits::default() },
            "the limit is 1 MiB; `--max-memory` raises it",
        ),
        (
            "data.a.p",
            Limits { steps: 1_000, ..Limits::default() },
            "the limit is 1000 operations; `--max-steps` raises it",
        ),
        (
            "data.a.q",
            Limits { depth: 1, ..Limits::default() },
            "the limit is 1 calls in one another; `--max-depth` raises it",
        ),
    ] {
        let paths = vec![made.path().display().to_string()];
        let (code, out, _) = run(&EvalOptions { limits, ..options(query, paths) });
        assert_eq!(code, ERROR, "{out}");
        assert!(out.contains(wanted) && out.contains("in `data.a."), "{wanted}: {out}");
    }
}

/// A compile that runs out of its budget says so as an evaluation does, and where it was.
#[test]
fn budgets_of_a_compile_say_what_raises_them() {
    let rules: String = (0..2_000).map(|at| format!("p{at} if input.x == {at}\n")).collect();
    let made = folder(&[("a.rego", &format!("package a\n\n{rules}"))]);
    let paths = vec![made.path().display().to_string()];
    let limits = Limits { steps: 1_000, ..Limits::default() };
    let (code, out, _) = run(&EvalOptions { limits, ..options("data.a.p0", paths) });
    assert_eq!(code, ERROR, "{out}");
    let error = from_json(&out).unwrap();
    let error = error.path(&["errors"]).unwrap().at(0).unwrap().clone();
    assert_eq!(error.path_str(&["code"]), Some("rego_budget_error"), "{out}");
    assert_eq!(
        error.path_str(&["message"]),
        Some("compiling the policies took more operations than it may")
    );
    assert_eq!(
        error.path_str(&["help"]),
        Some("the limit is 1000 operations; `--max-steps` raises it")
    );
    assert!(error.path_str(&["location", "file"]).unwrap().ends_with("a.rego"), "{out}");
    assert!(error.path(&["location", "row"]).and_then(Value::as_i64).unwrap() > 2, "{out}");
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
