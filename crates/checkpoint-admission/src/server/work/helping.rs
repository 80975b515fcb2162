//! A second thread for a judgement, where a core is free.

use super::{Time, Work};
use crate::basis::Basis;
use crate::judge::{Conduct, help};
use crate::review::Review;
use sekisho_engine::{Helpers, Split};
use sekisho_policy::Stop;
use std::sync::Arc;

/// A judgement that others may help with.
pub(super) struct Helping<'j> {
    pub(super) work: &'j Arc<Work>,
    pub(super) basis: &'j Arc<Basis>,
    pub(super) review: &'j Arc<Review>,
    pub(super) stop: &'j Arc<Stop>,
    pub(super) conduct: &'j Conduct<'j>,
    pub(super) time: Time,
}

impl Helpers for Helping<'_> {
    fn call(&self, split: &Arc<Split>) {
        let (work, now, time) = (self.work, self.conduct.now, self.time);
        // Where as many are judged as may be there is no core for it.
        let is_free = work.judging() < work.limits.judging;
        let Some(call) = is_free.then(|| work.helper.call()).flatten() else { return };
        let (basis, review) = (Arc::clone(self.basis), Arc::clone(self.review));
        let (stop, split) = (Arc::clone(self.stop), Arc::clone(split));
        let helped = Arc::clone(work);
        let part = move || {
            let conduct = Conduct { now, ..helped.conduct(time, &stop) };
            help(&review.request, &basis, &conduct, &split);
        };
        work.helper.help(part, call);
    }
}
