use crate::{Operation, OperationSet, Pattern, Request};
use sekisho_value::Str;

/// Which requests a policy is about. The engine alone interprets it: as its index, then here.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    /// any of these has to match
    pub rules: Vec<ResourceRule>,
    /// where given, the object's namespace has to match one; cluster-scoped objects then do not
    pub namespaces: Option<Vec<Pattern>>,
    /// the object's namespace must match none
    pub excluded_namespaces: Vec<Pattern>,
}

/// Kinds and operations.
#[derive(Clone, Debug)]
pub struct ResourceRule {
    /// the API group, empty for the core group; `None` for any
    pub group: Option<Str>,
    /// the kind; `None` for any
    pub kind: Option<Str>,
    /// what is done to the object
    pub operations: OperationSet,
}

impl ResourceRule {
    /// The rule for one kind in any version.
    #[must_use]
    pub fn kind(group: &str, kind: &str, operations: OperationSet) -> Self {
        Self { group: Some(group.into()), kind: Some(kind.into()), operations }
    }

    /// Whether a request is of these kinds and operations.
    #[must_use]
    pub fn matches(&self, group: &str, kind: &str, operation: Operation) -> bool {
        self.operations.contains(operation)
            && self.group.as_ref().is_none_or(|wanted| wanted == group)
            && self.kind.as_ref().is_none_or(|wanted| wanted == kind)
    }
}

impl Matcher {
    /// Whether a request is one that the policy is about.
    #[must_use]
    pub fn matches(&self, request: &Request) -> bool {
        self.matches_rules(request) && self.matches_namespace(request)
    }

    fn matches_rules(&self, request: &Request) -> bool {
        let (group, kind) = (&request.gvk.group, &request.gvk.kind);
        self.rules.iter().any(|rule| rule.matches(group, kind, request.operation))
    }

    fn matches_namespace(&self, request: &Request) -> bool {
        let within = |patterns: &[Pattern], name: &str| patterns.iter().any(|p| p.matches(name));
        match (&request.namespace, &self.namespaces) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(name), wanted) => {
                wanted.as_ref().is_none_or(|wanted| within(wanted, name))
                    && !within(&self.excluded_namespaces, name)
            }
        }
    }
}
