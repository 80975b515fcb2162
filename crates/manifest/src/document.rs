//! One Kubernetes object, and where its parts stand.

use crate::source::{Place, Source};
use crate::spans::{Node, Spans, first_key, walk};
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// One Kubernetes object as it was read. An item of a `List` is a document of its own; its
/// pointers begin at the item.
#[derive(Clone, Debug)]
pub struct Document {
    /// The object. Where an item of a typed list had neither `apiVersion` nor `kind`, it has what
    /// its list gives it, as for kubectl.
    pub value: Value,
    /// As it stands in the text: positions are found by it, whatever becomes of `value`.
    written: Value,
    root: Node,
    spans: Arc<Spans>,
    source: Arc<Source>,
}

impl Document {
    pub(crate) fn new(
        value: Value,
        written: Value,
        root: Node,
        spans: &Arc<Spans>,
        source: &Arc<Source>,
    ) -> Self {
        Self { value, written, root, spans: Arc::clone(spans), source: Arc::clone(source) }
    }

    /// The object's `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.value.path_str(&["apiVersion"]).unwrap_or_default()
    }

    /// The object's `kind`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.value.path_str(&["kind"]).unwrap_or_default()
    }

    /// The object's `metadata.name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.value.path_str(&["metadata", "name"])
    }

    /// The object's `metadata.namespace`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.value.path_str(&["metadata", "namespace"])
    }

    /// The file or stream that the object stands in.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Where a field stands: its key; the start of a list's item; the object's first key for the
    /// whole. Where the field is absent, the place of its nearest present parent.
    #[must_use]
    pub fn locate(&self, pointer: &Pointer) -> Place {
        self.place(walk(&self.written, self.root, &self.spans, pointer).0)
    }

    /// Where a field stands, as [`Self::locate`]; `None` where it is absent from the text.
    #[must_use]
    pub fn locate_exact(&self, pointer: &Pointer) -> Option<Place> {
        let (node, found) = walk(&self.written, self.root, &self.spans, pointer);
        found.then(|| self.place(node))
    }

    fn place(&self, node: Node) -> Place {
        let is_root = node.first == self.root.first && node.start == self.root.start;
        let node = if is_root { first_key(&self.written, self.root, &self.spans) } else { node };
        self.source.place(node.start as usize, node.len as usize)
    }
}
