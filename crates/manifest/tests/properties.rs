//! Generated documents: written and read back, JSON in and out, and beside another YAML reader.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use sekisho_manifest::{read_value, to_yaml};
use sekisho_value::{Map, Number, Value, from_json};

/// Texts that readers like to take for something else.
const TRAPS: &[&str] = &[
    "",
    " ",
    "a",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "null",
    "~",
    "NULL",
    "0",
    "1",
    "-1",
    "0644",
    "0o17",
    "0x1f",
    "0b1",
    "1_000",
    "1.5",
    ".5",
    "-.inf",
    ".nan",
    "1e3",
    "+1",
    "1:30",
    "190:20:30",
    "2001-01-01",
    "2001-01-01T00:00:00Z",
    "=",
    "<<",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "- a",
    "-a",
    "--flag=x",
    "? a",
    "?",
    ":",
    ": a",
    "a: b",
    "a:",
    "a:b",
    "a #b",
    "a#b",
    "#a",
    "a ",
    " a",
    "'",
    "\"",
    "'a'",
    "\"a\"",
    "a'b",
    "a\"b",
    "\\",
    "a\\b",
    "[a]",
    "{a}",
    "a[0]",
    "{{ x }}",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    ",",
    "a,b",
    "\t",
    "a\tb",
    "\ta",
    "a\n",
    "a\nb",
    "a\nb\n",
    "a\n\n",
    "\n",
    "\n\n",
    "\na",
    " a\nb",
    "a\n b\n",
    "a\n\tb",
    "a \nb",
    "a\n---\nb",
    "a\n  \n",
    "a\n ",
    "a\r\nb",
    "a\rb",
    "\r",
    "\u{0}",
    "\u{7}",
    "\u{7f}",
    "\u{85}",
    "a\u{85}b",
    "\u{a0}",
    "\u{2028}",
    "a\u{2029}b\n",
    "\u{feff}",
    "\u{feff}a",
    "\u{fffe}",
    "é",
    "日本",
    "😀",
    "10Gi",
    "100m",
    "1.2.3",
    "10.0.0.0/8",
    "nginx:1.25",
    "sha256:abc",
    "a/b:c@d",
    "12:34",
    "0abc",
    "$(A)",
    "*",
    "**",
    "./x",
    ".x",
    "..",
    "/",
    "http://x/?a=b#c",
    "tab\t#x",
    "key with spaces",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(TRAPS).prop_map(str::to_owned),
        2 => "[a-zA-Z][a-zA-Z0-9./_-]{0,30}",
        2 => "[ -~\n]{0,40}",
        1 => "[0-9.:eExXob_+-]{1,8}",
        1 => "\\PC{0,12}",
        1 => any::<String>(),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        (-10_i64..1000).prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("not finite", Number::from_f64),
        small_float(),
    ]
}

fn small_float() -> impl Strategy<Value = Number> {
    (-1e6..1e6).prop_filter_map("not finite", Number::from_f64)
}

fn value() -> impl Strategy<Value = Value> {
    value_of(number().boxed())
}

/// Without whole numbers beyond 64 bits, which the other reader refuses.
fn common_value() -> impl Strategy<Value = Value> {
    value_of(prop_oneof![any::<i64>().prop_map(Number::from), small_float()].boxed())
}

fn value_of(number: BoxedStrategy<Number>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        2 => number.prop_map(Value::Number),
        6 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

/// What a value is after its numbers went through a double, as they do in YAML.
fn in_yaml(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            Value::Number(Number::from_f64(number.as_f64()).unwrap())
        }
        // `-0` is an integer in YAML.
        Value::Number(number) if number.as_i64() == Some(0) => Value::from(0_i64),
        Value::Array(items) => items.iter().map(in_yaml).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), in_yaml(value))).collect())
        }
        other => other.clone(),
    }
}

/// A null document is an empty one.
fn wrap(value: Value) -> Value {
    Value::Object(Map::from_iter([("value", value)]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(value in value()) {
        let value = if value.is_null() { wrap(value) } else { value };
        let yaml = to_yaml(&value);
        match read_value(&yaml) {
            Ok(read) => prop_assert_eq!(read, in_yaml(&value), "{}", yaml),
            Err(error) => prop_assert!(false, "{}\n{}", error, yaml),
        }
    }

    #[test]
    fn a_yaml_1_2_reader_reads_it_back_too(value in common_value()) {
        let value = wrap(value);
        let yaml = to_yaml(&value);
        let theirs: Result<serde_json::Value, _> = yaml_serde::from_str(&yaml);
        match theirs {
            Ok(theirs) => prop_assert_eq!(
                without_floats(&theirs),
                without_floats(&serde_json::from_str(&value.to_json()).unwrap()),
                "{}", yaml
            ),
            Err(error) => prop_assert!(false, "{}\n{}", error, yaml),
        }
    }

    #[test]
    fn json_in_json_out(value in value()) {
        let value = wrap(value);
        let json = value.to_json();
        prop_assert_eq!(read_value(&json).map(|value| value.to_json()), Ok(json.clone()));
        let pretty = value.to_json_pretty();
        prop_assert_eq!(read_value(&pretty).map(|value| value.to_json()), Ok(json));
    }

    #[test]
    fn any_text_is_read_without_a_crash(text in any::<String>()) {
        let _ = read_value(&text);
    }

    #[test]
    fn any_signs_of_yaml_are_read_without_a_crash(text in "[a:\\-?\\[\\]{},&*!|>'\"%#\n \t~<=.1]{0,60}") {
        let _ = read_value(&text);
        for read in [sekisho_manifest::read("x", text.as_bytes(), &Default::default())] {
            for error in &read.errors {
                prop_assert!(error.line >= 1 && error.column >= 1);
            }
        }
    }
}

/// Readers round floats in ways of their own; all else must agree.
fn without_floats(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => {
            format!("{:.3e}", number.as_f64().unwrap()).into()
        }
        serde_json::Value::Array(items) => items.iter().map(without_floats).collect(),
        serde_json::Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), without_floats(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn what_is_written_looks_as_people_write_it() {
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"labels":{"on":"yes","v":"1.0"}},"spec":{"containers":[{"args":["-c","--x=y","a: b",["n","e"],[],{}],"image":"nginx:1.25","env":[{"name":"A","value":"line\nline\n"}]},null],"n":[[1,2],[{"a":1,"b":2}]],"text":"a\nb","t":true}}"#;
    let want = "\
apiVersion: v1
kind: Pod
metadata:
  annotations: {}
  labels:
    \"on\": \"yes\"
    v: \"1.0\"
spec:
  containers:
  - args:
    - -c
    - --x=y
    - \"a: b\"
    - - \"n\"
      - e
    - []
    - {}
    env:
    - name: A
      value: |
        line
        line
    image: nginx:1.25
  - null
  \"n\":
  - - 1
    - 2
  - - a: 1
      b: 2
  t: true
  text: |-
    a
    b
";
    assert_eq!(to_yaml(&from_json(json).unwrap()), want);
}

#[test]
fn long_keys_are_read_back() {
    for key in ["k".repeat(900), "k".repeat(1100), "\"é\n".repeat(800)] {
        let value = Value::Object(Map::from_iter([(key, Value::from("v"))]));
        assert_eq!(read_value(&to_yaml(&value)), Ok(value));
    }
}
