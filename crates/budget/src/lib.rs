//! How much one compile or one evaluation may cost.
//!
//! **Invariant:** a budget knows no clock; whoever has one raises the flag.

mod stop;

pub use stop::Stop;

use std::cell::Cell;

/// How much one evaluation may cost. An exhausted budget is an error, never a pass.
///
/// The core has no clock: wall-clock limits are set by the checkpoint, which raises the [`Stop`].
#[derive(Debug)]
pub struct Budget<'a> {
    steps: Cell<u64>,
    memory: Cell<u64>,
    stop: Option<&'a Stop>,
    /// how many steps it had, where they count for whoever stops it
    had: Option<u64>,
}

/// The evaluation cost more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetExceeded {
    /// too many steps
    #[error("the evaluation took more steps than it may")]
    Steps,
    /// too much memory
    #[error("the evaluation took more memory than it may")]
    Memory,
    /// too much time
    #[error("the evaluation took longer than it may")]
    Time,
    /// one operation that costs more than any may, however much is left
    #[error("one operation takes more than any may")]
    Operation,
    /// values, calls or patterns nested too deep
    #[error("the evaluation nests deeper than it may")]
    Depth,
}

impl<'a> Budget<'a> {
    /// Steps enough for any sensible policy: tens of milliseconds of work.
    pub const DEFAULT_STEPS: u64 = 10_000_000;
    /// Bytes that an evaluation may take beside its input.
    pub const DEFAULT_MEMORY: u64 = 64 << 20;

    /// A budget of the default steps and memory.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(Self::DEFAULT_STEPS, Self::DEFAULT_MEMORY, None)
    }

    /// A budget of so many steps and bytes for an evaluation that begins, and what ends it when
    /// raised.
    #[must_use]
    pub fn new(steps: u64, memory: u64, stop: Option<&'a Stop>) -> Self {
        if let Some(stop) = stop {
            stop.begin();
        }
        let steps = stop.map_or(steps, |stop| stop.left().min(steps));
        Self { steps: Cell::new(steps), memory: Cell::new(memory), stop, had: Some(steps) }
    }

    /// A budget of the default steps and memory for the same evaluation.
    #[must_use]
    pub fn renewed(&self) -> Self {
        let (steps, memory) = (Cell::new(Self::DEFAULT_STEPS), Cell::new(Self::DEFAULT_MEMORY));
        Self { steps, memory, stop: self.stop, had: None }
    }

    /// Takes steps.
    ///
    /// # Errors
    /// Where fewer are left, or the evaluation was ended.
    #[inline]
    pub fn step(&self, steps: u64) -> Result<(), BudgetExceeded> {
        let left = self.steps.get().checked_sub(steps).ok_or_else(|| self.exhausted())?;
        self.steps.set(left);
        if self.stop.is_some_and(Stop::is_raised) {
            return Err(BudgetExceeded::Time);
        }
        Ok(())
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// Where fewer are left.
    #[inline]
    pub fn allocate(&self, bytes: u64) -> Result<(), BudgetExceeded> {
        let left = self.memory.get().checked_sub(bytes).ok_or(BudgetExceeded::Memory)?;
        self.memory.set(left);
        Ok(())
    }

    #[cold]
    fn exhausted(&self) -> BudgetExceeded {
        match self.stop.filter(|stop| self.had == Some(stop.left())) {
            // Those before it left no more.
            Some(stop) => {
                stop.raise();
                BudgetExceeded::Time
            }
            None => BudgetExceeded::Steps,
        }
    }
}

impl Drop for Budget<'_> {
    fn drop(&mut self) {
        if let (Some(stop), Some(had)) = (self.stop, self.had) {
            stop.took(had.saturating_sub(self.steps.get()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, BudgetExceeded, Stop};

    #[test]
    fn each_limit_holds() {
        let stop = Stop::default();
        let budget = Budget::new(3, 10, Some(&stop));
        assert_eq!(budget.step(2), Ok(()));
        assert_eq!(budget.step(2), Err(BudgetExceeded::Steps));
        assert_eq!(budget.allocate(11), Err(BudgetExceeded::Memory));
        stop.raise();
        assert_eq!(budget.step(1), Err(BudgetExceeded::Time));
    }

    #[test]
    fn evaluations_share_what_they_may_take_together() {
        let stop = Stop::after(1_000);
        for _ in 0..3 {
            let budget = Budget::new(500, 0, Some(&stop));
            assert_eq!(budget.step(250), Ok(()));
            // What is made once for all is not theirs.
            assert_eq!(budget.renewed().step(5_000), Ok(()));
        }
        assert!(!stop.is_raised());
        let last = Budget::new(500, 0, Some(&stop));
        assert_eq!(last.step(500), Err(BudgetExceeded::Time));
        assert!(stop.is_raised());
        assert_eq!(Budget::new(500, 0, Some(&stop)).step(1), Err(BudgetExceeded::Time));

        let alone = Stop::after(1_000);
        assert_eq!(Budget::new(10, 0, Some(&alone)).step(11), Err(BudgetExceeded::Steps));
        assert!(!alone.is_raised(), "it took what one may");
    }
}
