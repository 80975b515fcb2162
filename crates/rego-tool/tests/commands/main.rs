//! The commands on files: what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

mod budgets;
mod checks;
mod tests;

use sekisho_rego::ast::Version;
use sekisho_rego_tool::{ERROR, EvalFormat, EvalOptions, Limits, OK, eval};
use sekisho_value::from_json;
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
