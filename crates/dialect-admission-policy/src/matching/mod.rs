//! Which requests policies and bindings are about.
//!
//! Source of the rules: `pkg/admission/plugin/policy/matching` and
//! `pkg/admission/plugin/webhook/predicates` of `k8s.io/apiserver`.

mod equivalent;
mod renamed;
mod rules;

pub(crate) use equivalent::{convert, equivalents};
pub(crate) use rules::{ResourceRule, Scope};

use crate::attributes::{Attributes, Namespace};
use crate::fault::Fault;
use crate::scene::Scene;
use rules::Says;
use sekisho_kube_model::{Gvk, Gvr, LabelSelector};
use sekisho_policy::Operation;
use sekisho_value::{Map, Str, Value};

/// `matchConstraints` of a policy, `matchResources` of a binding.
#[derive(Clone, Debug, Default)]
pub(crate) struct MatchResources {
    pub(crate) namespace_selector: LabelSelector,
    pub(crate) object_selector: LabelSelector,
    /// none match everything
    pub(crate) rules: Vec<ResourceRule>,
    pub(crate) excluded: Vec<ResourceRule>,
    /// rules mean other versions of a resource, too
    pub(crate) equivalent: bool,
}

/// What a policy is about: the resource that its rules name, which may be another version of the
/// one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) resource: Gvr,
    pub(crate) kind: Gvk,
}

/// The label that the API server gives every namespace.
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl MatchResources {
    /// What is matched of a request; `None` where it is not one that these are about.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub(crate) fn matches(
        &self,
        attributes: &Attributes,
        scene: Scene<'_>,
    ) -> Result<Option<Matched>, Fault> {
        // What is unknown of a namespace does not matter to who is not about the request.
        let namespace = self.namespace_matches(attributes, scene);
        if matches!(namespace, Ok(false)) || !self.object_matches(attributes) {
            return Ok(None);
        }
        if self.any(&self.excluded, attributes, scene)?.is_some() {
            return Ok(None);
        }
        let matched = match self.rules.as_slice() {
            [] => Some(attributes.asked_for()),
            rules => self.any(rules, attributes, scene)?,
        };
        if matched.is_some() {
            namespace?;
        }
        Ok(matched)
    }

    fn namespace_matches(&self, attributes: &Attributes, scene: Scene<'_>) -> Result<bool, Fault> {
        let is_namespaces = attributes.resource == "namespaces";
        // What is in no namespace passes every selector.
        let unselected = attributes.namespace.is_empty() && !is_namespaces;
        if unselected || self.namespace_selector.is_empty() {
            return Ok(true);
        }
        let writes = matches!(attributes.operation, Operation::Create | Operation::Update);
        if is_namespaces && attributes.subresource.is_empty() && writes {
            return Ok(self.namespace_selector.matches_object(&attributes.object));
        }
        match attributes.namespace(scene) {
            Namespace::Known(object) => Ok(self.namespace_selector.matches_object(object)),
            Namespace::Missing => Err(Fault::configuration(format!(
                "namespaces \"{}\" not found",
                attributes.namespace
            ))),
            Namespace::Unknown => {
                // Of every namespace, this label is known.
                let name = Value::String(attributes.namespace.clone());
                let labels = Map::from_iter([(NAMESPACE_NAME_LABEL, name)]);
                match self.namespace_selector.matches_known(&labels, &[NAMESPACE_NAME_LABEL]) {
                    Some(matches) => Ok(matches),
                    None => Err(Fault::unknown_namespace(&attributes.namespace)),
                }
            }
        }
    }

    fn object_matches(&self, attributes: &Attributes) -> bool {
        let selected =
            |object: &Value| !object.is_null() && self.object_selector.matches_object(object);
        self.object_selector.is_empty()
            || selected(&attributes.object)
            || selected(&attributes.old_object)
    }

    /// What the first rule says that is about the request, as it is or in another version.
    fn any(
        &self,
        rules: &[ResourceRule],
        attributes: &Attributes,
        scene: Scene<'_>,
    ) -> Result<Option<Matched>, Fault> {
        let asked = attributes.asked_for();
        let mut unsure = false;
        for rule in rules {
            match rule.says(&asked.resource, attributes, scene) {
                Says::Yes => return Ok(Some(asked)),
                Says::Unsure => unsure = true,
                Says::No => {}
            }
        }
        if unsure {
            return Err(Fault::unknown_kind(&attributes.gvk));
        }
        if !self.equivalent || rules.is_empty() {
            return Ok(None);
        }
        for rule in rules {
            for matched in attributes.equivalents(scene) {
                if rule.says(&matched.resource, attributes, scene) == Says::Yes {
                    return Ok(Some(matched.clone()));
                }
            }
        }
        Ok(None)
    }

    /// The operations of all rules, and the plurals that they name where they name any.
    pub(crate) fn plurals(&self) -> Option<Vec<(&ResourceRule, &Str)>> {
        let mut all = Vec::new();
        for rule in &self.rules {
            for (resource, subresource) in &rule.resources {
                if resource == "*" || !subresource.is_empty() {
                    return None;
                }
                all.push((rule, resource));
            }
        }
        Some(all)
    }
}
