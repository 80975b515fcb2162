//! Documents into objects as the API server would store them, and into requests.

use sekisho_kube_model::{Decoded, Schemas, pod_template_pointer};
use sekisho_manifest::Document;
use sekisho_policy::{Operation, Request, UserInfo};
use sekisho_value::{Str, Value};

/// An object with its document.
pub(crate) struct Object<'a> {
    pub(crate) document: &'a Document,
    pub(crate) decoded: Decoded,
    /// the namespace it is created in; `None` for cluster-scoped kinds
    pub(crate) namespace: Option<Str>,
}

impl<'a> Object<'a> {
    /// Decodes and defaults a document; an object without a namespace goes into `default`, as a
    /// request to the API server would say it.
    pub(crate) fn new(document: &'a Document, schemas: &Schemas, default: &str) -> Self {
        let given = &document.value;
        let mut decoded = schemas.store(given);
        let namespaced = decoded.known.namespaced().or_else(|| {
            // What creates pods lives where they do.
            pod_template_pointer(&decoded.gvk).map(|_| true)
        });
        let stated = given.path_str(&["metadata", "namespace"]).filter(|name| !name.is_empty());
        let namespace = match (namespaced, stated) {
            (Some(false), _) => None,
            (_, Some(name)) => Some(Str::new(name)),
            (Some(true), None) => Some(Str::new(default)),
            // The scope of an unknown kind is not known: it is taken at its word.
            (None, None) => None,
        };
        if let Some(namespace) = namespace.as_ref().filter(|_| stated.is_none())
            && let Some(Value::Object(metadata)) = decoded.object.get_mut("metadata")
        {
            metadata.insert("namespace", Value::String(namespace.clone()));
        }
        if namespaced == Some(false)
            && stated.is_some()
            && let Some(Value::Object(metadata)) = decoded.object.get_mut("metadata")
        {
            metadata.remove("namespace");
        }
        Self { document, decoded, namespace }
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
