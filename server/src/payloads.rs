//! Payloads in memory: how much all connections together, and each alone, may hold of them. What holds a place is
//! the payload itself: its place is free again when the last of its bytes is dropped.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Payloads that are on their way in, of all connections.
static INCOMING: Semaphore = Semaphore::const_new(256 << 20);
/// Payloads that are on their way out. Apart, so that peers who take nothing cannot keep others from sending.
static OUTGOING: Semaphore = Semaphore::const_new(256 << 20);
/// Smaller ones are not counted: they cost no more than lines.
const SMALL_BYTES: u32 = 64 * 1024;
/// Of one connection, in both directions.
const CONNECTION_BYTES: u32 = 8 << 20;

/// A place for a payload among all.
pub(crate) struct Place {
    /// `None` for a small one.
    _all: Option<SemaphorePermit<'static>>,
}

/// A place among the payloads of one connection.
#[derive(Clone)]
pub(crate) struct Held(Arc<Semaphore>);

impl Place {
    /// Waits until a payload of this size may come in. Nothing is lost where it is dropped while waiting.
    pub(crate) async fn incoming(bytes: u32) -> Self {
        Self::among(&INCOMING, bytes).await
    }

    /// Waits until a payload of this size may be read to be sent.
    pub(crate) async fn outgoing(bytes: u32) -> Self {
        Self::among(&OUTGOING, bytes).await
    }

    async fn among(all: &'static Semaphore, bytes: u32) -> Self {
        let counted = bytes > SMALL_BYTES;
        Self {
            // It is never closed.
            _all: match counted {
                true => all.acquire_many(bytes).await.ok(),
                false => None,
            },
        }
    }

    /// The payload that has this place.
    pub(crate) fn hold(self, payload: Bytes) -> Bytes {
        hold(payload, self)
    }
}

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CONNECTION_BYTES as usize)))
    }
}

impl Held {
    /// Whether the connection may be read further.
    pub(crate) fn has_room(&self) -> bool {
        self.0.available_permits() > 0
    }

    /// Counts a payload that is there already.
    pub(crate) fn received(&self, payload: Bytes) -> Bytes {
        let bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let left = u32::try_from(self.0.available_permits()).unwrap_or(u32::MAX);
        match self.0.clone().try_acquire_many_owned(bytes.min(left)) {
            Ok(place) => hold(payload, place),
            // Somebody was quicker; the next look at the room sees it.
            Err(_) => payload,
        }
    }

    /// Waits until a payload of this size may be read to be sent.
    pub(crate) async fn to_send(&self, bytes: u32) -> (Option<OwnedSemaphorePermit>, Place) {
        let own = bytes.min(CONNECTION_BYTES);
        // It is never closed.
        let own = self.0.clone().acquire_many_owned(own).await.ok();
        (own, Place::outgoing(bytes).await)
    }
}

/// `payload`, and `place` until it is dropped.
pub(crate) fn hold<P: Send + 'static>(payload: Bytes, place: P) -> Bytes {
    struct Owner<P> {
        payload: Bytes,
        _place: P,
    }
    impl<P> AsRef<[u8]> for Owner<P> {
        fn as_ref(&self) -> &[u8] {
            &self.payload
        }
    }
    Bytes::from_owner(Owner {
        payload,
        _place: place,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_read_no_further_while_it_holds_too_much() {
        let held = Held::default();
        let payload = held.received(vec![1; 32 << 20].into());
        assert!(!held.has_room());
        assert!(
            held.to_send(1).now_or_never().is_none(),
            "it would hold more"
        );
        let slice = payload.slice(..1);
        drop(payload);
        assert!(!held.has_room(), "a slice keeps all of it");
        drop(slice);
        assert!(held.has_room());
        let whole = held.to_send(32 << 20).now_or_never().unwrap();
        assert!(!held.has_room());
        drop(hold(Bytes::new(), whole));
        assert!(held.has_room());
    }
}
