//! Kubernetes' questions to an authorizer.
//!
//! Source of the rules: `pkg/cel/library/authz.go` of `k8s.io/apiserver`.

use super::format::{label, subdomain};
use crate::library::{Library, Overload};
use crate::term::{Opaque, Term};
use crate::{EvalError, Evaluation};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// The name of the type of `authorizer`.
pub const AUTHORIZER: &str = "kubernetes.authorization.Authorizer";
/// The name of the type of `authorizer.requestResource`.
pub const RESOURCE_CHECK: &str = "kubernetes.authorization.ResourceCheck";
const PATH_CHECK: &str = "kubernetes.authorization.PathCheck";
const GROUP_CHECK: &str = "kubernetes.authorization.GroupCheck";
const DECISION: &str = "kubernetes.authorization.Decision";

/// Who answers `authorizer…check(…)`.
pub trait Authorizer: fmt::Debug + Send + Sync {
    /// Whether a user may do something.
    ///
    /// # Errors
    /// Where it cannot be told at all; then the expression has no value. An error that the
    /// expression may ask for is part of the decision.
    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> Result<Decision, EvalError>;
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// the name
    pub name: String,
    /// the unique id, where there is one
    pub uid: String,
    /// the groups
    pub groups: Vec<String>,
    /// whatever else is known
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The user that a service account is.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            groups: vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
            ],
            ..Self::default()
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `get`, `create`; of a path a method of HTTP in whatever case it was written
    pub verb: &'a str,
    /// of what
    pub what: What<'a>,
}

/// What somebody may do something with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// a path that is no resource: `/healthz`
    Path(&'a str),
    /// a resource
    Resource(&'a Resource),
}

/// A resource of the API, in any version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// empty for the core group
    pub group: String,
    /// `pods`
    pub resource: String,
    /// empty for none
    pub subresource: String,
    /// empty for none, or all
    pub namespace: String,
    /// empty for none, or all
    pub name: String,
    /// as it was written; empty for none. One that cannot be read selects nothing less.
    pub field_selector: String,
    /// as it was written; empty for none. One that cannot be read selects nothing less.
    pub label_selector: String,
}

/// What an authorizer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// it is allowed; else it is denied, or nobody has an opinion
    pub allowed: bool,
    /// why
    pub reason: String,
    /// what went wrong
    pub error: Option<String>,
}

/// The value of `authorizer`.
#[derive(Clone, Debug)]
pub struct Asking {
    user: Arc<User>,
    authorizer: Arc<dyn Authorizer>,
}

/// The value of `authorizer.requestResource`, and of what is made from `authorizer.group(…)`.
#[derive(Clone, Debug)]
pub struct ResourceCheck {
    asking: Asking,
    resource: Resource,
}

#[derive(Debug)]
struct PathCheck {
    asking: Asking,
    path: String,
}

#[derive(Debug)]
struct GroupCheck {
    asking: Asking,
    group: String,
}

impl Asking {
    /// The questions of a user.
    #[must_use]
    pub fn new(user: User, authorizer: Arc<dyn Authorizer>) -> Self {
        Self { user: Arc::new(user), authorizer }
    }

    /// The question for the resource of a request.
    #[must_use]
    pub fn about(&self, resource: Resource) -> ResourceCheck {
        ResourceCheck { asking: self.clone(), resource }
    }

    fn ask(&self, verb: &str, what: What<'_>) -> Result<Decision, EvalError> {
        self.authorizer.authorize(&self.user, &Attributes { verb, what })
    }
}

/// Values of these types equal nothing, not even themselves.
macro_rules! opaque {
    ($($of:ty => $name:expr),* $(,)?) => {$(
        impl Opaque for $of {
            fn type_name(&self) -> &str {
                $name
            }

            fn equals(&self, _: &dyn Opaque) -> Option<bool> {
                None
            }
        }
    )*};
}

opaque! {
    Asking => AUTHORIZER,
    PathCheck => PATH_CHECK,
    GroupCheck => GROUP_CHECK,
    ResourceCheck => RESOURCE_CHECK,
    Decision => DECISION,
}

/// `authorizer`'s methods
pub(super) fn authorizer() -> Library {
    Library::new("kubernetes.authz", 0).with(FUNCTIONS)
}

/// `fieldSelector`, `labelSelector`
pub(super) fn selectors() -> Library {
    Library::new("kubernetes.authzSelectors", 0).with(SELECTORS)
}

const FUNCTIONS: &[Overload] = &[
    Overload::new(
        "authorizer_path",
        "kubernetes.authorization.Authorizer::path(string) -> kubernetes.authorization.PathCheck",
        |evaluation, args| {
            let (asking, path) = of::<Asking>(args)?;
            if path.trim().is_empty() {
                return Err(EvalError::new("path must not be empty"));
            }
            evaluation.opaque(PathCheck { asking: asking.clone(), path: kept(evaluation, path)? })
        },
    ),
    Overload::new(
        "authorizer_group",
        "kubernetes.authorization.Authorizer::group(string) -> kubernetes.authorization.GroupCheck",
        |evaluation, args| {
            let (asking, group) = of::<Asking>(args)?;
            let group = kept(evaluation, group)?;
            evaluation.opaque(GroupCheck { asking: asking.clone(), group })
        },
    ),
    Overload::new(
        "authorizer_serviceaccount",
        "kubernetes.authorization.Authorizer::serviceAccount(string, string) -> \
         kubernetes.authorization.Authorizer",
        service_account,
    ),
    Overload::new(
        "groupcheck_resource",
        "kubernetes.authorization.GroupCheck::resource(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| {
            let (check, resource) = of::<GroupCheck>(args)?;
            if resource.trim().is_empty() {
                return Err(EvalError::new("resource must not be empty"));
            }
            let resource = Resource {
                group: kept(evaluation, &check.group)?,
                resource: kept(evaluation, resource)?,
                ..Resource::default()
            };
            evaluation.opaque(check.asking.about(resource))
        },
    ),
    Overload::new(
        "resourcecheck_subresource",
        "kubernetes.authorization.ResourceCheck::subresource(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| with(evaluation, args, |resource| &mut resource.subresource),
    ),
    Overload::new(
        "resourcecheck_namespace",
        "kubernetes.authorization.ResourceCheck::namespace(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| with(evaluation, args, |resource| &mut resource.namespace),
    ),
    Overload::new(
        "resourcecheck_name",
        "kubernetes.authorization.ResourceCheck::name(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| with(evaluation, args, |resource| &mut resource.name),
    ),
    Overload::new(
        "pathcheck_check",
        "kubernetes.authorization.PathCheck::check(string) -> kubernetes.authorization.Decision",
        |evaluation, args| {
            let (check, verb) = of::<PathCheck>(args)?;
            evaluation.opaque(check.asking.ask(verb, What::Path(&check.path))?)
        },
    ),
    Overload::new(
        "resourcecheck_check",
        "kubernetes.authorization.ResourceCheck::check(string) -> \
         kubernetes.authorization.Decision",
        |evaluation, args| {
            let (check, verb) = of::<ResourceCheck>(args)?;
            evaluation.opaque(check.asking.ask(verb, What::Resource(&check.resource))?)
        },
    ),
    Overload::new(
        "decision_errored",
        "kubernetes.authorization.Decision::errored() -> bool",
        |_, args| Ok(Term::Bool(decision(args)?.error.is_some())),
    ),
    Overload::new(
        "decision_error",
        "kubernetes.authorization.Decision::error() -> string",
        |_, args| Ok(Term::String(decision(args)?.error.as_deref().unwrap_or_default())),
    ),
    Overload::new(
        "decision_allowed",
        "kubernetes.authorization.Decision::allowed() -> bool",
        |_, args| Ok(Term::Bool(decision(args)?.allowed)),
    ),
    Overload::new(
        "decision_reason",
        "kubernetes.authorization.Decision::reason() -> string",
        |_, args| Ok(Term::String(&decision(args)?.reason)),
    ),
];

const SELECTORS: &[Overload] = &[
    Overload::new(
        "authorizer_fieldselector",
        "kubernetes.authorization.ResourceCheck::fieldSelector(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| with(evaluation, args, |resource| &mut resource.field_selector),
    ),
    Overload::new(
        "authorizer_labelselector",
        "kubernetes.authorization.ResourceCheck::labelSelector(string) -> \
         kubernetes.authorization.ResourceCheck",
        |evaluation, args| with(evaluation, args, |resource| &mut resource.label_selector),
    ),
];

/// A text that a value holds for itself.
fn kept(evaluation: Evaluation<'_>, text: &str) -> Result<String, EvalError> {
    evaluation.reserve(text.len())?;
    Ok(text.to_owned())
}

/// What a method is called on, and its text.
fn of<'a, T: Opaque>(args: &[Term<'a>]) -> Result<(&'a T, &'a str), EvalError> {
    match args {
        [target, Term::String(text)] => target.downcast::<T>().map(|target| (target, *text)),
        _ => None,
    }
    .ok_or_else(EvalError::no_such_overload)
}

fn decision<'a>(args: &[Term<'a>]) -> Result<&'a Decision, EvalError> {
    let only = match args {
        [only] => only.downcast(),
        _ => None,
    };
    only.ok_or_else(EvalError::no_such_overload)
}

/// The check with one of its texts replaced.
fn with<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
    part: fn(&mut Resource) -> &mut String,
) -> Outcome<'a> {
    let (check, text) = of::<ResourceCheck>(args)?;
    let own = &check.resource;
    let all = [&own.group, &own.resource, &own.subresource, &own.namespace, &own.name];
    let more = own.field_selector.len() + own.label_selector.len();
    evaluation.reserve(all.iter().map(|text| text.len()).sum::<usize>() + more)?;
    let mut check = check.clone();
    *part(&mut check.resource) = kept(evaluation, text)?;
    evaluation.opaque(check)
}

fn service_account<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [asking, Term::String(namespace), Term::String(name)] = args else {
        return Err(EvalError::no_such_overload());
    };
    let asking = asking.downcast::<Asking>().ok_or_else(EvalError::no_such_overload)?;
    if !subdomain(name).is_empty() {
        return Err(EvalError::new("Invalid service account name"));
    }
    if !label(namespace).is_empty() {
        return Err(EvalError::new("Invalid service account namespace"));
    }
    let user = Arc::new(User::service_account(namespace, name));
    evaluation.opaque(Asking { user, authorizer: Arc::clone(&asking.authorizer) })
}
