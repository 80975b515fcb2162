//! The match conditions of webhooks: what an API server would refuse of them is not installed.
//!
//! Source of the rules: `validateMatchConditions` of Kubernetes' `admissionregistration/validation`.
//! What one field may be is in the schema, which Helm goes by, too.

use sekisho_cel::Environment;
use sekisho_cel::kubernetes::{Admission, Expressions, Release};
use sekisho_cel::types::Type;
use sekisho_value::Value;

/// The webhooks whose conditions are values.
const WEBHOOKS: [&str; 2] = ["advisory", "mutating"];
/// How long what stands before the slash of a name may be: RFC 1123, section 2.1.
const LONGEST_PREFIX: usize = 253;

/// What conditions may use; a test makes it. Which release the cluster has is not known: the newest
/// refuses least.
pub(crate) fn environment() -> Option<Environment> {
    let admission = Admission {
        authorizer: true,
        expressions: Expressions::New,
        ..Admission::of(Release::NEWEST)
    };
    admission.environment().ok()
}

/// What is wrong with match conditions beside what the schema says, a line each.
pub(crate) fn problems(values: &Value) -> Vec<String> {
    let environment = environment();
    let mut problems = Vec::new();
    for webhook in WEBHOOKS {
        let conditions = values.path(&["webhooks", webhook, "matchConditions"]);
        let conditions = conditions.and_then(Value::as_array).unwrap_or_default();
        let mut seen = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            let path = format!("webhooks.{webhook}.matchConditions[{at}]");
            let text = |key| condition.path_str(&[key]).filter(|text| !text.is_empty());
            if let Some(name) = text("name") {
                let prefix = name.split_once('/').map_or("", |(prefix, _)| prefix);
                if prefix.len() > LONGEST_PREFIX {
                    let most = format!("is to have {LONGEST_PREFIX} characters at most before `/`");
                    problems.push(format!("`{path}.name` {most}"));
                }
                if seen.contains(&name) {
                    problems.push(format!("`{path}.name` is `{name}`, as another one's is"));
                }
                seen.push(name);
            }
            if let (Some(expression), Some(environment)) = (text("expression"), &environment) {
                let wrong = faults(environment, expression).into_iter();
                problems.extend(wrong.map(|fault| format!("`{path}.expression` {fault}")));
            }
        }
    }
    problems
}

/// What is wrong with the expression of a condition.
fn faults(environment: &Environment, expression: &str) -> Vec<String> {
    if expression.trim().is_empty() {
        return vec!["is not to be empty".to_owned()];
    }
    match environment.compile(expression) {
        Ok(program) if *program.result_type() == Type::Bool => Vec::new(),
        Ok(program) => {
            vec![format!("is to be true or false, a `bool`, and is `{}`", program.result_type())]
        }
        Err(faults) => faults.iter().map(|fault| format!("does not compile: {fault}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::problems;
    use crate::values::{defaults, set};

    fn told(webhook: &str, conditions: &str) -> Vec<String> {
        let mut values = defaults();
        set(&mut values, &format!("webhooks.{webhook}.matchConditions={conditions}")).unwrap();
        problems(&values)
    }

    #[test]
    fn what_an_api_server_would_refuse_is_told_with_its_place() {
        let long = format!("[{{name: {}/a, expression: 'true'}}]", "a.".repeat(127) + "a");
        let many: Vec<String> =
            (0..65).map(|at| format!("{{name: a{at}, expression: 'true'}}")).collect();
        for (conditions, wanted) in [
            ("[{expression: 'true'}]", "[0]` is to have `name`"),
            ("[{name: '', expression: 'true'}]", "[0].name` is to be up to 63 letters, digits, `"),
            ("[{name: a b, expression: 'true'}]", "[0].name` is to be up to 63 letters, digits, `"),
            ("[{name: A/b, expression: 'true'}]", "[0].name` is to be up to 63 letters, digits, `"),
            (&long, "[0].name` is to have 253 characters at most before `/`"),
            (
                "[{name: a, expression: 'true'}, {name: a, expression: 'false'}]",
                "[1].name` is `a`, as another one's is",
            ),
            ("[{name: a}]", "[0]` is to have `expression`"),
            ("[{name: a, expression: ''}]", "[0].expression` is not to be empty"),
            ("[{name: a, expression: ' '}]", "[0].expression` is not to be empty"),
            ("[{name: a, expression: 1}]", "[0].expression` is to be a string, and is `1`"),
            (
                "[{name: a, expression: 'true'}, {name: b, expression: 'object.kind =='}]",
                "[1].expression` does not compile: ",
            ),
            (
                "[{name: a, expression: params.x == 1}]",
                "[0].expression` does not compile: 1:1: undeclared reference to 'params' (in conta",
            ),
            (
                "[{name: a, expression: request.kind.kin == ''}]",
                "[0].expression` does not compile: 1:13: undefined field 'kin'",
            ),
            (
                "[{name: a, expression: request.name}]",
                "[0].expression` is to be true or false, a `bool`, and is `string`",
            ),
            (
                "[{name: a, expression: object.spec.paused}]",
                "[0].expression` is to be true or false, a `bool`, and is `dyn`",
            ),
            (&format!("[{}]", many.join(", ")), "` is to have 64 items at most, and has 65"),
        ] {
            for webhook in super::WEBHOOKS {
                let told = told(webhook, conditions);
                let wanted = format!("`webhooks.{webhook}.matchConditions{wanted}");
                assert!(
                    told.len() == 1 && told.iter().all(|one| one.starts_with(&wanted)),
                    "{wanted}: {told:?}"
                );
            }
        }
    }

    #[test]
    fn what_an_api_server_takes_is_taken() {
        for conditions in [
            "[{name: a, expression: 'true'}, {name: B, expression: 'oldObject == null'}]",
            "[{name: example.com/a_b.c, expression: request.userInfo.username != 'robot'}]",
            "[{name: a, expression: \"authorizer.group('').resource('pods').check('get').allowed()\"}]",
            "[{name: a, expression: 'object.?metadata.?labels.orValue({}).size() < 3'}]",
            "[]",
        ] {
            for webhook in super::WEBHOOKS {
                assert_eq!(told(webhook, conditions), Vec::<String>::new(), "{conditions}");
            }
        }
    }
}
