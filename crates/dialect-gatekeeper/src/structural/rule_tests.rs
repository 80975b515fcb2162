use super::Schema;
use sekisho_value::{Pointer, from_json};

/// The places and messages of the rules that a value breaks.
fn broken(schema: &str, value: &str) -> Vec<(String, String)> {
    let schema = Schema::read(&from_json(schema).unwrap(), false).unwrap();
    let mut faults = Vec::new();
    schema.check_rules(&from_json(value).unwrap(), &Pointer::root(), &mut faults);
    faults.into_iter().map(|f| (f.pointer.as_str().to_owned(), f.message)).collect()
}

#[test]
fn rules_are_asked() {
    let schema = r#"{"type":"object",
        "x-kubernetes-validations":[
            {"rule":"self.min <= self.max","messageExpression":"'at most %d'.format([self.max])","fieldPath":".min"},
            {"rule":"!has(self.x__dash__y) || self.x__dash__y != 'z'","message":"not z"},
            {"rule":"self.max >= oldSelf.max"},
            {"rule":"oldSelf.hasValue() || self.max < 100","optionalOldSelf":true,"fieldPath":".max"}],
        "properties":{
            "min":{"type":"integer"},"max":{"type":"integer"},"x-y":{"type":"string"},
            "list":{"type":"array","maxItems":9,"items":{"type":"object","nullable":true,
                "properties":{"a.b":{"type":"string"}},
                "x-kubernetes-validations":[{"rule":"self.a__dot__b.startsWith('x')"}]}},
            "map":{"type":"object","additionalProperties":{"type":"string",
                "x-kubernetes-validations":[{"rule":"self.size() < 3"}]}}}}"#;
    for (value, wanted) in [
        (r#"{"min":1,"max":2}"#, &[][..]),
        (r#"{"min":3,"max":2}"#, &[("/min", "at most 2")]),
        (r#"{"min":1,"max":2,"x-y":"z"}"#, &[("", "not z")]),
        (
            r#"{"min":1,"max":100}"#,
            &[("/max", "failed rule: oldSelf.hasValue() || self.max < 100")],
        ),
        (r#"{"max":2}"#, &[("", "no such key: min evaluating rule: self.min <= self.max")]),
        (
            r#"{"min":1,"max":2,"list":[{"a.b":"x"},{"a.b":"y"},null],"map":{"k":"ab","l":"abc"}}"#,
            &[
                ("/list/1", "failed rule: self.a__dot__b.startsWith('x')"),
                ("/map/l", "failed rule: self.size() < 3"),
            ],
        ),
    ] {
        let found = broken(schema, value);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(at, message)| (at.as_str(), message.as_str())).collect();
        assert_eq!(found, wanted, "{value}");
    }
}

#[test]
fn rules_that_are_none_are_told() {
    for (rule, place) in [
        (r#"{"rule":""}"#, "/x-kubernetes-validations/0"),
        (r#""x""#, "/x-kubernetes-validations/0"),
        (r#"{"rule":"self."}"#, "/x-kubernetes-validations/0/rule"),
        (r#"{"rule":"object == 1"}"#, "/x-kubernetes-validations/0/rule"),
        (r#"{"rule":"1 + 1"}"#, "/x-kubernetes-validations/0/rule"),
        (
            r#"{"rule":"true","messageExpression":"1"}"#,
            "/x-kubernetes-validations/0/messageExpression",
        ),
        (r#"{"rule":"true","fieldPath":"a b"}"#, "/x-kubernetes-validations/0/fieldPath"),
        (r#"{"rule":"true","reason":"Because"}"#, "/x-kubernetes-validations/0/reason"),
    ] {
        let schema = format!(r#"{{"type":"object","x-kubernetes-validations":[{rule}]}}"#);
        let faults = Schema::read(&from_json(&schema).unwrap(), false).unwrap_err();
        let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, [place], "{rule}");
    }
}

#[test]
fn rules_take_no_more_than_they_may() {
    let schema = r#"{"type":"array","maxItems":100,"items":{"type":"integer"},
        "x-kubernetes-validations":[{"rule":"self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"}]}"#;
    let numbers: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let found = broken(schema, &format!("[{}]", numbers.join(",")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("cost"), "{found:?}");
}

#[test]
fn values_are_of_the_types_of_their_schemas() {
    for (schema, rule, value, holds) in [
        (r#""type":"number""#, "self > 1.5", "1", false),
        (r#""type":"number""#, "self > 1.5", "2", true),
        (r#""type":"string","format":"byte""#, "self == b'abc'", r#""YWJj""#, true),
        (r#""type":"string","format":"duration""#, "self > duration('1h')", r#""30m""#, false),
        (
            r#""type":"string","format":"date""#,
            "self.getFullYear() == 2021",
            r#""2021-02-03""#,
            true,
        ),
        (
            r#""type":"string","format":"date-time""#,
            "self < timestamp('2021-01-01T00:00:00Z')",
            r#""2020-05-05T05:05:05.5+02:00""#,
            true,
        ),
        (r#""x-kubernetes-int-or-string":true"#, "type(self) == int && self == 5", "5", true),
        (
            r#""type":"object","additionalProperties":{"type":"number"}"#,
            "self.all(key, self[key] == 1.0)",
            r#"{"a":1,"b-c":1}"#,
            true,
        ),
        (
            r#""type":"object","x-kubernetes-embedded-resource":true,
               "x-kubernetes-preserve-unknown-fields":true"#,
            "self.metadata.name == 'a' && self.kind == 'Pod'",
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{}}"#,
            true,
        ),
    ] {
        let schema = format!(r#"{{{schema},"x-kubernetes-validations":[{{"rule":"{rule}"}}]}}"#);
        assert_eq!(broken(&schema, value).is_empty(), holds, "{schema} of {value}");
    }
}

/// What gator 3.23.1 says to templates with these schemas: whether their rules are refused, and by
/// how much they cost too much.
#[test]
fn rules_are_refused_as_recorded() {
    let recorded = include_str!("../../../../tests/golden/gatekeeper-schema-rules.jsonl");
    assert!(recorded.lines().count() > 80, "so many are recorded");
    for line in recorded.lines() {
        let line = from_json(line).unwrap();
        let schema = line.get("schema").unwrap();
        let refused = line.path_str(&["refused"]).unwrap_or_default();
        let faults = Schema::read(schema, false).err().unwrap_or_default();
        assert_eq!(faults.is_empty(), refused.is_empty(), "{}: {faults:?}", schema.to_json());
        let of_costs = |fault: &&sekisho_policy::Fault| fault.message.contains("cost");
        let ours: Vec<&str> = faults.iter().filter(of_costs).map(|f| f.message.as_str()).collect();
        assert_eq!(ours.len(), refused.matches("Forbidden: ").count(), "{}", schema.to_json());
        for message in ours {
            assert!(refused.contains(message), "{message} of {refused}");
        }
    }
}
