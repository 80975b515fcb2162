use sekisho_budget::{Budget, Stop};
use sekisho_rego::Limit;
use std::sync::Arc;
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

impl Limits {
    /// How much it was, and the flag that raises it.
    pub(crate) fn advice(&self, limit: Limit) -> String {
        let (flag, amount) = match limit {
            Limit::Steps => ("--max-steps", format!("{} operations", self.steps)),
            Limit::Memory => ("--max-memory", bytes(self.memory)),
            Limit::Time => ("--timeout", format!("{:?}", self.time)),
            Limit::Calls => ("--max-depth", format!("{} calls in one another", self.depth)),
        };
        format!("the limit is {amount}; `{flag}` raises it")
    }
}

fn bytes(count: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if count >= size && count.is_multiple_of(size) {
            return format!("{} {unit}", count / size);
        }
    }
    format!("{count} bytes")
}

/// Raises a flag when the time is over; lowers nothing when dropped before.
#[derive(Debug)]
pub struct Watch {
    flag: Arc<Stop>,
    /// dropping it ends the watch
    _alive: Sender<()>,
}

impl Watch {
    /// Starts to watch.
    #[must_use]
    pub fn start(time: Duration) -> Self {
        let flag = Arc::new(Stop::default());
        let (alive, ended) = mpsc::channel::<()>();
        let raised = Arc::clone(&flag);
        thread::spawn(move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                raised.raise();
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
