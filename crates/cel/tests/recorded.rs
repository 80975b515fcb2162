//! What kube-apiserver's own libraries answered to expressions (`tests/golden/cel`): whether they
//! compile, their types, values, errors, costs and estimates, in the environments of 1.26 to 1.37.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_budget::Budget;
use sekisho_cel::kubernetes::{
    Admission, Asking, Attributes, Authorizer, Decision, Expressions, PER_CALL_LIMIT, Release,
    User, What,
};
use sekisho_cel::term::to_json;
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, EvalError, Evaluation, Scratch, Term};
use sekisho_value::{Key, Map, Value, from_json};
use std::collections::HashMap;
use std::sync::Arc;

/// Says what it was asked; some verbs have answers of their own.
#[derive(Debug)]
struct Echo;

impl Authorizer for Echo {
    fn authorize(&self, user: &User, asked: &Attributes<'_>) -> Result<Decision, EvalError> {
        let groups = user.groups.join(",");
        let what = match asked.what {
            What::Path(path) => format!("false|{}|||||{path}", asked.verb),
            What::Resource(of) => format!(
                "true|{}|{}|{}|{}|{}|{}",
                asked.verb, of.group, of.resource, of.subresource, of.namespace, of.name
            ),
        };
        let reason = format!("{}|{groups}|{what}|[]|<nil>||<nil>", user.name);
        Ok(match asked.verb {
            "fail" => Decision { error: Some("cannot say".to_owned()), ..Decision::default() },
            "deny" | "none" => Decision { reason, ..Decision::default() },
            _ => Decision { allowed: true, reason, error: None },
        })
    }
}

/// The environment of a release's own libraries, or of those of 1.36 at a compatibility version.
fn environment(release: Option<&str>, version: Option<&str>) -> Environment {
    let release = release.map(|release| release.trim_start_matches("1.").parse::<u32>().unwrap());
    if let Some(minor) = release {
        let expressions = if version.is_some() { Expressions::New } else { Expressions::Stored };
        return made(Release { minor }, expressions);
    }
    // Environments of compatibility versions: what a server of the next release lets be written.
    let minor = version.map(|version| version.trim_start_matches("1.").parse::<u32>().unwrap());
    let (release, expressions) = match minor {
        // Before 1.28 nothing was held back.
        Some(minor @ ..=26) => (Release { minor }, Expressions::New),
        Some(minor) => (Release { minor: minor + 1 }, Expressions::New),
        None => (Release { minor: 36 }, Expressions::Stored),
    };
    made(release, expressions)
}

fn made(release: Release, expressions: Expressions) -> Environment {
    let admission =
        Admission { release, expressions, params: true, authorizer: true, patches: true };
    admission.environment().unwrap().with_variables([
        ("words", Type::list(Type::String)),
        ("text", Type::String),
        ("number", Type::Int),
    ])
}

/// A value as the recorder shows it.
fn shown<'a>(evaluation: Evaluation<'a>, term: Term<'a>) -> Value {
    let object = |entries: Vec<(&str, Value)>| {
        Value::Object(Map::from_iter(entries.into_iter().map(|(k, v)| (Key::from(k), v))))
    };
    match term {
        Term::Optional(value) => {
            object(vec![("optional", value.map_or(Value::Null, |value| shown(evaluation, *value)))])
        }
        Term::Object(made) => match made.fields() {
            Some(fields) if made.type_name() == "JSONPatch" => {
                let text = |name| {
                    fields.get(Term::String(name)).and_then(Term::as_str).unwrap_or_default()
                };
                let mut entries = vec![
                    ("type", Value::from("JSONPatch")),
                    ("op", Value::from(text("op"))),
                    ("path", Value::from(text("path"))),
                    ("from", Value::from(text("from"))),
                ];
                if let Some(value) = fields.get(Term::String("value")) {
                    entries.push(("value", shown(evaluation, value)));
                }
                object(entries)
            }
            Some(fields) => object(vec![
                ("type", Value::from(made.type_name())),
                ("value", to_json(evaluation, fields).unwrap()),
            ]),
            None => object(vec![("type", Value::from(made.type_name()))]),
        },
        Term::Opaque(_) | Term::Type(_) => object(vec![("type", Value::from(term.type_name()))]),
        list if list.is_list() => {
            Value::from(list.items().map(|item| shown(evaluation, item)).collect::<Vec<_>>())
        }
        Term::Int(int) if int.unsigned_abs() >= 1 << 53 => Value::from(int.to_string()),
        other => match to_json(evaluation, other) {
            Ok(value) => value,
            Err(_) => object(vec![("type", Value::from(other.type_name()))]),
        },
    }
}

/// JSON with numbers that have no fraction as integers.
fn plain(value: &Value) -> Value {
    from_json(&value.to_json().replace(".0,", ",").replace(".0]", "]").replace(".0}", "}")).unwrap()
}

struct Answer {
    refused: Option<String>,
    of: String,
    value: Option<Value>,
    error: Option<String>,
    cost: u64,
    estimate: (u64, u64),
}

fn answer(environment: &Environment, expression: &str, object: &Value) -> Answer {
    let compiled = environment.check(expression).and_then(|checked| {
        let estimate = environment.estimate(&checked, &());
        Ok((environment.program(&checked, expression)?, estimate))
    });
    let (program, estimate) = match compiled {
        Ok(compiled) => compiled,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            return Answer {
                refused: Some(errors.join("\n")),
                of: String::new(),
                value: None,
                error: None,
                cost: 0,
                estimate: (0, 0),
            };
        }
    };
    let (scratch, budget) = (Scratch::new(), Budget::standard());
    let cost = Cost::limited(PER_CALL_LIMIT);
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let text = "a".repeat(500);
    let words = from_json(r#"["one", "two", "three"]"#).unwrap();
    let request =
        from_json(r#"{"name": "x", "operation": "CREATE", "userInfo": {"groups": ["a"]}}"#)
            .unwrap();
    let namespace = from_json(r#"{"metadata": {"name": "ns"}}"#).unwrap();
    let user = User { name: "alice".into(), groups: vec!["dev".into()], ..User::default() };
    let asking = Asking::new(user, Arc::new(Echo));
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(object));
    activation.set("oldObject", Term::Null);
    activation.set("params", Term::Null);
    activation.set("words", Term::borrowed(&words));
    activation.set("text", Term::String(&text));
    activation.set("number", Term::Int(3));
    activation.set("request", Term::borrowed(&request));
    activation.set("namespaceObject", Term::borrowed(&namespace));
    activation.set("authorizer", Term::Opaque(&asking));
    let value = program.evaluate(evaluation, &activation);
    let spent = cost.spent();
    Answer {
        refused: None,
        of: program.result_type().to_string(),
        error: value.as_ref().err().map(ToString::to_string),
        value: value.ok().map(|value| shown(evaluation, value)),
        cost: spent,
        estimate: (estimate.min, estimate.max),
    }
}

#[test]
fn expressions_are_answered_as_recorded() {
    compare("expressions.jsonl", 1_000);
}

/// What the libraries of 1.28, 1.30 and 1.33 themselves answered.
#[test]
fn older_releases_answer_as_recorded() {
    compare("releases.jsonl", 300);
}

fn compare(file: &str, at_least: usize) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/cel");
    let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let mut environments: HashMap<_, Environment> = HashMap::new();
    let mut different = Vec::new();
    for line in text.lines() {
        let line = from_json(line).unwrap();
        let text = |key: &str| line.path_str(&[key]).map(str::to_owned);
        let expression = text("expression").unwrap();
        let (release, version) = (text("release"), text("version"));
        let environment = environments
            .entry((release.clone(), version.clone()))
            .or_insert_with(|| environment(release.as_deref(), version.as_deref()));
        let object = line.get("object").cloned().unwrap_or(Value::Null);
        let found = answer(environment, &expression, &object);
        let mut tell = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                let version = version.as_deref().unwrap_or("stored");
                let release = release.as_deref().unwrap_or("1.36");
                different.push(format!(
                    "{expression} ({version} of {release})\n  {what}: {ours}\n  recorded: {theirs}"
                ));
            }
        };
        if text("refused").is_some() {
            tell("refused", found.refused.is_some().to_string(), "true".to_owned());
            continue;
        }
        if let Some(refused) = found.refused {
            tell("refused", refused, String::new());
            continue;
        }
        // Its own name, not that of messages.
        let of = match text("type").unwrap().as_str() {
            "google.protobuf.Timestamp" => "timestamp".to_owned(),
            "google.protobuf.Duration" => "duration".to_owned(),
            other => other.to_owned(),
        };
        tell("type", found.of, of);
        let shown = |value: Option<&Value>| {
            value.map(|value| plain(&Value::from(vec![value.clone()])).to_json())
        };
        tell(
            "value",
            shown(found.value.as_ref()).unwrap_or_default(),
            shown(line.get("value")).unwrap_or_default(),
        );
        tell("error", found.error.unwrap_or_default(), text("error").unwrap_or_default());
        // What calls of 1.28 cost is not known: few of its functions had costs of their own.
        if release.as_deref() == Some("1.28") {
            continue;
        }
        let number = |value: Option<&Value>| value.map(Value::to_json).unwrap_or_default();
        tell("cost", found.cost.to_string(), number(line.get("cost")));
        let (min, max) = found.estimate;
        tell("estimate", format!("[{min},{max}]"), number(line.get("estimate")));
    }
    assert!(text.lines().count() > at_least, "so many are recorded");
    assert!(different.is_empty(), "{}\n{} differ", different.join("\n"), different.len());
}
