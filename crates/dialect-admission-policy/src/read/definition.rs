//! What policies of both sorts have.
//!
//! Source of the rules: `validateValidatingAdmissionPolicySpec` of Kubernetes'
//! `admissionregistration/validation`, and `compilePolicy` of
//! `pkg/admission/plugin/policy/validating` of `k8s.io/apiserver`.

use super::expressions::VariablePlaces;
use super::{Expression, Reader, names};
use crate::advice::NO_EFFECT;
use crate::matching::MatchResources;
use crate::params::ParamKind;
use sekisho_cel::ast::Name;
use sekisho_cel::kubernetes::{self, Admission, Expressions, Release, Variables};
use sekisho_cel::types::Type;
use sekisho_cel::{Environment, EnvironmentError, LazyFields, Program};
use sekisho_policy::{Digest, KubernetesVersion, PolicyId};
use sekisho_value::{Pointer, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A policy, less what it checks or changes.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) id: PolicyId,
    pub(crate) digest: Digest,
    pub(crate) name: Arc<str>,
    pub(crate) param_kind: Option<ParamKind>,
    pub(crate) constraints: MatchResources,
    pub(crate) conditions: Vec<Option<Expression>>,
    pub(crate) variables: LazyFields,
    /// the names that variables read
    pub(crate) variables_read: BTreeSet<String>,
    /// an expression may read who asks
    pub(crate) reads_user: bool,
    /// `failurePolicy: Ignore`
    pub(crate) ignores_errors: bool,
}

impl Definition {
    /// The match conditions in which a name may have a value.
    pub(crate) fn conditions_of(&self, name: &str) -> impl Iterator<Item = &Expression> {
        let is_null = name == "namespaceObject";
        self.conditions.iter().flatten().filter(move |_| !is_null)
    }
}

/// What expressions of a policy may use.
pub(crate) struct Environments {
    base: Admission,
    variables: Variables,
}

impl Environments {
    /// Of validations and audit annotations.
    pub(crate) fn of_validations(&self) -> Result<Environment, EnvironmentError> {
        self.of(Admission { authorizer: true, ..self.base })
    }

    /// Of messages, which know no `authorizer`.
    pub(crate) fn of_messages(&self) -> Result<Environment, EnvironmentError> {
        self.of(self.base)
    }

    /// Of mutations, which make patches.
    pub(crate) fn of_mutations(&self) -> Result<Environment, EnvironmentError> {
        self.of(Admission { authorizer: true, patches: true, ..self.base })
    }

    fn of(&self, admission: Admission) -> Result<Environment, EnvironmentError> {
        let environment = admission.environment()?;
        // A policy without variables does not have the name.
        Ok(match self.variables.is_empty() {
            true => environment,
            false => self.variables.within(&environment),
        })
    }
}

/// How many match conditions a policy may have.
const MOST_CONDITIONS: usize = 64;

impl Reader<'_> {
    /// The parts of a policy's `spec` that policies of both sorts have.
    ///
    /// # Errors
    /// Never, but that CEL's libraries are broken.
    pub(crate) fn definition(
        &mut self,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<(Definition, Environments), EnvironmentError> {
        let at = Pointer::root().key("spec");
        let spec = object.get("spec").unwrap_or(&Value::Null);
        let ignores_errors = match spec.path_str(&["failurePolicy"]) {
            Some("Ignore") => true,
            Some("Fail") | None => false,
            Some(other) => {
                self.not_supported(&at.key("failurePolicy"), other, &["Fail", "Ignore"]);
                false
            }
        };
        let param_kind = spec.get("paramKind").filter(|kind| !kind.is_null());
        let param_kind = param_kind.map(|kind| self.param_kind(kind, &at.key("paramKind")));
        let constraints = self.constraints(spec, &at);
        let base = Admission {
            // What is written now has to be what the release before can read as well.
            expressions: Expressions::New,
            params: param_kind.is_some(),
            ..Admission::of(Release::new(version.minor.into()))
        };
        let environment = Admission { authorizer: true, ..base }.environment()?;
        let conditions = self.conditions(spec, &at, &environment);
        let mut variables_read = BTreeSet::new();
        let (variables, types) = self.variables(spec, &at, &environment, &mut variables_read);
        let environments = Environments { base, variables: types };
        let text = spec.to_json();
        let definition = Definition {
            id: self.id(),
            digest: self.document.digest,
            name: self.document.document.name().unwrap_or_default().into(),
            param_kind,
            constraints,
            conditions,
            variables,
            variables_read,
            // It may do so in a way that has a value where nobody asks.
            reads_user: ["userInfo", "authorizer"].iter().any(|name| text.contains(name)),
            ignores_errors,
        };
        Ok((definition, environments))
    }

    fn constraints(&mut self, spec: &Value, at: &Pointer) -> MatchResources {
        let at = at.key("matchConstraints");
        let given = spec.get("matchConstraints").filter(|given| !given.is_null());
        let help = "name the resources that the policy is about in `resourceRules`";
        let Some(given) = given else {
            self.fault(&at, "`matchConstraints` is missing", help);
            return MatchResources::default();
        };
        let constraints = self.match_resources(given, &at);
        if constraints.rules.is_empty() {
            self.fault(&at.key("resourceRules"), "`resourceRules` must hold at least one", help);
        }
        constraints
    }

    fn conditions(
        &mut self,
        spec: &Value,
        at: &Pointer,
        environment: &Environment,
    ) -> Vec<Option<Expression>> {
        let items = self.items(spec, at, "matchConditions");
        if items.len() > MOST_CONDITIONS {
            let message = format!("there are {} match conditions", items.len());
            let help = format!("at most {MOST_CONDITIONS} are taken");
            self.fault(&at.key("matchConditions"), message, &help);
            return Vec::new();
        }
        let mut seen = Vec::new();
        let mut conditions = Vec::new();
        for (item, at) in items {
            let condition = self.expression(environment, item, &at, "expression", &[Type::Bool]);
            let reads = |of: &Expression| of.program.variables().any(|v| v == "namespaceObject");
            if condition.as_ref().is_some_and(reads) {
                let message = "`namespaceObject` is null in match conditions".to_owned();
                let help = "use `namespaceSelector`, or read it in a validation".to_owned();
                self.advise(&NO_EFFECT, &at.key("expression"), message, help);
            }
            conditions.push(condition);
            let name = item.path_str(&["name"]).unwrap_or_default();
            let name_at = at.key("name");
            if name.is_empty() {
                self.fault(&name_at, "`name` is missing", "give the condition a name");
            } else if !self.qualified_name(name, &name_at) {
            } else if seen.contains(&name) {
                self.duplicate(&name_at, name);
            }
            seen.push(name);
        }
        conditions
    }

    /// The variables, and their types.
    fn variables(
        &mut self,
        spec: &Value,
        at: &Pointer,
        environment: &Environment,
        read: &mut BTreeSet<String>,
    ) -> (LazyFields, Variables) {
        let types = Variables::default();
        // A variable may read those before it.
        let environment = types.within(environment);
        let mut fields: Vec<Option<(Name, Program)>> = Vec::new();
        let mut places = VariablePlaces::new();
        let mut positions: HashMap<Name, usize> = HashMap::new();
        for (item, at) in self.items(spec, at, "variables") {
            let name = item.path_str(&["name"]).unwrap_or_default();
            let name_at = at.key("name");
            if name.trim().is_empty() {
                self.fault(&name_at, "`name` is missing", "give the variable a name");
            } else if !names::is_cel_identifier(name) {
                let help =
                    "letters, digits and `_`, not beginning with a digit, and no word of CEL";
                self.fault(&name_at, format!("`{name}` is no name of a variable"), help);
            }
            let compiled = self.expression(&environment, item, &at, "expression", &[]);
            // What reads a variable that is wrong is not told of for that.
            let of = compiled.as_ref().map_or(Type::Dyn, |c| c.program.result_type().clone());
            types.declare(name.into(), &of);
            if let Some(compiled) = compiled {
                self.variable_fields.insert(name.to_owned(), compiled.fields.clone());
                places.insert(name.to_owned(), Arc::clone(&compiled.place));
                read.extend(compiled.program.variables().map(str::to_owned));
                // Of two variables of one name the later counts.
                let before = positions.insert(name.into(), fields.len());
                if let Some(before) = before.and_then(|before| fields.get_mut(before)) {
                    *before = None;
                }
                fields.push(Some((name.into(), compiled.program)));
            }
        }
        self.variable_places = Arc::new(places);
        let fields = fields.into_iter().flatten().collect();
        (LazyFields::new(kubernetes::VARIABLES, fields), types)
    }
}
