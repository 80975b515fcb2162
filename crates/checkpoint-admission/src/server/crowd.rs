//! Whether more requests are there than are answered soon.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the requests that came and are not answered yet.
#[derive(Debug)]
pub(super) struct Crowd {
    present: AtomicUsize,
    most: usize,
}

/// A request that is there.
#[derive(Debug)]
pub(super) struct Present(Arc<Crowd>);

impl Crowd {
    /// More than `most` are a crowd.
    pub(super) fn new(most: usize) -> Self {
        Self { present: AtomicUsize::new(0), most }
    }

    pub(super) fn enter(self: &Arc<Self>) -> Present {
        self.present.fetch_add(1, Ordering::Relaxed);
        Present(Arc::clone(self))
    }

    /// What nobody waits for is to wait, or to be left out.
    pub(super) fn is_there(&self) -> bool {
        self.present.load(Ordering::Relaxed) > self.most
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Crowd;
    use std::sync::Arc;

    #[test]
    fn more_than_so_many_are_a_crowd() {
        let crowd = Arc::new(Crowd::new(1));
        let one = crowd.enter();
        assert!(!crowd.is_there());
        let other = crowd.enter();
        assert!(crowd.is_there());
        drop(one);
        assert!(!crowd.is_there());
        drop(other);
    }
}
