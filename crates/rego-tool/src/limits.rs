use sekisho_budget::Budget;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// How much one compile or one evaluation may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// wall time
    pub time: Duration,
    /// bytes
    pub memory: u64,
    /// nesting of calls
    pub depth: usize,
    /// operations
    pub steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(5),
            memory: 64 << 20,
            depth: sekisho_rego::DEFAULT_DEPTH,
            steps: u64::MAX,
        }
    }
}

/// Raises a flag when the time is over; lowers nothing when dropped before.
#[derive(Debug)]
pub struct Watch {
    flag: Arc<AtomicBool>,
    /// dropping it ends the watch
    _alive: Sender<()>,
}

impl Watch {
    /// Starts to watch.
    #[must_use]
    pub fn start(time: Duration) -> Self {
        let flag = Arc::new(AtomicBool::new(false));
        let (alive, ended) = mpsc::channel::<()>();
        let raised = Arc::clone(&flag);
        thread::spawn(move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                raised.store(true, Ordering::Relaxed);
            }
        });
        Self { flag, _alive: alive }
    }

    /// A budget that ends when the time is over.
    #[must_use]
    pub fn budget(&self, limits: &Limits) -> Budget<'_> {
        Budget::new(limits.steps, limits.memory, Some(&self.flag))
    }
}
