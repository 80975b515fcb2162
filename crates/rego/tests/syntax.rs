//! What OPA does not say: all errors of a module, help, queries, imports, metadata, printing.

use sekisho_rego::ast::{Module, Version};
use sekisho_rego::{Source, SourceId, syntax};

fn parse(version: Version, text: &str) -> (Option<Module>, Vec<String>) {
    let source = Source::new("", text);
    let (module, diagnostics) = syntax::parse(&source, SourceId(0), version);
    let shown = diagnostics.into_iter().map(|it| {
        let (row, _) = source.line_column(it.location.span.start);
        let help = it.help.map_or(String::new(), |help| format!(" ({help})"));
        format!("{row}: {}{help}", it.message)
    });
    (module, shown.collect())
}

/// A text, and every error with its line and help.
const ERRORS: &[(Version, &str, &[&str])] = &[
    (
        Version::V1,
        "package a\np := )\n\nq := [1,\n  2 3]\n\nr if { x y }\ns := 1\n",
        &[
            "2: unexpected ) token",
            "5: unexpected number token: expected \",\" or \"]\"",
            "7: unexpected identifier token: expected \\n or ; or }",
        ],
    ),
    (
        Version::V1,
        "package a\np { true }\nq[x] { x = 1 }\nr := )\n",
        &[
            "4: unexpected ) token",
            "2: `if` keyword is required before rule body \
             (write `if` before the opening brace, or parse as v0)",
            "3: `if` keyword is required before rule body \
             (write `if` before the opening brace, or parse as v0)",
            "3: `contains` keyword is required for partial set rules (write `q contains …`)",
        ],
    ),
    (
        Version::V0,
        "package a\np { x in xs }\n",
        &["2: unexpected identifier token: expected \\n or ; or } \
           (`import future.keywords.in` for `x in xs` expressions)"],
    ),
    (
        Version::V0,
        "package a\np { some x in xs }\n",
        &["2: unexpected identifier token: expected \\n or ; or } \
           (`import future.keywords.in` for `some x in xs` expressions)"],
    ),
    (
        Version::V0,
        "package a\np if { true }\n",
        &["2: var cannot be used for rule name \
           (`import future.keywords.if` for `p if { ... }` rules)"],
    ),
    (
        Version::V0,
        "package a\np contains 1\n",
        &[
            "2: var cannot be used for rule name \
             (`import future.keywords.contains` for `p contains x` rules)",
            "2: var cannot be used for rule name \
             (`import future.keywords.contains` for `p contains x` rules)",
            "2: number cannot be used for rule name",
        ],
    ),
    (Version::V1, "p := 1\n", &["1: package expected (a module begins with `package NAME`)"]),
    (
        Version::V1,
        "package a\nimport rego.v2\np if { a and {1} }\nq if { a and {1, 2} }\n",
        &["4: operand of `and` cannot begin with `{` unless the braces hold a body \
           (wrap the operand to keep the value: `({1, 2}) and ...`)"],
    ),
    (Version::V1, "package a\n}\n}\np := 1\n", &["2: unexpected } token"]),
];

#[test]
fn errors() {
    for (version, text, expected) in ERRORS {
        assert_eq!(parse(*version, text).1, *expected, "{text}");
    }
}

#[test]
fn what_could_be_read_is_kept() {
    let (module, errors) = parse(Version::V1, "package a\np := )\nq := 1\nr := \"\ns if q\n");
    let names: Vec<String> =
        module.unwrap().rules.iter().map(|rule| rule.head.reference.to_string()).collect();
    assert_eq!(names, ["q", "s"]);
    assert_eq!(
        errors,
        [
            "2: unexpected ) token",
            "4: non-terminated string (close the text with `\"`; one of several lines stands between backquotes)"
        ]
    );
}

#[test]
fn import_of_v1_makes_v1() {
    let cases = [
        ("package a\nimport rego.v1\n", Version::V1),
        ("package a\nimport rego.v2\n", Version::V1),
        ("package a\nimport future.keywords\n", Version::V0),
        ("package a\n", Version::V0),
    ];
    for (text, version) in cases {
        let (module, errors) = parse(Version::V0, text);
        assert_eq!((module.unwrap().version, errors), (version, vec![]), "{text}");
    }
}

/// A module's metadata, and what it becomes: scope, index of the rule, value.
const METADATA: &[(&str, &[&str])] = &[
    (
        "# METADATA\n# title: t\npackage a\n",
        &["package None {\"scope\":\"package\",\"title\":\"t\"}"],
    ),
    (
        "package a\np := 1\n# METADATA\n# title: t\n\nq := 1\n",
        &["rule Some(1) {\"scope\":\"rule\",\"title\":\"t\"}"],
    ),
    (
        "package a\n# METADATA\n# entrypoint: true\np := 1\n",
        &["document Some(0) {\"entrypoint\":true,\"scope\":\"document\"}"],
    ),
    (
        "package a\n# METADATA\n# authors:\n# - Jane Doe <jane@example.com>\n# - name: John\n\
         # related_resources:\n# - https://example.com\n# - ref: https://example.com/x\n\
         #   description: d\n# organizations:\n# - o\n# custom:\n#   a:\n#     b: [1, c]\np := 1\n",
        &["rule Some(0) {\"authors\":[{\"email\":\"jane@example.com\",\"name\":\"Jane Doe\"},\
           {\"name\":\"John\"}],\"custom\":{\"a\":{\"b\":[1,\"c\"]}},\"organizations\":[\"o\"],\
           \"related_resources\":[{\"ref\":\"https://example.com\"},\
           {\"description\":\"d\",\"ref\":\"https://example.com/x\"}],\"scope\":\"rule\"}"],
    ),
    (
        "package a\n# METADATA\n# schemas:\n# - input.x: schema.y\n# - data.z:\n\
         #     type: string\np := 1\n",
        &["rule Some(0) {\"schemas\":[{\"path\":[\"input\",\"x\"],\"schema\":[\"schema\",\"y\"]},\
           {\"definition\":{\"type\":\"string\"},\"path\":[\"data\",\"z\"]}],\"scope\":\"rule\"}"],
    ),
    (
        "# METADATA\n# title: one\n# METADATA\n# scope: subpackages\n# title: two\npackage a\n",
        &[
            "package None {\"scope\":\"package\",\"title\":\"one\"}",
            "subpackages None {\"scope\":\"subpackages\",\"title\":\"two\"}",
        ],
    ),
    // not in the first column
    ("package a\n # METADATA\n# title: t\np := 1\n", &[]),
];

#[test]
fn metadata() {
    for (text, expected) in METADATA {
        let (module, errors) = parse(Version::V1, text);
        assert_eq!(errors, [""; 0], "{text}");
        let shown: Vec<String> = module
            .unwrap()
            .annotations
            .iter()
            .map(|it| format!("{} {:?} {}", it.scope, it.rule, it.value.to_json()))
            .collect();
        assert_eq!(shown, *expected, "{text}");
    }
}

/// Queries: their version, imports, and statements or errors.
const QUERIES: &[(Version, &[&str], &str, &str)] = &[
    (Version::V1, &[], "x := 1; y = x\nnot z", "assign(x, 1) | y = x | not z"),
    (Version::V1, &[], "# nothing", ""),
    (Version::V1, &[], "x in xs", "internal.member_2(x, xs)"),
    (Version::V0, &["future.keywords.in"], "x in xs", "internal.member_2(x, xs)"),
    (Version::V0, &[], "x in xs", "x | in | xs"),
    (Version::V1, &[], "a and b", "a | and | b"),
    (Version::V1, &["future.keywords.and", "data.x"], "a and b", "a and b"),
    (Version::V1, &[], "x := [", "error: unexpected eof token"),
    (Version::V1, &[], "import data.x", "error: unexpected import keyword"),
    (Version::V1, &[], "{\"b\": 1, \"a\": {2, 1}}.not", "{\"a\": {1, 2}, \"b\": 1}[\"not\"]"),
];

#[test]
fn queries() {
    for (version, imports, text, expected) in QUERIES {
        let imports: Vec<_> = imports
            .iter()
            .map(|it| syntax::parse_import(&Source::new("", it), SourceId(0), *version).0.unwrap())
            .collect();
        let source = Source::new("", text);
        let (body, errors) = syntax::parse_query(&source, SourceId(0), *version, &imports);
        let shown = match errors.first() {
            Some(error) => format!("error: {}", error.message),
            None => body.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        };
        assert_eq!(shown, *expected, "{text}");
    }
}

#[test]
fn imports() {
    let cases = [
        ("data.a.b", Ok(("data.a.b", None))),
        ("input as x", Ok(("input", Some("x")))),
        ("data.a if", Err((7, "unexpected if keyword"))),
        (
            "x.y",
            Err((
                0,
                "unexpected import path, must begin with one of: {data, future, input, \
                         rego}, got: x",
            )),
        ),
        ("", Err((0, "unexpected eof token"))),
    ];
    for (text, expected) in cases {
        let source = Source::new("", text);
        let (import, errors) = syntax::parse_import(&source, SourceId(0), Version::V1);
        let found = match (&import, errors.first()) {
            (Some(import), None) => Ok((import.path.join("."), import.alias.as_deref())),
            (_, error) => {
                let error = error.unwrap();
                Err((error.location.span.start, error.message.as_str()))
            }
        };
        assert_eq!(found, expected.map(|(path, alias)| (path.to_owned(), alias)), "{text}");
    }
}

#[test]
fn terms() {
    let cases = [
        ("x.y[0]", Some("x.y[0]")),
        ("f(x)", Some("f(x)")),
        ("1", Some("1")),
        ("x; y", None),
        ("not x", None),
        ("some x", None),
        ("[", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let source = Source::new("", text);
        let (term, errors) = syntax::parse_term(&source, SourceId(0), Version::V1);
        assert_eq!(term.as_ref().map(ToString::to_string).as_deref(), expected, "{text}");
        assert_eq!(errors.is_empty(), expected.is_some(), "{text}");
    }
}

#[test]
fn illegal_characters_at_the_end() {
    let cases = ["#\0", "package a\n#\0", "\0", "package a\n# \u{feff}\n", "\"\0", "`\0", "$\"{\0"];
    for text in cases {
        for version in [Version::V0, Version::V1] {
            assert!(!parse(version, text).1.is_empty(), "{text:?}");
        }
        let source = Source::new("", text);
        let (_, errors) = syntax::parse_query(&source, SourceId(0), Version::V1, &[]);
        assert!(!errors.is_empty(), "{text:?}");
    }
}

/// Tokens that texts are put together of.
const TOKENS: &[&str] = &[
    "package a\n",
    "import rego.v2\n",
    "import future.keywords\n",
    "p",
    "q",
    "x",
    "_",
    "input",
    "if",
    "contains",
    "in",
    "every",
    "some",
    "not",
    "and",
    "or",
    "with",
    "as",
    "default",
    "else",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ";",
    ":",
    ":=",
    "=",
    "==",
    "|",
    "&",
    "-",
    "+",
    "*",
    ".",
    "\n",
    " ",
    "1",
    "0.5",
    "\"s\"",
    "`r`",
    "$\"a{",
    "}b\"",
    "$`",
    "`",
    "\"",
    "null",
    "true",
    "set()",
    "# METADATA\n# title: x\n",
    "#",
    "é",
    "\u{feff}",
    "\0",
    "\\",
    "\r\n",
];

#[test]
fn arbitrary_texts_do_no_harm() {
    // A small generator of our own: the same texts every time.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let mut valid = 0;
    for _ in 0..20_000 {
        let length = next(25);
        let mut text = String::from(if next(4) == 0 { "" } else { "package a\n" });
        for _ in 0..length {
            text.push_str(TOKENS[next(TOKENS.len())]);
            if next(2) == 0 {
                text.push(' ');
            }
        }
        for version in [Version::V0, Version::V1] {
            let source = Source::new("", &text);
            let (module, errors) = syntax::parse(&source, SourceId(0), version);
            for error in &errors {
                let span = error.location.span;
                assert!(span.start as usize <= text.len(), "{text:?}: {error:?}");
                assert!(text.is_char_boundary(span.start as usize), "{text:?}: {error:?}");
            }
            if let Some(module) = module {
                valid += usize::from(errors.is_empty());
                let _ = sekisho_rego::ast::to_json(&module, &source);
            }
            let _ = syntax::parse_query(&source, SourceId(0), version, &[]);
        }
    }
    assert!(valid > 100, "{valid}");
}
