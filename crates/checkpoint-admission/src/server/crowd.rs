//! Whether more requests are there than are answered soon.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Counts the requests that came and are not answered yet, less those that wait for their clients:
/// for as long as nobody looks whether these sent what they are waited for.
#[derive(Debug)]
pub(super) struct Crowd {
    present: AtomicUsize,
    most: usize,
}

/// A request that is there.
#[derive(Debug)]
pub(super) struct Present {
    crowd: Arc<Crowd>,
    since: Instant,
}

/// A request that waits for its client, which takes nothing from others.
#[derive(Debug)]
pub(super) struct Aside<'p>(&'p Crowd);

impl Crowd {
    /// More than `most` are a crowd.
    pub(super) fn new(most: usize) -> Self {
        Self { present: AtomicUsize::new(0), most }
    }

    pub(super) fn enter(self: &Arc<Self>) -> Present {
        self.present.fetch_add(1, Ordering::Relaxed);
        Present { crowd: Arc::clone(self), since: Instant::now() }
    }

    /// How many are there.
    pub(super) fn present(&self) -> usize {
        self.present.load(Ordering::Relaxed)
    }

    /// What nobody waits for is to wait, or to be left out.
    pub(super) fn is_there(&self) -> bool {
        self.present() > self.most
    }
}

impl Present {
    /// When it came.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// It waits for its client until this is dropped.
    pub(super) fn aside(&mut self) -> Aside<'_> {
        self.crowd.present.fetch_sub(1, Ordering::Relaxed);
        Aside(&self.crowd)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.present.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.crowd.present.fetch_sub(1, Ordering::Relaxed);
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
        let mut other = crowd.enter();
        assert!(crowd.is_there());
        let aside = other.aside();
        assert!(!crowd.is_there() && crowd.present() == 1);
        drop(aside);
        assert!(crowd.is_there());
        drop(one);
        assert!(!crowd.is_there());
        drop(other);
    }
}
