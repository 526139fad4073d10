//! Newline-delimited JSON on a TCP stream.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ClientFrame;
use shared::codec::{DecodeError, FrameDecoder, Head, Packet};
use shared::limits::CLIENT_LINE_BYTES_MAX;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Stream, TransportError};
use crate::payloads::Place;

/// Read at once while lines come.
const LINE_READ_BYTES: usize = 4 << 10;
/// Read at once while a payload comes.
const PAYLOAD_READ_BYTES: usize = 256 << 10;
/// What a peer that breaks the rules may still have on its way.
const DISCARD_BYTES_MAX: usize = 1 << 20;

pub(crate) struct Lines {
    stream: Stream,
    /// Without memory while nothing is half read.
    decoder: FrameDecoder,
    /// The frame whose payload is still coming.
    pending: Option<Box<Pending>>,
    payloads: bool,
    /// Of all bytes ever.
    read_bytes: u64,
}

struct Pending {
    head: Head<ClientFrame>,
    /// Waits until the payload may be kept.
    place: Placing,
}

enum Placing {
    Waiting(BoxFuture<'static, Place>),
    Placed(Place),
}

impl Lines {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(CLIENT_LINE_BYTES_MAX),
            pending: None,
            payloads: false,
            read_bytes: 0,
        }
    }

    pub(super) fn allow_payloads(&mut self) {
        self.payloads = true;
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Packet<ClientFrame>>, TransportError>> {
        loop {
            if let Some(packet) = self.decode()? {
                return Poll::Ready(Ok(Some(packet)));
            }
            let missing = match &mut self.pending {
                Some(pending) => {
                    ready!(pending.poll_place(cx));
                    pending.head.payload_bytes as usize
                }
                None => 0,
            };
            let buffer = self.decoder.buffer_mut();
            let at_once = match missing.saturating_sub(buffer.len()) {
                0 => LINE_READ_BYTES,
                missing => missing.min(PAYLOAD_READ_BYTES),
            };
            buffer.reserve(at_once);
            let read = pin!(self.stream.read_buf(buffer)).poll(cx);
            if read.is_pending() && self.decoder.buffer_mut().is_empty() {
                *self.decoder.buffer_mut() = BytesMut::new();
            }
            match ready!(read)? {
                0 => return Poll::Ready(Ok(None)),
                read => self.read_bytes += read as u64,
            }
        }
    }

    fn decode(&mut self) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        if self.pending.is_none() {
            if !self.payloads && is_http(self.decoder.buffer_mut()) {
                return Err(TransportError::Http);
            }
            if !self.payloads && is_handshake(self.decoder.buffer_mut()) {
                return Err(TransportError::Tls);
            }
            let Some(head) = self.decoder.next_head::<ClientFrame>()? else {
                return Ok(None);
            };
            if head.payload_bytes > 0 && !self.payloads {
                return Err(DecodeError::PayloadTooLong {
                    bytes: head.payload_bytes.into(),
                    max: 0,
                }
                .into());
            }
            if head.payload_bytes == 0 {
                return Ok(Some(Packet::from(head.frame)));
            }
            self.pending = Some(Box::new(Pending {
                place: Placing::Waiting(Place::incoming(head.payload_bytes).boxed()),
                head,
            }));
        }
        let payload_bytes = self
            .pending
            .as_ref()
            .map_or(0, |pending| pending.head.payload_bytes);
        let Some(payload) = self.decoder.next_payload(payload_bytes) else {
            return Ok(None);
        };
        Ok(self.pending.take().map(|pending| Packet {
            frame: pending.head.frame,
            payload: match pending.place {
                Placing::Placed(place) => place.hold(payload),
                // It came with the line, and is in memory anyway.
                Placing::Waiting(_) => payload,
            },
        }))
    }

    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.try_write(bytes)
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.stream.is_flushed()
    }

    pub(super) fn poll_write_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_write_ready(cx)
    }

    pub(super) async fn close(&mut self) {
        if self.stream.shutdown().await.is_ok() {
            // Closing with something unread would take back what was sent last.
            discard(&mut self.stream).await;
        }
    }
}

/// Whether an HTTP request begins here. A page elsewhere can make a browser send one to this port, in the body of
/// which could be frames, so nothing behind it is read.
fn is_http(bytes: &[u8]) -> bool {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = line.trim_ascii_end();
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

/// Whether a TLS handshake begins here, the end of which would be waited for in vain.
fn is_handshake(bytes: &[u8]) -> bool {
    bytes.starts_with(&[22, 3])
}

impl Pending {
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Placing::Waiting(place) = &mut self.place {
            self.place = Placing::Placed(ready!(place.poll_unpin(cx)));
        }
        Poll::Ready(())
    }
}

/// Reads to the end, if that is near.
pub(super) async fn discard(stream: &mut Stream) {
    let mut buffer = Vec::with_capacity(4096);
    let mut discarded = 0;
    while discarded < DISCARD_BYTES_MAX {
        buffer.clear();
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => discarded += read,
        }
    }
}
