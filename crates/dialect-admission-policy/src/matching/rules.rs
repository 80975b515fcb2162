use crate::attributes::Attributes;
use crate::scene::Scene;
use sekisho_kube_model::Gvr;
use sekisho_policy::OperationSet;
use sekisho_value::Str;

/// One of `resourceRules`.
#[derive(Clone, Debug)]
pub(crate) struct ResourceRule {
    pub(crate) groups: Vec<Str>,
    pub(crate) versions: Vec<Str>,
    /// resource and subresource; an empty subresource is the resource itself
    pub(crate) resources: Vec<(Str, Str)>,
    pub(crate) operations: OperationSet,
    pub(crate) scope: Scope,
    /// none for any
    pub(crate) names: Vec<Str>,
}

/// Which objects a rule is about, by where they live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Any,
    Cluster,
    Namespaced,
}

/// What a rule says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Yes,
    No,
    /// the plural of the kind is not known
    Unsure,
}

impl ResourceRule {
    /// Whether the rule is about a request, were it for this resource.
    pub(super) fn says(&self, resource: &Gvr, attributes: &Attributes, scene: Scene<'_>) -> Says {
        let applies = self.scope_matches(resource, attributes)
            && self.operations.contains(attributes.operation)
            && listed(&self.groups, &resource.group)
            && listed(&self.versions, &resource.version)
            && (self.names.is_empty() || self.names.contains(&attributes.name));
        if !applies {
            return Says::No;
        }
        let mut says = Says::No;
        for (wanted, subresource) in &self.resources {
            if subresource != "*" && *subresource != attributes.subresource {
                continue;
            }
            if wanted == "*" || *wanted == resource.resource {
                return Says::Yes;
            }
            if !attributes.plural_is_known && !attributes.is_built_in(wanted, scene) {
                says = Says::Unsure;
            }
        }
        says
    }

    /// A Namespace lives in none, though the API server says that it is in itself.
    fn scope_matches(&self, resource: &Gvr, attributes: &Attributes) -> bool {
        let in_none = attributes.namespace.is_empty()
            || (resource.group.is_empty()
                && resource.version == "v1"
                && resource.resource == "namespaces");
        match self.scope {
            Scope::Any => true,
            Scope::Cluster => in_none,
            Scope::Namespaced => !in_none,
        }
    }
}

fn listed(list: &[Str], wanted: &str) -> bool {
    list.iter().any(|one| one == "*" || one == wanted)
}
