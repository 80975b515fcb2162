//! What a check is.

use crate::level::Level;
use crate::pod::Pod;
use sekisho_policy::{Rule, Severity};
use sekisho_value::Pointer;

/// One check of the Pod Security Standards, all its versions together.
pub(crate) struct Check {
    /// its documentation; `id` is upstream's id of the check
    pub(crate) rule: &'static Rule,
    /// the level that it belongs to; restricted includes baseline
    pub(crate) level: Level,
    /// the baseline check that a restricted one stands in for
    pub(crate) overrides: Option<&'static str>,
    /// how to mend a violation, in one sentence
    pub(crate) help: &'static str,
    /// each judgement with the first minor version that it holds for, oldest first
    pub(crate) versions: &'static [(u16, CheckFn)],
}

/// Judges a pod: `None` where it is allowed.
pub(crate) type CheckFn = fn(&Pod<'_>) -> Option<Forbidden>;

/// Why a check forbids a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forbidden {
    /// how bad it is, where that is worse than what the check says of itself
    pub(crate) severity: Option<Severity>,
    /// what is said of many pods
    pub(crate) reason: &'static str,
    /// what is said of one pod besides
    pub(crate) detail: String,
    /// the offending fields of the pod, in the order of the message
    pub(crate) pointers: Vec<Pointer>,
}

impl Forbidden {
    /// The text of the API server's refusal.
    pub(crate) fn message(&self) -> String {
        [self.reason, " (", &self.detail, ")"].concat()
    }
}

impl Check {
    /// The judgement in a version, where the check is part of it.
    pub(crate) fn at(&self, minor: u16) -> Option<CheckFn> {
        let newest = self.versions.iter().rev().find(|(since, _)| *since <= minor)?;
        Some(newest.1)
    }
}
