//! `regorus` beside us.

use super::answers::{Answer, answer};
use super::policies::{Case, case};
use sekisho_rego::ast::Version;
use sekisho_rego::term::to_json;

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
            Ok(value) => value.to_json_str().map_err(|it| it.to_string()),
            Err(error) => Err(error.to_string()),
        })
        .collect())
}

#[test]
fn beside_regorus() {
    let count = std::env::var("COUNT").ok().and_then(|it| it.parse().ok()).unwrap_or(1500);
    let (mut refused, mut same, mut differ) = (0, 0, 0);
    for seed in 8_000_000..8_000_000 + count {
        let case = case(seed);
        let Answer::Answers(ours, _) = answer(&case, |value| to_json(value).to_json()) else {
            continue;
        };
        let theirs = match ask(&case) {
            Ok(theirs) => theirs,
            Err(error) => {
                refused += 1;
                println!("REFUSED {}", error.lines().last().unwrap_or_default());
                continue;
            }
        };
        for (at, query) in case.queries.iter().enumerate() {
            let ours = ours[at].strip_prefix("gives ").unwrap_or(&ours[at]);
            match &theirs[at] {
                Ok(theirs) if theirs == ours => same += 1,
                theirs => {
                    differ += 1;
                    println!(
                        "=== {seed} {query}\n{}ours: {ours}\ntheirs: {theirs:?}\n--- {}\n--- {}",
                        case.modules[0],
                        case.input(),
                        case.data()
                    );
                }
            }
        }
    }
    println!("{refused} refused, {same} same, {differ} differ");
}
