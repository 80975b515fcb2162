//! Compiled patterns, kept between calls.

use super::regex::Pattern;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Patterns that were compiled, bounded in number. A program keeps one for all its evaluations.
#[derive(Debug, Default)]
pub struct Patterns {
    regexes: RwLock<HashMap<String, Arc<Pattern>>>,
}

/// As many as OPA keeps.
const MOST: usize = 100;
/// Longer patterns are not kept.
const LONGEST: usize = 4096;

impl Patterns {
    pub(super) fn regex(&self, pattern: &str) -> Option<Arc<Pattern>> {
        self.regexes.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned()
    }

    pub(super) fn keep_regex(&self, pattern: &str, compiled: &Arc<Pattern>) {
        if pattern.len() > LONGEST {
            return;
        }
        let mut kept = self.regexes.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            // patterns made at run time drive out others only now and then
            kept.clear();
        }
        kept.insert(pattern.to_owned(), Arc::clone(compiled));
    }
}
