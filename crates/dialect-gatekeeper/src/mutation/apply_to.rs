//! `applyTo`: the kinds and operations that a mutator is about.
//!
//! Source of the rules: `pkg/mutation/match/apply_to.go` of Gatekeeper v3.23.

use sekisho_policy::Operation;
use sekisho_value::Str;

/// Groups, versions and kinds, all of which are to hold; there are no globs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyTo {
    /// the API groups, the core group being empty
    pub groups: Vec<Str>,
    /// the versions
    pub versions: Vec<Str>,
    /// the kinds
    pub kinds: Vec<Str>,
    /// objects are mutated when they are created
    pub on_create: bool,
    /// objects are mutated when they are changed
    pub on_update: bool,
}

impl ApplyTo {
    /// How many kinds and operations it names.
    #[must_use]
    pub fn bindings(&self) -> usize {
        let operations = usize::from(self.on_create) + usize::from(self.on_update);
        [self.versions.len(), self.kinds.len(), operations]
            .into_iter()
            .fold(self.groups.len(), usize::saturating_mul)
    }

    /// Whether it is about an object. What nothing is done to, as where an object is expanded,
    /// is taken by what is about every operation.
    #[must_use]
    pub fn matches(
        &self,
        (group, version, kind): (&str, &str, &str),
        operation: Option<Operation>,
    ) -> bool {
        let within = |list: &[Str], wanted: &str| list.iter().any(|one| one == wanted);
        let operations = match operation {
            Some(Operation::Create) => self.on_create,
            Some(Operation::Update) => self.on_update,
            Some(Operation::Delete | Operation::Connect) => false,
            None => self.on_create && self.on_update,
        };
        operations
            && within(&self.kinds, kind)
            && within(&self.groups, group)
            && within(&self.versions, version)
    }
}
