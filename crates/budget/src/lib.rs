//! How much one compile or one evaluation may cost.
//!
//! **Invariant:** a budget knows no clock; whoever has one raises the flag.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much one evaluation may cost. An exhausted budget is an error, never a pass.
///
/// The core has no clock: wall-clock limits are set by the checkpoint, which raises `cancelled`.
#[derive(Debug)]
pub struct Budget<'a> {
    steps: Cell<u64>,
    memory: Cell<u64>,
    cancelled: Option<&'a AtomicBool>,
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

    /// A budget of so many steps and bytes, and a flag that ends the evaluation when raised.
    #[must_use]
    pub fn new(steps: u64, memory: u64, cancelled: Option<&'a AtomicBool>) -> Self {
        Self { steps: Cell::new(steps), memory: Cell::new(memory), cancelled }
    }

    /// A budget of the default steps and memory that the same flag ends.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self::new(Self::DEFAULT_STEPS, Self::DEFAULT_MEMORY, self.cancelled)
    }

    /// Takes steps.
    ///
    /// # Errors
    /// Where fewer are left, or the evaluation was cancelled.
    #[inline]
    pub fn step(&self, steps: u64) -> Result<(), BudgetExceeded> {
        let left = self.steps.get().checked_sub(steps).ok_or(BudgetExceeded::Steps)?;
        self.steps.set(left);
        if self.cancelled.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
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
}

#[cfg(test)]
mod tests {
    use super::{Budget, BudgetExceeded};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn each_limit_holds() {
        let flag = AtomicBool::new(false);
        let budget = Budget::new(3, 10, Some(&flag));
        assert_eq!(budget.step(2), Ok(()));
        assert_eq!(budget.step(2), Err(BudgetExceeded::Steps));
        assert_eq!(budget.allocate(11), Err(BudgetExceeded::Memory));
        flag.store(true, Ordering::Relaxed);
        assert_eq!(budget.step(1), Err(BudgetExceeded::Time));
    }
}
