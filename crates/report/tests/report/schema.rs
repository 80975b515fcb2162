//! JSON reports keep to the committed schema.

use crate::sample::{full, json, report};
use sekisho_report::Format;
use serde_json::{Value, json as value};

const SCHEMA: &str = include_str!("../../../../docs/schema/check-report.v1.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn problems(report: &Value) -> Vec<String> {
    let validator =
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema()).unwrap();
    validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn reports_keep_to_the_schema() {
    for report in [full(), report(Vec::new())] {
        assert_eq!(problems(&json(&report, Format::Json)), [""; 0]);
    }
}

/// A change of a report that the schema must notice.
type Change = (&'static str, fn(&mut Value));

#[test]
fn the_schema_notices_changes() {
    let changes: &[Change] = &[
        ("another version", |r| r["version"] = value!(2)),
        ("a new field", |r| r["extra"] = value!(1)),
        ("a new field of a finding", |r| r["findings"][0]["extra"] = value!(1)),
        ("a new field of a location", |r| r["findings"][0]["location"]["marked"] = value!({})),
        ("a lost summary field", |r| {
            r["summary"].as_object_mut().unwrap().remove("baselined");
        }),
        ("a lost key", |r| {
            r["findings"][0].as_object_mut().unwrap().remove("key");
        }),
        ("a short key", |r| r["findings"][0]["key"] = value!("abc")),
        ("an unknown action", |r| r["findings"][0]["action"] = value!("block")),
        ("an unknown status", |r| r["findings"][0]["status"] = value!("waived")),
        ("an unknown severity", |r| r["findings"][0]["severity"] = value!("HIGH")),
        ("an exception without an id", |r| {
            r["findings"][4].as_object_mut().unwrap().remove("exception");
        }),
        ("an id of an exception that does not apply", |r| {
            r["findings"][0]["exception"] = value!("x");
        }),
        ("a line below 0", |r| r["findings"][0]["location"]["line"] = value!(-1)),
        ("a pointer that is none", |r| r["findings"][0]["location"]["pointer"] = value!("spec")),
        ("an error's line 0", |r| r["errors"][0]["line"] = value!(0)),
        ("a policy's unknown status", |r| r["policies"][0]["status"] = value!("on")),
        ("a digest of another kind", |r| r["basis"]["policySet"] = value!("md5:00")),
        ("a time that is none", |r| r["basis"]["time"] = value!("today")),
    ];
    let valid = json(&full(), Format::Json);
    for (name, change) in changes {
        let mut report = valid.clone();
        change(&mut report);
        assert_ne!(report, valid, "{name}");
        assert_eq!(problems(&report).len(), 1, "{name}: {:?}", problems(&report));
    }
}

/// Every object of the schema is closed and every property described.
#[test]
fn the_schema_is_strict() {
    fn check(at: &str, schema: &Value) {
        match schema {
            Value::Object(object) => {
                if let Some(Value::Object(properties)) = object.get("properties") {
                    assert_eq!(object.get("additionalProperties"), Some(&value!(false)), "{at}");
                    for (name, property) in properties {
                        let told = property.get("description").or(property.get("$ref"));
                        assert!(told.is_some(), "{at}/{name}");
                    }
                }
                for (name, inner) in object {
                    check(&format!("{at}/{name}"), inner);
                }
            }
            Value::Array(items) => items.iter().for_each(|inner| check(at, inner)),
            _ => {}
        }
    }
    let mut schema = schema();
    // Conditions name properties without describing them anew.
    schema["$defs"]["finding"].as_object_mut().unwrap().remove("if");
    schema["$defs"]["finding"].as_object_mut().unwrap().remove("then");
    schema["$defs"]["finding"].as_object_mut().unwrap().remove("else");
    check("", &schema);
}
