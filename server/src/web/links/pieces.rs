//! The bytes of a file on their way to whoever opened its link.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::task::JoinHandle;

use crate::blobs::{Disk, read_at};
use crate::files::Grant;
use crate::payloads::{Place, hold};
use crate::web::Cut;

/// Read and sent at once; while it is sent, the next is read.
const PIECE_BYTES: u64 = 512 * 1024;

/// Cuts the connection once the grant has ended, unless all was sent before.
pub(super) struct Guard(JoinHandle<()>);

impl Guard {
    pub(super) fn new(mut grant: Grant, cut: Cut) -> Self {
        Self(tokio::spawn(async move {
            grant.ended().await;
            cut.cut();
        }))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The bytes of a range, read ahead by one piece.
pub(super) struct Pieces {
    disk: Disk,
    file: Arc<File>,
    rest: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    guard: Arc<Guard>,
}

impl Pieces {
    pub(super) fn new(disk: Disk, file: File, range: Range<u64>, guard: Guard) -> Self {
        let mut pieces = Self {
            disk,
            file: Arc::new(file),
            rest: range,
            reading: None,
            guard: Arc::new(guard),
        };
        pieces.read_next();
        pieces
    }

    fn read_next(&mut self) {
        let start = self.rest.start;
        let end = self.rest.end.min(start + PIECE_BYTES);
        self.rest.start = end;
        self.reading = (start < end).then(|| {
            let (disk, file) = (self.disk.clone(), self.file.clone());
            // With the last bytes, that is until they are sent.
            let guard = self.guard.clone();
            let bytes = (end - start) as usize;
            let read = move || read_at(&file, start, bytes);
            tokio::spawn(async move {
                // Counted until it is sent: any number of peers who take nothing hold no more than that.
                let place = Place::outgoing(bytes as u32).await;
                Ok(hold(disk.run(read).await?, (place, guard)))
            })
        });
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // Nobody is there any more for what may still wait for its place.
        if let Some(reading) = &self.reading {
            reading.abort();
        }
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let read = ready!(Pin::new(reading).poll(context));
        let read = read.map_err(io::Error::other).flatten();
        match &read {
            Ok(_) => self.read_next(),
            // The body is cut here, which the peer sees by its length.
            Err(error) => {
                tracing::error!(%error, "a file could not be read");
                self.reading = None;
            }
        }
        Poll::Ready(Some(read))
    }
}
