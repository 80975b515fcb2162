//! Type checking against the schemas of the kinds that a policy is for: warnings, never a verdict.
//!
//! Source of the rules: `pkg/admission/plugin/policy/validating/typechecking.go` of
//! `k8s.io/apiserver`.

use super::authorizer::AUTHORIZER;
use super::declared::Declared;
use super::release::{Expressions, Release, base};
use super::{admission, variables};
use crate::Diagnostic;
use crate::ast::Name;
use crate::environment::{Environment, EnvironmentError};
use crate::library::StructTypes;
use crate::types::Type;
use sekisho_kube_model::{Gvk, Schemas};
use std::collections::BTreeSet;
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
        schemas: &Schemas,
        release: Release,
        rules: &[Rule<'_>],
        params: Option<&Gvk>,
        policy_variables: &[(&str, &str)],
    ) -> Result<Self, EnvironmentError> {
        let mut kinds = Vec::new();
        for kind in kinds_of(schemas, rules) {
            let mut declared = Declared::default();
            let Some(object) = declare(&mut declared, schemas, &kind) else { continue };
            let params = params.map(|params| {
                // Where nothing is known of it, anything goes.
                declare(&mut declared, schemas, params).unwrap_or(Type::Dyn)
            });
            let environment = environment(release, declared, object, params)?;
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

fn declare(declared: &mut Declared, schemas: &Schemas, kind: &Gvk) -> Option<Type> {
    let found = schemas.kind_of(kind)?;
    declared.object(schemas, &kind.kind, found.object_type()?, found.is_custom())
}

fn environment(
    release: Release,
    declared: Declared,
    object: Type,
    params: Option<Type>,
) -> Result<Environment, EnvironmentError> {
    let mut builder = base(release, Expressions::Stored)
        .library(admission::given())
        .variable("object", object.clone())
        .variable("oldObject", object)
        .variable("request", Type::Struct(Name::new_static("kubernetes.AdmissionRequest")))
        .variable("namespaceObject", Type::Struct(Name::new_static("kubernetes.Namespace")))
        .variable("authorizer", Type::Struct(Name::new_static(AUTHORIZER)));
    if let Some(params) = params {
        builder = builder.variable("params", params);
    }
    Ok(builder.build()?.with_structs(Arc::new(declared) as Arc<dyn StructTypes>))
}

/// The environment with `variables`; one that is wrong is of any type.
fn with_variables(environment: &Environment, expressions: &[(&str, &str)]) -> Environment {
    let mut types: Vec<(Name, Type)> = Vec::new();
    for (name, expression) in expressions {
        let own = variables(environment, types.clone());
        let of = own.check(expression).map_or(Type::Dyn, |checked| checked.result_type().clone());
        types.push((Name::new(name), of));
    }
    variables(environment, types)
}
