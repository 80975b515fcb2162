//! The wall clock: evaluations that take too long are ended. The core has no clock, and asks the
//! flag that is raised here.
//!
//! **Invariant:** this crate knows nothing of what it ends.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long judging one object may take.
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

/// What is being judged, in the order in which it began.
#[derive(Default)]
struct Running {
    next: u64,
    flags: BTreeMap<u64, (Instant, Arc<AtomicBool>)>,
}

/// The time of one object; its flag is raised once the time is over.
pub struct Watched<'a> {
    watchdog: &'a Watchdog,
    number: u64,
    flag: Arc<AtomicBool>,
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
                let running = lock(&watched);
                let over = |began: &Instant| now.duration_since(*began) >= limit;
                for (_, flag) in running.flags.values().take_while(|(began, _)| over(began)) {
                    flag.store(true, Ordering::Relaxed);
                }
            }
        });
        Self { running, limit, _alive: alive }
    }

    /// The time of an object begins.
    #[must_use]
    pub fn watch(&self) -> Watched<'_> {
        let flag = Arc::new(AtomicBool::new(self.limit.is_zero()));
        let mut running = lock(&self.running);
        running.next += 1;
        let number = running.next;
        running.flags.insert(number, (Instant::now(), Arc::clone(&flag)));
        Watched { watchdog: self, number, flag }
    }
}

impl Watched<'_> {
    /// The flag that is raised once the time is over.
    #[must_use]
    pub fn flag(&self) -> &AtomicBool {
        &self.flag
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        lock(&self.watchdog.running).flags.remove(&self.number);
    }
}

/// What a thread that panicked left behind is whole: every change is one step.
fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Watchdog;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    #[test]
    fn a_flag_is_raised_once_its_time_is_over() {
        let watchdog = Watchdog::start(Duration::from_millis(50));
        let first = watchdog.watch();
        let began = Instant::now();
        while !first.flag().load(Ordering::Relaxed) {
            assert!(began.elapsed() < Duration::from_secs(20), "it was never raised");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(began.elapsed() >= Duration::from_millis(40));
        let second = watchdog.watch();
        assert!(!second.flag().load(Ordering::Relaxed));
        drop((first, second));
        assert!(watchdog.running.lock().unwrap().flags.is_empty());
    }
}
