//! What of the built-in types is replaced as a whole (`x-kubernetes-map-type: atomic`), as the
//! OpenAPI of Kubernetes 1.36 says it.

/// Objects, by the names that [`super::TypeRef::name`] gives; sorted.
const TYPES: [&str; 36] = [
    "admissionregistration/v1.MatchResources",
    "admissionregistration/v1.NamedRuleWithOperations",
    "admissionregistration/v1.ParamKind",
    "admissionregistration/v1.ParamRef",
    "admissionregistration/v1.Variable",
    "admissionregistration/v1alpha1.MatchResources",
    "admissionregistration/v1alpha1.NamedRuleWithOperations",
    "admissionregistration/v1alpha1.ParamKind",
    "admissionregistration/v1alpha1.ParamRef",
    "admissionregistration/v1beta1.MatchResources",
    "admissionregistration/v1beta1.NamedRuleWithOperations",
    "admissionregistration/v1beta1.ParamKind",
    "admissionregistration/v1beta1.ParamRef",
    "admissionregistration/v1beta1.Variable",
    "autoscaling/v1.CrossVersionObjectReference",
    "core/v1.ConfigMapKeySelector",
    "core/v1.EndpointAddress",
    "core/v1.EndpointPort",
    "core/v1.FileKeySelector",
    "core/v1.LocalObjectReference",
    "core/v1.NodeSelector",
    "core/v1.NodeSelectorTerm",
    "core/v1.ObjectFieldSelector",
    "core/v1.ObjectReference",
    "core/v1.ResourceFieldSelector",
    "core/v1.ScopeSelector",
    "core/v1.SecretKeySelector",
    "core/v1.SecretReference",
    "core/v1.TopologySelectorTerm",
    "core/v1.TypedLocalObjectReference",
    "discovery/v1.EndpointPort",
    "meta/v1.LabelSelector",
    "meta/v1.OwnerReference",
    "networking/v1.ServiceBackendPort",
    "rbac/v1.RoleRef",
    "rbac/v1.Subject",
];

/// Maps: the type that has the field, and the field.
const FIELDS: [(&str, &str); 4] = [
    ("core/v1.PodSpec", "nodeSelector"),
    ("core/v1.ReplicationControllerSpec", "selector"),
    ("core/v1.ServiceSpec", "selector"),
    ("node/v1.Scheduling", "nodeSelector"),
];

pub(super) fn is_atomic_type(name: &str) -> bool {
    TYPES.binary_search(&name).is_ok()
}

pub(super) fn is_atomic_field(of: &str, field: &str) -> bool {
    FIELDS.contains(&(of, field))
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, TYPES};
    use crate::Schemas;

    /// A name that is misspelt would never be found.
    #[test]
    fn every_name_is_of_a_known_type() {
        let text = include_bytes!("builtin.bin");
        let has = |name: &str| text.windows(name.len()).any(|window| window == name.as_bytes());
        assert!(TYPES.is_sorted());
        for name in TYPES {
            assert!(has(name), "{name}");
        }
        for (of, field) in FIELDS {
            assert!(has(of) && has(field), "{of}.{field}");
        }
        assert!(Schemas::builtin().kinds().count() > 100);
    }
}
