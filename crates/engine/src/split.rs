//! One evaluation in which several threads have a part.

use sekisho_policy::{EvalError, Outcome};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a policy said.
pub(crate) type Said = Result<Outcome, EvalError>;

/// Threads that may have a part in evaluations.
pub trait Helpers {
    /// Has another thread call [`help`](crate::help()), where one is free: with the same set,
    /// request, schemas and inventory, and the same time. Nobody waits for it.
    fn call(&self, split: &Arc<Split>);
}

/// What is left to evaluate of a request, and what came of it elsewhere.
///
/// Whoever is asked for the verdict takes policies from the beginning, helpers take them from the
/// end. What helpers have not ended once nothing is left is given up and evaluated anew: evaluations
/// change nothing, and who waits for none is held up by none.
#[derive(Debug)]
pub struct Split(Mutex<State>);

#[derive(Debug)]
struct State {
    /// the policies that nobody began with
    left: Range<usize>,
    /// those that helpers began with
    begun: Vec<usize>,
    /// what those said that helpers ended
    said: Vec<(usize, Said)>,
}

impl Split {
    pub(crate) fn of(policies: usize) -> Self {
        Self(Mutex::new(State { left: 0..policies, begun: Vec::new(), said: Vec::new() }))
    }

    /// The next policy from the beginning.
    pub(crate) fn take(&self) -> Option<usize> {
        self.state().left.next()
    }

    /// The next policy from the end, for a helper.
    pub(crate) fn begin(&self) -> Option<usize> {
        let mut state = self.state();
        let at = state.left.next_back()?;
        state.begun.push(at);
        Some(at)
    }

    /// What it said, unless it was given up.
    pub(crate) fn end(&self, at: usize, said: Said) {
        let mut state = self.state();
        if let Some(place) = state.begun.iter().position(|begun| *begun == at) {
            state.begun.swap_remove(place);
            state.said.push((at, said));
        }
    }

    /// What helpers did, and what they began with and is given up now.
    pub(crate) fn close(&self) -> (Vec<(usize, Said)>, Vec<usize>) {
        let mut state = self.state();
        state.left = 0..0;
        (std::mem::take(&mut state.said), std::mem::take(&mut state.begun))
    }

    /// Whether no helper can do anything more.
    pub(crate) fn is_over(&self) -> bool {
        self.state().left.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Split;
    use sekisho_policy::Outcome;

    #[test]
    fn every_policy_is_taken_once_and_none_is_lost() {
        let split = Split::of(5);
        assert_eq!((split.take(), split.begin(), split.begin()), (Some(0), Some(4), Some(3)));
        split.end(4, Ok(Outcome::default()));
        split.end(2, Ok(Outcome::default()));
        assert_eq!((split.take(), split.take(), split.take()), (Some(1), Some(2), None));
        assert!(split.is_over() && split.begin().is_none());
        let (said, given_up) = split.close();
        assert_eq!(said, [(4, Ok(Outcome::default()))], "nobody began with 2");
        assert_eq!(given_up, [3]);
        split.end(3, Ok(Outcome::default()));
        assert_eq!(split.close(), (vec![], vec![]), "it came too late");

        let broke_off = Split::of(2);
        assert!(broke_off.begin().is_some());
        assert_eq!(broke_off.close(), (vec![], vec![1]));
        assert!(broke_off.is_over());
    }
}
