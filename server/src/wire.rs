//! Frames as bytes that any number of peers can be sent as they are. A WebSocket frame from a server is not masked,
//! so one encoding serves all: the WebSocket header, then the line, which alone is what TCP carries.

use bytes::Bytes;
use shared::{ServerFrame, codec};

/// The longest header of an unmasked WebSocket frame (RFC 6455, section 5.2).
const HEADER_BYTES_MAX: usize = 10;
/// A final frame of this kind.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

/// What stands before each line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Nothing: lines end in a line break.
    Lines,
    /// A WebSocket header.
    WebSocket,
}

/// A frame without payload, encoded once for everyone.
#[derive(Debug, Clone)]
pub(crate) struct Encoded(Bytes);

impl Encoded {
    pub(crate) fn new(frame: &ServerFrame) -> Self {
        let mut bytes = Vec::new();
        push_line(&mut bytes, &codec::encode_line(frame), Framing::WebSocket);
        Self(bytes.into())
    }

    pub(crate) fn framed(&self, framing: Framing) -> &[u8] {
        strip(&self.0, framing)
    }
}

/// Appends a line as the framing has it.
pub(crate) fn push_line(out: &mut Vec<u8>, line: &[u8], framing: Framing) {
    match framing {
        Framing::Lines => {}
        Framing::WebSocket => push_header(out, TEXT, line.len()),
    }
    out.extend_from_slice(line);
}

/// Appends all of a frame with a payload but the payload itself.
pub(crate) fn push_head(out: &mut Vec<u8>, line: &[u8], payload_bytes: usize, framing: Framing) {
    match framing {
        Framing::Lines => {}
        Framing::WebSocket => push_header(out, BINARY, line.len() + payload_bytes),
    }
    out.extend_from_slice(line);
}

fn push_header(out: &mut Vec<u8>, kind: u8, bytes: usize) {
    out.push(kind);
    match (u8::try_from(bytes), u16::try_from(bytes)) {
        (Ok(short @ ..=125), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(127);
            out.extend_from_slice(&(bytes as u64).to_be_bytes());
        }
    }
}

/// What the framing sends of a WebSocket frame that [`push_line`] made.
pub(crate) fn strip(frame: &[u8], framing: Framing) -> &[u8] {
    match framing {
        Framing::Lines => &frame[header(frame).0..],
        Framing::WebSocket => frame,
    }
}

/// Where the frame that `bytes` start with ends.
pub(crate) fn frame_end(bytes: &[u8], framing: Framing) -> usize {
    match framing {
        Framing::Lines => bytes
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(bytes.len(), |end| end + 1),
        Framing::WebSocket => {
            let (header, payload) = header(bytes);
            header + payload
        }
    }
}

/// The bytes of a frame's header and of what follows it.
fn header(frame: &[u8]) -> (usize, usize) {
    match frame[1] {
        126 => (4, usize::from(u16::from_be_bytes([frame[2], frame[3]]))),
        127 => {
            let mut length = [0; 8];
            length.copy_from_slice(&frame[2..HEADER_BYTES_MAX]);
            (HEADER_BYTES_MAX, u64::from_be_bytes(length) as usize)
        }
        short => (2, usize::from(short)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_any_length_is_found_again_behind_its_header() {
        for bytes in [1, 125, 126, 65_535, 65_536, 200_000] {
            let line = [vec![b'x'; bytes - 1], vec![b'\n']].concat();
            let mut out = Vec::new();
            push_line(&mut out, &line, Framing::WebSocket);
            assert_eq!(strip(&out, Framing::Lines), line);
            let whole = out.len();
            out.extend_from_slice(b"the next one\n");
            assert_eq!(frame_end(&out, Framing::WebSocket), whole);
            assert_eq!(
                frame_end(strip(&out, Framing::Lines), Framing::Lines),
                bytes
            );
        }
    }
}
