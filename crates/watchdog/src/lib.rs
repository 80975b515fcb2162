//! The wall clock: evaluations that take too long are ended, each by itself. The core has no clock,
//! and asks what is raised here.
//!
//! **Invariant:** this crate knows nothing of what it ends.

use sekisho_budget::Stop;
use std::collections::BTreeMap;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long one evaluation of a policy may take.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(100);

/// A thread that looks at the clock for all that are judged at the time.
pub struct Watchdog {
    running: Arc<Mutex<Running>>,
    limit: Duration,
    /// dropping it ends the thread
    _alive: Sender<()>,
}

/// What is being judged.
#[derive(Default)]
struct Running {
    next: u64,
    all: BTreeMap<u64, Evaluations>,
}

/// The evaluations of one object, which come one after the other.
struct Evaluations {
    stop: Arc<Stop>,
    /// the one that was seen to run
    seen: u64,
    /// since when
    since: Instant,
}

impl Evaluations {
    fn look(&mut self, now: Instant, limit: Duration) {
        let running = self.stop.evaluation();
        if running != self.seen {
            (self.seen, self.since) = (running, now);
        } else if now.duration_since(self.since) >= limit {
            self.stop.raise_for(running);
        }
    }
}

/// The evaluations of one object, of which each is ended once its time is over.
pub struct Watched<'a> {
    watchdog: &'a Watchdog,
    number: u64,
    stop: Arc<Stop>,
}

impl Watchdog {
    /// Starts to look at the clock.
    #[must_use]
    pub fn start(limit: Duration) -> Self {
        let running = Arc::new(Mutex::new(Running::default()));
        let (alive, ended) = mpsc::channel::<()>();
        let watched = Arc::clone(&running);
        let tick = TICK.min(limit);
        thread::spawn(move || {
            while ended.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                let now = Instant::now();
                lock(&watched).all.values_mut().for_each(|one| one.look(now, limit));
            }
        });
        Self { running, limit, _alive: alive }
    }

    /// The evaluations of an object begin.
    #[must_use]
    pub fn watch(&self) -> Watched<'_> {
        let stop = if self.limit.is_zero() { Stop::raised() } else { Stop::default() };
        let stop = Arc::new(stop);
        let mut running = lock(&self.running);
        running.next += 1;
        let number = running.next;
        let (seen, since) = (stop.evaluation(), Instant::now());
        running.all.insert(number, Evaluations { stop: Arc::clone(&stop), seen, since });
        Watched { watchdog: self, number, stop }
    }
}

impl Watched<'_> {
    /// What ends an evaluation once its time is over.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        lock(&self.watchdog.running).all.remove(&self.number);
    }
}

/// What a thread that panicked left behind is whole: every change is one step.
fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Watchdog;
    use sekisho_budget::{Budget, Stop};
    use std::time::{Duration, Instant};

    fn wait(stop: &Stop) -> Duration {
        let began = Instant::now();
        while !stop.is_raised() {
            assert!(began.elapsed() < Duration::from_secs(20), "it was never raised");
            std::thread::sleep(Duration::from_millis(5));
        }
        began.elapsed()
    }

    #[test]
    fn an_evaluation_is_ended_once_its_time_is_over() {
        let watchdog = Watchdog::start(Duration::from_millis(50));
        let watched = watchdog.watch();
        let slow = Budget::new(100, 0, Some(watched.stop()));
        assert!(wait(watched.stop()) >= Duration::from_millis(40));
        assert!(slow.step(1).is_err());
        // The next one has time of its own.
        let next = Budget::new(100, 0, Some(watched.stop()));
        assert!(next.step(1).is_ok());
        assert!(wait(watched.stop()) >= Duration::from_millis(40));
        drop((slow, next));
        drop(watched);
        assert!(watchdog.running.lock().unwrap().all.is_empty());
    }
}
