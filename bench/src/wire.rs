//! The few bytes of WebSocket (RFC 6455) that a load generator needs: the handshake, masked frames out, whole
//! frames in. Nothing is copied on the way in.

use std::net::SocketAddr;

use anyhow::{Result, bail};

/// What a frame is, from its opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Ping,
    Pong,
    Close,
}

/// A whole frame in the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) payload: &'a [u8],
}

/// The request that asks for a WebSocket at `/ws`.
pub(crate) fn handshake(address: SocketAddr) -> Vec<u8> {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Y2hpbndhZy1iZW5jaG1hcg==\r\n\r\n"
    )
    .into_bytes()
}

/// The bytes after the answer to the handshake; `None` while it is not whole.
pub(crate) fn after_handshake(bytes: &[u8]) -> Result<Option<&[u8]>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = memchr::memmem::find(bytes, END) else {
        return Ok(None);
    };
    if !bytes.starts_with(b"HTTP/1.1 101 ") {
        bail!(
            "no WebSocket was opened: {}",
            String::from_utf8_lossy(&bytes[..end])
        );
    }
    Ok(Some(&bytes[end + END.len()..]))
}

/// Appends one text message, masked with zeros as a client may choose to.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    push(out, 0x81, text);
}

/// Appends the answer to a ping.
pub(crate) fn push_pong(out: &mut Vec<u8>, payload: &[u8]) {
    push(out, 0x8a, payload);
}

fn push(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    const MASKED: u8 = 0x80;
    out.push(first);
    match payload.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length => match u16::try_from(length) {
            Ok(length) => {
                out.push(MASKED | 126);
                out.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                out.push(MASKED | 127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
}

/// The first frame of `bytes` and what follows it; `None` while it is not whole.
pub(crate) fn split(bytes: &[u8]) -> Result<Option<(Frame<'_>, &[u8])>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let kind = match first {
        0x81 | 0x82 => Kind::Message,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        0x8a => Kind::Pong,
        other => bail!("a WebSocket frame begins with {other:#04x}, which was not agreed"),
    };
    let (length, rest) = match second {
        length @ 0..126 => (u64::from(*length), rest),
        126 => match rest.split_first_chunk::<2>() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        128.. => bail!("a server masks its WebSocket frames"),
    };
    let length = usize::try_from(length)?;
    Ok(rest
        .split_at_checked(length)
        .map(|(payload, rest)| (Frame { kind, payload }, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame as a server sends it.
    fn served(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, first, payload);
        let mask_at = bytes.len() - payload.len() - 4;
        bytes.drain(mask_at..mask_at + 4);
        bytes[1] &= 0x7f;
        bytes
    }

    #[test]
    fn frames_of_every_length_are_split_once_they_are_whole() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut bytes = served(0x81, &payload);
            let whole = bytes.len();
            bytes.extend_from_slice(b"next");
            for cut in [0, 1, 2, 3, 9, whole - 1]
                .into_iter()
                .filter(|cut| *cut < whole)
            {
                assert_eq!(split(&bytes[..cut]).unwrap(), None, "{cut} of {whole}");
            }
            let (frame, rest) = split(&bytes).unwrap().expect("a whole frame");
            assert_eq!((frame.payload, rest), (&payload[..], &b"next"[..]));
            assert_eq!(frame.kind, Kind::Message);
        }
    }

    #[test]
    fn what_was_not_agreed_is_an_error() {
        assert!(split(&[0x01, 0x00]).is_err(), "a fragment");
        assert!(split(&[0xc1, 0x00]).is_err(), "compressed");
        assert!(split(&[0x81, 0x80, 0, 0, 0, 0]).is_err(), "masked");
    }

    #[test]
    fn a_message_out_is_masked_and_its_length_is_stated() {
        let mut bytes = Vec::new();
        push_text(&mut bytes, b"hi");
        assert_eq!(bytes, [0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        bytes.clear();
        push_text(&mut bytes, &[b'x'; 300]);
        assert_eq!(bytes[..4], [0x81, 0xfe, 1, 44]);
        assert_eq!(bytes.len(), 4 + 4 + 300);
    }

    #[test]
    fn a_handshake_ends_at_the_empty_line_or_was_refused() {
        let opened = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00";
        assert_eq!(after_handshake(&opened[..40]).unwrap(), None);
        assert_eq!(after_handshake(opened).unwrap(), Some(&b"\x81\x00"[..]));
        assert!(after_handshake(b"HTTP/1.1 403 Forbidden\r\n\r\n").is_err());
    }
}
