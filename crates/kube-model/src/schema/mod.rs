//! The schemas of the built-in kinds (a generated table) and of the kinds that
//! CustomResourceDefinitions define.

mod atomic;
mod blob;
mod crd;
mod introduced;
mod kind;
mod problem;
mod structural;
mod type_ref;

pub(crate) use blob::{Field as BlobField, Kind as BlobKind, Shape as BlobShape, Struct};
pub use kind::KindRef;
pub use problem::{Problem, ProblemKind};
pub(crate) use structural::Structural;
pub use type_ref::{FieldRef, ListType, Shape, TypeRef};

use crate::gvk::Gvk;
use crd::CustomKind;
use sekisho_value::Value;

/// All kinds whose schema is known: the built-in ones, and those of CustomResourceDefinitions.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// sorted by kind, group and version
    custom: Vec<CustomKind>,
}

impl Schemas {
    /// The built-in kinds alone.
    #[must_use]
    pub fn builtin() -> Self {
        Self::default()
    }

    /// The built-in kinds and those of the given CustomResourceDefinitions (`apiextensions.k8s.io`
    /// `v1` and `v1beta1`); values of other kinds are passed over. Each problem comes with the
    /// number of its value. Where two define one kind, the first counts.
    pub fn with_crds<'a>(
        crds: impl IntoIterator<Item = &'a Value>,
    ) -> (Self, Vec<(usize, Problem)>) {
        let mut custom = Vec::new();
        let mut problems = Vec::new();
        for (index, definition) in crds.into_iter().enumerate() {
            let (kinds, found) = crd::kinds(definition);
            custom.extend(kinds);
            problems.extend(found.into_iter().map(|problem| (index, problem)));
        }
        custom.sort_by(|a, b| a.key().cmp(&b.key()));
        custom.dedup_by(|later, first| later.key() == first.key());
        (Self { custom }, problems)
    }

    /// A kind of a version, whether it is still served or not.
    #[must_use]
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Option<KindRef<'_>> {
        BlobKind::find(group, version, kind).map(KindRef::builtin).or_else(|| {
            let wanted = (kind, group, version);
            let index = self.custom.binary_search_by(|custom| custom.key().cmp(&wanted)).ok()?;
            self.custom.get(index).map(KindRef::custom)
        })
    }

    /// A kind of a version, whether it is still served or not.
    #[must_use]
    pub fn kind_of(&self, gvk: &Gvk) -> Option<KindRef<'_>> {
        self.kind(&gvk.group, &gvk.version, &gvk.kind)
    }

    /// The served kind of a resource, by its plural.
    #[must_use]
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<KindRef<'_>> {
        self.kinds().find(|kind| {
            kind.served()
                && kind.plural() == plural
                && kind.group() == group
                && kind.version() == version
        })
    }

    /// All kinds of all versions.
    pub fn kinds(&self) -> impl Iterator<Item = KindRef<'_>> {
        BlobKind::all().map(KindRef::builtin).chain(self.custom.iter().map(KindRef::custom))
    }

    /// The type of a kind's objects.
    #[must_use]
    pub fn type_of(&self, gvk: &Gvk) -> Option<TypeRef<'_>> {
        self.kind_of(gvk)?.object_type()
    }
}
