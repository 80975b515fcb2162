//! Policies that compare an input with all of base data give the same where they look up what
//! equals it, which takes far fewer steps.

#![expect(clippy::unwrap_used, reason = "a test may fail, and says what")]

use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{EvalCode, Known, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Value, from_json};
use std::cell::RefCell;
use std::collections::BTreeSet;

type Found = Result<Option<Value>, EvalCode>;

fn compile(text: &str) -> Policies {
    let budget = Budget::new(u64::MAX, u64::MAX, None);
    let sources = vec![(Source::new("t.rego", text), Version::V1)];
    let (policies, _, faults) = Policies::compile(sources, &Options::default(), &budget);
    assert!(faults.is_empty(), "{faults:?}\n{text}");
    policies.unwrap()
}

/// Gives what is found, what is read of base data, and how many steps it takes.
fn evaluate(prepared: &Prepared, input: &Value, data: &Value) -> (Found, BTreeSet<String>, u64) {
    let reads = RefCell::new(BTreeSet::new());
    let note = |path: &[sekisho_rego::Term<'_>], _: bool| {
        let keys: Vec<String> = path.iter().map(ToString::to_string).collect();
        reads.borrow_mut().insert(keys.join("/"));
    };
    let facts = Facts::default();
    let run = |steps: u64| {
        let budget = Budget::new(steps, u64::MAX, None);
        let question = Question {
            input: Some(input),
            reads: Some(&note),
            ..Question::new(data, &facts, &budget)
        };
        prepared
            .evaluate(&mut Scratch::default(), &question, |found| found.map(to_json))
            .map_err(|error| error.code)
    };
    let found = run(u64::MAX);
    let (mut least, mut most) = (0, 1 << 32);
    while least < most {
        let steps = (least + most) / 2;
        match run(steps) {
            Err(EvalCode::Budget) => least = steps + 1,
            _ => most = steps,
        }
    }
    (found, reads.into_inner(), least)
}

const OBJECTS: usize = 300;

/// Objects in namespaces, some of which share their host, their selector or their number.
fn data() -> Value {
    let object = |number: usize| {
        let host = match number % 50 {
            0 => "\"www.example.org\"".to_owned(),
            2 => "\"7\"".to_owned(),
            _ => format!("\"host-{number}.example.org\""),
        };
        format!(
            "\"o{number}\": {{\"name\": \"o{number}\", \"number\": {}, \"mixed\": {}, \"hosts\": [{host}, \
             \"alias-{number}\"], \"text\": \"t{}\", \"selector\": {{\"app\": \"a{}\", \"b\": \
             \"c\"}}}}",
            number % 10,
            if number % 50 == 1 { "7" } else { "\"7\"" },
            number % 100,
            number % 70
        )
    };
    let of = |from: usize| (from..from + OBJECTS / 2).map(object).collect::<Vec<_>>().join(", ");
    let namespaces = format!("{{\"a\": {{{}}}, \"b\": {{{}}}}}", of(0), of(OBJECTS / 2));
    from_json(&format!("{{\"inventory\": {{\"namespace\": {namespaces}}}, \"more\": {{}}}}"))
        .unwrap()
}

const INPUTS: [&str; 6] = [
    r#"{"host": "www.example.org", "name": "o50", "text": "t3", "selector": {"b": "c", "app": "a3"}}"#,
    r#"{"host": "host-7.example.org", "name": "o7", "text": "t7", "selector": {}}"#,
    r#"{"host": 7, "name": "o1", "text": 3, "number": 3}"#,
    r#"{"host": "7", "name": "o2", "text": "", "selector": {"app": "a1", "b": "c"}}"#,
    r#"{"name": "o7", "host": ["www.example.org"]}"#,
    "{}",
];

/// What is looked up, and what is not: policies, and whether they take far fewer steps.
const POLICIES: &[(&str, bool, &str)] = &[
    (
        "a value within a list",
        true,
        "violation contains other.name if {
            host := input.host
            other := data.inventory.namespace[_][_]
            other.hosts[_] == host
            other.name != input.name
        }",
    ),
    (
        "a value of the input",
        true,
        "violation contains [namespace, name] if {
            other := data.inventory.namespace[namespace][name]
            other.text == input.text
        }",
    ),
    (
        "the other way round, behind what depends on the entry alone",
        true,
        "violation contains name if {
            other := data.inventory.namespace[_][name]
            other.number > 2
            startswith(name, \"o\")
            input.text == other.text
        }",
    ),
    (
        "what a function makes of an entry",
        true,
        "violation contains msg if {
            wanted := selector_of(input)
            other := data.inventory.namespace[namespace][name]
            not is_same(other, input)
            other_selector := selector_of(other)
            wanted == other_selector
            msg := sprintf(\"%v/%v\", [namespace, name])
        }
        selector_of(object) := joined if {
            pairs := [pair | value := object.selector[key]; pair := concat(\"=\", [key, value])]
            joined := concat(\",\", sort(pairs))
        }
        is_same(a, b) if a.name == b.name",
    ),
    (
        "in a function",
        true,
        "violation contains \"taken\" if is_taken(input.host)
        is_taken(host) if {
            some namespace, name
            other := data.inventory.namespace[namespace][name]
            other.hosts[_] == host
        }",
    ),
    (
        "with a comprehension over the entry",
        true,
        "violation contains count(hosts) if {
            other := data.inventory.namespace[_][_]
            hosts := {host | host := other.hosts[_]}
            other.text == input.text
        }",
    ),
    (
        "for many values of the input",
        true,
        "violation contains other.name if {
            some text in [input.text, \"t4\", 5, null]
            other := data.inventory.namespace[_][_]
            other.text == text
        }",
    ),
    (
        "twice: the first is looked up",
        true,
        "violation contains [a.name, b.name] if {
            a := data.inventory.namespace.a[_]
            a.text == input.text
            b := data.inventory.namespace.b[_]
            b.number == a.number
        }",
    ),
    (
        "numbers are not looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            other.number == input.number
        }",
    ),
    (
        "texts and numbers are not looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            other.mixed == input.host
        }",
    ),
    (
        "what the input narrows is not looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[input.namespace][_]
            other.text == input.text
        }",
    ),
    (
        "what a function makes of the entry and the input is not looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            text := of(other)
            text == input.text
        }
        of(other) := concat(\"\", [other.text, \"\"]) if input.name",
    ),
    (
        "what changes from one evaluation to the next is not looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            text := concat(other.text, [uuid.rfc4122(\"\")])
            text == input.text
        }",
    ),
    (
        "where data may be replaced nothing is looked up",
        false,
        "violation contains name if some name in found with data.inventory as {\"namespace\": {}}
        violation contains name if some name in found
        found contains other.name if {
            other := data.inventory.namespace[_][_]
            other.text == input.text
        }",
    ),
    (
        "where an entry is in conflict with itself nothing is looked up",
        false,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            other.name != \"o3\"
            not other.name == input.name
            text := twice(other)
            text == input.text
        }
        twice(other) := other.text if true
        twice(other) := other.name if other.number == 3",
    ),
    (
        "inputs that have no value",
        true,
        "violation contains other.name if {
            other := data.inventory.namespace[_][_]
            not other.nothing
            other.text == input.nothing
        }",
    ),
];

#[test]
fn what_is_looked_up_is_what_would_be_found() {
    let data = data();
    for (name, fewer, rules) in POLICIES {
        let policies = compile(&format!("package t\n{rules}"));
        let known = || Known::at(&["parameters"], Value::object());
        let plain = policies.document(&["t", "violation"]).unwrap();
        let joined = policies.document_given(&["t", "violation"], known()).unwrap();
        let mut any_fewer = false;
        for input in INPUTS {
            let input = from_json(input).unwrap();
            // Where everything is asked once, nothing is listed.
            let once = policies.document_given(&["t", "violation"], known()).unwrap();
            let wanted = evaluate(&plain, &input, &data);
            assert_eq!(evaluate(&once, &input, &data).0, wanted.0, "{name}: {input:?}");
            let found = evaluate(&joined, &input, &data);
            assert_eq!(found.0, wanted.0, "{name}: {input:?}");
            assert!(found.2 < wanted.2 + 10, "{name}: {} of {} steps", found.2, wanted.2);
            any_fewer |= found.2 * 5 < wanted.2;
            if *fewer {
                assert!(found.1.is_superset(&wanted.1), "{name}: {:?}", found.1);
                assert!(!found.1.iter().any(|read| read.contains("look up")), "{:?}", found.1);
            }
        }
        assert_eq!(any_fewer, *fewer, "{name}");
    }
}

/// Other data gives other answers, at once.
#[test]
fn data_that_changes_is_seen() {
    let (_, _, rules) = POLICIES.first().unwrap();
    let policies = compile(&format!("package t\n{rules}"));
    let known = Known::at(&["parameters"], Value::object());
    let prepared = policies.document_given(&["t", "violation"], known).unwrap();
    let input = from_json(r#"{"host": "h", "name": "x"}"#).unwrap();
    let of = |host: &str| {
        let text = format!(
            "{{\"inventory\": {{\"namespace\": {{\"a\": {{\"o\": {{\"name\": \"o\", \"hosts\": \
             [\"{host}\"]}}}}}}}}}}"
        );
        from_json(&text).unwrap()
    };
    let (taken, free) = (of("h"), of("g"));
    for _ in 0..3 {
        for _ in 0..3 {
            let found = evaluate(&prepared, &input, &taken).0;
            assert_eq!(found, Ok(Some(from_json(r#"["o"]"#).unwrap())));
        }
        for _ in 0..3 {
            assert_eq!(evaluate(&prepared, &input, &free).0, Ok(Some(from_json("[]").unwrap())));
        }
    }
}
