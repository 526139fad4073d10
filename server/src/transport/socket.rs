//! A WebSocket. tungstenite reads it and answers pings; frames are written past it, ready made.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use shared::ClientFrame;
use shared::codec::{Packet, decode_message};
use shared::limits::{CLIENT_LINE_BYTES_MAX, CLIENT_MESSAGE_BYTES_MAX};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::allowance::Allowance;
use super::lines::discard;
use super::{Stream, TransportError};

/// Held by every connection for as long as it is open.
const READ_BUFFER_BYTES: usize = 1024;

pub(crate) struct Socket {
    inner: WebSocket<Allowance>,
}

impl Socket {
    pub(super) fn new(stream: Stream, read_ahead: Bytes) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(CLIENT_LINE_BYTES_MAX + 1))
            .max_frame_size(Some(CLIENT_LINE_BYTES_MAX + 1));
        let stream = Allowance::new(stream);
        let inner = if read_ahead.is_empty() {
            WebSocket::from_raw_socket(stream, Role::Server, Some(config))
        } else {
            WebSocket::from_partially_read(stream, read_ahead.into(), Role::Server, Some(config))
        };
        Self { inner }
    }

    pub(super) fn allow_payloads(&mut self) {
        self.inner.set_config(|config| {
            config.max_message_size = Some(CLIENT_MESSAGE_BYTES_MAX);
            config.max_frame_size = Some(CLIENT_MESSAGE_BYTES_MAX);
        });
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Packet<ClientFrame>>, TransportError>> {
        loop {
            match self.inner.read() {
                Ok(Message::Text(text)) => return Poll::Ready(self.decode(text.into())),
                Ok(Message::Binary(bytes)) => return Poll::Ready(self.decode(bytes)),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => {
                    return Poll::Ready(Ok(None));
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.inner.get_mut().poll_read_ready(cx))?;
                }
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    fn decode(&mut self, message: Bytes) -> Result<Option<Packet<ClientFrame>>, TransportError> {
        let message = self.inner.get_mut().finish(message);
        Ok(Some(decode_message(message)?))
    }

    pub(super) fn read_bytes(&self) -> u64 {
        self.inner.get_ref().read_bytes()
    }

    /// The outer error ends the connection.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> Result<io::Result<usize>, TransportError> {
        // A pong that is half sent must be whole before anything else goes out.
        match self.inner.flush() {
            Ok(()) => Ok(self.inner.get_mut().stream.try_write(bytes)),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(Err(error)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.inner.get_ref().stream.is_flushed()
    }

    pub(super) fn poll_write_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.get_mut().stream.poll_write_ready(cx)
    }

    pub(super) async fn close(&mut self) {
        let mut closed = self.inner.close(None);
        while let Err(Error::Io(error)) = &closed
            && error.kind() == io::ErrorKind::WouldBlock
        {
            let stream = &mut self.inner.get_mut().stream;
            if poll_fn(|cx| stream.poll_write_ready(cx)).await.is_err() {
                return;
            }
            closed = self.inner.flush();
        }
        discard(&mut self.inner.get_mut().stream).await;
    }
}
