//! Frames over a TCP stream or a WebSocket; nothing above this module knows which.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt as _};
use shared::codec::{DecodeError, FrameDecoder, Packet, decode_message};
use shared::limits::CLIENT_LINE_BYTES_MAX;
use shared::{ClientFrame, codec};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;

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

/// Where frames come from and go to.
pub(crate) trait Transport: Send {
    /// The next frame, `None` at the end. May be dropped and called again without losing bytes.
    fn read(
        &mut self,
    ) -> impl Future<Output = Result<Option<Packet<ClientFrame>>, TransportError>> + Send;
    /// Writes these lines, each with its end, in as few writes as the transport allows.
    fn write(&mut self, lines: &[Bytes])
    -> impl Future<Output = Result<(), TransportError>> + Send;
    /// Says goodbye where the transport has a way to.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Newline-delimited JSON on a TCP stream.
pub(crate) struct Lines {
    stream: TcpStream,
    decoder: FrameDecoder,
    pending: Option<codec::Head<ClientFrame>>,
}

impl Lines {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(CLIENT_LINE_BYTES_MAX),
            pending: None,
        }
    }
}

impl Transport for Lines {
    async fn read(&mut self) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        loop {
            if self.pending.is_none() {
                self.pending = self.decoder.next_head()?;
            }
            if let Some(head) = self.pending.take() {
                // No request that this server takes has a payload; a large one is not buffered to be refused.
                if head.payload_bytes as usize > CLIENT_LINE_BYTES_MAX {
                    let (bytes, max) =
                        (u64::from(head.payload_bytes), CLIENT_LINE_BYTES_MAX as u32);
                    return Err(DecodeError::PayloadTooLong { bytes, max }.into());
                }
                match self.decoder.next_payload(head.payload_bytes) {
                    Some(payload) => {
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

    async fn write(&mut self, lines: &[Bytes]) -> Result<(), TransportError> {
        let bytes = lines.concat();
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

    async fn write(&mut self, lines: &[Bytes]) -> Result<(), TransportError> {
        let feed = async {
            for line in lines {
                // Lines are made by serde_json, which writes UTF-8 only.
                let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
                self.feed(Message::text(text)).await?;
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
