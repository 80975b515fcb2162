//! `spec.match` of constraints and mutators: which objects a policy is about.
//!
//! Source of the rules: `pkg/mutation/match` and `pkg/wildcard` of Gatekeeper v3.23. All fields
//! are to hold; an absent or empty one holds for everything.

mod glob;
mod parse;
#[cfg(test)]
mod tests;

pub use glob::Glob;

use sekisho_kube_model::{LabelSelector, split_api_version};
use sekisho_policy::Fault;
use sekisho_value::{Map, Str, Value};

/// A `spec.match`, compiled.
#[derive(Clone, Debug, Default)]
pub struct Match {
    kinds: Vec<Kinds>,
    scope: Scope,
    namespaces: Vec<Glob>,
    excluded_namespaces: Vec<Glob>,
    label_selector: Option<LabelSelector>,
    namespace_selector: Option<NamespaceSelector>,
    name: Option<Glob>,
    source: Option<Source>,
}

/// One entry of `kinds`; an empty list stands for any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// the API groups, the core group being empty
    pub groups: Vec<Str>,
    /// the kinds
    pub kinds: Vec<Str>,
}

/// What `scope` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    /// `*`, and whatever is no scope: the field is not checked when a constraint is made
    #[default]
    Any,
    Cluster,
    Namespaced,
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// it was sent
    Original,
    /// an expansion template made it
    Generated,
}

/// A selector, and whether it asks for labels beside the one that every namespace has.
#[derive(Clone, Debug)]
struct NamespaceSelector {
    selector: LabelSelector,
    by_name_alone: bool,
}

/// What is known of the namespace that an object is in.
#[derive(Clone, Copy, Debug)]
pub enum Namespace<'a> {
    /// there is none, or nobody says which
    Absent,
    /// the Namespace object
    Known(&'a Value),
    /// its name alone: it has the label `kubernetes.io/metadata.name`, and others that are not
    /// known
    Named(&'a str),
}

/// What a [`Match`] looks at.
#[derive(Clone, Copy, Debug)]
pub struct MatchInput<'a> {
    /// the object
    pub object: &'a Value,
    /// its namespace
    pub namespace: Namespace<'a>,
    /// where it comes from; `None` where nobody says
    pub source: Option<Source>,
}

/// Why it cannot be told whether a policy is about an object. Messages that Gatekeeper has, too,
/// are its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// a selector asks for labels of a namespace that is not there at all
    #[error(
        "failed to run Match criteria: namespace selector for namespace-scoped object but missing Namespace"
    )]
    NoNamespace,
    /// a selector asks for labels of a namespace that is known by its name alone
    #[error(
        "the labels of namespace `{0}` are not known, and the namespace selector asks for them"
    )]
    UnknownNamespace(String),
    /// the policy asks where the object comes from, and nobody says
    #[error("failed to run Match criteria: source field not specified for resource {0}")]
    NoSource(String),
}

/// The label that the API server gives every namespace.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Match {
    /// Reads a `spec.match`; what is absent or null matches everything.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the `match`.
    pub fn parse(value: Option<&Value>) -> Result<Self, Vec<Fault>> {
        parse::parse(value, false)
    }

    /// Reads a `spec.match`, as [`Self::parse`]; an unknown scope, which matches everything, is
    /// wrong, too.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the `match`.
    pub fn parse_strict(value: Option<&Value>) -> Result<Self, Vec<Fault>> {
        parse::parse(value, true)
    }

    /// Whether the policy is about the object.
    ///
    /// # Errors
    /// Where that cannot be told: never to be taken for a pass.
    pub fn matches(&self, input: &MatchInput<'_>) -> Result<bool, MatchError> {
        let about = About::of(input);
        Ok(self.kinds_match(&about)
            && self.scope_matches(&about)
            && self.namespace_matches(&about)
            && self.labels_match(&about)
            && self.namespace_labels_match(&about)?
            && self.name_matches(&about)
            && self.source_matches(&about)?)
    }

    /// The entries of `kinds`; none for any kind.
    #[must_use]
    pub fn kinds(&self) -> &[Kinds] {
        &self.kinds
    }

    /// Whether nothing but its kinds decides on what it is about.
    #[must_use]
    pub fn goes_by_kind_alone(&self) -> bool {
        self.scope == Scope::Any
            && self.namespaces.is_empty()
            && self.excluded_namespaces.is_empty()
            && self.label_selector.is_none()
            && self.namespace_selector.is_none()
            && self.name.is_none()
            && self.source.is_none()
    }

    /// Whether the namespace that an object is in, or that it is in none, decides.
    #[must_use]
    pub fn goes_by_namespace(&self) -> bool {
        self.scope != Scope::Any
            || !self.namespaces.is_empty()
            || !self.excluded_namespaces.is_empty()
            || self.namespace_selector.is_some()
    }

    fn kinds_match(&self, about: &About<'_>) -> bool {
        self.kinds.is_empty()
            || self
                .kinds
                .iter()
                .any(|entry| listed(&entry.kinds, about.kind) && listed(&entry.groups, about.group))
    }

    fn scope_matches(&self, about: &About<'_>) -> bool {
        match self.scope {
            Scope::Any => true,
            Scope::Cluster => about.is_namespace || !about.has_namespace(),
            Scope::Namespaced => !about.is_namespace && about.has_namespace(),
        }
    }

    /// What is in no namespace passes both lists.
    fn namespace_matches(&self, about: &About<'_>) -> bool {
        if self.namespaces.is_empty() && self.excluded_namespaces.is_empty() {
            return true;
        }
        let Some(name) = about.namespace_name() else {
            return true;
        };
        let within = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(name));
        (self.namespaces.is_empty() || within(&self.namespaces))
            && !within(&self.excluded_namespaces)
    }

    fn labels_match(&self, about: &About<'_>) -> bool {
        self.label_selector.as_ref().is_none_or(|selector| selector.matches_object(about.object))
    }

    fn namespace_labels_match(&self, about: &About<'_>) -> Result<bool, MatchError> {
        let Some(NamespaceSelector { selector, by_name_alone }) = &self.namespace_selector else {
            return Ok(true);
        };
        match about.namespace {
            _ if about.is_namespace => Ok(selector.matches_object(about.object)),
            Namespace::Known(namespace) => Ok(selector.matches_object(namespace)),
            Namespace::Named(name) if *by_name_alone => {
                let label = (NAMESPACE_NAME_LABEL, Value::from(name));
                Ok(selector.matches(&Map::from_iter([label])))
            }
            Namespace::Named(name) => Err(MatchError::UnknownNamespace(name.to_owned())),
            Namespace::Absent if about.stated_namespace().is_empty() => Ok(true),
            Namespace::Absent => Err(MatchError::NoNamespace),
        }
    }

    fn name_matches(&self, about: &About<'_>) -> bool {
        self.name.as_ref().is_none_or(|glob| {
            glob.matches(about.metadata("name"))
                || glob.matches_generate_name(about.metadata("generateName"))
        })
    }

    fn source_matches(&self, about: &About<'_>) -> Result<bool, MatchError> {
        match (self.source, about.source) {
            (None, _) => Ok(true),
            (Some(wanted), Some(source)) => Ok(wanted == source),
            (Some(_), None) => Err(MatchError::NoSource(about.metadata("name").to_owned())),
        }
    }
}

/// Whether a list names something; an empty one, or one with `*`, names everything.
fn listed(list: &[Str], wanted: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one == "*" || one == wanted)
}

/// What is looked at, with what is asked of it more than once.
struct About<'a> {
    object: &'a Value,
    group: &'a str,
    kind: &'a str,
    is_namespace: bool,
    namespace: Namespace<'a>,
    source: Option<Source>,
}

impl<'a> About<'a> {
    fn of(input: &MatchInput<'a>) -> Self {
        let MatchInput { object, namespace, source } = *input;
        let api_version = object.path_str(&["apiVersion"]).unwrap_or_default();
        let (group, _) = split_api_version(api_version).unwrap_or_default();
        let kind = object.path_str(&["kind"]).unwrap_or_default();
        let is_namespace = group.is_empty() && kind == "Namespace";
        Self { object, group, kind, is_namespace, namespace, source }
    }

    fn metadata(&self, field: &str) -> &'a str {
        self.object.path_str(&["metadata", field]).unwrap_or_default()
    }

    fn stated_namespace(&self) -> &'a str {
        self.metadata("namespace")
    }

    fn has_namespace(&self) -> bool {
        !matches!(self.namespace, Namespace::Absent) || !self.stated_namespace().is_empty()
    }

    fn namespace_name(&self) -> Option<&'a str> {
        if self.is_namespace {
            return Some(self.metadata("name"));
        }
        match self.namespace {
            Namespace::Known(namespace) => {
                Some(namespace.path_str(&["metadata", "name"]).unwrap_or_default())
            }
            Namespace::Named(name) => Some(name),
            Namespace::Absent => Some(self.stated_namespace()).filter(|name| !name.is_empty()),
        }
    }
}
