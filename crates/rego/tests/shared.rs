//! What rules give that depend on the input alone is computed once for several programs.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says what")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{Known, Options, Policies, Prepared, Question, Scratch, Shared, Source};
use sekisho_value::{Value, from_json};

fn prepared(package: &str, rules: &str, parameters: &str) -> Prepared {
    let budget = Budget::standard();
    let text = format!("package {package}\n\n{rules}");
    let sources = vec![(Source::new("t.rego", &text), Version::V1)];
    let (policies, _, faults) = Policies::compile(sources, &Options::default(), &budget);
    assert!(faults.is_empty(), "{faults:?}");
    let known = Known::at(&["parameters"], from_json(parameters).unwrap());
    policies.unwrap().document_given(&[package, "found"], known).unwrap()
}

fn evaluate(prepared: &Prepared, input: &str, shared: &Shared) -> String {
    let (input, data) = (from_json(input).unwrap(), Value::object());
    let (facts, budget) = (Facts::default(), Budget::standard());
    let question = Question { input: Some(&input), ..Question::new(&data, &facts, &budget) };
    let mut scratch = Scratch::default();
    let found = prepared.evaluate_sharing(Some(shared), &mut scratch, &question, |found| {
        found.map_or(Value::Null, to_json)
    });
    found.unwrap().to_json()
}

/// Two programs ask for `names`, the second of another input: what it finds tells whether it has
/// the first one's.
#[test]
fn only_what_depends_on_the_input_alone_is_shared() {
    let names = "names contains name if some name in input.names";
    let of = |rules: &str, asks: &str| format!("{rules}\n\nfound := {asks}");
    for (case, first, second, wanted) in [
        ("the same", of(names, "names"), of(names, "names"), r#"["a","b"]"#),
        ("asked otherwise", of(names, "names"), of(names, "count(names)"), "2"),
        (
            "by a function of its own",
            of(&format!("{names}\n\nf(x) := [y | some y in x]"), "f(names)"),
            of(names, "names"),
            r#"["a","b"]"#,
        ),
        (
            "lists, numbers and nulls",
            of("names := [[name, 1.0, null] | some name in input.names]", "names"),
            of("names := [[name, 1.0, null] | some name in input.names]", "names"),
            r#"[["b",1.0,null],["a",1.0,null]]"#,
        ),
        (
            "another rule",
            of(names, "names"),
            of("names contains upper(name) if some name in input.names", "names"),
            r#"["C"]"#,
        ),
        (
            "another constant",
            of("names contains [1, name] if some name in input.names", "names"),
            of("names contains [2, name] if some name in input.names", "names"),
            r#"[[2,"c"]]"#,
        ),
        (
            "by its parameters",
            of("names contains [input.parameters.p, name] if some name in input.names", "names"),
            of("names contains [input.parameters.p, name] if some name in input.names", "names"),
            r#"[["second","c"]]"#,
        ),
        (
            "a set in a set",
            of("names contains {name} if some name in input.names", "names"),
            of("names contains {name} if some name in input.names", "names"),
            r#"[["c"]]"#,
        ),
        (
            "of another input",
            of(names, "names"),
            of(names, r#"x if x := names with input as {"names": ["d"]}"#),
            r#"["d"]"#,
        ),
        (
            "by the time",
            of("names contains [time.now_ns(), name] if some name in input.names", "names"),
            of("names contains [time.now_ns(), name] if some name in input.names", "names"),
            r#"[[0,"c"]]"#,
        ),
    ] {
        let programs = [
            prepared("one", &first, r#"{"p": "first"}"#),
            prepared("two", &second, r#"{"p": "second"}"#),
        ];
        let shared = Shared::default();
        let [first, second] = &programs;
        evaluate(first, r#"{"names": ["b", "a"]}"#, &shared);
        assert_eq!(evaluate(second, r#"{"names": ["c"]}"#, &shared), wanted, "{case}");
    }
}

#[test]
fn what_is_large_stays_with_who_computed_it() {
    let rules = "names contains name if some name in input.names\n\nfound := count(names)";
    let programs = [prepared("one", rules, "{}"), prepared("two", rules, "{}")];
    let names: Vec<String> = (0..2_000).map(|name| format!("\"{name}\"")).collect();
    let shared = Shared::default();
    let [first, second] = &programs;
    assert_eq!(evaluate(first, &format!("{{\"names\": [{}]}}", names.join(",")), &shared), "2000");
    assert_eq!(evaluate(second, r#"{"names": ["c"]}"#, &shared), "1");
}
