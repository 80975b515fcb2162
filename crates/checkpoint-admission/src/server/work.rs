//! Judging, beside the threads that talk to clients: bounded in number, in waiting and in time.

use super::limits::Limits;
use super::metrics::{Metrics, Outcome};
use crate::judge::{Conduct, FailureDirection, judge, mutate, not_judged};
use crate::live::Live;
use crate::review::{Answer, Refusal, Review, ReviewError, ReviewVersion};
use bytes::Bytes;
use sekisho_engine::Verdict;
use sekisho_policy::Request;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Is told of every request that was judged.
pub type OnVerdict = dyn Fn(&Request, &Answer, &Verdict, Duration) + Send + Sync;

/// Judges reviews.
pub(super) struct Work {
    pub(super) live: Arc<Live>,
    pub(super) on_error: FailureDirection,
    pub(super) on_verdict: Box<OnVerdict>,
    pub(super) metrics: Arc<Metrics>,
    waiting: AtomicUsize,
    turns: Arc<Semaphore>,
    most_waiting: usize,
}

/// What is asked of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// whether the object may be stored
    Validate,
    /// how it is to be changed before
    Mutate,
}

/// What comes of a review.
pub(super) enum Done {
    /// the `AdmissionReview` that answers it
    Answered(String),
    /// nothing that could be answered with one
    NoReview(ReviewError),
    /// it was not read in time
    Late,
}

/// How a review is answered, as soon as that is known.
type Address = OnceLock<(ReviewVersion, String)>;

impl Work {
    pub(super) fn new(
        live: Arc<Live>,
        on_error: FailureDirection,
        on_verdict: Box<OnVerdict>,
        metrics: Arc<Metrics>,
        limits: &Limits,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(limits.judging));
        let (waiting, most_waiting) = (AtomicUsize::new(0), limits.waiting);
        Self { live, on_error, on_verdict, metrics, waiting, turns, most_waiting }
    }

    /// Answers a review within the time given.
    pub(super) async fn answer(
        self: &Arc<Self>,
        asked: Asked,
        body: Bytes,
        within: Duration,
    ) -> Done {
        let started = Instant::now();
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return self.shed(&body);
        }
        let turn = tokio::time::timeout(within, Arc::clone(&self.turns).acquire_owned()).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let Ok(Ok(turn)) = turn else { return self.shed(&body) };
        let address = Arc::new(Address::new());
        let cancelled = Arc::new(AtomicBool::new(false));
        let judged = tokio::task::spawn_blocking({
            let (work, address, cancelled) =
                (Arc::clone(self), Arc::clone(&address), Arc::clone(&cancelled));
            move || {
                let done = work.judge(asked, &body, &address, &cancelled, started);
                drop(turn);
                done
            }
        });
        match tokio::time::timeout(within.saturating_sub(started.elapsed()), judged).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => self.failed(&address, "the judgement broke off"),
            Err(_) => {
                cancelled.store(true, Ordering::Relaxed);
                self.failed(&address, "it was not judged in time")
            }
        }
    }

    fn judge(
        &self,
        asked: Asked,
        body: &[u8],
        address: &Address,
        cancelled: &AtomicBool,
        started: Instant,
    ) -> Done {
        let review = match Review::read(body) {
            Ok(review) => review,
            Err(error) => {
                self.metrics.count(Outcome::NoReview);
                return Done::NoReview(error);
            }
        };
        let uid = review.request.uid.as_str();
        let _ = address.set((review.version, uid.to_owned()));
        let Some(basis) = self.live.basis() else {
            return self.failed(address, "no policies are loaded yet");
        };
        let now = jiff::Timestamp::now();
        let conduct = Conduct { on_error: self.on_error, now, cancelled: Some(cancelled) };
        let (answer, verdict) = match asked {
            Asked::Validate => judge(&review.request, &basis, &conduct),
            Asked::Mutate => {
                let (answer, mutated) = mutate(&review.request, &basis, &conduct);
                (answer, Verdict { errors: mutated.errors, ..Verdict::default() })
            }
        };
        let took = started.elapsed();
        self.metrics.judged(&answer, &verdict, took);
        (self.on_verdict)(&review.request, &answer, &verdict, took);
        Done::Answered(answer.to_json(review.version, uid))
    }

    /// More requests came than can be judged: they go the configured way at once.
    fn shed(&self, body: &[u8]) -> Done {
        let review = match Review::read(body) {
            Ok(review) => review,
            Err(error) => {
                self.metrics.count(Outcome::NoReview);
                return Done::NoReview(error);
            }
        };
        self.metrics.count(Outcome::Shed);
        let refusal = Refusal {
            code: 503,
            reason: "ServiceUnavailable",
            message: "too many requests are being judged".to_owned(),
            retry_after_seconds: Some(1),
        };
        let answer = self.in_direction(refusal);
        Done::Answered(answer.to_json(review.version, &review.request.uid))
    }

    fn failed(&self, address: &Address, why: &str) -> Done {
        self.metrics.count(Outcome::Failed);
        let Some((version, uid)) = address.get() else { return Done::Late };
        let answer = self.in_direction(not_judged(&[why.to_owned()]));
        Done::Answered(answer.to_json(*version, uid))
    }

    fn in_direction(&self, refusal: Refusal) -> Answer {
        let annotations = [("error".to_owned(), refusal.message.clone())].into();
        match self.on_error {
            FailureDirection::Fail => {
                Answer { refusal: Some(refusal), annotations, ..Answer::default() }
            }
            FailureDirection::Ignore => {
                let warnings = vec![format!("not judged: {}", refusal.message)];
                Answer { warnings, annotations, ..Answer::default() }
            }
        }
    }
}
