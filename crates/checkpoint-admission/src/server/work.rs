//! Judging: at once where it takes little, else beside the threads that talk to clients; bounded in
//! number, in waiting and in time.

mod invitation;
mod telling;

use super::afterwards::Afterwards;
use super::body::Body;
use super::crowd::Crowd;
use super::limits::Limits;
use super::metrics::{Metrics, Outcome};
use super::room::{Room, SMALL};
use super::second_thread::SecondThread;
use crate::direction::{FailureDirection, FailureDirections};
use crate::judge::{Conduct, judge, judge_images, mutate, not_judged};
use crate::live::Live;
use crate::review::{Answer, ImageReview, Refusal, Review, ReviewError, ReviewVersion};
use crate::timed::OnWait;
use invitation::Invitation;
use sekisho_engine::{ErrorKind, Partner, Verdict, VerdictError, implies_pods};
use sekisho_policy::{Pattern, Request, Stop};
use sekisho_value::{Pointer, Value};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use telling::{Owed, stop_within};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{Span, field, info_span};

/// Is told of every request that was judged, or should have been.
pub type OnVerdict = dyn Fn(&Request, &Answer, &Verdict, Duration) + Send + Sync;

/// What a request is told that was not judged, as the log and the audit log have it.
const BROKE_OFF: &str = "the judgement broke off";
const TOO_LATE: &str = "it was not judged in time";

/// Judges reviews.
pub(super) struct Work {
    pub(super) live: Arc<Live>,
    pub(super) on_error: FailureDirections,
    pub(super) on_verdict: Box<OnVerdict>,
    pub(super) metrics: Arc<Metrics>,
    /// what images are judged by
    pub(super) images: Vec<Pattern>,
    /// how many are judged at once, on threads that talk
    at_once: AtomicUsize,
    waiting: AtomicUsize,
    turns: Arc<Semaphore>,
    asking: Arc<Semaphore>,
    afterwards: Afterwards,
    /// the requests that are there
    pub(super) crowd: Arc<Crowd>,
    second: SecondThread,
    room: Room,
    limits: Limits,
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
    Review(Arc<Review>),
    Images(ImageReview),
}

/// Who asked what, and how it is answered: what stays of a question that is not judged.
#[derive(Clone, Debug)]
struct Sent {
    form: Form,
    /// less the objects
    request: Box<Request>,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Review(ReviewVersion),
    Images,
}

impl Question {
    fn read(asked: Asked, body: &[u8]) -> Result<Self, ReviewError> {
        match asked {
            Asked::Images => ImageReview::read(body).map(Self::Images),
            _ => Review::read(body).map(|review| Self::Review(Arc::new(review))),
        }
    }

    fn sent(&self) -> Sent {
        let (form, request) = match self {
            Self::Review(review) => (Form::Review(review.version), review.request.clone()),
            Self::Images(review) => (Form::Images, review.asked()),
        };
        let [object, old_object, options] = [Value::Null, Value::Null, Value::Null];
        let less = Request { object, old_object, options, stored_as: None, ..request };
        Sent { form, request: Box::new(less) }
    }

    fn into_review(self) -> Option<Arc<Review>> {
        match self {
            Self::Review(review) => Some(review),
            Self::Images(_) => None,
        }
    }

    fn told(&self, answer: &Answer) -> Done {
        match self {
            Self::Review(review) => Form::Review(review.version).told(answer, &review.request.uid),
            Self::Images(_) => Form::Images.told(answer, ""),
        }
    }
}

impl Form {
    fn told(self, answer: &Answer, uid: &str) -> Done {
        Done::Answered(match self {
            Self::Review(version) => answer.to_json(version, uid),
            Self::Images => answer.to_image_review(),
        })
    }
}

/// The time of a review.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) started: Instant,
    pub(super) within: Duration,
}

impl Time {
    fn until(self) -> Instant {
        self.started + self.within
    }

    fn left(self) -> Duration {
        self.within.saturating_sub(self.started.elapsed())
    }
}

/// What is due: an answer, by when, and where that is traced.
#[derive(Clone, Copy)]
struct Due<'a> {
    asked: Asked,
    time: Time,
    span: &'a Span,
}

/// What came of a judgement.
struct Judged {
    done: Done,
    /// what is told once it is answered; none where that was done
    owed: Option<Owed>,
}

/// What came of a review that was to be judged at once.
enum AtOnce {
    Done(Done),
    /// it takes longer
    Longer(Question),
}

/// A judgement that somebody waits for; nobody does any more once this is dropped.
struct Awaited<'w> {
    work: &'w Work,
    asked: Asked,
    stop: Arc<Stop>,
    /// it was told what came of it
    is_told: bool,
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            // The client left.
            self.stop.raise();
            self.work.metrics.count(self.asked, Outcome::Failed);
        }
    }
}

impl Work {
    pub(super) fn new(
        live: Arc<Live>,
        on_error: FailureDirections,
        on_verdict: Box<OnVerdict>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        let crowd = Arc::new(Crowd::new(limits.crowd));
        Self {
            live,
            on_error,
            on_verdict,
            metrics,
            images: Vec::new(),
            at_once: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            turns: Arc::new(Semaphore::new(limits.judging)),
            asking: Arc::new(Semaphore::new(limits.asking)),
            afterwards: Afterwards::new(limits.afterwards, Arc::clone(&crowd)),
            crowd,
            second: SecondThread::new(),
            room: Room::new(limits.read),
            limits,
        }
    }

    /// How many requests are being judged.
    pub(super) fn judging(&self) -> usize {
        let in_turn = self.limits.judging.saturating_sub(self.turns.available_permits());
        let asking = self.limits.asking.saturating_sub(self.asking.available_permits());
        in_turn + asking + self.at_once.load(Ordering::Relaxed)
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
        time: Time,
        span: &Span,
    ) -> Done {
        // Whoever comes to it this late would come too late with all that follow, too.
        if time.left() < time.within / 2 {
            return self.shed(asked, body, time).await;
        }
        let (due, mut question) = (Due { asked, time, span }, None);
        if self.limits.at_once > 0 && body.bytes.len() <= SMALL {
            self.at_once.fetch_add(1, Ordering::Relaxed);
            let at_once = self.at_once(due, &body.bytes);
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            match at_once {
                AtOnce::Done(done) => return done,
                AtOnce::Longer(read) => question = Some(read),
            }
        }
        self.in_turn(due, body, question).await
    }

    /// Judges a review right here, where that takes little: waking up somebody else takes time,
    /// too. A thread that talks is held up for a few milliseconds at most, since the limit is one
    /// of work, which is known without a clock.
    fn at_once(self: &Arc<Self>, due: Due<'_>, body: &[u8]) -> AtOnce {
        let question = match self.read(due, body) {
            Ok(question) => question,
            Err(done) => return AtOnce::Done(done),
        };
        let stop = Stop::after(self.limits.at_once);
        let judge = || self.judge(due, &question, &stop, None);
        match catch_unwind(AssertUnwindSafe(judge)) {
            Ok(Some(Judged { done, owed })) => {
                if let Some((owed, review)) = owed.zip(question.into_review()) {
                    self.follow(owed, review);
                }
                AtOnce::Done(done)
            }
            Ok(None) => AtOnce::Longer(question),
            Err(_) => {
                let sent = question.sent();
                AtOnce::Done(self.failed(due.asked, Some(&sent), BROKE_OFF, due.time))
            }
        }
    }

    /// Has a review judged by a thread that does nothing else, in its turn.
    async fn in_turn(
        self: &Arc<Self>,
        due: Due<'_>,
        body: Body,
        question: Option<Question>,
    ) -> Done {
        let Due { asked, time, .. } = due;
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.limits.waiting {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return self.shed(asked, body, time).await;
        }
        // What is read takes more than its text: who has to wait reads it again.
        let question = question.filter(|_| self.turns.available_permits() > 0);
        let place = async {
            let room = self.room.take(&body.bytes).await;
            (room, Arc::clone(&self.turns).acquire_owned().await)
        };
        let place = tokio::time::timeout(time.left(), place).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let Ok((Some(room), Ok(turn))) = place else {
            return self.shed(asked, body, time).await;
        };
        let sent = Arc::new(OnceLock::new());
        if let Some(question) = &question {
            sent.get_or_init(|| question.sent());
        }
        let stop = Arc::new(Stop::default());
        let mut awaited = Awaited { work: self, asked, stop: Arc::clone(&stop), is_told: false };
        let (answer, answered) = oneshot::channel();
        tokio::task::spawn_blocking({
            let (work, sent, span) = (Arc::clone(self), Arc::clone(&sent), due.span.clone());
            move || {
                let turn: Arc<OnWait> = Arc::new(work.turn(turn));
                let due = Due { asked, time, span: &span };
                let read = question.map_or_else(|| work.read(due, &body.bytes), Ok);
                let (done, owed) = match read {
                    Err(done) => (Some(done), None),
                    Ok(question) => {
                        sent.get_or_init(|| question.sent());
                        match work.judge(due, &question, &stop, Some(&turn)) {
                            None => (None, None),
                            Some(Judged { done, owed }) => {
                                (Some(done), owed.zip(question.into_review()))
                            }
                        }
                    }
                };
                drop((body, span));
                let Some((owed, review)) = owed else {
                    drop((room, turn));
                    let _ = answer.send(done);
                    return;
                };
                // Whoever asked may have left.
                let _ = answer.send(done);
                let (stop, _in_time) = stop_within(owed.within);
                work.tell(owed, &review.request, Some(&stop));
                drop((room, turn));
            }
        });
        let judged = tokio::time::timeout(time.left(), answered).await;
        awaited.is_told = true;
        match judged {
            Ok(Ok(Some(done))) => done,
            Ok(Ok(None)) | Err(_) => {
                awaited.stop.raise();
                self.failed(asked, sent.get(), TOO_LATE, time)
            }
            Ok(Err(_)) => self.failed(asked, sent.get(), BROKE_OFF, time),
        }
    }

    /// A turn that is kept as long as this lives. It is given up to others once something is
    /// waited for, as long as few do that.
    fn turn(&self, turn: OwnedSemaphorePermit) -> impl Fn() + Send + Sync + use<> {
        let (kept, asking) = (Mutex::new(turn), Arc::clone(&self.asking));
        move || {
            if let Ok(place) = Arc::clone(&asking).try_acquire_owned() {
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = place;
            }
        }
    }

    fn read(&self, due: Due<'_>, body: &[u8]) -> Result<Question, Done> {
        let _reading = info_span!(parent: due.span, "read", bytes = body.len());
        Question::read(due.asked, body).map_err(|error| {
            self.metrics.count(due.asked, Outcome::NoReview);
            Done::NoReview(error)
        })
    }

    fn conduct<'a>(&'a self, time: Time, stop: &'a Stop) -> Conduct<'a> {
        Conduct {
            on_error: &self.on_error,
            now: jiff::Timestamp::now(),
            cancelled: Some(stop),
            until: Some(time.until()),
            on_wait: None,
            partner: None,
        }
    }

    /// None where it was stopped: nothing of it is told then.
    fn judge(
        self: &Arc<Self>,
        due: Due<'_>,
        question: &Question,
        stop: &Stop,
        on_wait: Option<&Arc<OnWait>>,
    ) -> Option<Judged> {
        let Due { asked, time, span } = due;
        let Some(basis) = self.live.basis() else {
            let why = "no policies are loaded yet";
            let done = self.failed(asked, Some(&question.sent()), why, time);
            return Some(Judged { done, owed: None });
        };
        let judging = info_span!(parent: span, "judge");
        let conduct = &Conduct { on_wait, ..self.conduct(time, stop) };
        let (request, answer, verdict) = match (question, asked) {
            (Question::Images(review), _) => {
                let (request, answer, verdict) =
                    judge_images(review, &self.images, &basis, conduct);
                (Cow::Owned(request), answer, verdict)
            }
            (Question::Review(review), Asked::Mutate) => {
                let (answer, mutated) = mutate(&review.request, &basis, conduct);
                let verdict = Verdict { errors: mutated.errors, ..Verdict::default() };
                (Cow::Borrowed(&review.request), answer, verdict)
            }
            (Question::Review(review), _) => {
                let now = conduct.now;
                let invitation = Invitation { work: self, basis: &basis, review, time, now };
                // What takes longer is judged by threads of its own, as many as there are cores.
                let partner = on_wait.is_none().then_some(&invitation as &dyn Partner);
                let conduct = Conduct { partner, ..*conduct };
                let (answer, verdict) = judge(&review.request, &basis, &conduct);
                (Cow::Borrowed(&review.request), answer, verdict)
            }
        };
        drop(judging);
        if stop.is_raised() {
            return None;
        }
        if !span.is_disabled() {
            record(span, &request, &answer);
        }
        let took = time.started.elapsed();
        self.metrics.judged(asked, &answer, &verdict, took);
        let done = question.told(&answer);
        let is_told = answer.refusal.is_some() || !verdict.is_quiet() || implies_pods(&request);
        if asked != Asked::Validate || !is_told {
            (self.on_verdict)(&request, &answer, &verdict, took);
            return Some(Judged { done, owed: None });
        }
        let owed = Some(Owed { basis, answer, verdict, took, within: time.within });
        Some(Judged { done, owed })
    }

    /// More requests came than can be judged: they go the configured way at once.
    async fn shed(self: &Arc<Self>, asked: Asked, body: Body, time: Time) -> Done {
        let sent = if body.bytes.len() <= SMALL {
            Question::read(asked, &body.bytes).map(|question| question.sent())
        } else {
            // That takes time, too, and is not for a thread that talks.
            let Some(room) = self.room.try_take(&body.bytes) else {
                self.metrics.count(asked, Outcome::Shed);
                return Done::Late;
            };
            let read = tokio::task::spawn_blocking(move || {
                let sent = Question::read(asked, &body.bytes).map(|question| question.sent());
                drop(room);
                sent
            });
            let Ok(sent) = read.await else { return self.failed(asked, None, BROKE_OFF, time) };
            sent
        };
        let sent = match sent {
            Ok(sent) => sent,
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
        self.unjudged(&sent, refusal, time)
    }

    fn failed(&self, asked: Asked, sent: Option<&Sent>, why: &str, time: Time) -> Done {
        self.metrics.count(asked, Outcome::Failed);
        let Some(sent) = sent else { return Done::Late };
        self.unjudged(sent, not_judged(&[why.to_owned()]), time)
    }

    /// What goes the configured way is told as what was judged is.
    fn unjudged(&self, sent: &Sent, refusal: Refusal, time: Time) -> Done {
        let error = not_of_a_policy(refusal.message.clone());
        let verdict = Verdict { errors: vec![error], ..Verdict::default() };
        let answer = self.in_direction(refusal);
        let took = time.started.elapsed();
        self.metrics.took(took);
        (self.on_verdict)(&sent.request, &answer, &verdict, took);
        sent.form.told(&answer, &sent.request.uid)
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

fn not_of_a_policy(message: String) -> VerdictError {
    let (kind, pointer) = (ErrorKind::Failed, Pointer::root());
    VerdictError { kind, policy: None, pointer, message, help: None }
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
