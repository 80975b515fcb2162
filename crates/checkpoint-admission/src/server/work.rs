//! Judging, beside the threads that talk to clients: bounded in number, in waiting and in time.

use super::body::Body;
use super::limits::Limits;
use super::metrics::{Metrics, Outcome};
use crate::direction::{FailureDirection, FailureDirections};
use crate::judge::{Conduct, judge, judge_images, mutate, not_judged};
use crate::live::Live;
use crate::review::{Answer, ImageReview, Refusal, Review, ReviewError, ReviewVersion};
use sekisho_engine::Verdict;
use sekisho_policy::{Pattern, Request, Stop};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tracing::{Span, field, info_span};

/// Is told of every request that was judged.
pub type OnVerdict = dyn Fn(&Request, &Answer, &Verdict, Duration) + Send + Sync;

/// Judges reviews.
pub(super) struct Work {
    pub(super) live: Arc<Live>,
    pub(super) on_error: FailureDirections,
    pub(super) on_verdict: Box<OnVerdict>,
    pub(super) metrics: Arc<Metrics>,
    /// what images are judged by
    pub(super) images: Vec<Pattern>,
    waiting: AtomicUsize,
    turns: Arc<Semaphore>,
    most_waiting: usize,
    most_judging: usize,
}

/// What is asked of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// whether the object may be stored
    Validate,
    /// how it is to be changed before
    Mutate,
    /// whether images may run
    Images,
}

impl Asked {
    pub(super) const ALL: [Self; 3] = [Self::Validate, Self::Mutate, Self::Images];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mutate => "mutate",
            Self::Images => "imagepolicy",
        }
    }
}

/// What comes of a review.
pub(super) enum Done {
    /// the review that answers it
    Answered(String),
    /// nothing that could be answered with one
    NoReview(ReviewError),
    /// it was not read in time
    Late,
}

/// What is asked about, as it is read.
enum Question {
    Review(Box<Review>),
    Images(ImageReview),
}

/// How a question is answered, as soon as that is known.
#[derive(Clone, Debug)]
enum Form {
    Review(ReviewVersion, String),
    Images,
}

type Address = OnceLock<Form>;

impl Question {
    fn read(asked: Asked, body: &[u8]) -> Result<Self, ReviewError> {
        match asked {
            Asked::Images => ImageReview::read(body).map(Self::Images),
            _ => Review::read(body).map(|review| Self::Review(Box::new(review))),
        }
    }

    fn form(&self) -> Form {
        match self {
            Self::Review(review) => Form::Review(review.version, review.request.uid.to_string()),
            Self::Images(_) => Form::Images,
        }
    }
}

impl Form {
    fn told(&self, answer: &Answer) -> Done {
        Done::Answered(match self {
            Self::Review(version, uid) => answer.to_json(*version, uid),
            Self::Images => answer.to_image_review(),
        })
    }
}

/// The time of a review.
#[derive(Clone, Copy)]
struct Time {
    started: Instant,
    until: Instant,
}

impl Work {
    pub(super) fn new(
        live: Arc<Live>,
        on_error: FailureDirections,
        on_verdict: Box<OnVerdict>,
        metrics: Arc<Metrics>,
        limits: &Limits,
    ) -> Self {
        Self {
            live,
            on_error,
            on_verdict,
            metrics,
            images: Vec::new(),
            waiting: AtomicUsize::new(0),
            turns: Arc::new(Semaphore::new(limits.judging)),
            most_waiting: limits.waiting,
            most_judging: limits.judging,
        }
    }

    /// How many requests are being judged.
    pub(super) fn judging(&self) -> usize {
        self.most_judging.saturating_sub(self.turns.available_permits())
    }

    /// How many requests wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Answers a review within the time given.
    pub(super) async fn answer(
        self: &Arc<Self>,
        asked: Asked,
        body: Body,
        within: Duration,
        span: &Span,
    ) -> Done {
        let started = Instant::now();
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.most_waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return self.shed(asked, &body);
        }
        let turn = tokio::time::timeout(within, Arc::clone(&self.turns).acquire_owned()).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let Ok(Ok(turn)) = turn else { return self.shed(asked, &body) };
        let address = Arc::new(Address::new());
        let cancelled = Arc::new(Stop::default());
        let judged = tokio::task::spawn_blocking({
            let (work, address, cancelled) =
                (Arc::clone(self), Arc::clone(&address), Arc::clone(&cancelled));
            let span = span.clone();
            move || {
                let time = Time { started, until: started + within };
                let done = work.judge(asked, &body.bytes, &address, &cancelled, time, &span);
                drop(turn);
                done
            }
        });
        match tokio::time::timeout(within.saturating_sub(started.elapsed()), judged).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => self.failed(asked, &address, "the judgement broke off"),
            Err(_) => {
                cancelled.raise();
                self.failed(asked, &address, "it was not judged in time")
            }
        }
    }

    fn judge(
        &self,
        asked: Asked,
        body: &[u8],
        address: &Address,
        cancelled: &Stop,
        time: Time,
        span: &Span,
    ) -> Done {
        let Time { started, until } = time;
        let reading = info_span!(parent: span, "read", bytes = body.len());
        let question = match Question::read(asked, body) {
            Ok(question) => question,
            Err(error) => {
                self.metrics.count(asked, Outcome::NoReview);
                return Done::NoReview(error);
            }
        };
        drop(reading);
        let form = question.form();
        let _ = address.set(form.clone());
        let Some(basis) = self.live.basis() else {
            return self.failed(asked, address, "no policies are loaded yet");
        };
        let now = jiff::Timestamp::now();
        let (cancelled, until) = (Some(cancelled), Some(until));
        let conduct = Conduct { on_error: &self.on_error, now, cancelled, until };
        let judging = info_span!(parent: span, "judge");
        let told = |request: &Request, answer: &Answer, verdict: &Verdict| {
            drop(judging);
            if !span.is_disabled() {
                record(span, request, answer);
            }
            // Whoever gave up was answered already, and counted.
            if !cancelled.is_some_and(Stop::is_raised) {
                let took = started.elapsed();
                self.metrics.judged(asked, answer, verdict, took);
                (self.on_verdict)(request, answer, verdict, took);
            }
            form.told(answer)
        };
        match (&question, asked) {
            (Question::Images(review), _) => {
                let (request, answer, verdict) =
                    judge_images(review, &self.images, &basis, &conduct);
                told(&request, &answer, &verdict)
            }
            (Question::Review(review), Asked::Mutate) => {
                let (answer, mutated) = mutate(&review.request, &basis, &conduct);
                let verdict = Verdict { errors: mutated.errors, ..Verdict::default() };
                told(&review.request, &answer, &verdict)
            }
            (Question::Review(review), _) => {
                let (answer, verdict) = judge(&review.request, &basis, &conduct);
                told(&review.request, &answer, &verdict)
            }
        }
    }

    /// More requests came than can be judged: they go the configured way at once.
    fn shed(&self, asked: Asked, body: &Body) -> Done {
        let question = match Question::read(asked, &body.bytes) {
            Ok(question) => question,
            Err(error) => {
                self.metrics.count(asked, Outcome::NoReview);
                return Done::NoReview(error);
            }
        };
        self.metrics.count(asked, Outcome::Shed);
        let refusal = Refusal {
            code: 503,
            reason: "ServiceUnavailable",
            message: "too many requests are being judged".to_owned(),
            retry_after_seconds: Some(1),
            ..Refusal::default()
        };
        question.form().told(&self.in_direction(refusal))
    }

    fn failed(&self, asked: Asked, address: &Address, why: &str) -> Done {
        self.metrics.count(asked, Outcome::Failed);
        let Some(form) = address.get() else { return Done::Late };
        form.told(&self.in_direction(not_judged(&[why.to_owned()])))
    }

    fn in_direction(&self, refusal: Refusal) -> Answer {
        let annotations = [("error".to_owned(), refusal.message.clone())].into();
        match self.on_error.of(None) {
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

/// A span for a review. What is not known before it is read is recorded later.
pub(super) fn span(asked: Asked, trace: Option<&str>) -> Span {
    info_span!(
        parent: None,
        "review",
        endpoint = asked.name(),
        traceparent = trace,
        uid = field::Empty,
        operation = field::Empty,
        kind = field::Empty,
        namespace = field::Empty,
        object = field::Empty,
        allowed = field::Empty,
    )
}

fn record(span: &Span, request: &Request, answer: &Answer) {
    span.record("uid", request.uid.as_str());
    span.record("operation", request.operation.as_str());
    span.record("kind", request.gvk.kind.as_str());
    span.record("namespace", request.namespace.as_deref().unwrap_or_default());
    span.record("object", request.name.as_str());
    span.record("allowed", answer.refusal.is_none());
}
