//! One mutator, compiled.

use super::apply_to::ApplyTo;
use super::external::Placeholders;
use super::fault::MutateFault;
use super::path::Path;
use super::path_tests::PathTests;
use super::setter::{Assigned, Setter};
use super::walk::Walk;
use super::{MutateInput, read};
use crate::matching::{Match, MatchInput};
use sekisho_kube_model::split_api_version;
use sekisho_policy::{Budget, Fault};
use sekisho_value::{Pointer, Str, Value};
use std::fmt;

/// The API group of mutators.
pub const GROUP: &str = "mutations.gatekeeper.sh";

/// The kinds of mutators, in the order of their names, which is the order in which they are
/// applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutatorKind {
    /// writes a value anywhere but in `metadata`
    Assign,
    /// writes parts of an image
    AssignImage,
    /// adds a label or an annotation
    AssignMetadata,
    /// adds values to a list, or takes them out
    ModifySet,
}

impl MutatorKind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Assign, Self::AssignImage, Self::AssignMetadata, Self::ModifySet];

    /// The `kind` of the documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assign => "Assign",
            Self::AssignImage => "AssignImage",
            Self::AssignMetadata => "AssignMetadata",
            Self::ModifySet => "ModifySet",
        }
    }

    /// Reads the `kind` of a document.
    #[must_use]
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == kind)
    }
}

/// What tells mutators apart; mutators are applied in its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MutatorId {
    /// the kind
    pub kind: MutatorKind,
    /// the namespace that the document says, which means nothing; mostly empty
    pub namespace: Str,
    /// the name
    pub name: Str,
}

impl fmt::Display for MutatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// A mutator, compiled.
#[derive(Clone, Debug)]
pub struct Mutator {
    pub(super) id: MutatorId,
    pub(super) path: Path,
    pub(super) tests: PathTests,
    pub(super) setter: Setter,
    /// `None` for AssignMetadata, which is about every kind
    pub(super) apply_to: Option<Vec<ApplyTo>>,
    pub(super) matching: Match,
}

impl Mutator {
    /// Reads an Assign, AssignMetadata, ModifySet or AssignImage, of any of its versions. Unknown
    /// fields are wrong where `strict`; the API server drops them.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the document.
    pub fn read(document: &Value, strict: bool) -> Result<Self, Vec<Fault>> {
        read::read(document, strict)
    }

    /// What tells it from others.
    #[must_use]
    pub fn id(&self) -> &MutatorId {
        &self.id
    }

    /// Where it writes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its location stands in its document.
    #[must_use]
    pub fn location_pointer() -> Pointer {
        Pointer::root().keys(&["spec", "location"])
    }

    /// The kinds and operations that it is about; `None` for all.
    #[must_use]
    pub fn apply_to(&self) -> Option<&[ApplyTo]> {
        self.apply_to.as_deref()
    }

    /// Whether it is about an object as it is now.
    pub(super) fn matches(
        &self,
        object: &Value,
        input: &MutateInput<'_>,
    ) -> Result<bool, MutateFault> {
        if let Some(apply_to) = &self.apply_to {
            let text = |field| object.path_str(&[field]).unwrap_or_default();
            let Some((group, version)) = split_api_version(text("apiVersion")) else {
                return Ok(false);
            };
            let gvk = (group, version, text("kind"));
            if !apply_to.iter().any(|one| one.matches(gvk, input.operation)) {
                return Ok(false);
            }
        }
        let input = MatchInput { object, namespace: input.namespace, source: input.source };
        Ok(self.matching.matches(&input)?)
    }

    /// The object with the mutator applied; `None` where it stays as it is.
    pub(super) fn apply(
        &self,
        object: &Value,
        input: &MutateInput<'_>,
        placeholders: &mut Placeholders,
        budget: &Budget<'_>,
    ) -> Result<Option<Value>, MutateFault> {
        let assigned = match &self.setter {
            Setter::Assign(assigned) => assigned.of(object, input.username, placeholders),
            Setter::Image(_) | Setter::ModifySet { .. } => Value::Null,
        };
        let mut walk = Walk {
            path: &self.path,
            tests: &self.tests,
            setter: &self.setter,
            assigned,
            placeholders,
            budget,
            at: Pointer::root(),
        };
        walk.apply(object)
    }

    /// Whether no other mutator may write below where it does.
    pub(super) fn must_terminate(&self) -> bool {
        matches!(self.setter, Setter::Image(_) | Setter::Assign(Assigned::External(_)))
    }
}
