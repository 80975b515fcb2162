//! Documents into objects as the API server would store them, and into requests.

use sekisho_engine::VerdictError;
use sekisho_kube_model::{Created, Decoded, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Operation, Request, UserInfo};
use sekisho_value::Str;

/// An object with its document.
pub(crate) struct Object<'a> {
    pub(crate) document: &'a Document,
    pub(crate) decoded: Decoded,
    /// the namespace it is created in; `None` for cluster-scoped kinds
    pub(crate) namespace: Option<Str>,
    /// why mutating policies could not be applied to it: it is then not judged
    pub(crate) unmutated: Vec<VerdictError>,
}

impl<'a> Object<'a> {
    /// Decodes and defaults a document; an object without a namespace goes into `default`, as a
    /// request to the API server would say it.
    pub(crate) fn new(document: &'a Document, schemas: &Schemas, default: &str) -> Self {
        let Created { decoded, namespace } = schemas.create(&document.value, default);
        Self { document, decoded, namespace, unmutated: Vec::new() }
    }

    /// The request that creates the object.
    pub(crate) fn request(&self, user: &UserInfo) -> Request {
        let name = self.decoded.object.path_str(&["metadata", "name"]).unwrap_or_default();
        Request {
            gvk: self.decoded.gvk.clone(),
            resource: self.decoded.resource.clone(),
            name: name.into(),
            namespace: self.namespace.clone(),
            operation: Operation::Create,
            user: user.clone(),
            object: self.decoded.object.clone(),
            ..Request::default()
        }
    }
}
