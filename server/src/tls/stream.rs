//! TLS over a TCP stream, for transports that ask for readiness and then read and write without waiting. What lies
//! between the socket and its user is kept only while there is any, so that an idle connection holds no buffers.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, UnbufferedStatus, WriteTraffic,
};
use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;

/// What a record may carry (RFC 8446, section 5.1).
const RECORD_BYTES_MAX: usize = 16 << 10;
/// Header, type, padding and tag of a record, generously.
const RECORD_OVERHEAD_BYTES: usize = 64;
/// Read at once, at most; at least a record.
const READ_BYTES_MAX: usize = 64 << 10;
/// Encrypted and written at once. What is encrypted cannot be taken back, so this is also what a peer that takes
/// nothing costs.
const WRITE_BYTES_MAX: usize = 64 << 10;
/// Unprocessed bytes above which no handshake is honest; rustls refuses messages of more than 64 KiB.
const INCOMING_BYTES_MAX: usize = 128 << 10;

thread_local! {
    /// What was read, and what was encrypted; between two calls nothing is in them.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct TlsStream {
    tcp: TcpStream,
    connection: UnbufferedServerConnection,
    /// The beginning of what is to be processed, while the rest is missing.
    incoming: Vec<u8>,
    /// Decrypted, and not read so far.
    plain: Vec<u8>,
    /// Encrypted, and not taken by the peer so far.
    outgoing: Vec<u8>,
    /// The peer has said that nothing more comes.
    ended: bool,
    /// Nothing but what is in `outgoing` may go out any more: that was said, or it has failed.
    closing: bool,
}

impl TlsStream {
    /// Answers a handshake. Without a deadline of its own.
    pub(crate) async fn accept(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<Self> {
        let connection = UnbufferedServerConnection::new(config).map_err(invalid)?;
        let mut stream = Self {
            tcp,
            connection,
            incoming: Vec::new(),
            plain: Vec::new(),
            outgoing: Vec::new(),
            ended: false,
            closing: false,
        };
        while stream.connection.is_handshaking() {
            stream.tcp.readable().await?;
            match stream.fill(&mut []) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    // The peer is told why, where it still listens.
                    let _ = poll_fn(|cx| stream.poll_flush(cx)).await;
                    return Err(error);
                }
            }
            poll_fn(|cx| stream.poll_flush(cx)).await?;
        }
        Ok(stream)
    }

    /// What both sides have agreed to speak, where they have.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// What there is without waiting; nothing at the end.
    pub(crate) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.plain.is_empty() {
                let read = buffer.len().min(self.plain.len());
                buffer[..read].copy_from_slice(&self.plain[..read]);
                self.plain.drain(..read);
                if self.plain.is_empty() {
                    self.plain = Vec::new();
                }
                return Ok(read);
            }
            if self.ended {
                return Ok(0);
            }
            let filled = self.fill(buffer);
            // Tickets, changes of keys, and why it failed. Whoever takes no more may have said something before.
            let flushed = self.flush_now();
            match filled? {
                0 if self.ended => return Ok(0),
                0 => drop(flushed?),
                filled => return Ok(filled),
            }
        }
    }

    /// Reads once and processes that. How much of `buffer` was filled; what finds no room in it is kept.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        READ.with_borrow_mut(|read| {
            let kept = self.incoming.len();
            if kept > INCOMING_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let room = (buffer.len() + RECORD_OVERHEAD_BYTES)
                .clamp(RECORD_BYTES_MAX + RECORD_OVERHEAD_BYTES, READ_BYTES_MAX);
            if read.len() < kept + room {
                read.resize(kept + room, 0);
            }
            let came = self.tcp.try_read(&mut read[kept..kept + room])?;
            if came == 0 {
                // Without a goodbye somebody else may have cut it short.
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read[..kept].copy_from_slice(&self.incoming);
            let mut filled = 0;
            let plain = &mut self.plain;
            let mut take = |bytes: &[u8]| {
                let fits = bytes.len().min(buffer.len() - filled);
                buffer[filled..filled + fits].copy_from_slice(&bytes[..fits]);
                filled += fits;
                plain.extend_from_slice(&bytes[fits..]);
            };
            let bytes = &mut read[..kept + came];
            let mut steps = Steps {
                connection: &mut self.connection,
                outgoing: &mut self.outgoing,
                ended: &mut self.ended,
            };
            let advanced = steps.advance(bytes, &mut take, None);
            let processed = advanced.map_err(|error| {
                (self.ended, self.closing) = (true, true);
                invalid(error)
            })?;
            self.incoming = bytes[processed..].to_vec();
            Ok(filled)
        })
    }

    /// Encrypts and writes what the peer takes without waiting. Up to [`WRITE_BYTES_MAX`] of what was taken here may
    /// still be on this side: it goes out with whatever is done next, reading as well.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closing {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if !self.flush_now()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut written = 0;
        for piece in bytes.chunks(WRITE_BYTES_MAX) {
            self.write_piece(Some(piece))?;
            written += piece.len();
            if !self.is_flushed() {
                break;
            }
        }
        Ok(written)
    }

    /// Without a piece, says goodbye.
    fn write_piece(&mut self, piece: Option<&[u8]>) -> io::Result<()> {
        WRITTEN.with_borrow_mut(|written| {
            written.clear();
            let mut steps = Steps {
                connection: &mut self.connection,
                outgoing: written,
                ended: &mut self.ended,
            };
            let mut write = |traffic: &mut Traffic<'_>, out: &mut Vec<u8>| match piece {
                Some(piece) => encrypt(traffic, piece, out),
                None => say_goodbye(traffic, out),
            };
            // Nothing new was read, so nothing can come of it.
            let advanced = steps.advance(&mut self.incoming, &mut |_| {}, Some(&mut write));
            let processed = advanced.map_err(|error| {
                self.closing = true;
                invalid(error)
            })?;
            self.incoming.drain(..processed);
            let taken = if self.outgoing.is_empty() {
                try_now(self.tcp.try_write(written))?
            } else {
                0
            };
            self.outgoing.extend_from_slice(&written[taken..]);
            Ok(())
        })
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.outgoing.is_empty()
    }

    /// Whether all has gone out.
    fn flush_now(&mut self) -> io::Result<bool> {
        if self.outgoing.is_empty() {
            return Ok(true);
        }
        let taken = try_now(self.tcp.try_write(&self.outgoing))?;
        if taken == self.outgoing.len() {
            self.outgoing = Vec::new();
        } else {
            self.outgoing.drain(..taken);
        }
        Ok(self.outgoing.is_empty())
    }

    /// Ready when something can be read. Also sends what has not gone out so far; where that fails, what has come before
    /// is to be read all the same.
    pub(crate) fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.poll_flush(cx);
        if !self.plain.is_empty() || self.ended {
            return Poll::Ready(Ok(()));
        }
        match (self.tcp.poll_read_ready(cx), flushed) {
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            (ready, _) => ready,
        }
    }

    /// Ready when something can be written.
    pub(crate) fn poll_write_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        self.tcp.poll_write_ready(cx)
    }

    /// Ready when all has gone out.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.flush_now()? {
            ready!(self.tcp.poll_write_ready(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Says goodbye and writes no more.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !mem::replace(&mut self.closing, true) {
            self.write_piece(None)?;
        }
        ready!(self.poll_flush(cx))?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

type Traffic<'a> = WriteTraffic<'a, rustls::server::ServerConnectionData>;
type Write<'a> = &'a mut dyn FnMut(&mut Traffic<'_>, &mut Vec<u8>) -> Result<(), rustls::Error>;

/// What the steps of the state machine work on.
struct Steps<'a> {
    connection: &'a mut UnbufferedServerConnection,
    outgoing: &'a mut Vec<u8>,
    ended: &'a mut bool,
}

impl Steps<'_> {
    /// Goes on until more must come, then writes. How many of the bytes are done with.
    fn advance(
        &mut self,
        bytes: &mut [u8],
        take: &mut dyn FnMut(&[u8]),
        write: Option<Write<'_>>,
    ) -> Result<usize, rustls::Error> {
        let mut processed = 0;
        loop {
            let rest = &mut bytes[processed..];
            let UnbufferedStatus { mut discard, state } = self.connection.process_tls_records(rest);
            let mut stops = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        take(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    push_encoded(self.outgoing, |out| data.encode(out))?;
                }
                // What is in `outgoing` leaves in this order.
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => *self.ended = true,
                Ok(ConnectionState::Closed) => {
                    *self.ended = true;
                    stops = true;
                }
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    if let Some(write) = write {
                        write(&mut traffic, self.outgoing)?;
                    }
                    return Ok(processed + discard);
                }
                // Early data is not asked for, and there are no other states.
                Ok(ConnectionState::BlockedHandshake | _) => stops = true,
                Err(error) => {
                    self.push_alert()?;
                    return Err(error);
                }
            }
            processed += discard;
            if stops {
                return match write {
                    // Nothing can be written before it has begun, and where it is over.
                    Some(_) => Err(rustls::Error::HandshakeNotComplete),
                    None => Ok(processed),
                };
            }
        }
    }

    /// What the peer is told of a failure; nothing else may be processed after one.
    fn push_alert(&mut self) -> Result<(), rustls::Error> {
        while self.connection.wants_write() {
            let status = self.connection.process_tls_records(&mut []);
            let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state else {
                return Ok(());
            };
            push_encoded(self.outgoing, |out| data.encode(out))?;
        }
        Ok(())
    }
}

/// Appends what `encode` writes once it has room enough.
fn push_encoded(
    out: &mut Vec<u8>,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
) -> Result<(), rustls::Error> {
    let start = out.len();
    let mut room = 0;
    loop {
        out.resize(start + room, 0);
        match encode(&mut out[start..]) {
            Ok(encoded) => {
                out.truncate(start + encoded);
                return Ok(());
            }
            Err(EncodeError::InsufficientSize(missing)) => room = missing.required_size,
            Err(EncodeError::AlreadyEncoded) => return Err(rustls::Error::EncryptError),
        }
    }
}

/// Appends the records that carry `plain`.
fn encrypt(
    traffic: &mut Traffic<'_>,
    plain: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), rustls::Error> {
    let records = plain.len().div_ceil(RECORD_BYTES_MAX) + 1;
    let room = plain.len() + records * RECORD_OVERHEAD_BYTES;
    push_encrypted(out, room, |out| traffic.encrypt(plain, out))
}

fn say_goodbye(traffic: &mut Traffic<'_>, out: &mut Vec<u8>) -> Result<(), rustls::Error> {
    push_encrypted(out, RECORD_OVERHEAD_BYTES, |out| {
        traffic.queue_close_notify(out)
    })
}

fn push_encrypted(
    out: &mut Vec<u8>,
    mut room: usize,
    mut encrypt: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), rustls::Error> {
    let start = out.len();
    loop {
        out.resize(start + room, 0);
        match encrypt(&mut out[start..]) {
            Ok(encrypted) => {
                out.truncate(start + encrypted);
                return Ok(());
            }
            Err(EncryptError::InsufficientSize(missing)) => room = missing.required_size,
            Err(EncryptError::EncryptExhausted) => return Err(rustls::Error::EncryptError),
        }
    }
}

/// Nothing where it would have to wait.
fn try_now(written: io::Result<usize>) -> io::Result<usize> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
