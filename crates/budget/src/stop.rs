use std::sync::atomic::{AtomicU64, Ordering};

/// Ends evaluations that come one after the other: all of them, or the one that runs.
///
/// Whoever has a clock looks at [`Self::evaluation`] now and then: a number that stays is an
/// evaluation that takes long.
#[derive(Debug, Default)]
pub struct Stop(AtomicU64);

/// Every evaluation is ended.
const ALL: u64 = 1;
/// The one that runs is ended.
const ONE: u64 = 2;
/// One evaluation more, in the bits above.
const NEXT: u64 = 4;

impl Stop {
    /// What ends every evaluation from the first.
    #[must_use]
    pub fn raised() -> Self {
        Self(AtomicU64::new(ALL))
    }

    /// Ends the evaluation that runs, and all that follow.
    pub fn raise(&self) {
        self.0.fetch_or(ALL, Ordering::Relaxed);
    }

    /// Whether the evaluation that runs is ended.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed) & (ALL | ONE) != 0
    }

    /// The number of the evaluation that runs: it grows with each that begins.
    #[must_use]
    pub fn evaluation(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / NEXT
    }

    /// Ends the evaluation of a number, where it still runs: never the one after it.
    pub fn raise_for(&self, evaluation: u64) {
        let running = evaluation * NEXT;
        let ended = running | ONE;
        let _ = self.0.compare_exchange(running, ended, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The next evaluation begins.
    pub(crate) fn begin(&self) {
        if self.0.fetch_add(NEXT, Ordering::Relaxed) & ONE != 0 {
            self.0.fetch_and(!ONE, Ordering::Relaxed);
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
