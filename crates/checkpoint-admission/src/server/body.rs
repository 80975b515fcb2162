//! Bodies of requests: each is bounded, and all of them together.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes there are in all bodies that are being read or judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<AtomicUsize>);

/// A body. Its bytes count as held until it is dropped.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    _held: Share,
}

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// it has more bytes than a body may have
    TooLarge,
    /// all bodies together have more than they may
    TooMany,
    /// the client left off
    BrokeOff,
}

impl Held {
    /// How many it is now.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Reads a body of at most `most` bytes, where all bodies may have `together`.
    pub(super) async fn read(
        &self,
        incoming: &mut Incoming,
        most: usize,
        together: usize,
    ) -> Result<Body, BodyError> {
        let told = incoming.size_hint();
        let at_least = usize::try_from(told.lower()).unwrap_or(usize::MAX);
        if at_least > most {
            return Err(BodyError::TooLarge);
        }
        let mut held = Share { held: self.clone(), bytes: 0 };
        let mut read = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|_| BodyError::BrokeOff)?;
            let Ok(data) = frame.into_data() else { continue };
            if read.len() + data.len() > most {
                return Err(BodyError::TooLarge);
            }
            held.grow(data.len(), together)?;
            // Most bodies are one frame, and are not copied.
            if read.is_empty() && incoming.is_end_stream() {
                return Ok(Body { bytes: data, _held: held });
            }
            read.extend_from_slice(&data);
        }
        Ok(Body { bytes: read.freeze(), _held: held })
    }
}

/// Reads on without keeping anything, for so many bytes at most: a client of HTTP/2 whose stream is
/// closed while it sends does not read what it was answered.
pub(super) async fn discard(incoming: &mut Incoming, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = incoming.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// What one body has of all that is held.
#[derive(Debug)]
struct Share {
    held: Held,
    bytes: usize,
}

impl Share {
    fn grow(&mut self, by: usize, together: usize) -> Result<(), BodyError> {
        let before = self.held.0.fetch_add(by, Ordering::Relaxed);
        self.bytes += by;
        if before.saturating_add(by) > together { Err(BodyError::TooMany) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyError, Held, Share};

    #[test]
    fn what_is_dropped_is_held_no_more() {
        let held = Held::default();
        let mut first = Share { held: held.clone(), bytes: 0 };
        let mut second = Share { held: held.clone(), bytes: 0 };
        assert_eq!(first.grow(6, 10), Ok(()));
        assert_eq!(second.grow(4, 10), Ok(()));
        assert_eq!(second.grow(1, 10), Err(BodyError::TooMany));
        drop(second);
        assert_eq!(first.grow(4, 10), Ok(()));
        drop(first);
        assert_eq!(held.bytes(), 0);
    }
}
