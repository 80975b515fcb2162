//! Templates, constraints and mutators by the Gatekeeper dialect and the engine.

mod compile;
mod mutate;
mod request;
mod stubs;

use crate::coverage::Line;
use crate::judge::{Compiled, Engine, Judge, Policies, Refusal};
use crate::mutation::{Mutate, Mutators};
use crate::outcome::Problem;
use sekisho_kube_model::Schemas;
use sekisho_manifest::Document;
use sekisho_value::Value;
use std::sync::Arc;

/// Judges by the engine.
pub(crate) struct Gatekeeper {
    now: jiff::Timestamp,
    /// operations that a template is not for are passed over, as the webhook does and gator does
    /// not
    operations: bool,
    schemas: Arc<Schemas>,
}

impl Gatekeeper {
    pub(crate) fn new(now: jiff::Timestamp, as_gator: bool) -> Self {
        Self { now, operations: !as_gator, schemas: Arc::new(Schemas::builtin().clone()) }
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
        if engine == Engine::Cel {
            return Err(Refusal::NotBuiltIn("the CEL engine is not built in".to_owned()));
        }
        if !policies.expansions.is_empty() {
            return Err(Refusal::NotBuiltIn("expansion is not built in".to_owned()));
        }
        let judgement =
            compile::compile(policies, self.operations, self.now, Arc::clone(&self.schemas))?;
        Ok(Box::new(judgement))
    }

    fn coverage(&self) -> Vec<Line> {
        Vec::new()
    }
}

impl Mutate for Gatekeeper {
    fn compile(&self, mutators: &[Document]) -> Result<Box<dyn Mutators>, Problem> {
        Ok(Box::new(mutate::compile(mutators)?))
    }
}

/// The engines that a template has code for: `rego`, or the engines of `code`. One that has
/// neither is refused by the first.
fn engines(template: &Value) -> Vec<Engine> {
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
