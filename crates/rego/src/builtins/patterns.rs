//! Compiled patterns, kept between calls.

use super::Failure;
use sekisho_budget::Budget;
use sekisho_go_regex::{Pattern, PatternError};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, Weak};

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        error.exceeded().map_or_else(|| Self::error(error.to_string()), Self::Budget)
    }
}

/// Reads a pattern, which is paid for: what searches is made when something is first searched.
pub(super) fn read(source: &str, budget: &Budget<'_>) -> Result<Pattern, Failure> {
    let pattern = Pattern::read(source)?;
    budget.step(pattern.steps())?;
    budget.allocate(pattern.bytes())?;
    Ok(pattern)
}

/// Patterns that are kept.
#[derive(Debug)]
pub struct Patterns {
    pub(super) regexes: Kept,
    pub(super) globs: Kept,
}

/// Patterns of evaluations, bounded in number.
impl Default for Patterns {
    fn default() -> Self {
        Self { regexes: Kept::up_to(LATER), globs: Kept::up_to(LATER) }
    }
}

impl Patterns {
    /// For the patterns that a program is made with.
    pub(crate) fn of_program() -> Self {
        Self { regexes: Kept::up_to(MADE), globs: Kept::up_to(MADE) }
    }
}

/// How many patterns are kept.
#[derive(Clone, Copy, Debug)]
struct Limit {
    patterns: usize,
    /// of all of them
    bytes: u64,
    /// those that are new drive out the others
    forgets: bool,
}

/// As many as OPA keeps.
const LATER: Limit = Limit { patterns: 100, bytes: 25 << 20, forgets: true };
const MADE: Limit = Limit { patterns: 1_000, bytes: 64 << 20, forgets: false };
/// Longer patterns are not kept.
const LONGEST: usize = 4096;

#[derive(Debug)]
pub(super) struct Kept {
    /// few: to compare them is quicker than to hash the whole of a long one
    patterns: RwLock<BTreeMap<String, Arc<Pattern>>>,
    limit: Limit,
}

impl Kept {
    fn up_to(limit: Limit) -> Self {
        Self { patterns: RwLock::default(), limit }
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Pattern>> {
        self.patterns.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep(&self, key: &str, pattern: Pattern) -> Arc<Pattern> {
        let Limit { patterns, bytes, forgets } = self.limit;
        if key.len() > LONGEST {
            return Arc::new(pattern);
        }
        let pattern = if forgets { Arc::new(pattern) } else { shared(pattern) };
        let mut kept = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        let taken: u64 = kept.values().map(|pattern| pattern.bytes()).sum();
        if kept.len() >= patterns || taken.saturating_add(pattern.bytes()) > bytes {
            if !forgets {
                return pattern;
            }
            // patterns made at run time drive out others only now and then
            kept.clear();
        }
        kept.insert(key.to_owned(), Arc::clone(&pattern));
        drop(kept);
        if !forgets {
            // No evaluation is to wait for what another one makes. Where it is too large, the one
            // that searches says so.
            drop(pattern.make());
        }
        pattern
    }
}

/// A pattern is the same for all programs that have it.
fn shared(pattern: Pattern) -> Arc<Pattern> {
    static SHARED: LazyLock<Mutex<HashMap<Box<str>, Weak<Pattern>>>> =
        LazyLock::new(Mutex::default);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = shared.get(pattern.source()).and_then(Weak::upgrade) {
        return known;
    }
    // Those of programs that are gone, now and then.
    if shared.len().is_power_of_two() {
        shared.retain(|_, known| known.strong_count() > 0);
    }
    let pattern = Arc::new(pattern);
    shared.insert(pattern.source().into(), Arc::downgrade(&pattern));
    pattern
}
