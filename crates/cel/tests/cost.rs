//! What evaluating costs: the cases of cel-go's own tests of runtime cost, and what Kubernetes'
//! way of folding constants makes of some.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use sekisho_budget::Budget;
use sekisho_cel::cost::CostEstimate;
use sekisho_cel::library::{self, MappedAddresses};
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cause, Cost, Environment, Evaluation, Options, Scratch, Term};
use sekisho_value::{Value, from_json};

fn environment(fold_constants: bool) -> Environment {
    let builder = Environment::standard()
        .library(library::optionals(2))
        .library(library::bindings())
        .library(library::two_variable_comprehensions())
        .library(library::lists(3))
        .library(library::sets())
        .library(library::network(MappedAddresses::Refused))
        .options(Options { fold_constants, ..Options::default() })
        .variable("words", Type::list(Type::String))
        .variable("map", Type::map(Type::String, Type::map(Type::String, Type::Int)))
        .variable("yes", Type::Bool)
        .variable("no", Type::Bool)
        .variable("x", Type::Int)
        .variable("text", Type::String)
        .variable("short", Type::String)
        .variable("empty", Type::list(Type::Int))
        .variable("object", Type::Dyn);
    builder.build().unwrap()
}

fn input() -> Value {
    let text = "a".repeat(500);
    let json = format!(
        r#"{{"words": ["one"], "map": {{"k": {{"n": 4}}}}, "yes": true, "no": false, "x": 1,
            "text": "{text}", "short": "12345678901", "empty": [],
            "object": {{"a": {{"b": "value"}}, "list": [1, 2]}}}}"#
    );
    from_json(&json).unwrap()
}

fn spent(expression: &str, fold_constants: bool) -> u64 {
    let environment = environment(fold_constants);
    let program = environment
        .compile(expression)
        .unwrap_or_else(|errors| panic!("{expression}: {}", errors[0].render(expression)));
    let input = input();
    let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
    let mut activation = Activation::new();
    for (name, value) in input.as_object().unwrap().iter() {
        activation.set(name, Term::borrowed(value));
    }
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    program
        .evaluate(evaluation, &activation)
        .unwrap_or_else(|error| panic!("{expression}: {error}"));
    cost.spent()
}

#[test]
fn runtime_cost_is_that_of_cel_go() {
    for (expression, cost) in [
        ("\"Hello World!\"", 0),
        ("words", 1),
        ("map['k']", 2),
        ("words[0]", 2),
        ("words[x - 1]", 4),
        ("map['' + 'k']", 3),
        ("words[3-3]", 3),
        ("object.a.b", 3),
        ("has(object.a)", 2),
        ("has(object.a.b)", 3),
        ("[1, 2, 3]", 10),
        ("{'a': 1, 'b': 2}", 30),
        ("empty.all(x, true)", 2),
        ("[1, 2, 3].all(x, true)", 20),
        ("text.matches('[0-9]')", 103),
        ("'123'.matches('[0-9]')", 2),
        ("false || false", 0),
        ("no || no || no || no", 4),
        ("yes && yes && yes && yes", 4),
        ("1 < 2", 1),
        ("1 == 2", 1),
        ("2 in [1, 2, 3]", 13),
        ("1 + 1", 1),
        ("1 % 1", 1),
        ("true ? 1 : 2", 0),
        ("size('123')", 1),
        ("'12345678901234567890' == '123456789012345678901234567890'", 2),
        ("bytes(text)", 51),
        ("string(1)", 1),
        ("text.contains(text)", 2502),
        ("text.startsWith('12345678901')", 51),
        ("text.size()", 2),
        ("(x > 2 ? empty : [1]).all(y, true)", 16),
        ("(x > 0 ? words : words).all(y, true)", 6),
        ("true ? false : 1 > 3", 0),
        ("false ? false : 1 > 3", 1),
        ("map.all(k, map[k].n > 3)", 9),
        ("(empty + empty).all(x, true)", 4),
        ("'abcdefg'.contains(short + short)", 1 + 1 + 3 + 3),
        ("(1 > 2 || 2 > 1) == true", 3),
        ("[{'k1': 1}, {'k2': 2}].all(x, true)", 77),
        ("[1,2,3,4,5].filter(x, x % 2 == 0)", 62),
        ("[1,2,3,4,5].map(x, x)", 86),
        ("[1,2,3,4,5].map(x, x).filter(x, x % 2 == 0)", 138),
        ("[1,2,3,4,5].map(x, x).exists(x, x == 5) == true", 118),
        ("[1,2,3,4,5].map(x, x).map(x, x)", 162),
        ("[1,2,3,4,5].map(x, [x, x]).filter(z, z.size() == 2)", 232),
        ("[1,2,3,4,5].map(x, [x, x]).all(y, y.all(y, y == 1))", 171),
        ("[1,2,3,4,5].map(x, x).map(x, x) + [1]", 173),
        ("[1,2,3].all(i, i in [1,2,3].map(j, j + j))", 86),
        ("cel.bind(a, x + 1, a + a)", 10 + 2 + 2 + 1),
        // cel-go's tests of its libraries.
        ("sets.contains([1], [])", 21),
        ("sets.contains([1], [1])", 22),
        ("sets.contains([1, 2, 3, 4], [2, 3])", 29),
        ("[1,2,3,4].slice(0, 2)", 23),
        ("lists.range(5)", 16),
        ("[1,2,2].distinct()", 39),
    ] {
        assert_eq!(spent(expression, false), cost, "{expression}");
    }
}

#[test]
fn constants_that_are_folded_cost_nothing() {
    for (expression, cost) in [
        ("[1, 2, 3]", 0),
        ("{'a': [1]}", 0),
        ("{1: 'a'}", 0),
        ("[1, x]", 11),
        ("x in [1, 2, 3]", 1),
        ("x in []", 0),
        ("int('1') == x", 2),
        ("duration('1h') < duration('2h')", 1),
        ("[1, 2, 3].all(x, true)", 10),
        // What is no conversion is made once, and costs what it would.
        ("ip('10.0.0.1').family()", 2),
        ("object.?a.?b.optMap(v, v).orValue('')", (3 + 1) + (1 + (3 + 1) + 1)),
        ("object.?c.?b.optMap(v, v).orValue('')", 1 + 1 + 1),
    ] {
        assert_eq!(spent(expression, true), cost, "{expression}");
    }
}

#[test]
fn what_is_folded_is_what_it_would_be() {
    for expression in [
        "[1, 2.0, -0.0, 'a', true, null] == [x, 2.0, -0.0, 'a', yes, null]",
        "type([1.0][0]) == double",
        "type({'a': 1}['a']) == int",
        "[1e300][0] == 1e300",
        "{'a': 1}.a == x",
        "duration('90s') == duration('1m30s')",
        "ip('10.0.0.1') == ip('10.0.' + '0.1')",
    ] {
        for fold in [false, true] {
            let environment = environment(fold);
            let program = environment.compile(expression).unwrap();
            let input = input();
            let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
            let mut activation = Activation::new();
            for (name, value) in input.as_object().unwrap().iter() {
                activation.set(name, Term::borrowed(value));
            }
            let evaluation = Evaluation::new(&scratch, &budget, &cost);
            let value = program.evaluate(evaluation, &activation);
            assert_eq!(value.unwrap().as_bool(), Some(true), "{expression}");
        }
    }
}

#[test]
fn the_limit_ends_an_evaluation_whatever_would_absorb_it() {
    let environment = environment(false);
    for expression in
        ["[1,2,3,4].all(i, i > 0) || true", "[1,2,3,4].exists(i, [1,2,3].all(j, j > 9)) || true"]
    {
        let program = environment.compile(expression).unwrap();
        let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::limited(15));
        let evaluation = Evaluation::new(&scratch, &budget, &cost);
        let error = program.evaluate(evaluation, &Activation::new()).unwrap_err();
        assert_eq!(error.cause(), Cause::CostLimit, "{expression}");
        assert_eq!(error.message(), "operation cancelled: actual cost limit exceeded");
    }
}

/// The cases of cel-go's own tests of the estimator, as far as they need no messages.
#[test]
fn estimates_are_those_of_cel_go() {
    let environment = Environment::standard()
        .variable("input", Type::list(Type::Int))
        .variable("nested", Type::list(Type::list(Type::Int)))
        .variable("text", Type::String)
        .variable("map", Type::map(Type::String, Type::String))
        .build()
        .unwrap();
    let unbounded = u64::MAX;
    for (expression, min, max) in [
        ("\"Hello World!\"", 0, 0),
        ("input", 1, 1),
        ("map['key']", 2, 2),
        ("input[0]", 2, 2),
        ("map.key", 2, 2),
        ("[1, 2, 3]", 10, 10),
        ("{'a': 1}", 30, 30),
        ("input.all(x, true)", 2, unbounded),
        ("[1, 2, 3].all(x, true)", 20, 20),
        ("text.matches('[0-9]')", 3, 3_689_348_814_741_910_529),
        ("'123'.matches('[0-9]')", 2, 2),
        ("true || false", 0, 0),
        ("1 < 2", 1, 1),
        ("1 == 2", 1, 1),
        ("2 in [1, 2, 3]", 13, 13),
        ("1 + 1", 1, 1),
        ("true ? 1 : 2", 0, 0),
        ("size('123')", 1, 1),
        ("'12345678901234567890' == '123456789012345678901234567890'", 1, 2),
        ("string(1)", 1, 1),
        ("[1,2,3].map(x, x)", 60, 60),
        ("[{'k1': 1}, {'k2': 2}].all(x, true)", 77, 77),
    ] {
        let checked = environment.check(expression).unwrap();
        let estimate = environment.estimate(&checked, &());
        assert_eq!(estimate, CostEstimate { min, max }, "{expression}");
    }
}
