use super::Opaque;
use bumpalo::Bump;
use sekisho_go_regex::Pattern;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The place for the values of an evaluation: freed as a whole.
#[derive(Default)]
pub struct Scratch {
    pub(crate) bump: Bump,
    opaques: Opaques,
    patterns: RefCell<HashMap<Box<str>, Arc<Pattern>>>,
}

/// As many patterns are kept.
const MOST_PATTERNS: usize = 100;
/// Longer patterns are not kept.
const LONGEST_PATTERN: usize = 4096;

impl Scratch {
    /// An empty place.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Frees all values, and keeps the room for those of the next evaluation, and the regular
    /// expressions that were compiled.
    pub fn reset(&mut self) {
        self.bump.reset();
        if self.opaques.count.get() > 0 {
            self.opaques = Opaques::default();
        }
    }

    pub(crate) fn kept_pattern(&self, source: &str) -> Option<Arc<Pattern>> {
        self.patterns.borrow().get(source).cloned()
    }

    pub(crate) fn keep_pattern(&self, pattern: &Arc<Pattern>) {
        let mut kept = self.patterns.borrow_mut();
        if pattern.source().len() > LONGEST_PATTERN {
            return;
        }
        if kept.len() >= MOST_PATTERNS {
            kept.clear();
        }
        kept.insert(pattern.source().into(), Arc::clone(pattern));
    }

    /// The value of an extension that was made last.
    pub(crate) fn last_kept(&self) -> Option<Arc<dyn Opaque>> {
        self.opaques.last()
    }

    pub(crate) fn keep(&self, opaque: Arc<dyn Opaque>) -> &dyn Opaque {
        self.opaques.keep(opaque)
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

/// Values of extensions own what they hold, and are dropped with the scratch. Each chunk is twice
/// as long as the one before, and none ever moves.
#[derive(Default)]
struct Opaques {
    count: Cell<usize>,
    chunks: [OnceCell<Chunk>; CHUNKS],
}

type Chunk = Box<[OnceCell<Arc<dyn Opaque>>]>;

const FIRST: usize = 8;
const CHUNKS: usize = 24;

impl Opaques {
    fn keep(&self, opaque: Arc<dyn Opaque>) -> &dyn Opaque {
        let index = self.count.get();
        self.count.set(index + 1);
        match self.slot(index) {
            Some(slot) => &**slot.get_or_init(|| opaque),
            // Beyond 134 million values, which no budget allows.
            None => &Exhausted,
        }
    }

    fn last(&self) -> Option<Arc<dyn Opaque>> {
        self.slot(self.count.get().checked_sub(1)?)?.get().cloned()
    }

    fn slot(&self, index: usize) -> Option<&OnceCell<Arc<dyn Opaque>>> {
        // Chunk `k` begins at `FIRST * (2^k - 1)`.
        let chunk = (index / FIRST + 1).ilog2() as usize;
        let at = index - FIRST * ((1 << chunk) - 1);
        let slots = self.chunks.get(chunk)?.get_or_init(|| {
            (0..FIRST << chunk).map(|_| OnceCell::new()).collect::<Vec<_>>().into_boxed_slice()
        });
        slots.get(at)
    }
}

#[derive(Debug)]
struct Exhausted;

impl Opaque for Exhausted {
    fn type_name(&self) -> &str {
        "error"
    }

    fn equals(&self, _: &dyn Opaque) -> Option<bool> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Scratch;
    use crate::term::Opaque;
    use std::sync::Arc;

    #[derive(Debug)]
    struct Numbered(String);

    impl Opaque for Numbered {
        fn type_name(&self) -> &str {
            &self.0
        }

        fn equals(&self, _: &dyn Opaque) -> Option<bool> {
            None
        }
    }

    #[test]
    fn every_value_stays() {
        let scratch = Scratch::new();
        let kept: Vec<_> = (0..1000)
            .map(|number: u32| scratch.keep(Arc::new(Numbered(number.to_string()))))
            .collect();
        for (number, kept) in kept.into_iter().enumerate() {
            assert_eq!(kept.type_name(), number.to_string());
        }
    }
}
