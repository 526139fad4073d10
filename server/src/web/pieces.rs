//! The bytes of a file on their way to whoever may read it.

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
use crate::files::{Arriving, Grant, Verified};
use crate::payloads::{Place, hold};
use crate::web::Cut;

/// Of what is not [`Verified`], read and sent at once; while it is sent, the next is read.
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

/// Where the bytes come from.
pub(super) enum Source {
    Whole(Box<Verified>),
    /// What the server has made, and can make again.
    Made(File),
    Arriving(Arriving),
}

impl Source {
    /// Up to where it can be read at once, from `start` on.
    fn piece_end(&self, start: u64) -> u64 {
        match self {
            Self::Whole(file) => file.piece_end(start),
            Self::Made(_) => start + PIECE_BYTES,
            Self::Arriving(arriving) => arriving.chunk_end(start).min(start + PIECE_BYTES),
        }
    }

    /// Ready once there is something to read at `start`.
    async fn wait_for(&self, start: u64) -> io::Result<()> {
        match self {
            Self::Whole(_) | Self::Made(_) => Ok(()),
            Self::Arriving(arriving) => arriving.wait_for(start).await,
        }
    }

    /// Blocks. `is_last` where nothing behind it will be asked for.
    fn read(&self, start: u64, bytes: usize, is_last: bool) -> io::Result<Bytes> {
        match self {
            Self::Whole(file) => file.read(start, bytes, is_last),
            Self::Made(file) => read_at(file, start, bytes),
            Self::Arriving(arriving) => arriving.read(start, bytes),
        }
    }
}

/// The bytes of a range, read ahead by one piece.
pub(super) struct Pieces {
    disk: Disk,
    source: Arc<Source>,
    rest: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    guard: Arc<Guard>,
}

impl Pieces {
    pub(super) fn new(disk: Disk, source: Source, range: Range<u64>, guard: Guard) -> Self {
        let mut pieces = Self {
            disk,
            source: Arc::new(source),
            rest: range,
            reading: None,
            guard: Arc::new(guard),
        };
        pieces.read_next();
        pieces
    }

    fn read_next(&mut self) {
        let start = self.rest.start;
        let end = self.rest.end.min(self.source.piece_end(start));
        self.rest.start = end;
        self.reading = (start < end).then(|| {
            let (disk, source) = (self.disk.clone(), self.source.clone());
            // With the last bytes, that is until they are sent.
            let guard = self.guard.clone();
            let (bytes, is_last) = ((end - start) as usize, end == self.rest.end);
            tokio::spawn(async move {
                source.wait_for(start).await?;
                // Counted until it is sent: any number of peers who take nothing hold no more than that.
                let place = Place::outgoing(bytes as u32).await;
                let read = disk.run(move || source.read(start, bytes, is_last));
                Ok(hold(read.await?, (place, guard)))
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
                match *self.source {
                    Source::Whole(_) | Source::Made(_) => {
                        tracing::error!(%error, "a file could not be read")
                    }
                    Source::Arriving(_) => tracing::debug!(%error, "a file did not arrive"),
                }
                self.reading = None;
            }
        }
        Poll::Ready(Some(read))
    }
}
