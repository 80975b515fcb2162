//! `regorus` beside us.

use super::answers::{Answer, answer};
use super::policies::{Case, case};
use sekisho_rego::ast::Version;
use sekisho_rego::term::to_json;
use sekisho_value::{Value, from_json};

/// What `regorus` gives: for each query a value as JSON, or an error.
fn ask(case: &Case) -> Result<Vec<Result<String, String>>, String> {
    let mut engine = regorus::Engine::new();
    engine.set_rego_v0(case.version == Version::V0);
    engine.set_strict_builtin_errors(case.strict);
    for (at, module) in case.modules.iter().enumerate() {
        engine.add_policy(format!("{at}.rego"), module.clone()).map_err(|it| it.to_string())?;
    }
    engine.add_data_json(&case.data()).map_err(|it| it.to_string())?;
    engine.set_input_json(&case.input()).map_err(|it| it.to_string())?;
    Ok(case
        .queries
        .iter()
        .map(|query| match engine.eval_rule(query.clone()) {
            Ok(regorus::Value::Undefined) => Ok("undefined".to_owned()),
            Ok(value) => Ok(spelt(&value.to_json_str().map_err(|it| it.to_string())?)),
            Err(error) => Err(error.to_string()),
        })
        .collect())
}

/// JSON with every number as a float of 32 bits: those of regorus lose digits.
fn spelt(json: &str) -> String {
    fn plain(value: &Value) -> Value {
        match value {
            Value::Number(number) => {
                let float: f32 = number.to_string().parse().unwrap();
                Value::from(float.to_string().as_str())
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(plain).collect();
                items.sort_by_key(Value::to_json);
                Value::from(items)
            }
            Value::Object(map) => {
                Value::Object(map.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
            }
            other => other.clone(),
        }
    }
    plain(&from_json(json).unwrap()).to_json()
}

/// What it does not take, in its words: `walk` that binds variables, `some … in` of what is no
/// collection, functions that it has not, references to what is no reference.
const REFUSES: &[&str] = &[
    "use of undefined variable",
    "used before definition",
    " is unsafe",
    "expects array/set/object",
    "could not find function",
    "not a valid rule path",
    "not a valid ref",
    "not a simple ref",
    "cannot be indexed",
    "incompatible destructuring patterns",
    "rule conflicts with rule",
    "could not deserialize",
    "invalid character",
    "else cannot be used with set rules",
    "expecting ",
    "unexpected keyword",
    "could not schedule all statements",
    // a built-in that fails is an error to it even where it is to be undefined
    " expects ",
    " requires ",
    "modulo on floating-point number",
    "modulo by zero",
    "divide by zero",
    "rules must not produce multiple outputs",
    "is not a",
    "invalid",
    "try parse as comprehension",
];

/// What it evaluates otherwise, by what stands in the policy, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("not ", "`not` of what is undefined is true to it"),
    ("sprintf(", "verbs and missing arguments"),
    ("$\"", "strings with values in them"),
    ("json.marshal(", "numbers lose their text"),
    ("array.slice(", "limits that are no integers"),
    (".a.b ", "documents that are empty are undefined to it"),
    ("contains ", "as before, of sets below a path"),
    ("{\"name\": ", "an object with further keys matches a pattern"),
    ("{\"a\": ", "an object with further keys matches a pattern"),
];

#[test]
fn beside_regorus() {
    let count = std::env::var("COUNT").ok().and_then(|it| it.parse().ok()).unwrap_or(600);
    let (mut refused, mut same, mut otherwise) = (0, 0, 0);
    let mut wrong = Vec::new();
    let known = |error: &str| REFUSES.iter().any(|part| error.contains(part));
    for seed in 8_000_000..8_000_000 + count {
        let case = case(seed);
        let Answer::Answers(ours, _) = answer(&case, |value| spelt(&to_json(value).to_json()))
        else {
            continue;
        };
        let theirs = match ask(&case) {
            Ok(theirs) => theirs,
            Err(error) if known(&error) => {
                refused += 1;
                continue;
            }
            Err(error) => {
                wrong.push(format!("{seed}: {error}"));
                continue;
            }
        };
        for (at, query) in case.queries.iter().enumerate() {
            let ours = ours[at].strip_prefix("gives ").unwrap_or(&ours[at]);
            match &theirs[at] {
                Ok(theirs) if theirs == ours => same += 1,
                Err(error) if known(error) => refused += 1,
                // it tells fewer errors of built-ins
                _ if case.strict && ours.contains("_error: ") => refused += 1,
                // one failing call in a loop, and the whole is undefined to it
                Ok(theirs) if theirs == "undefined" => otherwise += 1,
                _ if OTHERWISE.iter().any(|(part, _)| case.modules[0].contains(part)) => {
                    otherwise += 1;
                    println!("{seed} {query}: {ours} {:?}", theirs[at]);
                }
                theirs => wrong.push(format!(
                    "{seed} {query}\n{}ours: {ours}\ntheirs: {theirs:?}\n--- {}\n--- {}",
                    case.modules[0],
                    case.input(),
                    case.data()
                )),
            }
        }
    }
    println!("{refused} refused, {same} same, {otherwise} otherwise");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(2 * same > count && otherwise * 8 < same, "{same} same, {otherwise} otherwise");
}
