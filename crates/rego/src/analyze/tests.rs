use super::query::QueryContext;
use super::{Negation, Options, analyze, analyze_query_in, printed};
use crate::ast::Version;
use crate::hir::Hir;
use crate::{Diagnostic, Source, SourceId, syntax};
use sekisho_budget::Budget;
use sekisho_value::Str;

fn read(text: &str, version: Version, options: &Options) -> (Option<Hir>, Vec<Diagnostic>) {
    let source = Source::new("t.rego", text);
    let (module, faults) = syntax::parse(&source, SourceId(0), version);
    assert!(faults.is_empty(), "{faults:?}");
    let modules: Vec<_> = module.into_iter().collect();
    analyze(&modules, &[source], options, &Budget::standard())
}

/// The meaning of rules, in the order in which they are written.
fn meaning(text: &str, version: Version, options: &Options) -> String {
    let text = format!("package test\n{text}");
    let (hir, faults) = read(&text, version, options);
    let Some(mut hir) = hir else { panic!("{text}: {faults:?}") };
    hir.rules.sort_by_key(|rule| rule.written.1);
    hir.rules.iter().map(|rule| printed::rule(rule)).collect::<Vec<_>>().join("\n")
}

#[test]
fn meanings() {
    let cases = [
        ("p := 1", "test.p 1"),
        ("default p := [1]", "default test.p [1]"),
        ("p if input.x == 1", "test.p true if input.x = 1"),
        ("p if { x := input.x; x > 1 }", "test.p true if 0 = input.x; gt(0, 1)"),
        // What is needed comes first.
        ("p if { x > 1; x = input.x }", "test.p true if x = input.x; gt(x, 1)"),
        (
            "p if { not q[x]; x = 1 }\nq[1] := 2",
            "test.p true if x = 1; not {data.test.q[x]}\ntest.q[1] 2",
        ),
        // Calls within terms, references within calls.
        ("p := count(input.xs) + 1", "test.p 1 if 2 = input.xs; count(2) -> 0; plus(0, 1) -> 1"),
        (
            "p if not startswith(input.a, input.b)",
            "test.p true if 0 = input.a; 1 = input.b; not {startswith(0, 1)}",
        ),
        ("p contains x if some x in input.xs", "test.p contains 2 if 2 = input.xs[1]"),
        ("p if { some k, v in input.xs; v > k }", "test.p true if 1 = input.xs[0]; gt(1, 0)"),
        (
            "p if every x in input.xs { x > 1 }",
            "test.p true if 2 = input.xs; every 0, 1 in 2 {gt(1, 1)}",
        ),
        (
            "p := [x | some x in [1, 2]; x > 1]",
            "test.p 4 if 4 = [2 | 3 = [1, 2]; 2 = 3[1]; gt(2, 1)]",
        ),
        ("p[x] := y if { x := input.k; y := input.v }", "test.p[0] 1 if 0 = input.k; 1 = input.v"),
        ("p.a[x].b := 1 if x := input.k", "test.p.a[0][\"b\"] 1 if 0 = input.k"),
        ("f([x, y]) := x + y", "test.f([0, 1]) 2 if plus(0, 1) -> 2"),
        (
            "f(x) := 1 if x > 1 else := 2 if x > 0 else := 3",
            "test.f(0) 1 if gt(0, 1) else 2 if gt(0, 0) else 3",
        ),
        ("f(_) := 1 if false else := 2", "test.f(0) 1 if false else 2"),
        ("default f(_) := 1", "default test.f(0) 1"),
        (
            "p if { x := input with input as {\"a\": data.b}; x }",
            "test.p true if 2 = data.b; 1 = {\"a\": 2}; 0 = input with input as 1; 0",
        ),
        (
            "f(x) := x\np if count([1]) == 2 with count as f",
            "test.f(0) 0\ntest.p true if count([1]) -> 1 with count as test.f; 1 = 2 with count as test.f",
        ),
        (
            "p if f(1) with f as 2\nf(x) := x",
            "test.p true if test.f(1) with test.f as 2\ntest.f(0) 0",
        ),
        (
            "p if q with data.q as 1\nq := data.q",
            "test.p true if data.test.q with data.q as 1\ntest.q 0 if 0 = data.q",
        ),
        ("p if print(input.x)", "test.p true if 1 = {0 | 0 = input.x}; print(1[_])"),
        (
            "p := $\"a {input.x} {1}\"",
            "test.p 1 if 2 = {0 | 0 = input.x}; internal.template_string([\"a \", 2, \" \", 1]) -> 1",
        ),
        ("p if { count := input.x; count > 1 }", "test.p true if 0 = input.x; gt(0, 1)"),
        ("p := {\"a\": 1, \"b\": 2, \"a\": 3}", "test.p {\"a\": 3, \"b\": 2}"),
        ("p if [1, 2][i] == 2", "test.p true if 0 = [1, 2]; 0[i] = 2"),
    ];
    let options = Options::default();
    let mut wrong = Vec::new();
    for (text, wanted) in cases {
        let meant = meaning(text, Version::V1, &options);
        if meant != wanted {
            wrong.push(format!("{text}\n  wanted {wanted}\n  meant  {meant}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn meanings_of_v0() {
    let cases = [
        ("p[x] { x = 1 }", "test.p contains x if x = 1"),
        ("p[x] = y { x = 1; y = 2 }", "test.p[x] y if x = 1; y = 2"),
        ("p = x { x = input[_] }", "test.p x if x = input[_0]"),
        ("p { input.a } { input.b }", "test.p true if input.a\ntest.p true if input.b"),
        ("p { input := 1; input == 1 }", "test.p true if 0 = 1; 0 = 1"),
        ("import data.a.b as c\np { c.x }", "test.p true if data.a.b.x"),
    ];
    for (text, wanted) in cases {
        assert_eq!(meaning(text, Version::V0, &Options::default()), wanted, "{text}");
    }
}

#[test]
fn options() {
    let text = "p if { not startswith(input.a, \"b\"); print(1) }";
    let options = Options { negation: Negation::Whole, print: false, ..Options::default() };
    let wanted = "test.p true if not {0 = input.a; startswith(0, \"b\")}";
    assert_eq!(meaning(text, Version::V1, &options), wanted);
    let text = "package test\np if http.send({})";
    let (_, faults) = read(text, Version::V1, &Options::default());
    let messages: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages, ["unsafe built-in function calls in expression: http.send"]);
    let options = Options { network: true, ..Options::default() };
    assert!(read(text, Version::V1, &options).1.is_empty());
}

fn asked(query: &str, package: Option<&[Str]>) -> Result<String, String> {
    let text = "package test\nf(x) := x\nq := {\"a\": 1}";
    let hir = read(text, Version::V1, &Options::default()).0.unwrap();
    let source = Source::new("", query);
    let (body, faults) = syntax::parse_query(&source, SourceId(1), Version::V1, &[]);
    assert!(faults.is_empty(), "{query} {faults:?}");
    let context = QueryContext { source: SourceId(1), package, imports: &[] };
    let budget = Budget::standard();
    let (meaning, faults) = analyze_query_in(&body, &context, &hir, &Options::default(), &budget);
    match meaning {
        Some(query) => Ok(printed::query(&query)),
        None => Err(faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")),
    }
}

#[test]
fn queries() {
    let good = [
        ("data.test.q = x", "x if data.test.q = x"),
        ("x := 1; y = x", "x, y if x = 1; y = x"),
        // `==` of a query has a value.
        ("1 == 2", " if equal(1, 2)"),
        ("data.test.f(1, x)", "x if test.f(1) -> x"),
        ("[y | y := input[_]] = x; _ = x", "x if [y | y = input[_0]] = x; _1 = x"),
        ("some k; data.test.q[k] = v", "k, v if data.test.q[k] = v"),
    ];
    for (query, wanted) in good {
        assert_eq!(asked(query, None).as_deref(), Ok(wanted), "{query}");
    }
    let faulty = [
        ("x > 1", "var x is unsafe"),
        ("data.test.f(1, 2, 3)", "function data.test.f has arity 1, got 3 arguments"),
        ("data.test.q.b", "undefined ref: data.test.q.b"),
        ("1 + \"a\"", "plus: invalid argument(s)"),
        ("f(1)", "undefined function f"),
    ];
    for (query, wanted) in faulty {
        assert_eq!(asked(query, None), Err(wanted.to_owned()), "{query}");
    }
    let package = [Str::from("test")];
    assert_eq!(asked("q = x", Some(&package)).as_deref(), Ok("x if data.test.q = x"));
    assert_eq!(asked("f(1)", Some(&package)).as_deref(), Ok(" if test.f(1)"));
}

#[test]
fn modules_together() {
    let cases = [
        (
            ["package a\nb.c := 1", "package a.b.c\np := 1"],
            vec![
                "package a.b.c conflicts with rule b.c defined at 0.rego:2",
                "rule data.a.b.c conflicts with:\n  rule data.a.b.c.p at 1.rego:2",
            ],
        ),
        (["package a\np := 1", "package a\np(x) := 1"], vec!["conflicting rules data.a.p found"]),
        (
            ["package a\np := data.b.p", "package b\np := data.a.p"],
            vec![
                "rule data.a.p is recursive: data.a.p -> data.b.p -> data.a.p",
                "rule data.b.p is recursive: data.b.p -> data.a.p -> data.b.p",
            ],
        ),
        (["package a\nq := p", "package a\np := 1"], vec![]),
        (["package a\np := data.b.f(1)", "package b\nf(x) := x"], vec![]),
        (
            ["package a\nimport data.b\np := b.f(\"a\")", "package b\nf(x) := x + 1"],
            vec!["data.b.f: invalid argument(s)"],
        ),
    ];
    for (texts, wanted) in cases {
        let mut modules = Vec::new();
        let mut sources = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let source = Source::new(&format!("{index}.rego"), text);
            let id = SourceId(u16::try_from(index).unwrap());
            modules.extend(syntax::parse(&source, id, Version::V1).0);
            sources.push(source);
        }
        let (_, faults) = analyze(&modules, &sources, &Options::default(), &Budget::standard());
        let told: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(told, wanted, "{texts:?}");
    }
}

#[test]
fn types_in_help() {
    let text =
        "package test\nq := {\"a\": 1}\np := q.b\nr := 1 + \"a\"\ns if { i := \"x\"; [1, 2][i] }";
    let (_, faults) = read(text, Version::V1, &Options::default());
    let told: Vec<_> = faults
        .iter()
        .map(|fault| format!("{}\n{}", fault.message, fault.help.as_ref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "undefined ref: data.test.q.b\ndata.test.q.b\n            ^\n            have: \"b\"\n            want (one of): [\"a\"]",
            "plus: invalid argument(s)\nhave: (number, string, ???)\nwant: (x: number, y: number, z: number)",
            "undefined ref: [1, 2][i]\n[1, 2][i]\n       ^\n       have (type): string\n       want (type): number",
        ]
    );
}

#[test]
fn hostile_sizes() {
    let cases: Vec<(&str, String)> = vec![
        (
            "chain",
            (0..10_000).map(|i| format!("p{i} := p{}\n", i + 1)).collect::<String>()
                + "p10000 := 1\n",
        ),
        ("cycle", (0..10_000).map(|i| format!("p{i} := p{}\n", (i + 1) % 10_000)).collect()),
        (
            "same name",
            (0..5_000)
                .map(|i| format!("p contains x if x := {i} + count(q)\nq contains {i}\n"))
                .collect(),
        ),
        ("backwards", {
            let mut text = String::from("p if {\n");
            (0..2_000).for_each(|i| text += &format!("x{i} = x{}\n", i + 1));
            text + "x2000 = 1\n}\n"
        }),
        (
            "wide",
            format!(
                "p := [{}]\n",
                (0..20_000).map(|i| format!("input.x{i}")).collect::<Vec<_>>().join(",")
            ),
        ),
        ("doubling", {
            let mut text = String::from("x0 := [1, \"a\"]\n");
            (0..200).for_each(|i| text += &format!("x{} := [x{i}, x{i}]\n", i + 1));
            text
        }),
        ("nested comprehensions", {
            let mut text = String::from("1");
            (0..60).for_each(|i| text = format!("[x{i} | x{i} := {text}]"));
            format!("p := {text}\n")
        }),
        ("nested every", {
            let mut text = String::from("true");
            (0..40).for_each(|i| {
                text = format!("every x{i} in [y | y := [x | x := 1]] {{ x{i} > 0; {text} }}");
            });
            format!("p if {text}\n")
        }),
        ("data of all", (0..3_000).map(|i| format!("p{i} if data.other[x].y\n")).collect()),
        (
            "packages",
            (0..3_000).map(|i| format!("a{i}.b.c.d.e := {i}\n")).collect::<String>()
                + "p if data.foo[x]\n",
        ),
        ("unknown everywhere", (0..3_000).map(|i| format!("p{i} if x{i}\n")).collect()),
        ("with", format!("p if {{ {} }}\n", "true with input as data.x\n".repeat(3_000))),
    ];
    for (name, text) in cases {
        let text = format!("package test\n{text}");
        let start = std::time::Instant::now();
        let source = Source::new("t.rego", &text);
        let (module, faults) = syntax::parse(&source, SourceId(0), Version::V1);
        assert!(faults.is_empty(), "{name} {faults:?}");
        let parsed = start.elapsed();
        let modules: Vec<_> = module.into_iter().collect();
        let (hir, faults) = analyze(&modules, &[source], &Options::default(), &Budget::standard());
        let took = start.elapsed().saturating_sub(parsed);
        println!("{name}: {took:?}");
        assert!(took.as_secs() < 60, "{name}: {took:?}");
        let faulty = ["cycle", "unknown everywhere"].contains(&name);
        assert_eq!(hir.is_some(), !faulty, "{name}: {:?}", faults.first());
    }
}
