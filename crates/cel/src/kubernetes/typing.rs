//! Type checking against the schemas of the kinds that a policy is for: warnings, never a verdict.
//!
//! Source of the rules: `pkg/admission/plugin/policy/validating/typechecking.go` of
//! `k8s.io/apiserver`.

use super::authorizer::AUTHORIZER;
use super::declared::Declared;
use super::release::{Expressions, Release};
use super::{Variables, admission};
use crate::Diagnostic;
use crate::ast::Name;
use crate::environment::{Environment, EnvironmentError};
use crate::library::StructTypes;
use crate::types::Type;
use sekisho_kube_model::{Gvk, Schemas};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// So many kinds of one rule are checked.
const MOST_KINDS: usize = 10;

/// What the rules of a policy name.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'r> {
    /// its groups
    pub groups: &'r [&'r str],
    /// its versions
    pub versions: &'r [&'r str],
    /// its resources
    pub resources: &'r [&'r str],
}

/// The types of the kinds whose schemas are known, each declared when it is first asked for: the
/// policies of a set are about the same few.
#[derive(Debug)]
pub struct KindTypes<'s> {
    schemas: &'s Schemas,
    declared: RefCell<HashMap<Gvk, Option<KindType>>>,
}

/// The type of an object, and the types of all that is in it.
type KindType = (Type, Arc<dyn StructTypes>);

impl<'s> KindTypes<'s> {
    /// The types of these schemas.
    #[must_use]
    pub fn new(schemas: &'s Schemas) -> Self {
        Self { schemas, declared: RefCell::default() }
    }

    fn of(&self, kind: &Gvk) -> Option<KindType> {
        if let Some(known) = self.declared.borrow().get(kind) {
            return known.clone();
        }
        let declare = || {
            let found = self.schemas.kind_of(kind)?;
            let mut types = Declared::default();
            let (of, is_custom) = (found.object_type()?, found.is_custom());
            let object = types.object(self.schemas, &kind.kind, of, is_custom)?;
            Some((object, Arc::new(types) as Arc<dyn StructTypes>))
        };
        let declared = declare();
        self.declared.borrow_mut().insert(kind.clone(), declared.clone());
        declared
    }
}

/// Checks the types of expressions for each kind that a policy is for.
#[derive(Debug)]
pub struct TypeChecker {
    kinds: Vec<(Gvk, Environment)>,
}

/// What is wrong with an expression for one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeWarning {
    /// the kind
    pub kind: Gvk,
    /// all that is wrong
    pub faults: Vec<Diagnostic>,
}

impl TypeChecker {
    /// The checker of the expressions of a policy: for the kinds of its rules whose schemas are
    /// known, with its parameters' kind and its variables, by name and expression.
    ///
    /// # Errors
    /// Never, but that a library is broken.
    pub fn new(
        known: &KindTypes<'_>,
        release: Release,
        rules: &[Rule<'_>],
        params: Option<&Gvk>,
        policy_variables: &[(&str, &str)],
    ) -> Result<Self, EnvironmentError> {
        let mut kinds = Vec::new();
        for kind in kinds_of(known.schemas, rules) {
            let Some((object, types)) = known.of(&kind) else { continue };
            let mut declared = vec![types];
            let params = params.map(|params| {
                let known = known.of(params).filter(|_| *params != kind);
                // Where nothing is known of it, anything goes.
                let Some((of, types)) = known else {
                    return if *params == kind { object.clone() } else { Type::Dyn };
                };
                declared.push(types);
                of
            });
            let environment = environment(release, object, params, declared)?;
            kinds.push((kind, with_variables(&environment, policy_variables)));
        }
        Ok(Self { kinds })
    }

    /// What is wrong with an expression, for each kind for which something is.
    #[must_use]
    pub fn check(&self, expression: &str) -> Vec<TypeWarning> {
        let wrong = |(kind, environment): &(Gvk, Environment)| {
            let faults = environment.check(expression).err()?;
            Some(TypeWarning { kind: kind.clone(), faults })
        };
        self.kinds.iter().filter_map(wrong).collect()
    }

    /// The kinds that are checked.
    pub fn kinds(&self) -> impl Iterator<Item = &Gvk> {
        self.kinds.iter().map(|(kind, _)| kind)
    }
}

/// The text of the warnings of an expression, as the API server puts it into
/// `status.typeChecking.expressionWarnings`.
#[must_use]
pub fn type_warning_text(expression: &str, warnings: &[TypeWarning]) -> String {
    let told: Vec<String> = warnings
        .iter()
        .map(|warning| {
            let kind = &warning.kind;
            let faults: Vec<String> =
                warning.faults.iter().map(|fault| fault.render_as_cel_go(expression)).collect();
            let (group, version) = (&kind.group, &kind.version);
            format!("{group}/{version}, Kind={}: {}\n", kind.kind, faults.join("\n"))
        })
        .collect();
    told.join("\n")
}

/// The kinds that rules name, without wildcards and subresources, sorted.
fn kinds_of(schemas: &Schemas, rules: &[Rule<'_>]) -> Vec<Gvk> {
    let mut kinds = BTreeSet::new();
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    for rule in rules {
        let wild = |names: &[&str]| names.iter().any(|name| name.contains('*'));
        if wild(rule.groups) || wild(rule.versions) {
            continue;
        }
        let mut count = 0;
        for group in sorted(rule.groups) {
            for version in sorted(rule.versions) {
                for resource in sorted(rule.resources) {
                    if resource.contains(['*', '/']) {
                        continue;
                    }
                    let Some(kind) = schemas.resource(&group, &version, &resource) else {
                        continue;
                    };
                    let gvk = kind.gvk();
                    kinds.insert((
                        gvk.group.to_string(),
                        gvk.version.to_string(),
                        gvk.kind.to_string(),
                    ));
                    count += 1;
                    if count == MOST_KINDS {
                        return made(kinds);
                    }
                }
            }
        }
    }
    made(kinds)
}

fn made(kinds: BTreeSet<(String, String, String)>) -> Vec<Gvk> {
    kinds.iter().map(|(group, version, kind)| Gvk::new(group, version, kind)).collect()
}

fn environment(
    release: Release,
    object: Type,
    params: Option<Type>,
    declared: Vec<Arc<dyn StructTypes>>,
) -> Result<Environment, EnvironmentError> {
    let of = |name: &'static str| Type::Struct(Name::new_static(name));
    let given = [
        ("object", object.clone()),
        ("oldObject", object),
        ("request", of("kubernetes.AdmissionRequest")),
        ("namespaceObject", of("kubernetes.Namespace")),
        ("authorizer", of(AUTHORIZER)),
    ];
    let libraries = admission::libraries(release, Expressions::Stored, false)?;
    let environment = libraries.with_variables(given);
    let environment = environment.with_variables(params.map(|params| ("params", params)));
    Ok(declared.into_iter().fold(environment, |made, types| made.with_structs(types)))
}

/// The environment with `variables`; one that is wrong is of any type.
fn with_variables(environment: &Environment, expressions: &[(&str, &str)]) -> Environment {
    let variables = Variables::default();
    let environment = variables.within(environment);
    for (name, expression) in expressions {
        let checked = environment.check(expression);
        let of = checked.map_or(Type::Dyn, |checked| checked.result_type().clone());
        variables.declare(Name::new(name), &of);
    }
    environment
}
