//! Frames as bytes. A frame is a JSON object on one line, optionally followed by a binary payload of as many
//! bytes as its field `payload_bytes` states.
//!
//! TCP carries frames one after another. On a WebSocket a text message is a line (its end may be left out) and
//! a binary message is a line, its end, and the payload: byte for byte what TCP carries.

use bytes::{Buf as _, Bytes, BytesMut};
use serde::Serialize;

use crate::decode::{Decode, Json};
use crate::limits::CHUNK_BYTES_MAX;

/// A decoded line and how many bytes of payload follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<T> {
    /// The frame.
    pub frame: T,
    /// Bytes that follow the line's end.
    pub payload_bytes: u32,
}

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<T> {
    /// The frame.
    pub frame: T,
    /// Empty where the frame has none.
    pub payload: Bytes,
}

impl<T> From<T> for Packet<T> {
    /// A frame without payload.
    fn from(frame: T) -> Self {
        Self {
            frame,
            payload: Bytes::new(),
        }
    }
}

/// Why bytes are not a frame.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The line is not a frame. What follows it can be read: on TCP [`FrameDecoder`] has skipped it.
    #[error("not a frame: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The line is not a frame, and a payload that nobody can place follows it.
    #[error("not a frame, with a payload after it: {0}")]
    MalformedWithPayload(serde_json::Error),
    /// The line is longer than allowed; where it ends is unknown.
    #[error("the line is longer than {max} bytes")]
    LineTooLong {
        /// The most that is allowed.
        max: usize,
    },
    /// The payload is longer than allowed.
    #[error("a payload of {bytes} bytes is more than the {max} allowed")]
    PayloadTooLong {
        /// As stated.
        bytes: u64,
        /// The most that is allowed.
        max: u32,
    },
    /// A WebSocket message holds more or fewer bytes than its line states.
    #[error("the line states a payload of {stated} bytes, but {found} follow")]
    PayloadLength {
        /// As the line states.
        stated: u32,
        /// In the message.
        found: usize,
    },
}

impl DecodeError {
    /// Whether the bytes after this frame can still be told apart from it.
    pub fn is_recoverable(&self) -> bool {
        match self {
            Self::Malformed(_) => true,
            Self::MalformedWithPayload(_)
            | Self::LineTooLong { .. }
            | Self::PayloadTooLong { .. }
            | Self::PayloadLength { .. } => false,
        }
    }
}

/// The line of a frame, with its end. A payload, if any, goes right after it.
///
/// # Panics
/// Never for the frames of this crate: serialising them cannot fail.
pub fn encode_line<T: Serialize>(frame: &T) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    serde_json::to_writer(&mut line, frame)
        .expect("frames have string keys and no failing serialiser");
    line.push(b'\n');
    line
}

/// Decodes one line, with or without its end.
pub fn decode_line<T: Decode>(line: &[u8]) -> Result<Head<T>, DecodeError> {
    let json: Json<'_> = serde_json::from_slice(line)?;
    let payload_bytes = payload_bytes(&json)?;
    match T::decode(json) {
        Ok(frame) => Ok(Head {
            frame,
            payload_bytes,
        }),
        Err(error) if payload_bytes > 0 => Err(DecodeError::MalformedWithPayload(error)),
        Err(error) => Err(DecodeError::Malformed(error)),
    }
}

/// Decodes a WebSocket message, text or binary.
pub fn decode_message<T: Decode>(message: Bytes) -> Result<Packet<T>, DecodeError> {
    let end = message
        .iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(message.len());
    let head = decode_line(&message[..end])?;
    let payload = message.slice((end + 1).min(message.len())..);
    if payload.len() != head.payload_bytes as usize {
        return Err(DecodeError::PayloadLength {
            stated: head.payload_bytes,
            found: payload.len(),
        });
    }
    Ok(Packet {
        frame: head.frame,
        payload,
    })
}

/// The payload that a line states, also where the type of the frame is unknown.
fn payload_bytes(line: &Json<'_>) -> Result<u32, DecodeError> {
    let Json::Object(object) = line else {
        return Ok(0);
    };
    let Some(bytes) = object.get("payload_bytes")? else {
        return Ok(0);
    };
    let bytes = bytes.unsigned()?;
    match u32::try_from(bytes) {
        Ok(bytes) if bytes <= CHUNK_BYTES_MAX => Ok(bytes),
        Ok(_) | Err(_) => Err(DecodeError::PayloadTooLong {
            bytes,
            max: CHUNK_BYTES_MAX,
        }),
    }
}

/// Cuts a byte stream into frames, whatever pieces it comes in.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    /// Bytes at the start of `buffer` that hold no line end.
    searched: usize,
    line_bytes_max: usize,
}

impl FrameDecoder {
    /// Lines may have `line_bytes_max` bytes without their end.
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            line_bytes_max,
        }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The buffer, to read into at its end.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next line's frame; `None` until more bytes are pushed. Empty lines are passed over. Where it states a
    /// payload, [`Self::next_payload`] must take that before the next call. After an error that
    /// [`DecodeError::is_recoverable`] the next call goes on behind the line; after any other, close.
    pub fn next_head<T: Decode>(&mut self) -> Result<Option<Head<T>>, DecodeError> {
        loop {
            let unsearched = &self.buffer[self.searched..];
            let Some(found) = unsearched.iter().position(|&byte| byte == b'\n') else {
                self.searched = self.buffer.len();
                return if self.searched > self.line_bytes_max {
                    Err(DecodeError::LineTooLong {
                        max: self.line_bytes_max,
                    })
                } else {
                    Ok(None)
                };
            };
            let end = self.searched + found;
            if end > self.line_bytes_max {
                return Err(DecodeError::LineTooLong {
                    max: self.line_bytes_max,
                });
            }
            self.searched = 0;
            let blank = self.buffer[..end].trim_ascii().is_empty();
            let decoded = if blank {
                None
            } else {
                Some(decode_line(&self.buffer[..end]))
            };
            self.buffer.advance(end + 1);
            if let Some(decoded) = decoded {
                return decoded.map(Some);
            }
        }
    }

    /// The payload of the line that came last, once all of it is there.
    pub fn next_payload(&mut self, payload_bytes: u32) -> Option<Bytes> {
        let bytes = payload_bytes as usize;
        (self.buffer.len() >= bytes).then(|| self.buffer.split_to(bytes).freeze())
    }
}

#[cfg(test)]
mod tests;
