//! The group `rbac.authorization.k8s.io`.

use super::fields::{child_or_new, each_item, set_if_zero, text};
use sekisho_value::Map;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Defaults of an object of the group `rbac.authorization.k8s.io`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    if !matches!(kind, "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    if let Some(role) = child_or_new(object, "roleRef") {
        set_if_zero(role, "apiGroup", GROUP);
    }
    each_item(object, "subjects", |subject| {
        if matches!(text(subject, "kind"), "User" | "Group") {
            set_if_zero(subject, "apiGroup", GROUP);
        }
    });
}
