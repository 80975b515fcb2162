//! Threads that judge a part of what another thread judges.

use rayon::{ThreadPool, ThreadPoolBuilder};
use sekisho_policy::Workers;

/// Threads of their own: those that compile policies are busy for long when they are.
#[derive(Debug)]
pub(super) struct Cores(ThreadPool);

impl Cores {
    /// One for each core. None where there is one core, and where the system gives no threads.
    pub(super) fn new(cores: usize) -> Option<Self> {
        if cores < 2 {
            return None;
        }
        let threads = ThreadPoolBuilder::new().num_threads(cores);
        threads.thread_name(|_| "core".to_owned()).build().ok().map(Self)
    }
}

impl Workers for Cores {
    /// The first piece is done right here, by whoever asks.
    fn run(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        self.0.in_place_scope(|scope| {
            (1..count).for_each(|at| scope.spawn(move |_| work(at)));
            if count > 0 {
                work(0);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Cores;
    use sekisho_policy::Workers;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_piece_is_done_once_and_the_first_by_who_asks() {
        assert!(Cores::new(1).is_none());
        let cores = Cores::new(2).unwrap();
        let asking = std::thread::current().id();
        for count in [0, 1, 2, 5] {
            let done: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            cores.run(count, &|at| {
                assert_eq!(std::thread::current().id() == asking, at == 0);
                done[at].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        }
        let workers: &dyn Workers = &cores;
        assert_eq!(workers.both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn what_breaks_off_there_breaks_off_here() {
        let cores = Cores::new(2).unwrap();
        for breaks in [0, 1] {
            let run = || cores.run(2, &|at| assert_ne!(at, breaks));
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
        }
        cores.run(2, &|_| ());
    }
}
