use std::sync::atomic::{AtomicU64, Ordering};

/// Ends evaluations that come one after the other: all of them, or the one that runs.
///
/// Whoever has a clock looks at [`Self::evaluation`] now and then: a number that stays is an
/// evaluation that takes long.
#[derive(Debug)]
pub struct Stop {
    state: AtomicU64,
    /// how many steps all evaluations together may still take
    left: AtomicU64,
}

/// Every evaluation is ended.
const ALL: u64 = 1;
/// The one that runs is ended.
const ONE: u64 = 2;
/// One evaluation more, in the bits above.
const NEXT: u64 = 4;

/// How many steps an evaluation counts as that takes none, where steps are counted together.
const EACH: u64 = 50;

impl Default for Stop {
    fn default() -> Self {
        Self::after(u64::MAX)
    }
}

impl Stop {
    /// What ends every evaluation from the first.
    #[must_use]
    pub fn raised() -> Self {
        let stop = Self::default();
        stop.raise();
        stop
    }

    /// What ends every evaluation once all of them together took so many steps: that is known
    /// without a clock, and soon.
    #[must_use]
    pub fn after(steps: u64) -> Self {
        Self { state: AtomicU64::new(0), left: AtomicU64::new(steps) }
    }

    /// Whether it ends evaluations soon: nothing is to be waited for then.
    #[must_use]
    pub fn is_soon(&self) -> bool {
        self.left() != u64::MAX
    }

    /// Ends the evaluation that runs, and all that follow.
    pub fn raise(&self) {
        self.state.fetch_or(ALL, Ordering::Relaxed);
    }

    /// Whether the evaluation that runs is ended.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.state.load(Ordering::Relaxed) & (ALL | ONE) != 0
    }

    /// The number of the evaluation that runs: it grows with each that begins.
    #[must_use]
    pub fn evaluation(&self) -> u64 {
        self.state.load(Ordering::Relaxed) / NEXT
    }

    /// Ends the evaluation of a number, where it still runs: never the one after it.
    pub fn raise_for(&self, evaluation: u64) {
        let running = evaluation * NEXT;
        let ended = running | ONE;
        let _ = self.state.compare_exchange(running, ended, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The next evaluation begins.
    pub(crate) fn begin(&self) {
        if self.state.fetch_add(NEXT, Ordering::Relaxed) & ONE != 0 {
            self.state.fetch_and(!ONE, Ordering::Relaxed);
        }
    }

    /// How many steps are left for an evaluation that begins.
    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// An evaluation took so many steps.
    pub(crate) fn took(&self, steps: u64) {
        // Without a limit there is nothing to count. Evaluations come one after the other.
        if self.is_soon() {
            let took = steps.saturating_add(EACH);
            self.left.store(self.left().saturating_sub(took), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[test]
    fn one_evaluation_is_ended_or_all_are() {
        let stop = Stop::default();
        stop.begin();
        let first = stop.evaluation();
        stop.raise_for(first);
        assert!(stop.is_raised());
        stop.begin();
        assert!(!stop.is_raised(), "the next is another");
        stop.raise_for(first);
        assert!(!stop.is_raised(), "what is over is not ended");
        stop.raise();
        assert!(stop.is_raised());
        stop.begin();
        assert!(stop.is_raised() && Stop::raised().is_raised());
    }
}
