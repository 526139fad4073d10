//! Frames over a TCP stream or a WebSocket; nothing above this module knows which.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use shared::codec::{DecodeError, Packet};
use shared::{ClientFrame, ServerFrame, codec};
use tokio::time::timeout;

use crate::wire::{self, Framing};

mod allowance;
mod lines;
mod socket;
mod stream;

use lines::Lines;
use socket::Socket;
pub(crate) use stream::Stream;

/// A peer that takes nothing for this long is gone.
pub(crate) const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A peer is given this long to read what was said last.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why no more frames come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    WebSocket(#[from] tungstenite::Error),
    #[error("this port is not for browsers and HTTP; the other one is")]
    Http,
    #[error(
        "this server is without TLS; its operator can turn that on, or connect with chinwag://"
    )]
    Tls,
    #[error("the peer took nothing for {} s", STALL_TIMEOUT.as_secs())]
    Stalled,
    /// Nothing that is left of it may be written, not even to end what was begun.
    #[error("the peer may no longer have what it was being sent")]
    Withdrawn,
}

/// One encoded frame: its line with its end, and the payload that goes right after it.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) line: Bytes,
    /// Empty where the frame has none.
    pub(crate) payload: Bytes,
}

impl Outgoing {
    pub(crate) fn with_payload(frame: &ServerFrame, payload: Bytes) -> Self {
        Self {
            line: codec::encode_line(frame).into(),
            payload,
        }
    }

    /// Appends all but the payload.
    pub(crate) fn push_head(&self, out: &mut Vec<u8>, framing: Framing) {
        if self.payload.is_empty() {
            wire::push_line(out, &self.line, framing);
        } else {
            wire::push_head(out, &self.line, self.payload.len(), framing);
        }
    }
}

impl From<ServerFrame> for Outgoing {
    fn from(frame: ServerFrame) -> Self {
        Self::with_payload(&frame, Bytes::new())
    }
}

/// Where frames come from and go to.
pub(crate) enum Transport {
    Lines(Lines),
    WebSocket(Box<Socket>),
}

impl Transport {
    /// Newline-delimited JSON.
    pub(crate) fn lines(stream: Stream) -> Self {
        Self::Lines(Lines::new(stream))
    }

    /// A WebSocket after its handshake; `read_ahead` came right behind that.
    pub(crate) fn websocket(stream: Stream, read_ahead: Bytes) -> Self {
        Self::WebSocket(Box::new(Socket::new(stream, read_ahead)))
    }

    pub(crate) fn framing(&self) -> Framing {
        match self {
            Self::Lines(_) => Framing::Lines,
            Self::WebSocket(_) => Framing::WebSocket,
        }
    }

    /// The peer is known now, so that it may send payloads too.
    pub(crate) fn allow_payloads(&mut self) {
        match self {
            Self::Lines(lines) => lines.allow_payloads(),
            Self::WebSocket(socket) => socket.allow_payloads(),
        }
    }

    /// The next frame, `None` at the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Packet<ClientFrame>>, TransportError>> {
        match self {
            Self::Lines(lines) => lines.poll_read(cx),
            Self::WebSocket(socket) => socket.poll_read(cx),
        }
    }

    /// How much was read so far, of frames that are not whole yet as well.
    pub(crate) fn read_bytes(&self) -> u64 {
        match self {
            Self::Lines(lines) => lines.read_bytes(),
            Self::WebSocket(socket) => socket.read_bytes(),
        }
    }

    pub(crate) async fn read(&mut self) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// Writes as much as the peer takes at once. The bytes are frames in this transport's framing; whoever has begun
    /// one ends it before it writes or reads anything else.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> Result<usize, TransportError> {
        let written = match self {
            Self::Lines(lines) => lines.try_write(bytes),
            Self::WebSocket(socket) => socket.try_write(bytes)?,
        };
        match written {
            Ok(written) => Ok(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    fn poll_write_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Lines(lines) => lines.poll_write_ready(cx),
            Self::WebSocket(socket) => socket.poll_write_ready(cx),
        }
    }

    fn is_flushed(&self) -> bool {
        match self {
            Self::Lines(lines) => lines.is_flushed(),
            Self::WebSocket(socket) => socket.is_flushed(),
        }
    }

    /// Writes all, however slowly the peer takes it, as long as it takes something.
    pub(crate) async fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), TransportError> {
        while !bytes.is_empty() {
            let written = self.try_write(bytes)?;
            bytes = &bytes[written..];
            if written == 0 {
                self.writable().await?;
            }
        }
        while !self.is_flushed() {
            self.writable().await?;
        }
        Ok(())
    }

    /// Waits until the peer takes more, but not for ever.
    pub(crate) async fn writable(&mut self) -> Result<(), TransportError> {
        match timeout(STALL_TIMEOUT, poll_fn(|cx| self.poll_write_ready(cx))).await {
            Ok(ready) => Ok(ready?),
            Err(_) => Err(TransportError::Stalled),
        }
    }

    /// Writes one frame.
    pub(crate) async fn send(&mut self, frame: &ServerFrame) -> Result<(), TransportError> {
        let mut out = Vec::new();
        wire::push_line(&mut out, &codec::encode_line(frame), self.framing());
        self.write_all(&out).await
    }

    /// Says goodbye, and lets the peer read what was sent before the socket goes.
    pub(crate) async fn close(&mut self) {
        let closing = async {
            match self {
                Self::Lines(lines) => lines.close().await,
                Self::WebSocket(socket) => socket.close().await,
            }
        };
        // A peer that is gone, or does not listen, needs no goodbye.
        let _ = timeout(CLOSE_TIMEOUT, closing).await;
    }
}
