//! One evaluation in which another thread has a part.

use sekisho_policy::{EvalError, Evaluate, Outcome, Stop};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a policy said.
pub(crate) type Said = Result<Outcome, EvalError>;

/// Whoever may find another thread for a part of an evaluation.
pub trait Partner {
    /// Whether there may be another thread: otherwise nothing is made ready for it.
    fn is_free(&self) -> bool;

    /// Has another thread [take part](crate::take_part()), where there is one: with the same target,
    /// request, schemas, inventory and time. Nobody waits for it.
    fn invite(&self, split: &Arc<Split>);
}

/// Policies of which two threads evaluate each a part, for one verdict on one request.
///
/// Whoever is asked for the verdict takes them from the beginning, the other thread from the end.
/// What the other has not ended once nothing is left is given up and evaluated anew: evaluations
/// change nothing, and who waits for none is held up by none.
pub struct Split {
    policies: Vec<Arc<dyn Evaluate>>,
    state: Mutex<State>,
    /// ends what the other thread does
    over: Stop,
}

struct State {
    /// the policies that nobody began with
    left: Range<usize>,
    /// the one that the other thread began with
    begun: Option<usize>,
    /// what those said that it ended
    said: Vec<(usize, Said)>,
}

/// The part of the thread that is asked for the verdict. The other has none once this is dropped.
pub(crate) struct First(Arc<Split>);

impl First {
    pub(crate) fn of(policies: Vec<Arc<dyn Evaluate>>) -> Self {
        let said = Vec::with_capacity(policies.len());
        let state = Mutex::new(State { left: 0..policies.len(), begun: None, said });
        // Nothing is waited for where an evaluation is soon to be ended.
        let over = Stop::after(u64::MAX - 1);
        Self(Arc::new(Split { policies, state, over }))
    }

    pub(crate) fn invite(&self, partner: &dyn Partner) {
        partner.invite(&self.0);
    }

    /// The next policy from the beginning.
    pub(crate) fn take(&self) -> Option<usize> {
        self.0.state().left.next()
    }

    /// What the other thread ended, and what it began with and is given up.
    pub(crate) fn close(self) -> (Vec<(usize, Said)>, Option<usize>) {
        self.0.over.raise();
        let mut state = self.0.state();
        (std::mem::take(&mut state.said), state.begun.take())
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.0.over.raise();
        self.0.state().left = 0..0;
    }
}

impl Split {
    /// What ends the part of the other thread. It waits for nothing.
    pub fn over(&self) -> &Stop {
        &self.over
    }

    /// The part of the other thread.
    pub(crate) fn each(&self, evaluate: impl Fn(&dyn Evaluate) -> Said) {
        while let Some((at, policy)) = self.begin() {
            let said = evaluate(policy);
            let mut state = self.state();
            // What was ended or given up is evaluated by the first thread.
            if state.begun == Some(at) && !self.over.is_raised() {
                state.begun = None;
                state.said.push((at, said));
            }
        }
    }

    fn begin(&self) -> Option<(usize, &dyn Evaluate)> {
        let mut state = self.state();
        if self.over.is_raised() || state.begun.is_some() {
            return None;
        }
        let at = state.left.next_back()?;
        state.begun = Some(at);
        self.policies.get(at).map(|policy| (at, &**policy))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Split").field("left", &self.state().left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{First, Partner, Said, Split};
    use sekisho_policy::{EvalContext, Evaluate, Outcome};
    use std::cell::RefCell;
    use std::sync::Arc;

    struct Policy;

    impl Evaluate for Policy {
        fn evaluate(&self, _: &EvalContext<'_>) -> Said {
            Ok(Outcome::default())
        }
    }

    /// Keeps what it is invited to.
    #[derive(Default)]
    struct Kept(RefCell<Option<Arc<Split>>>);

    impl Partner for Kept {
        fn is_free(&self) -> bool {
            true
        }

        fn invite(&self, split: &Arc<Split>) {
            self.0.replace(Some(Arc::clone(split)));
        }
    }

    fn split(policies: usize) -> (First, Arc<Split>) {
        let first = First::of((0..policies).map(|_| Arc::new(Policy) as Arc<_>).collect());
        let kept = Kept::default();
        first.invite(&kept);
        (first, kept.0.take().unwrap())
    }

    fn said(count: usize) -> Said {
        Ok(Outcome { warnings: vec![String::new(); count], ..Outcome::default() })
    }

    #[test]
    fn every_policy_is_taken_once_and_none_is_lost() {
        let (first, other) = split(5);
        let (taken, ended) = (RefCell::new(Vec::new()), RefCell::new(0));
        // The first thread takes one while the other evaluates.
        other.each(|_| {
            taken.borrow_mut().extend(first.take());
            *ended.borrow_mut() += 1;
            said(*ended.borrow())
        });
        assert_eq!(*taken.borrow(), [0, 1]);
        assert_eq!(first.take(), None);
        assert_eq!(first.close(), (vec![(4, said(1)), (3, said(2)), (2, said(3))], None));
    }

    #[test]
    fn what_is_not_ended_is_given_up() {
        let (first, other) = split(3);
        let first = RefCell::new(Some(first));
        let closed = RefCell::new(None);
        other.each(|_| {
            closed.replace(first.take().map(First::close));
            said(1)
        });
        assert_eq!(closed.take(), Some((vec![], Some(2))), "it came too late");
        assert!(other.over().is_raised());
        other.each(|_| panic!("nobody asks for it any more"));
    }

    #[test]
    fn what_was_ended_from_outside_is_not_told() {
        let (first, other) = split(2);
        other.each(|_| {
            other.over().raise();
            said(1)
        });
        assert_eq!(first.close(), (vec![], Some(1)));
    }

    #[test]
    fn nothing_is_left_for_the_other_where_the_first_breaks_off() {
        let (first, other) = split(2);
        drop(first);
        other.each(|_| panic!("nobody asks for it any more"));
        assert!(other.over().is_raised() && other.over().is_soon());
    }
}
