//! Schemas in annotations: which documents a rule takes to be what.

use super::cx::Cx;
use super::draft::{Clause, Module};
use super::metadata::Set;
use super::show;
use super::types::{Documents, SchemaTypes};
use crate::{Code, ast, builtins};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;

/// Schemas that documents are taken to satisfy: expressions are checked against them when policies
/// are compiled.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// by path below `schema` (`["pod"]` is `schema.pod`); the one at the root is that of the input.
    /// Where there are none, annotations that name one are passed over
    pub named: Option<BTreeMap<Vec<Str>, Value>>,
}

/// The schemas of all rules.
pub(super) struct RuleSchemas<'m> {
    set: Option<Set<'m>>,
    types: SchemaTypes,
    input: Documents,
}

impl<'m> RuleSchemas<'m> {
    pub(super) fn new(cx: &mut Cx<'_>, written: &[&'m ast::Module], modules: &[Module]) -> Self {
        let mut schemas =
            Self { set: None, types: SchemaTypes::default(), input: Documents::default() };
        let Some(given) = cx.options.schemas.clone() else { return schemas };
        schemas.set = Some(Set::new(cx, written, modules));
        if let Some(root) = given.named.as_ref().and_then(|named| named.get(&Vec::new())) {
            match schemas.types.of(root, check) {
                Ok(ty) => schemas.input.put_type(&["input".into()], ty),
                Err(message) => cx.recoverable(Code::Type, crate::Location::default(), message),
            }
        }
        schemas
    }

    /// What documents are, for the whole of the policies.
    pub(super) fn input(&self) -> &Documents {
        &self.input
    }

    /// What documents are, for one branch of a rule.
    pub(super) fn documents(
        &mut self,
        cx: &mut Cx<'_>,
        module: &Module,
        place: (usize, usize),
        (position, clause): (usize, &Clause),
    ) -> Documents {
        let mut documents = self.input.clone();
        let Some(set) = &self.set else { return documents };
        let Some(given) = cx.options.schemas.clone() else { return documents };
        for annotations in set.outside_in(&module.package, clause, place, position) {
            let schemas = annotations.value.get("schemas").and_then(Value::as_array);
            for schema in schemas.unwrap_or_default() {
                let parts = |key| -> Option<Vec<Str>> {
                    let parts = schema.get(key)?.as_array()?;
                    Some(parts.iter().filter_map(Value::as_str).map(Str::from).collect())
                };
                let Some(path) = parts("path") else { continue };
                let definition = match (parts("schema"), &given.named) {
                    (None, _) => schema.get("definition").cloned(),
                    (Some(_), None) => None,
                    (Some(name), Some(named)) => {
                        let found = named.get(name.get(1..).unwrap_or_default());
                        if found.is_none() {
                            let name = show::rooted("schema", name.get(1..).unwrap_or_default());
                            let message = format!("undefined schema: {name}");
                            cx.recoverable(Code::Type, clause.at, message);
                        }
                        found.cloned()
                    }
                };
                let Some(definition) = definition else { continue };
                match self.types.of(&definition, check) {
                    Ok(ty) => documents.put_type(&path, ty),
                    Err(message) => cx.recoverable(Code::Type, clause.at, message),
                }
            }
        }
        documents
    }
}

/// What `json.verify_schema` says against a schema.
fn check(schema: &Value) -> Result<(), String> {
    let function = builtins::find("json.verify_schema").and_then(|builtin| builtin.function);
    let Some(function) = function else { return Ok(()) };
    let (bump, budget) = (bumpalo::Bump::new(), sekisho_budget::Budget::standard());
    let (facts, patterns) = (builtins::Facts::default(), builtins::Patterns::default());
    let arena = crate::term::Arena::new(&bump, &budget);
    let mut context =
        builtins::Context { arena, facts: &facts, made: &patterns, patterns: &patterns };
    match function(&mut context, &[crate::Term::borrowed(schema)]) {
        Ok(told) => match told.entry(1).and_then(|(_, message)| message.as_str()) {
            Some(message) => {
                let message = message.strip_prefix("jsonschema: ").unwrap_or(message);
                Err(format!("unable to compile the schema: {message}"))
            }
            None => Ok(()),
        },
        Err(_) => Err("unable to compile the schema".to_owned()),
    }
}
