//! `sekisho rego check`.

use super::{folder, named};
use sekisho_rego::ast::Version;
use sekisho_rego_tool::{CheckOptions, ERROR, Limits, OK, check};
use sekisho_value::{Value, from_json};

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
