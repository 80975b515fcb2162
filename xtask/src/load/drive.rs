//! Sending at a rate.

use super::link::{Answer, Link, Target};
use bytes::Bytes;
use hdrhistogram::Histogram;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// requests a second; none for as many as are answered
    pub(super) rate: Option<f64>,
    pub(super) seconds: f64,
    pub(super) lanes: usize,
    /// no more requests than that
    pub(super) most: usize,
    /// the review to begin with
    pub(super) first: usize,
}

/// What came of it.
#[derive(Clone)]
pub(super) struct Outcome {
    /// microseconds from when a request was due
    pub(super) due: Histogram<u64>,
    /// microseconds from when it was sent
    pub(super) sent: Histogram<u64>,
    pub(super) allowed: u64,
    pub(super) denied: u64,
    /// the reviews that were denied, by their number
    pub(super) refused: BTreeSet<usize>,
    pub(super) failures: u64,
    pub(super) took: Duration,
}

impl Outcome {
    pub(super) fn new() -> anyhow::Result<Self> {
        let histogram = || Histogram::new_with_bounds(1, 60_000_000, 3);
        Ok(Self {
            due: histogram()?,
            sent: histogram()?,
            allowed: 0,
            denied: 0,
            refused: BTreeSet::new(),
            failures: 0,
            took: Duration::ZERO,
        })
    }

    /// Adds what came of other requests; how long they took is for whoever sent them.
    pub(super) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.due.add(&other.due)?;
        self.sent.add(&other.sent)?;
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.refused.extend(&other.refused);
        self.failures += other.failures;
        Ok(())
    }
}

/// When requests are due, one after the other.
type Due = Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>;

/// Sends as planned, and waits for what was sent.
///
/// # Errors
/// Where the server cannot be reached at all.
pub(super) async fn drive(
    target: &Target,
    reviews: &Arc<[Bytes]>,
    plan: &Plan,
) -> anyhow::Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let (tell, due) = mpsc::unbounded_channel();
    let due: Due = Arc::new(Mutex::new(due));
    let mut first = None;
    let mut lanes = Vec::new();
    for _ in 0..plan.lanes {
        let link = match first.as_ref().and_then(Link::shared) {
            Some(link) => link,
            None => target.open().await?,
        };
        let shared = link.shared();
        first = first.or(shared);
        lanes.push(Lane {
            target: target.clone(),
            link,
            reviews: Arc::clone(reviews),
            next: Arc::clone(&next),
            most: plan.most,
            first: plan.first,
            outcome: Outcome::new()?,
        });
    }
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(plan.seconds);
    let clock = plan.rate.map(|rate| {
        // A thread of its own wakes up closer to the time than a timer of the runtime does.
        std::thread::spawn(move || {
            for number in 0_u32.. {
                let at = started + Duration::from_secs_f64(f64::from(number) / rate);
                if at >= end {
                    return;
                }
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                if tell.send(at).is_err() {
                    return;
                }
            }
        })
    });
    let lanes: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let due = clock.is_some().then(|| Arc::clone(&due));
            tokio::spawn(lane.run(due, end))
        })
        .collect();
    let mut whole = Outcome::new()?;
    for lane in lanes {
        whole.add(&lane.await?)?;
    }
    whole.took = started.elapsed();
    Ok(whole)
}

/// One request after the other.
struct Lane {
    target: Target,
    link: Link,
    reviews: Arc<[Bytes]>,
    next: Arc<AtomicUsize>,
    most: usize,
    first: usize,
    outcome: Outcome,
}

impl Lane {
    async fn run(mut self, due: Option<Due>, end: Instant) -> Outcome {
        loop {
            let at = match &due {
                Some(due) => match due.lock().await.recv().await {
                    Some(at) => at,
                    None => return self.outcome,
                },
                None if Instant::now() >= end => return self.outcome,
                None => Instant::now(),
            };
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.most {
                return self.outcome;
            }
            self.one(self.first + number, at).await;
        }
    }

    async fn one(&mut self, number: usize, due: Instant) {
        let number = number % self.reviews.len().max(1);
        let Some(review) = self.reviews.get(number) else { return };
        let sent = Instant::now();
        match self.link.review(&self.target, review.clone()).await {
            Ok(Answer::Allowed) => self.outcome.allowed += 1,
            Ok(Answer::Denied) => {
                self.outcome.denied += 1;
                self.outcome.refused.insert(number);
            }
            Err(error) => {
                if self.outcome.failures == 0 {
                    eprintln!("failed: {error:#}");
                }
                self.outcome.failures += 1;
                if let Ok(link) = self.target.open().await {
                    self.link = link;
                }
                return;
            }
        }
        let micros =
            |since: Instant| u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        self.outcome.sent.saturating_record(micros(sent));
        self.outcome.due.saturating_record(micros(due));
    }
}
