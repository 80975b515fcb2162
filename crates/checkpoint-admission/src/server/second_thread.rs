//! A second thread for judgements, on another core than the first where that may be said.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

type Work = Box<dyn FnOnce() + Send>;

/// A thread that takes part in one judgement at a time.
#[derive(Debug)]
pub(super) struct SecondThread {
    queue: Sender<(Work, Hold)>,
    is_held: Arc<AtomicBool>,
    thread: Thread,
}

/// What keeps the thread for one judgement.
#[derive(Debug)]
pub(super) struct Hold(Arc<AtomicBool>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl SecondThread {
    /// Where there is no thread for it, it is held forever.
    pub(super) fn new() -> Self {
        let (queue, queued) = channel();
        let (known, is_known) = channel();
        let builder = std::thread::Builder::new().name("second".to_owned());
        let begin = move || {
            let _ = known.send(Thread::this());
            work(&queued);
        };
        let thread = builder.spawn(begin).ok().and_then(|_| is_known.recv().ok());
        let is_held = Arc::new(AtomicBool::new(thread.is_none()));
        Self { queue, is_held, thread: thread.unwrap_or_default() }
    }

    /// Holds the thread, where nobody does.
    pub(super) fn hold(&self) -> Option<Hold> {
        let is_held = self.is_held.swap(true, Ordering::Acquire);
        (!is_held).then(|| Hold(Arc::clone(&self.is_held)))
    }

    /// Has something done on another core than this one.
    pub(super) fn run(&self, work: impl FnOnce() + Send + 'static, hold: Hold) {
        self.thread.keep_away();
        // The thread ends with the queue, and not before.
        let _ = self.queue.send((Box::new(work), hold));
    }
}

fn work(queued: &Receiver<(Work, Hold)>) {
    while let Ok((work, hold)) = queued.recv() {
        // The first thread does what this one breaks off at.
        let _ = catch_unwind(AssertUnwindSafe(work));
        drop(hold);
    }
}

#[cfg(target_os = "linux")]
use linux::Thread;

/// A scheduler puts who is woken where the waker is, as that is about to wait: here it is not.
#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug)]
    pub(super) struct Thread {
        id: Option<Pid>,
        /// the core that it is kept away from
        away_from: AtomicUsize,
    }

    /// No core.
    const NONE: usize = usize::MAX;

    impl Thread {
        fn of(id: Option<Pid>) -> Self {
            Self { id, away_from: AtomicUsize::new(NONE) }
        }

        pub(super) fn this() -> Self {
            Self::of(Some(gettid()))
        }

        /// Keeps it away from the core that this is, among those that the caller may use.
        pub(super) fn keep_away(&self) {
            let (Some(id), here) = (self.id, sched_getcpu()) else { return };
            if here >= CpuSet::MAX_CPU || self.away_from.swap(here, Ordering::Relaxed) == here {
                return;
            }
            let Ok(all) = sched_getaffinity(None) else { return };
            let mut others = all;
            others.unset(here);
            // Where there is no other, or it may not be said, it is woken wherever it is.
            if sched_setaffinity(Some(id), &others).is_err() {
                let _ = sched_setaffinity(Some(id), &all);
                self.away_from.store(NONE, Ordering::Relaxed);
            }
        }
    }

    impl Default for Thread {
        fn default() -> Self {
            Self::of(None)
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[derive(Debug, Default)]
struct Thread;

#[cfg(not(target_os = "linux"))]
impl Thread {
    fn this() -> Self {
        Self
    }

    fn keep_away(&self) {}
}

#[cfg(test)]
mod tests {
    use super::SecondThread;
    use std::sync::mpsc::channel;

    #[test]
    fn it_takes_part_in_one_judgement_at_a_time() {
        let second = SecondThread::new();
        let (begin, is_begun) = channel::<()>();
        let (done, is_done) = channel();
        let work = move || {
            let _ = is_begun.recv();
            let _ = done.send(std::thread::current().name().map(str::to_owned));
        };
        second.run(work, second.hold().unwrap());
        assert!(second.hold().is_none());
        begin.send(()).unwrap();
        assert_eq!(is_done.recv().unwrap().as_deref(), Some("second"));

        // Whatever comes of it, it is free again.
        let free = || {
            loop {
                match second.hold() {
                    Some(hold) => return hold,
                    None => std::thread::yield_now(),
                }
            }
        };
        second.run(|| panic!("this one breaks off"), free());
        drop(free());
        drop(free());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_runs_on_another_core() {
        use rustix::thread::sched_getaffinity;
        let second = SecondThread::new();
        let all = sched_getaffinity(None).unwrap();
        let (send, told) = channel();
        let tell = move || send.send(sched_getaffinity(None).unwrap()).unwrap();
        second.run(tell, second.hold().unwrap());
        let others = told.recv().unwrap();
        assert_eq!(others.count(), (all.count() - 1).max(1));
    }
}
