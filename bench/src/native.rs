//! A client on the native TCP port: frames out, frames and payloads in, several requests on their way at a time.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use shared::codec::{decode_line, encode_line};
use shared::file::{BeginUpload, FinishUpload};
use shared::frame::{ClientInfo, Credentials, Hello, SendMessage};
use shared::{ClientFrame, FileInfo, PROTOCOL_VERSION, RequestId, RoomRef, ServerFrame};

use crate::content::{Content, Verifier};

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Chunks that are on their way at a time.
const WINDOW: u32 = 4;
/// Messages that are on their way at a time.
const SAYING: usize = 64;
/// One to five times, so that messages have one line or several.
const WORDS: &str = "The quick brown fox jumps over the lazy dog. ";
const BUFFER_BYTES: usize = 256 * 1024;

/// A signed-in connection.
pub(crate) struct Native {
    stream: BufReader<TcpStream>,
    /// The secret that HTTP requests show.
    pub(crate) token: String,
    line: Vec<u8>,
}

impl Native {
    /// Claims the name.
    pub(crate) fn sign_in(address: SocketAddr, name: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let mut native = Self {
            stream: BufReader::with_capacity(BUFFER_BYTES, stream),
            token: String::new(),
            line: Vec::new(),
        };
        native.send(&ClientFrame::Hello(Box::new(Hello {
            request_id: RequestId(1),
            protocol: PROTOCOL_VERSION,
            client: ClientInfo {
                name: "bench".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            credentials: Credentials::ClaimName {
                name: name.to_owned(),
                session_token: None,
            },
            resume: None,
        })))?;
        let welcomed = native.reply(|frame| {
            let ServerFrame::Welcome(welcome) = frame else {
                return None;
            };
            Some(welcome)
        })?;
        native.token = welcomed
            .session_token
            .context("a claim is answered by a token")?;
        Ok(native)
    }

    /// Says so many things in a room and waits until all of them are stored.
    pub(crate) fn say(&mut self, room: &str, count: usize) -> Result<()> {
        let room = RoomRef::Name(room.parse()?);
        for number in 0..count + SAYING {
            if number < count {
                self.send(&ClientFrame::SendMessage(SendMessage {
                    request_id: RequestId(number as u64 + 10),
                    room: room.clone(),
                    transaction_id: None,
                    text: format!("{number}: {}", WORDS.repeat(1 + number % 5)),
                    attachments: Vec::new(),
                }))?;
            }
            if (SAYING..count + SAYING).contains(&number) {
                self.reply(|frame| {
                    matches!(frame, ServerFrame::MessageAccepted { .. }).then_some(())
                })?;
            }
        }
        Ok(())
    }

    /// Uploads the whole file and returns what the server made of it. `hashes` go with the chunks.
    pub(crate) fn upload(
        &mut self,
        content: &Content,
        (chunks, whole): &(Vec<shared::ChunkHash>, shared::ContentHash),
    ) -> Result<FileInfo> {
        self.send(&ClientFrame::BeginUpload(begin_upload(content)))?;
        let upload_id = self.reply(|frame| {
            let ServerFrame::UploadStatus(status) = frame else {
                return None;
            };
            Some(status.upload_id)
        })?;
        for (index, hash) in (0..).zip(chunks) {
            if index >= WINDOW {
                self.stored()?;
            }
            let (stamp, rest) = content.chunk(index);
            self.send(&ClientFrame::PutChunk {
                request_id: RequestId(u64::from(index) + 10),
                upload_id,
                index,
                hash: Some(*hash),
                payload_bytes: u32::try_from(stamp.len() + rest.len())?,
            })?;
            let stream = self.stream.get_mut();
            stream.write_all(&stamp)?;
            stream.write_all(rest)?;
        }
        for _ in 0..content.layout.count().min(WINDOW) {
            self.stored()?;
        }
        self.send(&ClientFrame::FinishUpload(FinishUpload {
            request_id: RequestId(3),
            upload_id,
            content_hash: Some(*whole),
        }))?;
        self.reply(|frame| {
            let ServerFrame::UploadFinished { file, .. } = frame else {
                return None;
            };
            Some(file)
        })
    }

    fn stored(&mut self) -> Result<()> {
        self.reply(|frame| matches!(frame, ServerFrame::ChunkStored { .. }).then_some(()))
    }

    /// Fetches every chunk and hands its bytes to the verifier where there is one. They may come in any order.
    pub(crate) fn download(
        &mut self,
        file: &FileInfo,
        content: &Content,
        mut verifier: Option<&mut Verifier<'_>>,
    ) -> Result<()> {
        let count = content.layout.count();
        let mut missing: BTreeSet<u32> = (0..count).collect();
        for asked in 0..count + WINDOW {
            if asked < count {
                self.send(&ClientFrame::ReadChunk {
                    request_id: RequestId(u64::from(asked) + 10),
                    file_id: file.file_id,
                    index: asked,
                })?;
            }
            if asked < WINDOW {
                continue;
            }
            let (index, length) = self.reply(|frame| {
                let ServerFrame::ChunkRead {
                    index,
                    payload_bytes,
                    ..
                } = frame
                else {
                    return None;
                };
                Some((index, payload_bytes))
            })?;
            ensure!(
                missing.remove(&index),
                "chunk {index} came, which was not awaited"
            );
            if let Some(verifier) = &mut verifier {
                verifier.go_to(index);
            }
            self.payload(length, verifier.as_deref_mut())?;
        }
        Ok(())
    }

    fn payload(&mut self, length: u32, mut verifier: Option<&mut Verifier<'_>>) -> Result<()> {
        let mut left = length as usize;
        while left > 0 {
            let piece = self.stream.fill_buf()?;
            ensure!(
                !piece.is_empty(),
                "the connection ended with {left} bytes missing"
            );
            let taken = piece.len().min(left);
            if let Some(verifier) = &mut verifier {
                verifier.take(&piece[..taken]);
            }
            self.stream.consume(taken);
            left -= taken;
        }
        Ok(())
    }

    fn send(&mut self, frame: &ClientFrame) -> Result<()> {
        Ok(self.stream.get_mut().write_all(&encode_line(frame))?)
    }

    /// Reads on to the awaited frame, past what is announced meanwhile.
    fn reply<T>(&mut self, awaited: impl Fn(ServerFrame) -> Option<T>) -> Result<T> {
        loop {
            self.line.clear();
            let read = self.stream.read_until(b'\n', &mut self.line)?;
            ensure!(read > 0, "the server closed the connection");
            let frame = decode_line::<ServerFrame>(self.line.trim_ascii_end())?.frame;
            if let ServerFrame::Error(error) = &frame {
                bail!("the server answered: {}", error.message);
            }
            if let Some(found) = awaited(frame) {
                return Ok(found);
            }
        }
    }
}

/// What begins an upload of this content.
pub(crate) fn begin_upload(content: &Content) -> BeginUpload {
    BeginUpload {
        request_id: RequestId(2),
        upload_id: None,
        name: "noise.bin".to_owned(),
        size_bytes: content.layout.size_bytes,
        media_type: None,
    }
}
