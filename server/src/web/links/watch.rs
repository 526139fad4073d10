//! Sees whether a whole download came to its end, as far as the server can tell.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use shared::FileId;

use crate::store::{Origin, Store};

/// Of a download: where it goes, and what of it was not yet handed on. Dropped before its end, it broke off.
pub(super) struct Watch {
    pub(super) store: Store,
    pub(super) file_id: FileId,
    pub(super) origin: Origin,
    pub(super) bytes_left: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.bytes_left > 0 {
            // Queued; whoever comes again finds it noted.
            drop(self.store.download_broke(self.file_id, self.origin));
        }
    }
}

/// A body that is watched.
pub(super) struct Watched<S> {
    pub(super) body: S,
    pub(super) watch: Option<Watch>,
}

impl<S: Stream<Item = io::Result<Bytes>> + Unpin> Stream for Watched<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = Pin::new(&mut self.body).poll_next(context);
        if let (Poll::Ready(Some(Ok(bytes))), Some(watch)) = (&piece, &mut self.watch) {
            watch.bytes_left = watch.bytes_left.saturating_sub(bytes.len() as u64);
        }
        piece
    }
}
