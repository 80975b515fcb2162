//! Compiled patterns, kept between calls.

use super::Failure;
use sekisho_budget::BudgetExceeded;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) regex: regex::Regex,
    /// names of its groups, from the first
    pub(super) names: Vec<String>,
    /// about how many states it has
    pub(super) size: u64,
}

/// States that a pattern may have: above that its compilation takes too much memory.
const MAX_SIZE: u64 = 400_000;
/// Bytes that a compiled pattern may take.
const MAX_BYTES: usize = 32 << 20;
/// How deep the groups of a pattern may nest.
pub(super) const MAX_NESTING: u32 = 410;

impl Pattern {
    /// Of a pattern of the `regex` crate with about so many states. What is too large is an error
    /// of the budget.
    pub(super) fn compile(pattern: &str, names: Vec<String>, size: u64) -> Result<Self, Failure> {
        if size > MAX_SIZE {
            return Err(BudgetExceeded::Memory.into());
        }
        let regex = regex::RegexBuilder::new(pattern)
            .size_limit(MAX_BYTES)
            .nest_limit(MAX_NESTING)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => BudgetExceeded::Memory.into(),
                other => Failure::error(format!("error parsing regexp: {other}")),
            })?;
        Ok(Self { regex, names, size })
    }

    /// What a search costs at most: in the worst case every state is looked at for every byte.
    pub(super) fn search_steps(&self, text: &str) -> u64 {
        let len = text.len() as u64;
        1 + self.size / 64 + len / 32 + len.saturating_mul(self.size / 64) / 64
    }
}

/// Patterns that were compiled, bounded in number. A program keeps one for all its evaluations.
#[derive(Debug, Default)]
pub struct Patterns {
    pub(super) regexes: Kept,
    pub(super) globs: Kept,
}

/// As many as OPA keeps.
const MOST: usize = 100;
/// Longer patterns are not kept.
const LONGEST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Kept(RwLock<HashMap<String, Arc<Pattern>>>);

impl Kept {
    pub(super) fn get(&self, key: &str) -> Option<Arc<Pattern>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep(&self, key: &str, pattern: &Arc<Pattern>) {
        if key.len() > LONGEST {
            return;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            // patterns made at run time drive out others only now and then
            kept.clear();
        }
        kept.insert(key.to_owned(), Arc::clone(pattern));
    }
}
