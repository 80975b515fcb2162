//! The memory that reviews take once they are read: for each value more than the text that it is.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest body that is read at once, in bytes: that takes less than half a millisecond, and
/// is not counted.
pub(super) const SMALL: usize = 64 << 10;

/// How many bytes a value takes at most, beside its text, while it is read.
const VALUE: usize = 128;

/// What all bodies may take together that are not small.
#[derive(Debug)]
pub(super) struct Room {
    left: Arc<Semaphore>,
    all: u32,
}

/// What one body may take, as long as this lives.
#[derive(Debug)]
pub(super) struct Taken {
    _bytes: OwnedSemaphorePermit,
}

impl Room {
    /// Room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let all = u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { left: Arc::new(Semaphore::new(bytes)), all }
    }

    /// Takes what a body needs, once it is there.
    pub(super) async fn take(&self, body: &[u8]) -> Option<Taken> {
        let taken = Arc::clone(&self.left).acquire_many_owned(self.needed(body)).await;
        taken.ok().map(|bytes| Taken { _bytes: bytes })
    }

    /// Takes what a body needs, where it is there now.
    pub(super) fn try_take(&self, body: &[u8]) -> Option<Taken> {
        let taken = Arc::clone(&self.left).try_acquire_many_owned(self.needed(body));
        taken.ok().map(|bytes| Taken { _bytes: bytes })
    }

    /// Every value begins a list or an object, or follows a comma or something that begins one. What
    /// would need more than there is has all of it.
    fn needed(&self, body: &[u8]) -> u32 {
        if body.len() <= SMALL {
            return 0;
        }
        let begins = |byte: &u8| usize::from(matches!(byte, b',' | b'[' | b'{'));
        let values = body.iter().fold(0_usize, |sum, byte| sum.wrapping_add(begins(byte)));
        let bytes = values.saturating_mul(VALUE).saturating_add(body.len());
        u32::try_from(bytes).unwrap_or(u32::MAX).min(self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::{Room, SMALL};

    #[test]
    fn what_holds_many_values_needs_more() {
        let room = Room::new(1 << 20);
        let (text, zeros) = (vec![b'a'; 2 * SMALL], b"0,".repeat(SMALL));
        for (body, needed) in [
            (&text[..SMALL], 0),
            (&zeros[..SMALL], 0),
            (&text, 2 * SMALL),
            (&zeros, 1 << 20),
            (&zeros[..SMALL + 4], (SMALL + 4) + (SMALL / 2 + 2) * 128),
        ] {
            let needed = needed.min(1 << 20);
            assert_eq!(room.needed(body), u32::try_from(needed).unwrap(), "{}", body.len());
        }
        let taken = room.try_take(&text).unwrap();
        assert!(room.try_take(&zeros).is_none(), "there is no room for it");
        assert!(room.try_take(&zeros[..SMALL]).is_some(), "and it needs none");
        drop(taken);
        assert!(room.try_take(&zeros).is_some());
    }
}
