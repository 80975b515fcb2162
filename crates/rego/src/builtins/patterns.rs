//! Compiled patterns, kept between calls.

use super::Failure;
use sekisho_budget::{Budget, BudgetExceeded};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock, Weak};

/// A pattern that is paid for: what searches is made when something is first searched.
#[derive(Debug)]
pub(super) struct Pattern {
    /// as the `regex` crate takes it
    source: String,
    regex: Arc<Made>,
    /// names of its groups, from the first
    pub(super) names: Vec<String>,
    /// about how many states it has
    pub(super) size: u64,
}

/// What searches, once it is made.
type Made = OnceLock<Result<regex::Regex, Failure>>;

/// States that a pattern may have: above that its compilation takes too much memory.
const MAX_SIZE: u64 = 200_000;
/// Bytes that a state takes, about.
const BYTES_OF_STATE: u64 = 64;
/// States times bytes that one search may look at: nothing interrupts it.
const MAX_SEARCH: u64 = 1 << 27;
/// The same for a pattern of more states than this, whose sets of states there is no room to keep:
/// each byte then costs a thousand times what it costs otherwise.
const LARGE: (u64, u64) = (1 << 13, 1 << 22);
/// Bytes that a compiled pattern may take.
const MAX_BYTES: usize = 32 << 20;
/// How deep the groups of a pattern may nest.
pub(super) const MAX_NESTING: u32 = 410;

impl Pattern {
    /// Of a pattern of the `regex` crate with about so many states. What is too large is an error
    /// of the budget.
    pub(super) fn new(
        source: String,
        names: Vec<String>,
        size: u64,
        budget: &Budget<'_>,
    ) -> Result<Self, Failure> {
        if size > MAX_SIZE {
            return Err(BudgetExceeded::Memory.into());
        }
        budget.step(1 + size / 8)?;
        budget.allocate(size.saturating_mul(BYTES_OF_STATE))?;
        Ok(Self { source, regex: Arc::default(), names, size })
    }

    /// What searches a text, for which it takes what that costs at most: in the worst case every
    /// state is looked at for every byte.
    pub(super) fn regex(&self, text: &str, budget: &Budget<'_>) -> Result<&regex::Regex, Failure> {
        let len = text.len() as u64;
        let (large, most_of_large) = LARGE;
        let most = if self.size > large { most_of_large } else { MAX_SEARCH.max(64 * len) };
        if len.saturating_mul(self.size) > most {
            return Err(BudgetExceeded::Operation.into());
        }
        budget.step(1 + self.size / 64 + len / 32 + len.saturating_mul(self.size / 64) / 64)?;
        self.regex.get_or_init(|| self.make()).as_ref().map_err(Failure::clone)
    }

    /// What searches is the same for all programs that have the pattern.
    fn share(&mut self) {
        static SHARED: LazyLock<Mutex<HashMap<String, Weak<Made>>>> = LazyLock::new(Mutex::default);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = shared.get(&self.source).and_then(Weak::upgrade) {
            self.regex = made;
            return;
        }
        // Those of programs that are gone, now and then.
        if shared.len().is_power_of_two() {
            shared.retain(|_, made| made.strong_count() > 0);
        }
        shared.insert(self.source.clone(), Arc::downgrade(&self.regex));
    }

    fn make(&self) -> Result<regex::Regex, Failure> {
        regex::RegexBuilder::new(&self.source)
            .size_limit(MAX_BYTES)
            .nest_limit(MAX_NESTING)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => BudgetExceeded::Memory.into(),
                other => Failure::error(format!("error parsing regexp: {other}")),
            })
    }
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
    states: u64,
    /// those that are new drive out the others
    forgets: bool,
}

/// As many as OPA keeps.
const LATER: Limit = Limit { patterns: 100, states: 2 * MAX_SIZE, forgets: true };
const MADE: Limit = Limit { patterns: 1_000, states: 5 * MAX_SIZE, forgets: false };
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

    pub(super) fn keep(&self, key: &str, mut pattern: Pattern) -> Arc<Pattern> {
        let Limit { patterns, states, forgets } = self.limit;
        if key.len() > LONGEST {
            return Arc::new(pattern);
        }
        if !forgets {
            pattern.share();
        }
        let pattern = Arc::new(pattern);
        let mut kept = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        let taken: u64 = kept.values().map(|pattern| pattern.size).sum();
        if kept.len() >= patterns || taken.saturating_add(pattern.size) > states {
            if !forgets {
                return pattern;
            }
            // patterns made at run time drive out others only now and then
            kept.clear();
        }
        kept.insert(key.to_owned(), Arc::clone(&pattern));
        pattern
    }
}
