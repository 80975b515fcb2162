//! Rules that cannot hold are passed over, and loops over lists that are known are one look-up:
//! with the same results and errors as if everything were evaluated, in fewer steps.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says what")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{Known, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Value, from_json};
use std::cell::Cell;

fn compile(rules: &str) -> Policies {
    let budget = Budget::new(u64::MAX, u64::MAX, None);
    let text = format!("package t\nimport future.keywords\n{rules}\n");
    let sources = vec![(Source::new("t.rego", &text), Version::V0)];
    let (policies, _, faults) = Policies::compile(sources, &Options::default(), &budget);
    assert!(faults.is_empty(), "{text}\n{faults:?}");
    policies.unwrap()
}

#[derive(Clone, Copy, Default)]
struct How {
    strict: bool,
    /// every rule is tried
    all: bool,
}

/// The value or the error, and how many operations were run.
fn evaluate(prepared: &Prepared, input: &Value, how: How) -> (String, usize) {
    let (data, facts, budget) = (Value::object(), Facts::default(), Budget::standard());
    let seen = Cell::new(0);
    let count = |_| seen.set(seen.get() + 1);
    let question = Question {
        input: Some(input),
        strict_builtin_errors: how.strict,
        cover: how.all.then_some(&count),
        ..Question::new(&data, &facts, &budget)
    };
    let found = prepared.evaluate(&mut Scratch::default(), &question, |found| {
        found.map_or("undefined".to_owned(), |found| to_json(found).to_json())
    });
    (found.unwrap_or_else(|error| format!("{}: {error}", error.code)), seen.get())
}

/// How many steps an evaluation takes, by batches.
fn steps(prepared: &Prepared, input: &Value) -> u64 {
    let (data, facts) = (Value::object(), Facts::default());
    let enough = |steps: u64| {
        let budget = Budget::new(steps, 64 << 20, None);
        let question = Question { input: Some(input), ..Question::new(&data, &facts, &budget) };
        prepared.evaluate(&mut Scratch::default(), &question, |_| ()).is_ok()
    };
    (0..40).map(|power| 1 << power).find(|steps| enough(*steps)).unwrap()
}

const VALUES: [&str; 14] = [
    "\"a\"",
    "\"b\"",
    "\"ab\"",
    "\"abc\"",
    "\"\"",
    "1",
    "1.0",
    "2",
    "true",
    "false",
    "null",
    "[\"a\"]",
    "{\"k\": \"a\"}",
    "",
];

/// Inputs with every pair of values at `x` and `y`.
fn inputs() -> Vec<Value> {
    let mut inputs = Vec::new();
    for x in VALUES {
        for y in VALUES {
            let entry = |key: &str, value: &str| match value {
                "" => Vec::new(),
                value => vec![format!("\"{key}\": {value}")],
            };
            let entries = [entry("x", x), entry("y", y)].concat().join(", ");
            inputs.push(from_json(&format!("{{{entries}}}")).unwrap());
        }
    }
    inputs
}

#[test]
fn rules_that_are_passed_over() {
    for rules in [
        // complete rules, sets, objects, functions
        "p := 1 if input.x == \"a\"\np := 2 if input.x == \"b\"\np := 3 if input.x == \"ab\"\n\
         p := 4 if { input.x == \"a\"; input.y == \"b\" }\np := 5 if input.y == 2",
        "p contains 1 if input.x == \"a\"\np contains 2 if input.x == 1\np contains 3 if input.x == true\n\
         p contains 4 if \"b\" == input.x\np contains 5 if input.x == null\np contains 6 if input.y",
        "p[k] := 1 if { k := input.y; input.x == \"a\" }\np[k] := 2 if { k := input.y; input.x == \"b\" }\n\
         p.z := 3 if input.x == \"b\"\np.w := 3 if input.x == \"ab\"\np.v := 1 if input.x == \"a\"",
        "f(x) := 1 if x == \"a\"\nf(x) := 2 if { x == \"b\" }\nf(\"ab\") := 3\nf(x) := 4 if x == 1\n\
         f(x) := 5 if { y := x; y.k == \"a\" }\ndefault f(_) := 0\np := [f(input.x), f(input.y)]",
        "f(o) := 1 if o.x == \"a\"\nf(o) := 2 if o.x == \"b\"\nf(o) := 3 if o.x == \"ab\"\n\
         f(o) := 4 if not o.x\np := f(input)",
        // members of constants
        "p contains 1 if input.x in {\"a\", \"b\"}\np contains 2 if input.x in [\"b\", 1]\n\
         p contains 3 if { s := {\"a\", \"ab\"}; s[input.x] }\np contains 4 if { some v in [1]; input.x == v }\n\
         p contains 5 if input.x in {\"k\": \"a\"}\np contains 6 if input.x == \"abc\"",
        // what is told before the test
        "p contains 1 if { to_number(input.y); input.x == \"a\" }\np contains 2 if input.x == \"b\"\n\
         p contains 3 if input.x == \"ab\"\np contains 4 if input.x == 2\np contains 5 if input.x == 1",
        "f(1) := 1\nf(1) := 2\nf(2) := 3\np contains 1 if { f(input.y); input.x == \"a\" }\n\
         p contains 2 if input.x == \"b\"\np contains 3 if input.x == \"ab\"\np contains 4 if input.x == 2",
        // branches
        "p := 1 if { input.x == \"a\" } else := 2 if { input.x == \"b\" } else := 3 if input.y == 2\n\
         p := 5 if input.x == \"ab\"\np := 6 if input.x == 1\np := 7 if { input.x == \"abc\" } else := 8 if input.x == 2\n\
         default p := 0",
        // modifiers
        "q contains 1 if input.x == \"a\"\nq contains 2 if input.x == \"b\"\nq contains 3 if input.x == 1\n\
         q contains 4 if input.x == 2\np := [q, r] if r := q with input.x as \"a\"",
        "q contains 1 if { input.x == \"a\" with input.x as \"a\" }\nq contains 2 if input.x == \"b\"\n\
         q contains 3 if input.x == 1\nq contains 4 if input.x == 2\np := q",
        // conflicts of what is tried
        "p := 1 if input.x == \"a\"\np := 2 if { input.x == \"a\"; input.y == 1 }\np := 3 if input.x == \"b\"\n\
         p := 4 if input.x == \"ab\"\np := 5 if input.x == 2",
    ] {
        let policies = compile(rules);
        let plain = policies.document(&["t", "p"]).unwrap();
        let folded = policies
            .document_given(&["t", "p"], Known::at(&["parameters"], Value::object()))
            .unwrap();
        let mut found = std::collections::BTreeSet::new();
        for input in inputs() {
            for strict in [false, true] {
                let (wanted, _) = evaluate(&plain, &input, How { strict, all: true });
                for prepared in [&plain, &folded] {
                    let (got, _) = evaluate(prepared, &input, How { strict, all: false });
                    assert_eq!(got, wanted, "{rules}\n{}", input.to_json());
                }
                found.insert(wanted);
            }
        }
        assert!(found.len() > 2, "{rules}\n{found:?}");
    }
}

#[test]
fn one_of_a_thousand_rules() {
    let rules: Vec<String> = (0..1_000)
        .map(|n| format!("p contains {n} if {{ input.kind == \"k{n}\"; input.y == \"z\" }}"))
        .collect();
    let policies = compile(&rules.join("\n"));
    let prepared = policies.document(&["t", "p"]).unwrap();
    let input = from_json("{\"kind\": \"k77\", \"y\": \"z\"}").unwrap();
    assert_eq!(evaluate(&prepared, &input, How::default()).0, "[77]");
    let taken = steps(&prepared, &input);
    assert!(taken <= 64, "{taken}");
}

/// Ways to ask whether a list has a text, or something that begins or ends it; `s` is asked.
const LOOPS: [&str; 22] = [
    "startswith(s, input.l[_])",
    "endswith(s, input.l[_])",
    "input.l[_] == s",
    "s == input.l[_]",
    "some x in input.l; x == s",
    "some i; input.l[i] == s",
    "not any([b | r := input.l[_]; b := startswith(s, r)])",
    "any([b | r := input.l[_]; b := startswith(s, r)])",
    "not any({b | r := input.l[_]; b := endswith(s, r)})",
    "all([b | r := input.l[_]; b := startswith(s, r) == false])",
    "count([x | x := input.l[_]; startswith(s, x)]) > 0",
    "count({x | x := input.l[_]; startswith(s, x)}) == 0",
    "every x in input.l { not startswith(s, x) }",
    "every x in input.l { s == x }",
    "x := input.l[_]; endswith(x, \"*\"); startswith(s, trim_suffix(x, \"*\"))",
    "x := input.l[_]; f(s, x)",
    "not g(s)",
    "input.l[_] == \"*\"",
    "count([x | x := input.l[_]; x == \"*\"]) == 0",
    "startswith(s, input.l[_]); endswith(s, \"b\")",
    "strings.any_suffix_match(s, [y | x := input.l[_]; y := concat(\"\", [\"\", x])])",
    "{x | x := input.l[_]; x != \"a\"}[s]",
];

#[test]
fn loops_over_known_lists() {
    let lists = [
        "[]",
        "[\"a\"]",
        "[\"*\"]",
        "[\"a*\", \"b\"]",
        "[\"a\", \"a\", \"ab\", \"\"]",
        "[\"b\", \"ab\", \"abc\", \"a\", \"x\"]",
        "[1, \"a\", null]",
        "[\"a\", 1]",
        "{\"k\": \"a\", \"l\": \"b\"}",
        "\"a\"",
        "null",
    ];
    let subjects = ["input.x", "t", "input.y[_]", "lower(input.x)"];
    let (mut held, mut failed) = (0, 0);
    for loops in LOOPS {
        for subject in subjects {
            let rules = format!(
                "f(s, x) if {{ not endswith(x, \"*\"); s == x }}\n\
                 f(s, x) if {{ endswith(x, \"*\"); startswith(s, trim_suffix(x, \"*\")) }}\n\
                 g(s) if {{ x := input.l[_]; f(s, x) }}\n\
                 p if {{ t := input.x; s := {subject}; {loops} }}\n\
                 q contains s if {{ t := input.x; s := {subject}; {loops} }}\n\
                 r := [s | t := input.x; s := {subject}; {loops}]\n\
                 u if {{ t := input.x; not h(t) }}\nh(t) if {{ s := {subject}; {loops} }}"
            );
            let policies = compile(&rules);
            let plain = policies.document(&["t"]).unwrap();
            for list in lists {
                let known = Known::at(&["l"], from_json(list).unwrap());
                let given = policies.document_given(&["t"], known).unwrap();
                for value in VALUES {
                    let value = if value.is_empty() { "\"none\"" } else { value };
                    let rest = format!("\"x\": {value}, \"y\": [{value}, \"abc\", 5]");
                    let whole = from_json(&format!("{{\"l\": {list}, {rest}}}")).unwrap();
                    let part = from_json(&format!("{{{rest}}}")).unwrap();
                    for strict in [false, true] {
                        let how = How { strict, all: false };
                        let (wanted, _) = evaluate(&plain, &whole, how);
                        let (got, _) = evaluate(&given, &part, how);
                        assert_eq!(got, wanted, "{rules}\nl: {list}\n{rest}\nstrict: {strict}");
                        held += usize::from(wanted.contains("\"p\":true"));
                        failed += usize::from(wanted.starts_with("eval_"));
                    }
                }
            }
        }
    }
    println!("{held} hold, {failed} fail");
    assert!(held > 2_000 && failed > 1_000, "{held} {failed}");
}

#[test]
fn long_lists_are_one_look_up() {
    let list: Vec<String> = (0..2_000).map(|n| format!("\"registry-{n}.example/\"")).collect();
    let known = Known::at(&["l"], from_json(&format!("[{}]", list.join(","))).unwrap());
    for loops in LOOPS.into_iter().filter(|loops| !loops.starts_with('{')) {
        let rules = format!(
            "f(s, x) if {{ not endswith(x, \"*\"); s == x }}\n\
             f(s, x) if {{ endswith(x, \"*\"); startswith(s, trim_suffix(x, \"*\")) }}\n\
             g(s) if {{ x := input.l[_]; f(s, x) }}\n\
             p if {{ s := input.x; {loops} }}\n"
        );
        let policies = compile(&rules);
        let given = policies.document_given(&["t", "p"], known.clone()).unwrap();
        let input = from_json("{\"x\": \"registry-1999.example/a\"}").unwrap();
        let taken = steps(&given, &input);
        assert!(taken <= 512, "{loops}: {taken}");
    }
}

#[test]
fn patterns_are_compiled_with_the_program() {
    // Compiling takes some thousand steps: more than the evaluation may.
    let large = "(a|b|c|d|e|f){1,200}x{1,900}";
    for (rules, wanted) in [
        (r#"p := regex.match("LARGE", input.x)"#, "false"),
        (r#"p := re_match("LARGE", input.x)"#, "false"),
        (r#"p := regex.replace(input.x, "LARGE", "")"#, "\"z\""),
        (r#"p := regex.find_n("LARGE", input.x, -1)"#, "[]"),
        (r#"p contains x if { some e in input.l; regex.match(e.re, input.x); x := e }"#, "[]"),
        (r#"p contains x if { re := input.l[_].re; not regex.match(re, input.x); x := 1 }"#, "[1]"),
        (r#"p := glob.match("{a,b}*{LARGE,b}", ["."], input.x)"#, "false"),
    ] {
        let rules = rules.replace("LARGE", large);
        let policies = compile(&rules);
        let list =
            Value::Array(vec![from_json(&format!("{{\"re\": \"{large}\"}}")).unwrap()].into());
        let given = policies.document_given(&["t", "p"], Known::at(&["l"], list)).unwrap();
        let input = from_json("{\"x\": \"z\"}").unwrap();
        assert_eq!(evaluate(&given, &input, How::default()).0, wanted, "{rules}");
        let taken = steps(&given, &input);
        assert!(taken <= 256, "{rules}: {taken}");
    }
    // One that is malformed is what it is when it is evaluated.
    let policies = compile("p := regex.match(\"(\", input.x)\nq := glob.match(\"{\", [], input.x)");
    let input = from_json("{\"x\": \"z\"}").unwrap();
    for name in ["p", "q"] {
        let prepared = policies.document(&["t", name]).unwrap();
        assert_eq!(evaluate(&prepared, &input, How::default()).0, "undefined");
        let (error, _) = evaluate(&prepared, &input, How { strict: true, all: false });
        assert!(error.starts_with("eval_builtin_error"), "{error}");
    }
}
