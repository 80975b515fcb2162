//! The invitation of the second thread to a judgement, where a core may be free.

use super::{Time, Work};
use crate::basis::Basis;
use crate::judge::{Conduct, take_part};
use crate::review::Review;
use sekisho_engine::{Partner, Split};
use std::sync::Arc;

/// A judgement that the second thread may take part in.
pub(super) struct Invitation<'j> {
    pub(super) work: &'j Arc<Work>,
    pub(super) basis: &'j Arc<Basis>,
    pub(super) review: &'j Arc<Review>,
    pub(super) time: Time,
    /// the time that decides on expiry
    pub(super) now: jiff::Timestamp,
}

impl Partner for Invitation<'_> {
    /// Where as many requests are there as may be judged, no core is free for it.
    fn is_free(&self) -> bool {
        self.work.crowd.present() < self.work.limits.judging
    }

    fn invite(&self, split: &Arc<Split>) {
        let Self { work, now, time, .. } = *self;
        let Some(hold) = work.second.hold() else { return };
        let (basis, review) = (Arc::clone(self.basis), Arc::clone(self.review));
        let (split, of) = (Arc::clone(split), Arc::clone(work));
        let part = move || {
            let conduct = Conduct { now, ..of.conduct(time, split.over()) };
            take_part(&review.request, &basis, &conduct, &split);
        };
        work.second.run(part, hold);
    }
}
