//! Programs made for a known part of the input give what programs for any input give: on
//! generated policies, and on written ones for what is easily got wrong.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail, and says what")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{
    EvalCode, Known, Options, Policies, Prepared, Question, Scratch, Shared, Source,
};
use sekisho_value::{Value, from_json};

/// Numbers that look random (Knuth's constants for a linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const LITERALS: [&str; 12] = [
    "\"a\"",
    "\"ab\"",
    "\"a*\"",
    "\"\"",
    "1",
    "1.0",
    "2",
    "null",
    "true",
    "false",
    "[]",
    "{\"k\": \"a\"}",
];
const KEYS: [&str; 4] = ["a", "b", "l", "o"];

/// A JSON value: often what is asked for.
fn json(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 4 } else { 7 }) {
        0..4 => LITERALS[dice.below(LITERALS.len())].to_owned(),
        4 => {
            let items: Vec<String> = (0..dice.below(4)).map(|_| json(dice, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => object(dice, depth - 1),
    }
}

fn object(dice: &mut Dice, depth: usize) -> String {
    let keys = KEYS.iter().filter(|_| !dice.0.is_multiple_of(5)).collect::<Vec<_>>();
    let mut entries = Vec::new();
    for key in keys {
        if dice.below(4) > 0 {
            entries.push(format!("\"{key}\": {}", json(dice, depth)));
        }
    }
    format!("{{{}}}", entries.join(", "))
}

/// A module as it is being written.
struct Writer {
    dice: Dice,
    /// variables of the body that have values
    known: Vec<String>,
    next: usize,
    /// rules and functions of lower numbers may be used
    rules: usize,
    functions: usize,
}

impl Writer {
    fn reference(&mut self) -> String {
        let root = match self.dice.below(6) {
            0..3 => "input.parameters",
            3 => "input.review",
            4 => "input",
            _ => "input.parameters.l",
        };
        let mut text = root.to_owned();
        if root == "input" && self.dice.below(4) > 0 {
            text += self.dice.of(&[".parameters", ".review", "[_]", "[\"parameters\"]"]);
        }
        for _ in 0..self.dice.below(3) {
            let key = KEYS[self.dice.below(KEYS.len())];
            text += &match self.dice.below(5) {
                0 => "[_]".to_owned(),
                1 => "[0]".to_owned(),
                2 => format!("[\"{key}\"]"),
                _ => format!(".{key}"),
            };
        }
        text
    }

    fn variable(&mut self) -> String {
        match self.known.len() {
            0 => "input.parameters.a".to_owned(),
            count => self.known[self.dice.below(count)].clone(),
        }
    }

    fn term(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.dice.below(4) {
                0 => LITERALS[self.dice.below(LITERALS.len())].to_owned(),
                1 => self.variable(),
                _ => self.reference(),
            };
        }
        if self.dice.below(3) == 0 { self.term(depth - 1) } else { self.call(depth) }
    }

    fn call(&mut self, depth: usize) -> String {
        let (x, y) = (self.term(depth - 1), self.term(depth - 1));
        let (r, s) = (self.reference(), self.reference());
        let key = KEYS[self.dice.below(KEYS.len())];
        match self.dice.below(20) {
            0 => format!("lower({r})"),
            1 => format!("trim_suffix({r}, \"*\")"),
            2 => format!("sprintf(\"%v-%v\", [{x}, {y}])"),
            3 => format!("count({r})"),
            4 => format!("object.get(input, \"parameters\", {y})"),
            5 => format!("object.get({r}, \"{key}\", {y})"),
            6 => format!("object.get(object.get(input, \"parameters\", {{}}), \"{key}\", {y})"),
            7 => format!("[v | v := {x}]"),
            8 => format!("{{v | v := {x}}}"),
            9 => format!("[{x}, {y}]"),
            10 => format!("{{\"{key}\": {x}}}"),
            11 => format!("concat(\",\", {r})"),
            12 => format!("array.concat({r}, {s})"),
            13 if self.rules > 0 => format!("p{}", self.dice.below(self.rules)),
            14..17 if self.functions > 0 => {
                format!("f{}({x}, {y})", self.dice.below(self.functions))
            }
            _ => x,
        }
    }

    fn test(&mut self, depth: usize) -> String {
        let x = self.term(depth);
        let (r, s) = (self.reference(), self.reference());
        match self.dice.below(12) {
            0 | 1 => format!("{x} == {r}"),
            2 => format!("{x} != {r}"),
            3 => format!("startswith({r}, {s})"),
            4 => format!("endswith({r}, \"*\")"),
            5 => format!("{x} in {r}"),
            6 => format!("regex.match({r}, {s})"),
            7 => format!("{r} < {s}"),
            8 => format!("strings.any_prefix_match({r}, {s})"),
            9 => format!("is_string({x})"),
            _ => x,
        }
    }

    fn expression(&mut self) -> String {
        let modifier = match self.dice.below(40) {
            0 => format!(" with input as {}", object(&mut self.dice, 2)),
            1 => format!(" with input.parameters as {}", object(&mut self.dice, 1)),
            2 => " with input.parameters.a as \"ab\"".to_owned(),
            3 => " with input.review.a as \"ab\"".to_owned(),
            _ => String::new(),
        };
        let depth = self.dice.below(3);
        let text = match self.dice.below(8) {
            0..3 => {
                let term = self.term(depth);
                let name = format!("x{}", self.next);
                self.next += 1;
                let text = format!("{name} := {term}");
                self.known.push(name);
                text
            }
            // What a negation goes through would have no value outside of it.
            3 => format!("not {}", self.test(depth).replace("[_]", "[0]")),
            4 => {
                let (domain, before) = (self.term(0), self.known.len());
                let name = format!("x{}", self.next);
                self.next += 1;
                self.known.push(name.clone());
                let test = self.test(1);
                self.known.truncate(before);
                format!("every {name} in {domain} {{ {name} == {name}; {test} }}")
            }
            5 => {
                let domain = self.term(0);
                let name = format!("x{}", self.next);
                self.next += 1;
                self.known.push(name.clone());
                return format!("some {name} in {domain}\n  {name} == {name}");
            }
            _ => self.test(depth),
        };
        text + &modifier
    }

    fn body(&mut self) -> String {
        let count = 1 + self.dice.below(4);
        let expressions: Vec<String> = (0..count).map(|_| self.expression()).collect();
        expressions.join("\n  ")
    }

    fn rule(&mut self, head: impl Fn(&str) -> String) -> String {
        self.known.clear();
        let body = self.body();
        let value = match self.dice.below(3) {
            0 => "true".to_owned(),
            _ => self.term(1),
        };
        format!("{} if {{\n  {body}\n}}\n", head(&value))
    }

    fn function(&mut self, index: usize) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.dice.below(3) {
            let first = self.dice.of(&["x", "x", "x", "\"a\"", "1"]);
            self.known.clear();
            self.known.push("y".to_owned());
            if first == "x" {
                self.known.push("x".to_owned());
            }
            let body = self.body();
            let value = self.dice.of(&["y", "true", "\"a\"", "false", "1"]);
            text += &format!("f{index}({first}, y) := {value} if {{\n  {body}\n}}");
            if self.dice.below(3) == 0 {
                self.known = vec!["y".to_owned()];
                let body = self.body();
                text += &format!(" else := \"other\" if {{\n  {body}\n}}");
            }
            text.push('\n');
        }
        text
    }

    fn module(seed: u64) -> String {
        let mut writer =
            Self { dice: Dice(seed), known: Vec::new(), next: 0, rules: 0, functions: 0 };
        let mut text = String::from("package t\n");
        for index in 0..4 {
            text += &writer.function(index);
            writer.functions += 1;
            let name = format!("p{index}");
            match writer.dice.below(4) {
                0 => {
                    text += &format!("default {name} := \"none\"\n");
                    text += &writer.rule(|value| format!("{name} := {value}"));
                }
                1 => text += &writer.rule(|value| format!("{name}[\"k\"] := {value}")),
                _ => {
                    for _ in 0..2 {
                        text += &writer.rule(|value| format!("{name} contains {value}"));
                    }
                }
            }
            writer.rules += 1;
        }
        text
    }
}

fn compile(text: &str) -> Option<Policies> {
    let budget = Budget::new(u64::MAX, u64::MAX, None);
    let sources = vec![(Source::new("t.rego", text), Version::V1)];
    Policies::compile(sources, &Options::default(), &budget).0
}

fn evaluate(prepared: &Prepared, input: Option<&Value>) -> Result<Option<Value>, EvalCode> {
    sharing(None, prepared, input)
}

fn sharing(
    shared: Option<&Shared>,
    prepared: &Prepared,
    input: Option<&Value>,
) -> Result<Option<Value>, EvalCode> {
    let (data, facts, budget) = (Value::object(), Facts::default(), Budget::standard());
    let question = Question { input, ..Question::new(&data, &facts, &budget) };
    let mut scratch = Scratch::default();
    let found =
        prepared.evaluate_sharing(shared, &mut scratch, &question, |found| found.map(to_json));
    found.map_err(|error| error.code)
}

/// Evaluates both ways; gives what is found.
fn both(
    policies: &Policies,
    text: &str,
    parameters: &str,
    review: &str,
) -> Result<Option<Value>, EvalCode> {
    let whole = from_json(&format!("{{\"parameters\": {parameters}, \"review\": {review}}}"));
    let part = from_json(&format!("{{\"review\": {review}, \"parameters\": \"other\"}}"));
    let without = from_json(&format!("{{\"review\": {review}}}"));
    let known = Known::at(&["parameters"], from_json(parameters).unwrap());
    let plain = policies.document(&["t"]).unwrap();
    let given = policies.document_given(&["t"], known).unwrap();
    let other = Known::at(&["parameters"], from_json(r#"{"a": "other"}"#).unwrap());
    let other = policies.document_given(&["t"], other).unwrap();
    let wanted = evaluate(&plain, Some(&whole.unwrap()));
    for input in [part.unwrap(), without.unwrap()] {
        let found = evaluate(&given, Some(&input));
        assert_eq!(found, wanted, "{text}\nparameters: {parameters}\nreview: {review}");
        // What one leaves is right for the other.
        let shared = Shared::default();
        drop(sharing(Some(&shared), &other, Some(&input)));
        let found = sharing(Some(&shared), &given, Some(&input));
        assert_eq!(found, wanted, "shared\n{text}\nparameters: {parameters}\nreview: {review}");
    }
    wanted
}

#[test]
fn generated_policies() {
    let (mut compiled, mut defined, mut conflicts) = (0, 0, 0);
    for seed in 0..1_200 {
        let text = Writer::module(seed);
        let Some(policies) = compile(&text) else { continue };
        compiled += 1;
        let mut dice = Dice(seed);
        for _ in 0..4 {
            let (parameters, review) = (object(&mut dice, 2), object(&mut dice, 2));
            match both(&policies, &text, &parameters, &review) {
                Ok(Some(found)) => {
                    let rules = found.as_object().unwrap();
                    defined += usize::from(rules.iter().any(|(_, value)| {
                        !matches!(value, Value::Array(items) if items.is_empty())
                            && value.as_str() != Some("none")
                    }));
                }
                Ok(None) => panic!("a package has a value"),
                Err(code) => {
                    assert_eq!(code, EvalCode::Conflict);
                    conflicts += 1;
                }
            }
        }
    }
    println!("{compiled} modules, {defined} with values, {conflicts} conflicts");
    assert!(compiled > 200 && defined > 200, "{compiled} {defined}");
}

#[test]
fn written_policies() {
    for (rules, parameters, wanted) in [
        // what is not there is undefined, its negation holds
        ("p if input.parameters.a", "{}", "{}"),
        ("p if not input.parameters.a", "{}", r#"{"p":true}"#),
        ("p if not input.parameters.a.b[0].c", r#"{"a": "x"}"#, r#"{"p":true}"#),
        // a member of the wrong type fails for itself alone
        (
            "p contains x if { x := input.parameters.l[_]; startswith(\"ab\", x) }",
            r#"{"l": ["a", 1, null, "b", "ab"]}"#,
            r#"{"p":["a","ab"]}"#,
        ),
        // a list with one makes the whole call fail
        (
            "p if not strings.any_prefix_match(\"ab\", input.parameters.l)",
            r#"{"l": ["a", 1]}"#,
            r#"{"p":true}"#,
        ),
        // modifiers reach what is known
        (
            "p := x if x := input.parameters.a with input as {\"parameters\": {\"a\": 2}}",
            r#"{"a": 1}"#,
            r#"{"p":2}"#,
        ),
        ("p := x if x := input.parameters with input.parameters as 3", r#"{"a": 1}"#, r#"{"p":3}"#),
        (
            "q := input.parameters\np := x if x := q with input.parameters.a as 3",
            r#"{"a": 1, "b": 2}"#,
            r#"{"p":{"a":3,"b":2},"q":{"a":1,"b":2}}"#,
        ),
        ("q := input.parameters.a\np := x if x := q with input as {}", r#"{"a": 1}"#, r#"{"q":1}"#),
        // functions that are replaced
        (
            "f(x) := x\ng(x) := 7\np := x if x := f(input.parameters.a) with f as g",
            r#"{"a": 1}"#,
            r#"{"p":7}"#,
        ),
        (
            "p := x if x := lower(input.parameters.a) with lower as \"z\"",
            r#"{"a": "A"}"#,
            r#"{"p":"z"}"#,
        ),
        (
            "q := input.parameters.a\np := x if x := q with data.t.q as 9",
            r#"{"a": 1}"#,
            r#"{"p":9,"q":1}"#,
        ),
        // the input as a whole
        ("p := count(input)", "{}", r#"{"p":2}"#),
        ("p := x if x := [k | input[k]]", "1", r#"{"p":["parameters","review"]}"#),
        ("f(x) := x.parameters.a\np := f(input)", r#"{"a": 5}"#, r#"{"p":5}"#),
        ("f(x) := y if { y := x.parameters }\np := f(input)", r#"{"a": 5}"#, r#"{"p":{"a":5}}"#),
        ("f(x) := x\np := f(input).parameters.a", r#"{"a": 5}"#, r#"{"p":5}"#),
        ("p := object.get(input, \"parameters\", 1)", r#"{"a": 5}"#, r#"{"p":{"a":5}}"#),
        ("p := object.get(input, [\"parameters\", \"a\"], 1)", r#"{"a": 5}"#, r#"{"p":5}"#),
        ("p := object.get(input.parameters, \"b\", 1)", r#"{"a": 5}"#, r#"{"p":1}"#),
        // `false` is a value
        ("p := input.parameters.a", r#"{"a": false}"#, r#"{"p":false}"#),
        ("p if not input.parameters.a", r#"{"a": false}"#, r#"{"p":true}"#),
        // numbers that are equal and written differently
        ("p if input.parameters.a == 1", r#"{"a": 1.0}"#, r#"{"p":true}"#),
        ("p := input.parameters.l[1.0]", r#"{"l": [1, 2]}"#, r#"{"p":2}"#),
        // two values for one rule
        ("p := x if x := input.parameters.l[_]", r#"{"l": [1, 1]}"#, r#"{"p":1}"#),
        // branches
        (
            "p := 1 if { input.parameters.a == 2 } else := 3 if { input.parameters.a == 1 } else := 4",
            r#"{"a": 1}"#,
            r#"{"p":3}"#,
        ),
        (
            "default f(_) := 5\nf(x) := 1 if x == 2\np := [f(input.parameters.a), f(2)]",
            r#"{"a": 1}"#,
            r#"{"p":[5,1]}"#,
        ),
        ("f(\"a\") := 1\nf(\"b\") := 2\np := f(input.parameters.a)", r#"{"a": "b"}"#, r#"{"p":2}"#),
        // long lists of texts
        (
            "f(x) if strings.any_prefix_match(x, input.parameters.l)\n\
             p := [f(x) | x := [\"ba\", \"b\", [\"x\", \"c\"], \"x\"][_]]\n\
             q contains x if { x := [\"ba\", \"b\", [\"b\"], 1, \"z\"][_]; x in input.parameters.l }",
            r#"{"l": ["c", "b", "bb", "d", "z"]}"#,
            r#"{"p":[true,true,true],"q":["b","z"]}"#,
        ),
        (
            "p if not strings.any_prefix_match(\"c\", input.parameters.l)\n\
             q contains x if { x := [1, \"b\", null][_]; x in input.parameters.l }",
            r#"{"l": ["c", "b", "bb", "d", 1.0]}"#,
            r#"{"p":true,"q":[1,"b"]}"#,
        ),
        // a table of texts
        (
            "f(\"a\") := 1\nf(\"b\") := 2\nf(\"c\") := x if { x := [5, 5][_] }\n\
             f(\"d\") := 3 if { false } else := 4\ndefault f(_) := 0\n\
             p := [f(x) | some x in input.parameters.l]",
            r#"{"l": ["d", "c", "b", "a", "", "ab", 1, null]}"#,
            r#"{"p":[4,5,2,1,0,0,0,0]}"#,
        ),
        ("p if every x in input.parameters.l { x > 1 }", r#"{"l": [2, 3]}"#, r#"{"p":true}"#),
        ("p if every x in input.parameters.l { x > 1 }", r#"{"l": 2}"#, "{}"),
        ("p := {1, 2} & {x | x := input.parameters.l[_]}", r#"{"l": [2, 3]}"#, r#"{"p":[2]}"#),
    ] {
        let text = format!("package t\n{rules}\n");
        let policies = compile(&text).unwrap_or_else(|| panic!("{text}"));
        let found = both(&policies, &text, parameters, "{}").unwrap();
        let wanted = from_json(wanted).unwrap();
        assert_eq!(found, Some(wanted), "{text}\n{parameters}");
    }
}

#[test]
fn no_input_at_all() {
    let policies = compile("package t\np := input.parameters.a\nq := input\n").unwrap();
    let known = Known::at(&["parameters"], from_json("{\"a\": 1}").unwrap());
    let given = policies.document_given(&["t"], known).unwrap();
    let found = evaluate(&given, None).unwrap().unwrap();
    assert_eq!(found.to_json(), r#"{"p":1,"q":{"parameters":{"a":1}}}"#);
}
