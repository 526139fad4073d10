//! Request bodies, in pieces large enough for the disk, with deadlines: a body that stalls or drips is cut.

use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use shared::limits::CHUNK_BYTES_MAX;
use shared::{ErrorCode, ErrorReply};
use tokio::time::{Instant, timeout, timeout_at};

/// Something must come within this time.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A body that comes slower than this, over its whole length, is cut.
const BYTES_PER_SECOND_MIN: u64 = 4 * 1024;
/// Pieces are handed on from this size on.
pub(super) const PIECE_BYTES: usize = 512 * 1024;

/// A request's body.
pub(super) struct Incoming {
    stream: BoxStream<'static, Result<Bytes, warp::Error>>,
    deadline: Instant,
    /// Of the next piece.
    gathered: Vec<Bytes>,
    ended: bool,
    /// Why it ended early, to be told once what came before is taken.
    failed: Option<ErrorReply>,
}

impl Incoming {
    pub(super) fn new<S, B>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, warp::Error>> + Send + 'static,
        B: Buf,
    {
        // Of what hyper gives this is a reference, no copy.
        let stream = stream.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining())));
        Self {
            stream: stream.boxed(),
            deadline: Instant::now() + STALL_TIMEOUT,
            gathered: Vec::new(),
            ended: false,
            failed: None,
        }
    }

    /// One that has nothing.
    pub(super) fn empty() -> Self {
        Self::new(futures_util::stream::empty::<Result<Bytes, warp::Error>>())
    }

    /// Says how long the body will be, and so how long it may take.
    pub(super) fn expect_bytes(&mut self, bytes: u64) {
        let whole = Duration::from_secs(bytes / BYTES_PER_SECOND_MIN);
        self.deadline = Instant::now() + STALL_TIMEOUT + whole;
    }

    /// Says that nobody knows how long it will be: the next piece is all that has to come in time.
    pub(super) fn expect_piece(&mut self) {
        self.expect_bytes(PIECE_BYTES as u64);
    }

    /// The next piece, in parts as they came; `None` at the end. Of a body that ends early, what came before is taken
    /// first.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Bytes>>, ErrorReply> {
        let mut bytes: usize = self.gathered.iter().map(Bytes::len).sum();
        while bytes < PIECE_BYTES && !self.ended {
            let next = timeout(STALL_TIMEOUT, self.stream.next());
            match timeout_at(self.deadline, next).await {
                Ok(Ok(Some(Ok(part)))) => {
                    bytes += part.len();
                    self.gathered.push(part);
                }
                Ok(Ok(Some(Err(error)))) => {
                    tracing::debug!(%error, "a body was cut");
                    self.ended = true;
                    self.failed = Some(ErrorReply::new(
                        ErrorCode::MalformedFrame,
                        "The body ended before its end; send it again.",
                    ));
                }
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(_)) | Err(_) => {
                    self.ended = true;
                    self.failed = Some(ErrorReply::new(
                        ErrorCode::TimedOut,
                        "The body came too slowly; send it again.",
                    ));
                }
            }
        }
        let pieces = self.gathered();
        match self.failed.take_if(|_| pieces.is_empty()) {
            Some(failed) => Err(failed),
            None => Ok((!pieces.is_empty()).then_some(pieces)),
        }
    }

    /// What came of a piece that nobody waits for any more.
    pub(super) fn gathered(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.gathered)
    }

    /// Reads what is left, as much as an honest peer may still be sending, and drops it.
    pub(super) async fn discard(&mut self) {
        let mut left = u64::from(CHUNK_BYTES_MAX);
        self.expect_bytes(0);
        while left > 0
            && let Ok(Some(pieces)) = self.next().await
        {
            let bytes: usize = pieces.iter().map(Bytes::len).sum();
            left = left.saturating_sub(bytes as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::stream::{iter, pending, unfold};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_is_cut() {
        let begun = iter([Ok(Bytes::from_static(b"begun"))]);
        let mut body = Incoming::new(begun.chain(pending()));
        body.expect_bytes(1 << 30);
        let before = Instant::now();
        assert_eq!(body.next().await.unwrap().unwrap(), ["begun"]);
        assert_eq!(body.next().await.unwrap_err().code, ErrorCode::TimedOut);
        assert_eq!(before.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_cut_as_a_whole() {
        let drip = unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        let mut body = Incoming::new(drip);
        body.expect_bytes(1 << 20);
        let before = Instant::now();
        assert_eq!(body.next().await.unwrap().unwrap().len(), 14);
        assert_eq!(body.next().await.unwrap_err().code, ErrorCode::TimedOut);
        assert_eq!(before.elapsed().as_secs(), 30 + (1 << 20) / 4096);
    }

    #[tokio::test]
    async fn what_is_left_is_dropped_up_to_a_chunk() {
        let endless = unfold((), |()| async {
            let part = Bytes::from(vec![0; PIECE_BYTES]);
            Some((Ok::<_, warp::Error>(part), ()))
        });
        let mut body = Incoming::new(endless);
        body.discard().await;
        assert_eq!(body.next().await.unwrap().unwrap().len(), 1, "it goes on");
    }
}
