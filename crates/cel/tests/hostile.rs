//! Expressions that are made to hurt: refused, or ended by cost, steps, memory or time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use proptest::prelude::*;
use sekisho_budget::{Budget, BudgetExceeded, Stop};
use sekisho_cel::library;
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cause, Cost, Environment, EvalError, Evaluation, Scratch, Term};
use sekisho_value::{Value, from_json};
use std::time::Instant;

fn environment() -> Environment {
    Environment::standard()
        .library(library::wrappers())
        .library(library::optionals(2))
        .library(library::bindings())
        .library(library::two_variable_comprehensions())
        .library(library::strings(4))
        .library(library::lists(3))
        .library(library::math(2))
        .library(library::sets())
        .library(library::encoders())
        .library(library::regex())
        .quoted_fields()
        .variable("object", Type::Dyn)
        .variable("list", Type::list(Type::Int))
        .build()
        .unwrap()
}

/// Compiles and evaluates; whatever comes of it comes soon.
fn run(expression: &str) -> Result<String, EvalError> {
    let list = Value::from((0..1000).map(Value::from).collect::<Vec<_>>());
    let object = from_json(r#"{"a": {"b": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}}"#).unwrap();
    let start = Instant::now();
    let result = match environment().compile(expression) {
        Err(errors) => Err(EvalError::new(errors[0].message.clone())),
        Ok(program) => {
            let scratch = Scratch::new();
            let (budget, cost) = (Budget::new(1_000_000, 8 << 20, None), Cost::unlimited());
            let mut activation = Activation::new();
            activation.set("list", Term::borrowed(&list));
            activation.set("object", Term::borrowed(&object));
            let evaluation = Evaluation::new(&scratch, &budget, &cost);
            program.evaluate(evaluation, &activation).map(|value| format!("{value:?}"))
        }
    };
    let shown = expression.get(..60).unwrap_or(expression);
    assert!(start.elapsed().as_secs() < 20, "{shown}");
    result
}

#[test]
fn nesting_is_refused() {
    let n = 10_000;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("!(", "true", ")"),
        ("-(", "1", ")"),
        ("true ? 1 : (", "1", ")"),
        ("true ? 1 : ", "1", ""),
        ("object[", "1", "]"),
        ("size(", "1", ")"),
        ("a.b{c: ", "1", "}"),
        ("", "object", ".a"),
        ("", "object", ".?a"),
        ("", "object", "[0]"),
        ("", "object", ".f()"),
        ("1 + ", "1", ""),
        ("1 * ", "1", ""),
        ("1 < ", "1", ""),
        ("[1].map(x, ", "1", ")"),
        ("[1].all(x, ", "true", ")"),
        ("cel.bind(x, 1, ", "1", ")"),
        ("cel.bind(x, ", "1", ", x)"),
        ("object.?a.optMap(x, ", "1", ")"),
        ("", "object.?a", ".optMap(x, x)"),
        ("has(object.a) && (", "true", ")"),
        ("true || true && 1 == 1 + 1 * (", "1", ")"),
        ("false || true && true == ([true][0] && ", "true", ")"),
    ] {
        let expression = format!("{}{middle}{}", open.repeat(n), close.repeat(n));
        let error = run(&expression).unwrap_err();
        let too_deep = error.message().contains("recursion limit exceeded");
        assert!(too_deep || error.message().contains("size exceeds limit"), "{open}: {error}");
        // As deep as the parser allows, everything behind it must hold.
        for levels in [60, 120, 240] {
            let _ = run(&format!("{}{middle}{}", open.repeat(levels), close.repeat(levels)));
        }
    }
}

#[test]
fn long_chains_are_shallow() {
    let many = |term: &str, operator: &str| vec![term; 5_000].join(operator);
    assert!(run(&many("true", "&&")).is_ok());
    assert!(run(&many("false", "||")).is_ok());
    assert_eq!(run(&format!("{}1", "-".repeat(50_001))).unwrap(), "Int(-1)");
    assert!(run(&format!("[{}]", many("1", ","))).is_ok());
}

#[test]
fn loops_end_with_the_budget() {
    let nested = "list.all(a, list.all(b, list.all(c, list.all(d, a + b + c + d >= 0))))";
    assert_eq!(run(nested).unwrap_err().cause(), Cause::Budget(BudgetExceeded::Steps));
    let collected = "list.map(a, list.map(b, list.map(c, [a, b, c])))";
    assert!(matches!(run(collected).unwrap_err().cause(), Cause::Budget(_)));
    let distinct = "lists.range(100000).distinct()";
    assert!(matches!(run(distinct).unwrap_err().cause(), Cause::Budget(_)));
    let long = "lists.range(9223372036854775807)";
    assert!(matches!(run(long).unwrap_err().cause(), Cause::Budget(_)));
}

#[test]
fn values_that_double_end_with_the_budget() {
    let mut text = "cel.bind(s0, 'xxxxxxxxxxxxxxxx', ".to_owned();
    let mut lists = "cel.bind(s0, [1], ".to_owned();
    for level in 0..100 {
        text.push_str(&format!("cel.bind(s{}, s{level} + s{level}, ", level + 1));
        lists.push_str(&format!("cel.bind(s{}, [s{level}, s{level}], ", level + 1));
    }
    let close = ")".repeat(101);
    let doubled = run(&format!("{text}s100.size(){close}")).unwrap_err();
    assert_eq!(doubled.cause(), Cause::Budget(BudgetExceeded::Memory));
    // The list itself is small; whoever goes through it takes steps.
    assert!(run(&format!("{lists}s100.size(){close}")).is_ok());
    for walk in ["s100 == dyn(s100) ", "'%s'.format([s100]) == ''"] {
        let walked = run(&format!("{lists}{walk}{close}")).unwrap_err();
        assert!(matches!(walked.cause(), Cause::Budget(_)), "{walk}");
    }
    let replaced = "'aaaaaaaaaa'.replace('', 'bbbbbbbbbb').replace('', 'cccccccccc')\
                    .replace('', 'dddddddddd').replace('', 'eeeeeeeeee').replace('', 'ffffffffff')\
                    .replace('', 'gggggggggg').replace('', 'hhhhhhhhhh').replace('', 'iiiiiiiiii')";
    assert!(matches!(run(replaced).unwrap_err().cause(), Cause::Budget(_)));
}

#[test]
fn types_that_double_are_bounded() {
    let mut expression = "cel.bind(s0, {0: 0}, ".to_owned();
    for level in 0..100 {
        expression.push_str(&format!("cel.bind(s{}, {{1: [s{level}, s{level}]}}, ", level + 1));
    }
    let expression = format!("{expression}s100.size(){}", ")".repeat(101));
    assert!(run(&expression).is_ok());
}

#[test]
fn regular_expressions_are_bounded() {
    for bomb in [
        "object.a.b.matches('(((((a{10}){10}){10}){10}){10}){10}')",
        "object.a.b.matches('((a{1000}){1000}){1000}')",
        &format!("object.a.b.matches('{}')", r"\\pL{1000}".repeat(4_000)),
    ] {
        assert!(run(bomb).is_err(), "{bomb}");
    }
    // What Go takes is taken.
    let large = r"object.a.b.matches('(\\pL{1000}){1}\\pL{1000}\\pL{1000}\\pL{1000}')";
    assert_eq!(run(large).unwrap(), "Bool(false)");
    // It costs what it searches.
    let long = "['é', 'ééééééééé', 'éééééééééé'].map(e, e.replace('', 'é')).map(e, e.replace('', e))\
                .map(e, e.replace('', e))";
    let searched = run(&format!(r"{long}.all(e, !e.matches('\\pL{{0,1000}}\\pN{{900}}'))"));
    assert_eq!(searched.unwrap_err().cause(), Cause::Budget(BudgetExceeded::Steps));
    // What makes other engines try every way is linear here.
    assert_eq!(run("object.a.b.matches('^(a+)+$')").unwrap(), "Bool(false)");
    let made = "list.all(i, object.a.b.matches('^(a|a)*' + string(i) + '$') || true)";
    assert!(run(made).is_ok());
}

#[test]
fn time_ends_an_evaluation() {
    let program = environment().compile("list.all(a, true) || true").unwrap();
    let flag = Stop::raised();
    let (scratch, cost) = (Scratch::new(), Cost::unlimited());
    let budget = Budget::new(1_000, 1_000, Some(&flag));
    let error = program
        .evaluate(Evaluation::new(&scratch, &budget, &cost), &Activation::new())
        .unwrap_err();
    assert_eq!(error.cause(), Cause::Budget(BudgetExceeded::Time));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}") {
        let _ = environment().compile(&text);
    }

    #[test]
    fn no_sequence_of_tokens_panics(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "a", "object", "list", ".", ".?", "[", "]", "[?", "(", ")", "{", "}", ",", ":", "?",
                "+", "-", "*", "/", "%", "!", "<", "==", "in", "&&", "||", "1", "1u", "1.5", "'a'",
                "b'a'", "true", "null", "has", "all", "map", "exists_one", "x", "cel.bind",
                "optMap", "size", "type", "`a/b`", "transformMap", "math.greatest", "sortBy",
                "optional.of", "matches", "format", "google.protobuf.Int64Value", "value",
            ]),
            0..24,
        )
    ) {
        let _ = run(&tokens.join(" "));
    }
}
