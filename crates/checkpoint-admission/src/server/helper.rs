//! A second thread for judgements, on another core than the first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

type Work = Box<dyn FnOnce() + Send>;

/// A thread that helps one judgement at a time.
#[derive(Debug)]
pub(super) struct Helper {
    queue: Sender<(Work, Call)>,
    is_busy: Arc<AtomicBool>,
    thread: Thread,
}

/// What keeps the thread for whoever called it.
#[derive(Debug)]
pub(super) struct Call(Arc<AtomicBool>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Helper {
    /// A helper. Where there is no thread for it, nobody helps.
    pub(super) fn new() -> Self {
        let (queue, queued) = channel();
        let (known, is_known) = channel();
        let builder = std::thread::Builder::new().name("helper".to_owned());
        let begin = move || {
            let _ = known.send(Thread::this());
            work(&queued);
        };
        let thread = builder.spawn(begin).ok().and_then(|_| is_known.recv().ok());
        let is_busy = Arc::new(AtomicBool::new(thread.is_none()));
        Self { queue, is_busy, thread: thread.unwrap_or_default() }
    }

    /// The thread, where it helps nobody.
    pub(super) fn call(&self) -> Option<Call> {
        let is_busy = self.is_busy.swap(true, Ordering::Acquire);
        (!is_busy).then(|| Call(Arc::clone(&self.is_busy)))
    }

    /// Has something done on another core than this one.
    pub(super) fn help(&self, work: impl FnOnce() + Send + 'static, call: Call) {
        self.thread.keep_away();
        // The thread ends with the queue, and not before.
        let _ = self.queue.send((Box::new(work), call));
    }
}

fn work(queued: &Receiver<(Work, Call)>) {
    while let Ok((work, call)) = queued.recv() {
        // Whoever called does itself what this one breaks off at.
        let _ = catch_unwind(AssertUnwindSafe(work));
        drop(call);
    }
}

#[cfg(target_os = "linux")]
use linux::Thread;

/// A scheduler puts who is woken where the waker is, as that is about to wait: here it is not.
#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug, Default)]
    pub(super) struct Thread {
        known: Option<(Pid, CpuSet)>,
        /// the core that it is kept away from
        away_from: AtomicUsize,
    }

    impl Thread {
        pub(super) fn this() -> Self {
            let id = gettid();
            let known = sched_getaffinity(None).ok().map(|cores| (id, cores));
            Self { known, away_from: AtomicUsize::new(usize::MAX) }
        }

        pub(super) fn keep_away(&self) {
            let Some((id, mut cores)) = self.known else { return };
            let here = sched_getcpu();
            if here < CpuSet::MAX_CPU && self.away_from.swap(here, Ordering::Relaxed) != here {
                cores.unset(here);
                // Where that may not be said, it is woken wherever it is.
                let _ = sched_setaffinity(Some(id), &cores);
            }
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
    use super::Helper;
    use std::sync::mpsc::channel;

    #[test]
    fn one_is_helped_at_a_time() {
        let helper = Helper::new();
        let (begin, is_begun) = channel::<()>();
        let (done, is_done) = channel();
        let call = helper.call().unwrap();
        let work = move || {
            let _ = is_begun.recv();
            let _ = done.send(std::thread::current().name().map(str::to_owned));
        };
        helper.help(work, call);
        assert!(helper.call().is_none(), "it helps somebody");
        begin.send(()).unwrap();
        assert_eq!(is_done.recv().unwrap().as_deref(), Some("helper"));

        // Whatever comes of it, it is free again.
        let free = || {
            loop {
                match helper.call() {
                    Some(call) => return call,
                    None => std::thread::yield_now(),
                }
            }
        };
        helper.help(|| panic!("this one breaks off"), free());
        drop(free());
        drop(free());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_helps_on_another_core() {
        use rustix::thread::sched_getaffinity;
        let helper = Helper::new();
        let all = sched_getaffinity(None).unwrap();
        let (send, told) = channel();
        helper.help(
            move || send.send(sched_getaffinity(None).unwrap()).unwrap(),
            helper.call().unwrap(),
        );
        let of_helper = told.recv().unwrap();
        if all.count() > 1 {
            assert_eq!(of_helper.count(), all.count() - 1);
        }
    }
}
