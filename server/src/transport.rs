//! Frames over a TCP stream or a WebSocket; nothing above this module knows which.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt as _};
use shared::codec::{DecodeError, FrameDecoder, Packet, decode_message};
use shared::limits::CLIENT_LINE_BYTES_MAX;
use shared::{ClientFrame, ServerFrame, codec};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;

use crate::payloads::Place;

/// A peer that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why no more frames come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    WebSocket(#[from] tungstenite::Error),
    #[error("the peer took nothing for {} s", WRITE_TIMEOUT.as_secs())]
    Stalled,
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
}

impl From<ServerFrame> for Outgoing {
    fn from(frame: ServerFrame) -> Self {
        Self::with_payload(&frame, Bytes::new())
    }
}

impl From<Bytes> for Outgoing {
    /// A line that was encoded before.
    fn from(line: Bytes) -> Self {
        Self {
            line,
            payload: Bytes::new(),
        }
    }
}

/// Where frames come from and go to.
pub(crate) trait Transport: Send {
    /// The next frame, `None` at the end. May be dropped and called again without losing bytes.
    fn read(
        &mut self,
    ) -> impl Future<Output = Result<Option<Packet<ClientFrame>>, TransportError>> + Send;
    /// Writes these frames in as few writes as the transport allows.
    fn write(
        &mut self,
        frames: &[Outgoing],
    ) -> impl Future<Output = Result<(), TransportError>> + Send;
    /// Says goodbye where the transport has a way to.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Newline-delimited JSON on a TCP stream.
pub(crate) struct Lines {
    stream: TcpStream,
    decoder: FrameDecoder,
    pending: Option<codec::Head<ClientFrame>>,
    /// Where the payload of `pending` may be kept.
    place: Option<Place>,
}

impl Lines {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(CLIENT_LINE_BYTES_MAX),
            pending: None,
            place: None,
        }
    }
}

impl Transport for Lines {
    async fn read(&mut self) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        loop {
            if self.pending.is_none() {
                self.pending = self.decoder.next_head()?;
            }
            if let Some(head) = &self.pending
                && self.place.is_none()
            {
                self.place = Some(Place::incoming(head.payload_bytes).await);
            }
            if let Some(head) = self.pending.take() {
                match self.decoder.next_payload(head.payload_bytes) {
                    Some(payload) => {
                        let payload = match self.place.take() {
                            Some(place) if !payload.is_empty() => place.hold(payload),
                            Some(_) | None => payload,
                        };
                        return Ok(Some(Packet {
                            frame: head.frame,
                            payload,
                        }));
                    }
                    None => self.pending = Some(head),
                }
            }
            if self.stream.read_buf(self.decoder.buffer_mut()).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn write(&mut self, frames: &[Outgoing]) -> Result<(), TransportError> {
        let parts = frames
            .iter()
            .flat_map(|frame| [&frame.line, &frame.payload]);
        let bytes: Vec<u8> = parts.flatten().copied().collect();
        match timeout(WRITE_TIMEOUT, self.stream.write_all(&bytes)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(TransportError::Stalled),
        }
    }

    async fn close(&mut self) {
        // A peer that is already gone needs no goodbye.
        let _ = self.stream.shutdown().await;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Transport for WebSocketStream<S> {
    async fn read(&mut self) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        loop {
            return match self.next().await {
                Some(Ok(Message::Text(text))) => Ok(Some(decode_message(text.into())?)),
                Some(Ok(Message::Binary(bytes))) => Ok(Some(decode_message(bytes)?)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_))) | None => Ok(None),
                Some(Err(error)) => Err(error.into()),
            };
        }
    }

    async fn write(&mut self, frames: &[Outgoing]) -> Result<(), TransportError> {
        let feed = async {
            for frame in frames {
                let message = if frame.payload.is_empty() {
                    // Lines are made by serde_json, which writes UTF-8 only.
                    let text = String::from_utf8_lossy(frame.line.trim_ascii_end());
                    Message::text(text.into_owned())
                } else {
                    Message::binary([&frame.line[..], &frame.payload[..]].concat())
                };
                self.feed(message).await?;
            }
            self.flush().await
        };
        match timeout(WRITE_TIMEOUT, feed).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(TransportError::Stalled),
        }
    }

    async fn close(&mut self) {
        // A peer that is already gone needs no goodbye.
        let _ = timeout(Duration::from_secs(1), SinkExt::close(self)).await;
    }
}
