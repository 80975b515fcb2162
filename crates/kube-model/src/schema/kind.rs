use super::crd::CustomKind;
use super::introduced::introduced;
use super::{BlobKind, BlobShape, TypeRef};
use crate::gvk::{Gvk, Gvr};

/// A kind of one version.
#[derive(Clone, Copy, Debug)]
pub struct KindRef<'s>(Inner<'s>);

#[derive(Clone, Copy, Debug)]
enum Inner<'s> {
    Builtin(BlobKind),
    Custom(&'s CustomKind),
}

impl<'s> KindRef<'s> {
    pub(super) fn builtin(kind: BlobKind) -> Self {
        Self(Inner::Builtin(kind))
    }

    pub(super) fn custom(kind: &'s CustomKind) -> Self {
        Self(Inner::Custom(kind))
    }

    /// The name of the kind.
    #[must_use]
    pub fn kind(self) -> &'s str {
        match self.0 {
            Inner::Builtin(kind) => kind.kind(),
            Inner::Custom(kind) => &kind.kind,
        }
    }

    /// The group; empty for the core group.
    #[must_use]
    pub fn group(self) -> &'s str {
        match self.0 {
            Inner::Builtin(kind) => kind.group(),
            Inner::Custom(kind) => &kind.group,
        }
    }

    /// The version.
    #[must_use]
    pub fn version(self) -> &'s str {
        match self.0 {
            Inner::Builtin(kind) => kind.version(),
            Inner::Custom(kind) => &kind.version,
        }
    }

    /// Group, version and kind.
    #[must_use]
    pub fn gvk(self) -> Gvk {
        Gvk::new(self.group(), self.version(), self.kind())
    }

    /// The resource; empty where the kind is served as a subresource only (`Eviction`).
    #[must_use]
    pub fn plural(self) -> &'s str {
        match self.0 {
            Inner::Builtin(kind) => kind.plural(),
            Inner::Custom(kind) => &kind.plural,
        }
    }

    /// Group, version and resource; `None` where the kind is served as a subresource only.
    #[must_use]
    pub fn gvr(self) -> Option<Gvr> {
        let resource = self.plural();
        (!resource.is_empty()).then(|| Gvr {
            group: self.group().into(),
            version: self.version().into(),
            resource: resource.into(),
        })
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub fn namespaced(self) -> bool {
        match self.0 {
            Inner::Builtin(kind) => kind.namespaced(),
            Inner::Custom(kind) => kind.namespaced,
        }
    }

    /// Whether an API server of the version of the schemas serves it.
    #[must_use]
    pub fn served(self) -> bool {
        match self.0 {
            Inner::Builtin(kind) => kind.served(),
            Inner::Custom(kind) => kind.served,
        }
    }

    /// Whether a CustomResourceDefinition defines it.
    #[must_use]
    pub fn is_custom(self) -> bool {
        matches!(self.0, Inner::Custom(_))
    }

    /// The subresources, for example `status` and `scale`.
    pub fn subresources(self) -> impl Iterator<Item = &'s str> {
        let (builtin, custom) = match self.0 {
            Inner::Builtin(kind) => (Some(kind.subresources()), None),
            Inner::Custom(kind) => (None, Some(kind.subresources.iter().map(String::as_str))),
        };
        builtin
            .into_iter()
            .flatten()
            .map(|text| -> &'s str { text })
            .chain(custom.into_iter().flatten())
    }

    /// The minor version of Kubernetes 1 that no longer serves it.
    #[must_use]
    pub fn removed_in(self) -> Option<u16> {
        match self.0 {
            Inner::Builtin(kind) => kind.removed(),
            Inner::Custom(_) => None,
        }
    }

    /// The minor version of Kubernetes 1 that serves it first; `None` where that is not known, or
    /// long ago.
    #[must_use]
    pub fn introduced_in(self) -> Option<u16> {
        match self.0 {
            Inner::Builtin(kind) => introduced(kind),
            Inner::Custom(_) => None,
        }
    }

    /// What to use in the place of a version that is not served.
    #[must_use]
    pub fn replacement(self) -> Option<Gvk> {
        match self.0 {
            Inner::Builtin(kind) => {
                kind.replacement().map(|[group, version, kind]| Gvk::new(group, version, kind))
            }
            Inner::Custom(kind) => kind.replacement.clone(),
        }
    }

    /// The type of its objects; `None` where only the name of the kind is known.
    #[must_use]
    pub fn object_type(self) -> Option<TypeRef<'s>> {
        match self.0 {
            Inner::Builtin(kind) => {
                kind.structure().map(|of| TypeRef::builtin(BlobShape::Struct(of)))
            }
            Inner::Custom(kind) => kind.schema.as_ref().map(TypeRef::custom),
        }
    }
}
