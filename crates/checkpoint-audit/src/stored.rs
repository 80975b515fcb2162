//! Stored objects as requests.

use sekisho_cluster::ApiResource;
use sekisho_kube_model::Gvk;
use sekisho_policy::{Operation, Point, Request};
use sekisho_value::{Str, Value};

/// The request that would create a stored object. Nobody is said to send it: who did is not
/// stored.
pub(crate) fn request(gvk: Gvk, plural: &str, object: Value) -> Request {
    let text = |key: &str| Str::new(object.path_str(&["metadata", key]).unwrap_or_default());
    let namespace = Some(text("namespace")).filter(|name| !name.is_empty());
    Request {
        gvk,
        resource: plural.into(),
        name: text("name"),
        namespace,
        operation: Operation::Create,
        point: Point::Audit,
        object,
        ..Request::default()
    }
}

/// The kind of a resource.
pub(crate) fn gvk(resource: &ApiResource) -> Gvk {
    Gvk::new(resource.group.clone(), resource.version.clone(), resource.kind.clone())
}
