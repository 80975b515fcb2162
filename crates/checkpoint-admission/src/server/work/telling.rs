//! What is told of requests that are answered: what was found, and what their pods would be told.

use super::{BROKE_OFF, Time, Work, not_of_a_policy};
use crate::basis::Basis;
use crate::judge::foresee;
use crate::review::{Answer, Review};
use sekisho_engine::{Verdict, implies_pods};
use sekisho_policy::{Request, Stop};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::info_span;

/// Why the line about a workload says nothing of its pods.
const UNFORESEEN: &str = "what its pods would be told was not found out in time";
const TOO_MANY: &str = "what its pods would be told was not found out: too many others wait";

/// What an answer leaves to be told: it does not wait for what would come of its object.
pub(super) struct Owed {
    pub(super) basis: Arc<Basis>,
    pub(super) answer: Answer,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
    pub(super) within: Duration,
}

impl Work {
    /// Has what was found told once it is answered. Where the pods of many others are to be judged
    /// first, those of this one are not: that would take what answers need.
    pub(super) fn follow(self: &Arc<Self>, mut owed: Owed, review: Arc<Review>) {
        let work = Arc::clone(self);
        let implies_pods = implies_pods(&review.request);
        if implies_pods && let Some(place) = self.afterwards.place() {
            let (stop, in_time) = stop_within(owed.within);
            let tell = move || {
                work.tell(owed, &review.request, Some(&stop));
                drop(in_time);
            };
            return self.afterwards.queue(tell, place);
        }
        if implies_pods {
            self.leave_out(&mut owed.verdict);
        }
        let Some(place) = self.afterwards.place_beside() else {
            return self.tell(owed, &review.request, None);
        };
        // That takes little, and whoever answered does it next.
        tokio::spawn(async move {
            work.tell(owed, &review.request, None);
            drop(place);
        });
    }

    /// Tells what was found of a request, and finds out before what its pods would be told, until
    /// that is stopped.
    pub(super) fn tell(&self, owed: Owed, request: &Request, foresee: Option<&Stop>) {
        let tell = AssertUnwindSafe(|| self.tell_of(owed, request, foresee));
        if catch_unwind(tell).is_err() {
            self.metrics.unevaluated(1, 0);
        }
    }

    /// Nobody finds out what pods would be told.
    fn leave_out(&self, verdict: &mut Verdict) {
        self.metrics.unforeseen();
        verdict.tolerated.push(not_of_a_policy(TOO_MANY.to_owned()));
    }

    fn tell_of(&self, owed: Owed, request: &Request, foresee_until: Option<&Stop>) {
        let Owed { basis, answer, mut verdict, took, within } = owed;
        let foresee_until = foresee_until.filter(|_| implies_pods(request));
        if foresee_until.is_some_and(Stop::is_raised) {
            // Its time was over while it waited.
            self.leave_out(&mut verdict);
        } else if let Some(stop) = foresee_until {
            let _foreseeing = info_span!(parent: None, "foresee", uid = request.uid.as_str());
            let conduct = self.conduct(Time { started: Instant::now(), within }, stop);
            let mut whole = verdict.clone();
            let foresee = AssertUnwindSafe(|| foresee(request, &basis, &conduct, &mut whole));
            match catch_unwind(foresee) {
                Ok(()) if !stop.is_raised() => {
                    let more = |all: &[_], own: &[_]| all.len().saturating_sub(own.len());
                    self.metrics.unevaluated(
                        more(&whole.errors, &verdict.errors),
                        more(&whole.tolerated, &verdict.tolerated),
                    );
                    verdict = whole;
                }
                broke_off => {
                    let why = if broke_off.is_ok() { UNFORESEEN } else { BROKE_OFF };
                    self.metrics.unevaluated(1, 0);
                    verdict.errors.push(not_of_a_policy(why.to_owned()));
                }
            }
        }
        (self.on_verdict)(request, &answer, &verdict, took);
    }

    /// How many requests are answered and not told of yet, beside those that are being judged.
    pub(in super::super) fn untold(&self) -> usize {
        self.afterwards.taken()
    }

    /// Waits until all is told of what was answered.
    pub(in super::super) async fn told(&self) {
        self.afterwards.done().await;
        let all = u32::try_from(self.limits.judging).unwrap_or(u32::MAX);
        // They are never closed.
        let _ = self.turns.acquire_many(all).await;
    }
}

/// What is raised after a while, unless what comes with it is dropped before.
pub(super) fn stop_within(within: Duration) -> (Arc<Stop>, oneshot::Sender<()>) {
    let (stop, (kept, dropped)) = (Arc::new(Stop::default()), oneshot::channel());
    let raised = Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::time::timeout(within, dropped).await.is_err() {
            raised.raise();
        }
    });
    (stop, kept)
}
