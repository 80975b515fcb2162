//! What expressions of admission policies may use.
//!
//! Source of the rules: `pkg/admission/plugin/cel` of `k8s.io/apiserver`.

use super::authorizer::{AUTHORIZER, RESOURCE_CHECK};
use super::patch;
use super::release::{Expressions, Release, base};
use crate::ast::Name;
use crate::environment::{Environment, EnvironmentError};
use crate::library::{Library, StructTypes};
use crate::term::Term;
use crate::types::{Type, read_type};
use crate::{EvalError, Evaluation};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// What expressions of an admission policy may use.
///
/// ```
/// use sekisho_cel::kubernetes::{Admission, Release};
///
/// let environment = Admission { params: true, ..Admission::of(Release::new(34)) };
/// let environment = environment.environment().unwrap();
/// assert!(environment.compile("object.spec.replicas <= params.most").is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// the server's
    pub release: Release,
    /// whether they are written now, or were stored before
    pub expressions: Expressions,
    /// `params`
    pub params: bool,
    /// `authorizer` and `authorizer.requestResource`, which came with 1.27
    pub authorizer: bool,
    /// `Object{…}`, `JSONPatch{…}` and `jsonpatch.escapeKey`, of mutations
    pub patches: bool,
}

impl Admission {
    /// Stored expressions of a release, with none of what is not for all.
    #[must_use]
    pub fn of(release: Release) -> Self {
        let expressions = Expressions::Stored;
        Self { release, expressions, params: false, authorizer: false, patches: false }
    }

    /// The environment: `object` and `oldObject`, which are dynamic, `request` and, since 1.28,
    /// `namespaceObject`, which have the fields that they have, and what is asked for.
    ///
    /// # Errors
    /// Never, but that a library is broken.
    pub fn environment(self) -> Result<Environment, EnvironmentError> {
        let of = |name: &'static str| Type::Struct(Name::new_static(name));
        let mut given = vec![
            ("object", Type::Dyn),
            ("oldObject", Type::Dyn),
            ("request", of("kubernetes.AdmissionRequest")),
        ];
        if self.release.minor >= 28 {
            given.push(("namespaceObject", of("kubernetes.Namespace")));
        }
        if self.params {
            given.push(("params", Type::Dyn));
        }
        if self.authorizer && self.release.minor >= 27 {
            given.push(("authorizer", of(AUTHORIZER)));
            given.push(("authorizer.requestResource", of(RESOURCE_CHECK)));
        }
        Ok(libraries(self.release, self.expressions, self.patches)?.with_variables(given))
    }
}

/// The libraries of an environment, without variables: made once, and shared by all policies.
pub(super) fn libraries(
    release: Release,
    expressions: Expressions,
    patches: bool,
) -> Result<Environment, EnvironmentError> {
    type Made = BTreeMap<(Release, Expressions, bool), Environment>;
    static MADE: Mutex<Made> = Mutex::new(Made::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = made.get(&(release, expressions, patches)) {
        return Ok(environment.clone());
    }
    let mut builder = base(release, expressions).library(given());
    if patches {
        builder = builder.library(patch::patches());
    }
    let environment = builder.build()?;
    // Releases that are none would be without number.
    if (Release::OLDEST..=Release::NEWEST).contains(&release) {
        made.insert((release, expressions, patches), environment.clone());
    }
    Ok(environment)
}

/// The types of `request` and `namespaceObject`.
fn given() -> Library {
    Library::new("kubernetes.admission", 0).with_structs(Arc::new(Given))
}

/// The environment with `variables` of these names and types.
#[must_use]
pub fn variables(environment: &Environment, fields: Vec<(Name, Type)>) -> Environment {
    let variables = Variables::default();
    fields.into_iter().for_each(|(name, of)| variables.declare(name, &of));
    variables.within(environment)
}

/// The name of the type of `variables`.
pub const VARIABLES: &str = "kubernetes.variables";

/// The type of a variable, for those who read it: what is neither primitive, list nor map is
/// dynamic.
fn kept(of: &Type) -> Type {
    match of {
        Type::Any
        | Type::Bool
        | Type::Bytes
        | Type::Double
        | Type::Duration
        | Type::Int
        | Type::Null
        | Type::String
        | Type::Timestamp
        | Type::Uint => of.clone(),
        Type::List(_) => Type::list(kept(&of.param(0))),
        Type::Map(_) => Type::map(kept(&of.param(0)), kept(&of.param(1))),
        _ => Type::Dyn,
    }
}

/// The names and types of `variables`, declared one after the other: an expression may read those
/// that are declared when it is checked.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    fields: Arc<RwLock<BTreeMap<Name, Type>>>,
}

impl Variables {
    /// Declares one; of two of one name the later counts.
    pub fn declare(&self, name: Name, of: &Type) {
        let mut fields = self.fields.write().unwrap_or_else(PoisonError::into_inner);
        fields.insert(name, kept(of));
    }

    /// Whether none is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// An environment that has them, those that are declared later as well.
    #[must_use]
    pub fn within(&self, environment: &Environment) -> Environment {
        environment
            .with_structs(Arc::new(self.clone()))
            .with_variables([("variables", Type::Struct(Name::new_static(VARIABLES)))])
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Name, Type>> {
        self.fields.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StructTypes for Variables {
    fn find(&self, name: &str) -> Option<Type> {
        (name == VARIABLES).then(|| Type::Struct(Name::new_static(VARIABLES)))
    }

    fn are_names(&self) -> bool {
        false
    }

    fn field(&self, type_name: &str, field: &str) -> Option<Type> {
        if type_name == VARIABLES { self.read().get(field).cloned() } else { None }
    }

    fn fields(&self, _: &str) -> Vec<String> {
        self.read().keys().map(ToString::to_string).collect()
    }

    fn construct<'a>(
        &self,
        _: Evaluation<'a>,
        type_name: &'a str,
        _: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError> {
        not_made(type_name)
    }
}

fn not_made<T>(type_name: &str) -> Result<T, EvalError> {
    Err(EvalError::new(format!("unknown type '{type_name}'")))
}

/// The types of `request` and `namespaceObject`.
#[derive(Debug)]
struct Given;

type Fields = &'static [(&'static str, &'static str)];

const GIVEN: &[(&str, Fields)] = &[
    (
        "kubernetes.AdmissionRequest",
        &[
            ("kind", "kubernetes.GroupVersionKind"),
            ("resource", "kubernetes.GroupVersionResource"),
            ("subResource", "string"),
            ("requestKind", "kubernetes.GroupVersionKind"),
            ("requestResource", "kubernetes.GroupVersionResource"),
            ("requestSubResource", "string"),
            ("name", "string"),
            ("namespace", "string"),
            ("operation", "string"),
            ("userInfo", "kubernetes.UserInfo"),
            ("dryRun", "bool"),
            ("options", "dyn"),
        ],
    ),
    (
        "kubernetes.GroupVersionKind",
        &[("group", "string"), ("version", "string"), ("kind", "string")],
    ),
    (
        "kubernetes.GroupVersionResource",
        &[("group", "string"), ("version", "string"), ("resource", "string")],
    ),
    (
        "kubernetes.UserInfo",
        &[
            ("username", "string"),
            ("uid", "string"),
            ("groups", "list(string)"),
            ("extra", "map(string, list(string))"),
        ],
    ),
    (
        "kubernetes.Namespace",
        &[
            ("metadata", "kubernetes.NamespaceMetadata"),
            ("spec", "kubernetes.NamespaceSpec"),
            ("status", "kubernetes.NamespaceStatus"),
        ],
    ),
    (
        "kubernetes.NamespaceMetadata",
        &[
            ("name", "string"),
            ("generateName", "string"),
            ("namespace", "string"),
            ("labels", "map(string, string)"),
            ("annotations", "map(string, string)"),
            ("UID", "string"),
            ("creationTimestamp", "timestamp"),
            ("deletionGracePeriodSeconds", "int"),
            ("deletionTimestamp", "timestamp"),
            ("generation", "int"),
            ("resourceVersion", "string"),
            ("finalizers", "list(string)"),
        ],
    ),
    ("kubernetes.NamespaceSpec", &[("finalizers", "list(string)")]),
    ("kubernetes.NamespaceStatus", &[("conditions", CONDITIONS), ("phase", "string")]),
    (
        "kubernetes.NamespaceCondition",
        &[
            ("status", "string"),
            ("type", "string"),
            ("lastTransitionTime", "timestamp"),
            ("message", "string"),
            ("reason", "string"),
        ],
    ),
];

const CONDITIONS: &str = "list(kubernetes.NamespaceCondition)";

fn fields_of(type_name: &str) -> Option<Fields> {
    GIVEN.iter().find(|(name, _)| *name == type_name).map(|(_, fields)| *fields)
}

/// A type in the notation of the table, where its own names stand for types with fields.
fn type_of(text: &str) -> Option<Type> {
    if text == CONDITIONS {
        return Some(Type::list(Type::Struct(Name::new_static("kubernetes.NamespaceCondition"))));
    }
    match GIVEN.iter().find(|(name, _)| *name == text) {
        Some((name, _)) => Some(Type::Struct(Name::new_static(name))),
        None => read_type(text).ok(),
    }
}

impl StructTypes for Given {
    fn find(&self, name: &str) -> Option<Type> {
        fields_of(name).map(|_| Type::Struct(Name::new(name)))
    }

    fn are_names(&self) -> bool {
        false
    }

    fn field(&self, type_name: &str, field: &str) -> Option<Type> {
        let (_, text) = fields_of(type_name)?.iter().find(|(name, _)| *name == field)?;
        type_of(text)
    }

    fn fields(&self, type_name: &str) -> Vec<String> {
        let fields = fields_of(type_name).unwrap_or_default();
        fields.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn construct<'a>(
        &self,
        _: Evaluation<'a>,
        type_name: &'a str,
        _: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError> {
        not_made(type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, variables};
    use crate::kubernetes::Release;
    use std::sync::Arc;

    #[test]
    fn policies_share_what_libraries_bring() {
        let libraries = |admission: Admission| {
            let environment = variables(&admission.environment().unwrap(), Vec::new());
            Arc::clone(&environment.inner().libraries)
        };
        let plain = Admission::of(Release::NEWEST);
        let first = libraries(plain);
        assert!(Arc::ptr_eq(&first, &libraries(Admission { params: true, ..plain })));
        assert!(Arc::ptr_eq(&first, &libraries(Admission { authorizer: true, ..plain })));
        for other in [Admission { patches: true, ..plain }, Admission::of(Release::OLDEST)] {
            assert!(!Arc::ptr_eq(&first, &libraries(other)));
        }
    }
}
