//! Documents into objects as the API server would store them, and into requests.

use sekisho_engine::VerdictError;
use sekisho_kube_model::{Created, Decoded, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Operation, Request, UserInfo};
use sekisho_value::{Str, Value};

/// An object with its document.
pub(crate) struct Object<'a> {
    pub(crate) document: &'a Document,
    pub(crate) decoded: Decoded,
    /// the namespace it is created in; `None` for cluster-scoped kinds
    pub(crate) namespace: Option<Str>,
    /// the object in the version that it is stored in, where its own has no room for all of it
    pub(crate) stored_as: Option<Value>,
    /// why mutating policies could not be applied to it: it is then not judged
    pub(crate) unmutated: Vec<VerdictError>,
}

impl<'a> Object<'a> {
    /// Decodes and defaults a document; an object without a namespace goes into `default`, as a
    /// request to the API server would say it.
    pub(crate) fn new(document: &'a Document, schemas: &Schemas, default: &str) -> Self {
        let Created { decoded, namespace, stored_as } = schemas.create(&document.value, default);
        Self { document, decoded, namespace, stored_as, unmutated: Vec::new() }
    }

    /// The request that creates the object. It says the name that was given, whatever name a
    /// mutation gives the object.
    pub(crate) fn request(&self, user: &UserInfo) -> Request {
        let given = self.document.name().filter(|name| !name.is_empty());
        let own = || self.decoded.object.path_str(&["metadata", "name"]);
        let name = given.or_else(own).unwrap_or_default();
        Request {
            gvk: self.decoded.gvk.clone(),
            resource: self.decoded.resource.clone(),
            name: name.into(),
            namespace: self.namespace.clone(),
            operation: Operation::Create,
            user: user.clone(),
            object: self.decoded.object.clone(),
            stored_as: self.stored_as.clone(),
            ..Request::default()
        }
    }
}
