//! The open connections: no more than so many, the idlest goes first; and what is kept for them is
//! no more than so much, the one with the most goes first.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// All connections that are open.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    clock: AtomicU64,
    /// how many bytes are kept for all
    kept: AtomicUsize,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    /// how many requests it is busy with
    busy: AtomicUsize,
    /// whether it ever asked anything
    asked: AtomicBool,
    /// when it was last used, by the clock that ticks with every use
    used: AtomicU64,
    /// how many bytes are kept for it
    kept: AtomicUsize,
    close: Notify,
}

/// About how many bytes a request takes until its answer is taken, beside both.
const REQUEST: usize = 8 << 10;

impl Connections {
    /// Adds a connection. Where there are `most` already, one is told to close: of those that never
    /// asked anything the one that was idle longest, else of all; where all are busy, there is no
    /// room. So whoever only connects never takes the place of one who asks.
    pub(super) fn open(&self, most: usize) -> Option<Arc<Connection>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= most {
            let idle = open.values().filter(|c| c.busy.load(Ordering::Relaxed) == 0);
            let key = |c: &&Arc<Connection>| {
                (c.asked.load(Ordering::Relaxed), c.used.load(Ordering::Relaxed))
            };
            let idlest = idle.min_by_key(key).map(|c| c.id)?;
            if let Some(closed) = open.remove(&idlest) {
                closed.close.notify_one();
            }
        }
        let id = self.tick();
        let connection = Arc::new(Connection {
            id,
            busy: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            used: AtomicU64::new(id),
            kept: AtomicUsize::new(0),
            close: Notify::new(),
        });
        open.insert(id, Arc::clone(&connection));
        Some(connection)
    }

    /// Forgets a connection that is closed.
    pub(super) fn closed(&self, connection: &Connection) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&connection.id);
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Marks a connection as busy until the mark is dropped.
    pub(super) fn busy(self: &Arc<Self>, connection: &Arc<Connection>) -> Busy {
        connection.busy.fetch_add(1, Ordering::Relaxed);
        connection.asked.store(true, Ordering::Relaxed);
        connection.used.store(self.tick(), Ordering::Relaxed);
        Busy { connections: Arc::clone(self), connection: Arc::clone(connection) }
    }

    /// Counts a request until its answer is taken; all may have `most` bytes together.
    pub(super) fn keep(self: &Arc<Self>, connection: &Arc<Connection>, most: usize) -> Kept {
        let (connections, connection) = (Arc::clone(self), Arc::clone(connection));
        let mut kept = Kept { connections, connection, bytes: 0, most };
        kept.grow(REQUEST);
        kept
    }

    /// Tells the connection to close for which the most is kept, where that is too much for all:
    /// its client asks, and does not take what it is answered.
    #[cold]
    fn shrink(&self, most: usize) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = |connection: &Connection| connection.kept.load(Ordering::Relaxed);
        // What is kept for those that were told before goes soon.
        if open.values().map(|connection| kept(connection)).sum::<usize>() > most {
            let heaviest = open.values().max_by_key(|connection| kept(connection));
            if let Some(closed) = heaviest.map(|c| c.id).and_then(|id| open.remove(&id)) {
                closed.close.notify_one();
            }
        }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

impl Connection {
    /// Waits until the connection is to close, for others to have its place.
    pub(super) async fn evicted(&self) {
        self.close.notified().await;
    }
}

/// A request of a connection is being answered.
pub(super) struct Busy {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.connection.used.store(self.connections.tick(), Ordering::Relaxed);
        self.connection.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is kept for one request.
pub(super) struct Kept {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
    bytes: usize,
    most: usize,
}

impl Kept {
    /// An answer's text. It is kept until it is sent, whoever holds it until then.
    pub(super) fn answer(mut self, text: Bytes) -> Bytes {
        self.grow(text.len());
        Bytes::from_owner(Untaken { text, _kept: self })
    }

    fn grow(&mut self, by: usize) {
        self.bytes += by;
        self.connection.kept.fetch_add(by, Ordering::Relaxed);
        if self.connections.kept.fetch_add(by, Ordering::Relaxed) + by > self.most {
            self.connections.shrink(self.most);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.connection.kept.fetch_sub(self.bytes, Ordering::Relaxed);
        self.connections.kept.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An answer that is not sent yet.
struct Untaken {
    text: Bytes,
    _kept: Kept,
}

impl AsRef<[u8]> for Untaken {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, REQUEST};
    use bytes::Bytes;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    #[test]
    fn the_idlest_makes_room_and_the_busy_stay() {
        let connections = Arc::new(Connections::default());
        let first = connections.open(2).unwrap();
        let second = connections.open(2).unwrap();
        drop(connections.busy(&first));
        let third = connections.open(2).unwrap();
        assert_eq!(connections.count(), 2);
        let busy = [connections.busy(&first), connections.busy(&third)];
        assert!(connections.open(2).is_none(), "the second was closed, the others are busy");
        drop(busy);
        connections.closed(&second);
        connections.closed(&third);
        assert_eq!(connections.count(), 1);
    }

    #[test]
    fn who_only_connects_takes_nobodys_place_who_asks() {
        let connections = Arc::new(Connections::default());
        let asks = connections.open(2).unwrap();
        drop(connections.busy(&asks));
        for _ in 0..10 {
            assert!(connections.open(2).is_some());
        }
        let open = connections.open.lock().unwrap();
        assert!(open.contains_key(&asks.id), "it is the idlest, and stays");
    }

    #[test]
    fn who_takes_no_answers_makes_room() {
        let connections = Arc::new(Connections::default());
        let open = || connections.open(9).unwrap();
        let (takes, hoards, both) = (open(), open(), 4 * REQUEST);
        let ask = |of| connections.keep(of, both).answer(Bytes::from_static(b"yes"));
        let first = ask(&hoards);
        (0..9).for_each(|_| drop(ask(&takes)));
        assert_eq!(connections.count(), 2, "what is taken is kept no more");
        let others = [ask(&hoards), ask(&hoards), ask(&takes)];
        assert_eq!(connections.count(), 1, "a little more than may be");
        assert!(connections.open.lock().unwrap().contains_key(&takes.id));
        drop(ask(&takes));
        assert_eq!(connections.count(), 1, "what is kept for it goes soon");
        assert_eq!(first, "yes");
        drop((first, others));
        assert_eq!(connections.kept.load(Ordering::Relaxed), 0);
    }
}
