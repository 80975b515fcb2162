//! Templates, constraints and mutators by the Gatekeeper dialect and the engine.

mod compile;
mod mutate;
pub(crate) mod request;

pub(crate) use compile::set_of;

use crate::coverage::Line;
use crate::judge::{Compiled, Engine, Judge, Policies, Refusal};
use crate::mutation::{Mutate, Mutators};
use crate::outcome::Problem;
use crate::watch::Lines;
use sekisho_dialect_gatekeeper::FailurePolicy;
use sekisho_manifest::Document;
use sekisho_value::Value;
use std::sync::Arc;

/// What is to be told of evaluations.
pub(super) struct Watching {
    pub(super) lines: Option<Arc<Lines>>,
    pub(super) prints: bool,
}

/// Judges by the engine.
pub(crate) struct Gatekeeper {
    now: jiff::Timestamp,
    /// what becomes of errors of CEL where a template does not say it
    failure_policy: FailurePolicy,
    /// the lines of rules that are evaluated, where they are asked for
    lines: Option<Arc<Lines>>,
    /// show what rules print
    prints: bool,
}

impl Gatekeeper {
    pub(crate) fn new(now: jiff::Timestamp, coverage: bool, prints: bool) -> Self {
        let failure_policy = FailurePolicy::default();
        Self { now, failure_policy, lines: coverage.then(Arc::default), prints }
    }

    pub(crate) fn with_failure_policy(self, failure_policy: FailurePolicy) -> Self {
        Self { failure_policy, ..self }
    }
}

impl Judge for Gatekeeper {
    fn engines(&self, template: &Value) -> Vec<Engine> {
        engines(template)
    }

    fn compile(
        &self,
        policies: &Policies<'_>,
        engine: Engine,
    ) -> Result<Box<dyn Compiled>, Refusal> {
        let template = only(policies.template, engine);
        let policies = Policies { template: &template, ..*policies };
        let watching = Watching { lines: self.lines.clone(), prints: self.prints };
        let judgement =
            compile::compile(&policies, engine, self.failure_policy, self.now, watching);
        match judgement {
            Ok(judgement) => Ok(Box::new(judgement)),
            Err(Refusal::Template(problem)) if problem.message.contains(NOT_SUPPORTED) => {
                let engine = engine.as_str().to_uppercase();
                Err(Refusal::NotBuiltIn(format!("the {engine} engine is not built in")))
            }
            Err(Refusal::Constraint(problem)) if problem.message.contains(NOT_EXPANDED) => {
                Err(Refusal::NotBuiltIn("expansion is not built in".to_owned()))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn coverage(&self) -> Option<Vec<Line>> {
        self.lines.as_ref().map(|lines| lines.told())
    }
}

impl Mutate for Gatekeeper {
    fn compile(&self, mutators: &[Document]) -> Result<Box<dyn Mutators>, Problem> {
        Ok(Box::new(mutate::compile(mutators)?))
    }
}

/// What the dialect says of a template whose engine it does not know.
const NOT_SUPPORTED: &str = "is not supported here";

/// What the dialect says of an ExpansionTemplate where it expands nothing.
const NOT_EXPANDED: &str = "objects are not expanded here";

/// The template with the code of one engine. That of others stays where it is, so that places are
/// right, under a name that is no engine's.
pub(crate) fn only(template: &Document, engine: Engine) -> Document {
    let mut template = template.clone();
    let targets = template.value.get_mut("spec").and_then(|spec| spec.get_mut("targets"));
    let target = targets.and_then(Value::as_array_mut).and_then(|targets| targets.first_mut());
    let Some(target) = target.and_then(Value::as_object_mut) else { return template };
    if engine != Engine::Rego {
        target.remove("rego");
    }
    let other = match engine {
        Engine::Rego => "K8sNativeValidation",
        Engine::Cel => "Rego",
    };
    let code = target.get_mut("code").and_then(Value::as_array_mut);
    for code in code.into_iter().flatten().filter_map(Value::as_object_mut) {
        if code.get("engine").and_then(Value::as_str) == Some(other) {
            code.insert("engine", "none");
        }
    }
    template
}

/// The engines that a template has code for: `rego`, or the engines of `code`. One that has
/// neither is refused by the first.
pub(crate) fn engines(template: &Value) -> Vec<Engine> {
    let target = template.path(&["spec", "targets"]).and_then(|targets| targets.at(0));
    let code = target.and_then(|target| target.get("code")).and_then(Value::as_array);
    let engine = |code: &Value| match code.path_str(&["engine"]) {
        Some("Rego") => Some(Engine::Rego),
        Some("K8sNativeValidation") => Some(Engine::Cel),
        _ => None,
    };
    let mut engines: Vec<Engine> = code.unwrap_or_default().iter().filter_map(engine).collect();
    let rego = target.and_then(|target| target.path_str(&["rego"])).unwrap_or_default();
    if !rego.is_empty() || engines.is_empty() {
        engines.push(Engine::Rego);
    }
    engines.sort();
    engines.dedup();
    engines
}

#[cfg(test)]
mod tests {
    use super::engines;
    use crate::judge::Engine::{Cel, Rego};
    use sekisho_value::from_json;

    #[test]
    fn templates_have_engines() {
        let cases = [
            (r#"{"rego":"package a"}"#, vec![Rego]),
            (r#"{"code":[{"engine":"K8sNativeValidation"}]}"#, vec![Cel]),
            (r#"{"code":[{"engine":"K8sNativeValidation"},{"engine":"Rego"}]}"#, vec![Rego, Cel]),
            (r#"{"rego":"","code":[{"engine":"Rego"},{"engine":"Rego"}]}"#, vec![Rego]),
            (r#"{"rego":"package a","code":[{"engine":"K8sNativeValidation"}]}"#, vec![Rego, Cel]),
            (r#"{"code":[{"engine":"Other"}]}"#, vec![Rego]),
            ("{}", vec![Rego]),
        ];
        for (target, wanted) in cases {
            let template = format!("{{\"spec\":{{\"targets\":[{target}]}}}}");
            assert_eq!(engines(&from_json(&template).unwrap()), wanted, "{target}");
        }
        assert_eq!(engines(&from_json("{}").unwrap()), [Rego]);
    }
}
