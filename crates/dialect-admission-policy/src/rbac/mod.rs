//! `authorizer`, answered by an API server where one can be asked, and else by the Roles,
//! ClusterRoles and bindings that the inventory holds.
//!
//! Source of the rules: `plugin/pkg/auth/authorizer/rbac` and `pkg/registry/rbac/validation` of
//! Kubernetes.

mod reviews;
mod rules;
#[cfg(test)]
mod tests;

use crate::scene::Scene;
use reviews::Reviews;
use rules::Rule;
use sekisho_cel::EvalError as CelError;
use sekisho_cel::kubernetes::{Attributes, Authorizer, Decision, User, What};
use sekisho_kube_model::LabelSelector;
use sekisho_policy::{EvalError, Reads};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";
/// The kinds that say who may do what.
pub(crate) const KINDS: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
/// Who may do everything, whatever roles say.
const MASTERS: &str = "system:masters";
/// The role that may do everything, in every cluster.
const CLUSTER_ADMIN: &str = "cluster-admin";

/// The roles and bindings of a cluster.
#[derive(Debug)]
struct Rbac {
    cluster_bindings: Vec<Binding>,
    /// by namespace
    bindings: BTreeMap<Str, Vec<Binding>>,
    /// by namespace, empty for ClusterRoles, and name
    roles: BTreeMap<(Str, Str), Vec<Rule>>,
    /// a role that is not there is not there in the cluster either
    is_complete: bool,
}

#[derive(Debug)]
struct Binding {
    name: Str,
    role_kind: Str,
    role: Str,
    subjects: Vec<Subject>,
}

#[derive(Debug)]
struct Subject {
    kind: Str,
    name: Str,
    /// of a ServiceAccount
    namespace: Str,
}

/// Who answers the expressions of a policy.
///
/// # Errors
/// Where nothing is known of who may do what.
pub(crate) fn authorizer(scene: Scene<'_>) -> Result<Arc<dyn Authorizer>, EvalError> {
    if let Some(access) = scene.inventory.access() {
        return Ok(Arc::new(Reviews(access)));
    }
    let rbac = Rbac::of(scene.inventory);
    if rbac.cluster_bindings.is_empty() && rbac.bindings.is_empty() && !rbac.is_complete {
        return Err(EvalError::Failed {
            message: "the policy asks `authorizer`, and it is not known who may do what".to_owned(),
            help: Some(
                "give Roles, ClusterRoles and their bindings with the policies, or with \
                 `--inventory`"
                    .to_owned(),
            ),
        });
    }
    Ok(Arc::new(rbac))
}

impl Rbac {
    fn of(inventory: &Reads<'_>) -> Self {
        let all = |kind: &str| inventory.list(GROUP, kind, "");
        let mut roles = BTreeMap::new();
        let cluster_roles = all("ClusterRole");
        for role in &cluster_roles {
            let (_, name) = names(role);
            roles.insert((Str::default(), name), aggregated(role, &cluster_roles));
        }
        for role in all("Role") {
            roles.insert(names(&role), rules::of(&role));
        }
        roles
            .entry((Str::default(), CLUSTER_ADMIN.into()))
            .or_insert_with(|| vec![Rule::everything()]);
        let mut bindings: BTreeMap<Str, Vec<Binding>> = BTreeMap::new();
        for binding in all("RoleBinding") {
            let (namespace, _) = names(&binding);
            bindings.entry(namespace).or_default().push(Binding::of(&binding));
        }
        Self {
            cluster_bindings: all("ClusterRoleBinding").iter().map(Binding::of).collect(),
            bindings,
            roles,
            is_complete: inventory.is_complete(),
        }
    }

    /// The rules of the role of a binding.
    fn rules(&self, binding: &Binding, namespace: &str) -> Option<&[Rule]> {
        let namespace = if binding.role_kind == "ClusterRole" { "" } else { namespace };
        let key = (Str::new(namespace), binding.role.clone());
        self.roles.get(&key).map(Vec::as_slice)
    }
}

/// The rules of a ClusterRole, and of those that it gathers by their labels.
fn aggregated(role: &Value, all: &[Value]) -> Vec<Rule> {
    let selectors = role.path(&["aggregationRule", "clusterRoleSelectors"]);
    let Some(selectors) = selectors.and_then(Value::as_array) else { return rules::of(role) };
    let selectors: Vec<LabelSelector> =
        selectors.iter().filter_map(|selector| LabelSelector::compile(selector).ok()).collect();
    let is_selected =
        |role: &&Value| selectors.iter().any(|selector| selector.matches_object(role));
    all.iter().filter(is_selected).chain([role]).flat_map(rules::of).collect()
}

fn text(value: &Value, path: &[&str]) -> Str {
    value.path_str(path).unwrap_or_default().into()
}

fn names(object: &Value) -> (Str, Str) {
    (text(object, &["metadata", "namespace"]), text(object, &["metadata", "name"]))
}

impl Binding {
    fn of(binding: &Value) -> Self {
        let (own, name) = names(binding);
        let subjects = binding.get("subjects").and_then(Value::as_array).unwrap_or_default();
        let subject = |subject: &Value| {
            let stated = text(subject, &["namespace"]);
            Subject {
                kind: text(subject, &["kind"]),
                name: text(subject, &["name"]),
                namespace: if stated.is_empty() { own.clone() } else { stated },
            }
        };
        Self {
            name,
            role_kind: text(binding, &["roleRef", "kind"]),
            role: text(binding, &["roleRef", "name"]),
            subjects: subjects.iter().map(subject).collect(),
        }
    }

    /// The subject that a user is.
    fn subject(&self, user: &User) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.is(user))
    }
}

impl Subject {
    fn is(&self, user: &User) -> bool {
        match self.kind.as_str() {
            "User" => user.name == self.name.as_str(),
            "Group" => user.groups.iter().any(|group| *group == self.name.as_str()),
            "ServiceAccount" => {
                let account = user.name.strip_prefix("system:serviceaccount:");
                let (namespace, name) = (self.namespace.as_str(), self.name.as_str());
                !namespace.is_empty()
                    && account.and_then(|a| a.split_once(':')) == Some((namespace, name))
            }
            _ => false,
        }
    }

    fn described(&self) -> String {
        let Self { kind, name, namespace } = self;
        match kind.as_str() {
            "ServiceAccount" => format!("{kind} \"{name}/{namespace}\""),
            _ => format!("{kind} \"{name}\""),
        }
    }
}

impl Authorizer for Rbac {
    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> Result<Decision, CelError> {
        let allowed = |reason: String| Decision { allowed: true, reason, error: None };
        if user.groups.iter().any(|group| group == MASTERS) {
            return Ok(allowed(String::new()));
        }
        let namespace = match attributes.what {
            What::Resource(resource) => resource.namespace.as_str(),
            What::Path(_) => "",
        };
        let mut unknown = Vec::new();
        let in_namespace = self.bindings.get(namespace).filter(|_| !namespace.is_empty());
        let cluster = self.cluster_bindings.iter().map(|binding| (binding, ""));
        let own = in_namespace.into_iter().flatten().map(|binding| (binding, namespace));
        for (binding, within) in cluster.chain(own) {
            let Some(subject) = binding.subject(user) else { continue };
            let Some(rules) = self.rules(binding, within) else {
                unknown.push(binding);
                continue;
            };
            if rules.iter().any(|rule| rule.allows(attributes)) {
                let Binding { name, role_kind, role, .. } = binding;
                let what = match within {
                    "" => format!("ClusterRoleBinding \"{name}\""),
                    _ => format!("RoleBinding \"{name}/{within}\""),
                };
                let subject = subject.described();
                let reason =
                    format!("RBAC: allowed by {what} of {role_kind} \"{role}\" to {subject}");
                return Ok(allowed(reason));
            }
        }
        let errors: Vec<String> = unknown
            .iter()
            .map(|binding| {
                let kind = binding.role_kind.to_lowercase();
                format!("{kind}.{GROUP} \"{}\" not found", binding.role)
            })
            .collect();
        match errors.as_slice() {
            [] => Ok(Decision::default()),
            // It may be there, and allow it.
            [first, ..] if !self.is_complete => Err(CelError::unknown(first.clone())),
            _ => {
                let all = errors.join(", ");
                let all = if errors.len() > 1 { format!("[{all}]") } else { all };
                Ok(Decision { allowed: false, reason: format!("RBAC: {all}"), error: None })
            }
        }
    }
}
