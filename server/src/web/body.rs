//! Request bodies, in pieces large enough for the disk, with deadlines: a body that stalls or drips is cut.

use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _};
use shared::limits::CHUNK_BYTES_MAX;
use shared::{ErrorCode, ErrorReply};
use tokio::time::{Instant, timeout, timeout_at};

/// Something must come within this time.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A body that comes slower than this, over its whole length, is cut.
const BYTES_PER_SECOND_MIN: u64 = 4 * 1024;
/// Pieces are handed on from this size on.
const PIECE_BYTES: usize = 512 * 1024;

/// A request's body.
pub(super) struct Incoming<S> {
    stream: S,
    deadline: Instant,
    ended: bool,
}

impl<S, B> Incoming<S>
where
    S: Stream<Item = Result<B, warp::Error>> + Unpin,
    B: Buf,
{
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            deadline: Instant::now() + STALL_TIMEOUT,
            ended: false,
        }
    }

    /// Says how long the body will be, and so how long it may take.
    pub(super) fn expect_bytes(&mut self, bytes: u64) {
        let whole = Duration::from_secs(bytes / BYTES_PER_SECOND_MIN);
        self.deadline = Instant::now() + STALL_TIMEOUT + whole;
    }

    /// The next piece, in parts as they came; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Bytes>>, ErrorReply> {
        let mut pieces = Vec::new();
        let mut bytes = 0;
        while bytes < PIECE_BYTES && !self.ended {
            let next = timeout(STALL_TIMEOUT, self.stream.next());
            match timeout_at(self.deadline, next).await {
                Ok(Ok(Some(Ok(mut part)))) => {
                    // Of what hyper gives this is a reference, no copy.
                    let part = part.copy_to_bytes(part.remaining());
                    bytes += part.len();
                    pieces.push(part);
                }
                Ok(Ok(Some(Err(error)))) => {
                    tracing::debug!(%error, "a body was cut");
                    self.ended = true;
                    return Err(ErrorReply::new(
                        ErrorCode::MalformedFrame,
                        "The body ended before its end; send it again.",
                    ));
                }
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(_)) | Err(_) => {
                    self.ended = true;
                    return Err(ErrorReply::new(
                        ErrorCode::TimedOut,
                        "The body came too slowly; send it again.",
                    ));
                }
            }
        }
        Ok((!pieces.is_empty()).then_some(pieces))
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
