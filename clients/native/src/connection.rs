//! One TCP connection: a task that cuts what comes into frames, and one that writes what waits in one go.

use std::io;

use bytes::Bytes;
use shared::codec::{DecodeError, FrameDecoder, Packet};
use shared::limits::SERVER_LINE_BYTES_MAX;
use shared::{ErrorCode, RequestId, ServerFrame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::address::ServerAddress;
use crate::driver::Event;
use crate::tls::Trust;

mod open;

/// Payloads are written in pieces of this size, with a report after each.
const PIECE_BYTES: usize = 256 * 1024;
/// Room for what comes next, where nothing is known of it.
const READ_BYTES: usize = 8 * 1024;
/// Lines that wait are joined to writes of about this size.
const WRITE_BYTES: usize = 64 * 1024;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// For people.
    pub reason: String,
}

/// What kind of trouble it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It could not be opened.
    Unreachable,
    /// Whatever answers there does not speak the protocol; trying again is of no use.
    Foreign,
    /// It may not be the server that it was, or others could read along; the reason says what to do.
    Untrusted,
    /// It was open, and ended.
    Lost,
}

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Line(Vec<u8>),
    Chunk {
        request_id: RequestId,
        line: Vec<u8>,
        payload: Bytes,
    },
}

/// A connection that is open or being opened. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    /// Bounded by the core, which awaits replies; never waited for, so that reading goes on meanwhile.
    pub(crate) writer: mpsc::UnboundedSender<Outgoing>,
    task: JoinHandle<()>,
}

impl Connection {
    /// Reports to `events` under `number`.
    pub(crate) fn open(
        address: ServerAddress,
        trust: Trust,
        number: u64,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let (writer, outgoing) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let failure = run(&address, &trust, number, outgoing, &events).await;
            // Refused only where the driver has ended.
            let _ = events.send(Event::Closed { number, failure }).await;
        });
        Self {
            number,
            writer,
            task,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    address: &ServerAddress,
    trust: &Trust,
    number: u64,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    events: &mpsc::Sender<Event>,
) -> Failure {
    let ((reader, writer), secured) = match open::open(address, trust).await {
        Ok(opened) => opened,
        Err(failure) => return failure,
    };
    if events
        .send(Event::Opened { number, secured })
        .await
        .is_err()
    {
        return lost("the program ends".to_owned());
    }
    tokio::select! {
        failure = read(reader, number, events) => failure,
        error = write(writer, number, outgoing, events) => lost(plain(&error)),
    }
}

fn lost(reason: String) -> Failure {
    Failure {
        kind: FailureKind::Lost,
        reason,
    }
}

/// The error without the number that the operating system gives it.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => {
            "the server closed the connection".to_owned()
        }
        _ => error.to_string(),
    }
}

async fn read(
    mut reader: impl AsyncRead + Unpin,
    number: u64,
    events: &mpsc::Sender<Event>,
) -> Failure {
    let mut decoder = FrameDecoder::new(SERVER_LINE_BYTES_MAX);
    let mut head = None;
    let mut heard = false;
    loop {
        match next_packet(&mut decoder, &mut head) {
            Ok(Some(packet)) => {
                if !heard && wants_tls(&packet.frame) {
                    return Failure {
                        kind: FailureKind::Foreign,
                        reason: "it wants TLS; write its address without chinwag://".to_owned(),
                    };
                }
                heard = true;
                if events
                    .send(Event::Received { number, packet })
                    .await
                    .is_err()
                {
                    return lost("the program ends".to_owned());
                }
                continue;
            }
            Ok(None) => {}
            // After frames that could be read, a line that cannot is skipped where its end is certain.
            Err(error) if heard && error.is_recoverable() => continue,
            Err(error) => return foreign(&error, heard),
        }
        // A payload is read in one piece where it is there; lines need little.
        let buffer = decoder.buffer_mut();
        let awaited = head
            .as_ref()
            .map_or(0, |head: &Head| head.payload_bytes as usize);
        buffer.reserve(awaited.saturating_sub(buffer.len()).max(READ_BYTES));
        match reader.read_buf(buffer).await {
            Ok(0) => return lost("the server closed the connection".to_owned()),
            Ok(_) if heard => {}
            Ok(_) => {
                if let Some(reason) = stranger(decoder.buffer_mut()) {
                    return Failure {
                        kind: FailureKind::Foreign,
                        reason: reason.to_owned(),
                    };
                }
            }
            Err(error) => return lost(plain(&error)),
        }
    }
}

fn wants_tls(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Error(error) if error.code == ErrorCode::TlsRequired)
}

type Head = shared::codec::Head<ServerFrame>;

fn next_packet(
    decoder: &mut FrameDecoder,
    head: &mut Option<Head>,
) -> Result<Option<Packet<ServerFrame>>, DecodeError> {
    if head.is_none() {
        *head = decoder.next_head()?;
    }
    let Some(Head {
        frame,
        payload_bytes,
    }) = head.take()
    else {
        return Ok(None);
    };
    match decoder.next_payload(payload_bytes) {
        Some(payload) => Ok(Some(Packet { frame, payload })),
        None => {
            *head = Some(Head {
                frame,
                payload_bytes,
            });
            Ok(None)
        }
    }
}

/// What answers with such a beginning in place of a Chinwag server, if it is known.
fn stranger(beginning: &[u8]) -> Option<&'static str> {
    let strangers: [(&[u8], &str); 4] = [
        (
            b"HTTP/",
            "it answers as a web server; native clients have a port of their own",
        ),
        (b"SSH-", "it answers as an SSH server"),
        (b"220", "it answers as a mail or FTP server"),
        // The alert of a server that expected a handshake.
        (b"\x15\x03", "it wants TLS"),
    ];
    let known = strangers.iter();
    let mut known = known.filter(|(start, _)| beginning.starts_with(start));
    known.next().map(|(_, reason)| *reason)
}

fn foreign(error: &DecodeError, heard: bool) -> Failure {
    let reason = if heard {
        format!("the server sent something that cannot be read ({error})")
    } else {
        "it does not speak Chinwag's protocol".to_owned()
    };
    let kind = if heard {
        FailureKind::Lost
    } else {
        FailureKind::Foreign
    };
    Failure { kind, reason }
}

/// Writes until it fails.
async fn write(
    mut writer: impl AsyncWrite + Unpin,
    number: u64,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    events: &mpsc::Sender<Event>,
) -> io::Error {
    let mut lines = Vec::with_capacity(WRITE_BYTES);
    loop {
        let Some(first) = outgoing.recv().await else {
            // The connection is being dropped, and this task with it.
            return std::future::pending().await;
        };
        let mut next = Some(first);
        while let Some(item) = next {
            let written = match item {
                Outgoing::Line(line) => {
                    lines.extend_from_slice(&line);
                    Ok(())
                }
                Outgoing::Chunk {
                    request_id,
                    line,
                    payload,
                } => {
                    lines.extend_from_slice(&line);
                    let sent = writer.write_all(&lines).await;
                    lines.clear();
                    match sent {
                        Ok(()) => {
                            write_payload(&mut writer, number, request_id, &payload, events).await
                        }
                        Err(error) => Err(error),
                    }
                }
            };
            if let Err(error) = written {
                return error;
            }
            next = if lines.len() < WRITE_BYTES {
                outgoing.try_recv().ok()
            } else {
                None
            };
        }
        if let Err(error) = write_out(&mut writer, &lines).await {
            return error;
        }
        lines.clear();
    }
}

/// TLS keeps what was not taken at once until it is told that nothing follows.
async fn write_out(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

async fn write_payload(
    writer: &mut (impl AsyncWrite + Unpin),
    number: u64,
    request_id: RequestId,
    payload: &[u8],
    events: &mpsc::Sender<Event>,
) -> io::Result<()> {
    let mut sent_bytes = 0;
    for piece in payload.chunks(PIECE_BYTES) {
        write_out(writer, piece).await?;
        sent_bytes += piece.len() as u64;
        // A report that finds no room may be left out: the next one says more.
        let _ = events.try_send(Event::Progress {
            number,
            request_id,
            sent_bytes,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_called_by_their_names() {
        let answers: [(&[u8], Option<&str>); 5] = [
            (b"HTTP/1.1 400 Bad Request", Some("web server")),
            (b"SSH-2.0-OpenSSH_9.6\r\n", Some("SSH")),
            (b"220 mail.example ESMTP\r\n", Some("mail")),
            (b"\x15\x03\x01\x00\x02", Some("TLS")),
            (b"{\"type\":\"welcome\"", None),
        ];
        for (answer, name) in answers {
            let told = stranger(answer);
            assert_eq!(told.is_some(), name.is_some());
            assert!(told.unwrap_or_default().contains(name.unwrap_or_default()));
        }
    }
}
