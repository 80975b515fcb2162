//! What is done once requests are answered, on a thread that gives way to those that answer.

use super::crowd::Crowd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Work = Box<dyn FnOnce() + Send>;

/// A bounded queue of what nobody waits for, and as many places beside it for what takes little.
pub(super) struct Afterwards {
    queue: Sender<(Work, Place)>,
    in_queue: Arc<Semaphore>,
    beside: Arc<Semaphore>,
    most: u32,
}

/// A place in the queue, or beside it.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Afterwards {
    /// A queue for so many. Where there is no thread for it, it has no place for anything.
    pub(super) fn new(most: usize, crowd: Arc<Crowd>) -> Self {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let (queue, queued) = channel();
        let thread = std::thread::Builder::new().name("afterwards".to_owned());
        let most = thread.spawn(move || work(&queued, &crowd)).map_or(0, |_| most);
        let places = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let places = || Arc::new(Semaphore::new(places));
        Self { queue, in_queue: places(), beside: places(), most }
    }

    /// A place in the queue, where one is free.
    pub(super) fn place(&self) -> Option<Place> {
        Place::of(&self.in_queue)
    }

    /// A place beside the queue, where one is free.
    pub(super) fn place_beside(&self) -> Option<Place> {
        Place::of(&self.beside)
    }

    /// Has something done, after all that was queued before.
    pub(super) fn queue(&self, work: impl FnOnce() + Send + 'static, place: Place) {
        // The thread ends with the queue, and not before.
        let _ = self.queue.send((Box::new(work), place));
    }

    /// How many places are taken.
    pub(super) fn taken(&self) -> usize {
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let taken = |places: &Semaphore| most.saturating_sub(places.available_permits());
        taken(&self.in_queue) + taken(&self.beside)
    }

    /// Waits until all is done.
    pub(super) async fn done(&self) {
        // They are never closed.
        let _ = self.in_queue.acquire_many(self.most).await;
        let _ = self.beside.acquire_many(self.most).await;
    }
}

impl Place {
    fn of(places: &Arc<Semaphore>) -> Option<Self> {
        let permit = Arc::clone(places).try_acquire_owned().ok()?;
        Some(Self { _permit: permit })
    }
}

fn work(queued: &Receiver<(Work, Place)>, crowd: &Crowd) {
    give_way();
    let mut share = Share::default();
    while let Ok((work, place)) = queued.recv() {
        let began = Instant::now();
        // What one breaks off at is no reason to leave the next undone.
        let _ = catch_unwind(AssertUnwindSafe(work));
        drop(place);
        let pause = share.pause(began, Instant::now());
        if crowd.is_there() {
            std::thread::sleep(pause);
        }
    }
}

/// How much time the thread may take in a crowd: of every ten seconds one, and a quarter of a second
/// at once.
#[derive(Default)]
struct Share {
    /// what was taken, less what the time that passed allows for
    taken: Duration,
    since: Option<Instant>,
}

const AT_ONCE: Duration = Duration::from_millis(250);
const OF: u32 = 10;

impl Share {
    /// How long it does nothing after something; never so long that what waits comes too late.
    fn pause(&mut self, began: Instant, ended: Instant) -> Duration {
        let passed = self.since.map_or(Duration::ZERO, |since| ended.duration_since(since));
        let took = ended.duration_since(began);
        self.since = Some(ended);
        self.taken = self.taken.saturating_sub(passed / OF).saturating_add(took).min(2 * AT_ONCE);
        self.taken.saturating_sub(AT_ONCE).saturating_mul(OF).min(AT_ONCE)
    }
}

/// Whoever answers requests comes first on every core. Only on Linux has each thread a niceness of
/// its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(19);
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, Afterwards, Crowd, Share};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    #[test]
    fn it_takes_a_tenth_of_the_time_in_the_long_run() {
        let each = Duration::from_millis(2);
        let (mut share, start) = (Share::default(), Instant::now());
        let (mut now, mut took, mut paused) = (start, Duration::ZERO, None);
        while took < Duration::from_secs(2) {
            let pause = share.pause(now, now + each);
            took += each;
            if paused.is_none() && !pause.is_zero() {
                paused = Some(took);
            }
            now += each + pause;
        }
        let paused = paused.unwrap();
        assert!(paused > AT_ONCE && paused < 2 * AT_ONCE, "{paused:?} at once");
        let whole = now - start;
        assert!(whole > 8 * took && whole < 11 * took, "{took:?} of {whole:?}");
        let long = share.pause(now, now + Duration::from_secs(5));
        assert_eq!(long, AT_ONCE);
        // Who rested may take as much at once again.
        let later = now + Duration::from_secs(120);
        assert_eq!(share.pause(later, later + AT_ONCE / 2), Duration::ZERO);
    }

    #[tokio::test]
    async fn all_is_done_but_what_has_no_place() {
        let (afterwards, done) =
            (Afterwards::new(2, Arc::new(Crowd::new(0))), Arc::new(AtomicUsize::new(0)));
        let count = |place| {
            let done = Arc::clone(&done);
            afterwards.queue(move || _ = done.fetch_add(1, Ordering::Relaxed), place);
        };
        let (one, other) = (afterwards.place().unwrap(), afterwards.place().unwrap());
        assert!(afterwards.place().is_none());
        afterwards.queue(|| panic!("this one breaks off"), one);
        count(other);
        afterwards.done().await;
        assert_eq!(done.load(Ordering::Relaxed), 1);
        count(afterwards.place().unwrap());
        afterwards.done().await;
        assert_eq!(done.load(Ordering::Relaxed), 2);
        let beside = [afterwards.place_beside(), afterwards.place_beside()];
        assert!(afterwards.place_beside().is_none() && afterwards.place().is_some());
        assert_eq!(afterwards.taken(), 2);
        drop(beside);
        assert_eq!(afterwards.taken(), 0);
        assert!(Afterwards::new(0, Arc::new(Crowd::new(0))).place().is_none());
    }
}
