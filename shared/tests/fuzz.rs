//! Whatever bytes come: decoding never panics, does not depend on the pieces that they come in, and what was
//! decoded survives being encoded again.
//!
//! `cargo test` runs this on random and mutated input. To search longer, guided by coverage:
//! `cargo install cargo-bolero`, then `cargo bolero test -p shared any_bytes_decode_alike_in_any_pieces`.

use bytes::Bytes;
use serde::Serialize;
use shared::codec::{FrameDecoder, Head, decode_line, decode_message, encode_line};
use shared::decode::Decode;
use shared::{ClientFrame, ServerFrame};

/// Small, so that the fuzzer finds the limit.
const LINE_BYTES_MAX: usize = 512;

/// What came out of the decoder: a frame with its payload, or an error as text.
type Decoded<T> = Result<(T, Bytes), String>;

#[test]
fn any_bytes_decode_alike_in_any_pieces() {
    bolero::check!().for_each(|input: &[u8]| {
        let Some((&piece, rest)) = input.split_first() else {
            return;
        };
        let mixed = [rest, b"\n", &spliced(rest)].concat();
        for bytes in [rest, &mixed] {
            check::<ClientFrame>(bytes, usize::from(piece) + 1);
            check::<ServerFrame>(bytes, usize::from(piece) + 1);
        }
    });
}

/// A valid frame with a part of the input in place of a part of its own, so that random input gets past the parser.
fn spliced(input: &[u8]) -> Vec<u8> {
    const FRAMES: [&[u8]; 4] = [
        br#"{"type":"send_message","room":"lobby","text":"hello","transaction_id":"019a0000-0000-7000-8000-000000000003"}"#,
        br#"{"type":"put_chunk","upload_id":"019a0000-0000-7000-8000-000000000003","index":0,"payload_bytes":3}"#,
        br#"{"type":"chunk_read","request_id":1,"file_id":"AAECAwQFBgcICQoLDA0ODw","index":0,"payload_bytes":3}"#,
        br#"{"type":"error","code":"internal","message":"no","details":{"a":[1,2,{}]},"retry_after_ms":5}"#,
    ];
    let byte = |index: usize| input.get(index).copied().map_or(0, usize::from);
    let frame = FRAMES[byte(0) % FRAMES.len()];
    let start = byte(1) % frame.len();
    let end = start + byte(2) % (frame.len() - start + 1);
    let part = &input[input.len().min(3)..input.len().min(3 + byte(2) % 8)];
    [&frame[..start], part, &frame[end..], b"\nabc"].concat()
}

fn check<T>(bytes: &[u8], piece: usize)
where
    T: Serialize + Decode + PartialEq + std::fmt::Debug,
{
    let whole = decode::<T>(bytes, bytes.len().max(1));
    assert_eq!(decode::<T>(bytes, piece), whole, "in pieces of {piece}");
    for (frame, payload) in whole.into_iter().flatten() {
        let line = encode_line(&frame);
        let again = decode_line::<T>(&line).expect("what was decoded can be encoded");
        assert_eq!(again.frame, frame);
        let message = Bytes::from([&line[..], &payload[..]].concat());
        // A frame of a type that is not known loses its fields, and so the length of its payload.
        if payload.len() == again.payload_bytes as usize {
            let packet = decode_message::<T>(message).expect("the same on a WebSocket");
            assert_eq!((packet.frame, packet.payload), (frame, payload));
        }
    }
}

/// Everything up to the end of the bytes or the first error after which nothing can be told.
fn decode<T: Decode>(bytes: &[u8], piece: usize) -> Vec<Decoded<T>> {
    let mut decoder = FrameDecoder::new(LINE_BYTES_MAX);
    let mut decoded = Vec::new();
    let mut head: Option<Head<T>> = None;
    for piece in bytes.chunks(piece) {
        decoder.push(piece);
        loop {
            if let Some(Head {
                frame,
                payload_bytes,
            }) = head.take()
            {
                let Some(payload) = decoder.next_payload(payload_bytes) else {
                    head = Some(Head {
                        frame,
                        payload_bytes,
                    });
                    break;
                };
                decoded.push(Ok((frame, payload)));
            }
            match decoder.next_head() {
                Ok(Some(next)) => head = Some(next),
                Ok(None) => break,
                Err(error) => {
                    decoded.push(Err(error.to_string()));
                    if !error.is_recoverable() {
                        return decoded;
                    }
                }
            }
        }
    }
    decoded
}
