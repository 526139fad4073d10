use proptest::prelude::*;

use super::*;
use crate::frame::ClientFrame;
use crate::ids::RequestId;

fn ping(n: u64) -> ClientFrame {
    ClientFrame::Ping {
        request_id: RequestId(n),
    }
}

/// Every whole packet that the decoder can take from what it holds.
fn drain(
    decoder: &mut FrameDecoder,
    pending: &mut Option<Head<ClientFrame>>,
) -> Vec<Packet<ClientFrame>> {
    let mut packets = Vec::new();
    loop {
        if pending.is_none() {
            *pending = decoder.next_head().expect("valid frames");
        }
        let Some(head) = pending.take() else {
            return packets;
        };
        match decoder.next_payload(head.payload_bytes) {
            Some(payload) => packets.push(Packet {
                frame: head.frame,
                payload,
            }),
            None => {
                *pending = Some(head);
                return packets;
            }
        }
    }
}

#[test]
fn an_unknown_frame_keeps_its_payload_to_itself() {
    let mut decoder = FrameDecoder::new(1000);
    decoder.push(
        b"{\"type\":\"of_the_future\",\"payload_bytes\":5}\n\n{}\n\n\r\n{\"type\":\"ping\"}\n",
    );
    let packets = drain(&mut decoder, &mut None);
    assert_eq!(packets[0].frame, ClientFrame::Unknown);
    assert_eq!(&packets[0].payload[..], b"\n{}\n\n");
    assert_eq!(packets[1].frame, ping(0));
}

#[test]
fn after_a_malformed_line_the_next_one_is_read() {
    let mut decoder = FrameDecoder::new(1000);
    decoder.push(b"hello?\n{\"type\":\"ping\",\"request_id\":7,\"new\":[1]}\n");
    let error = decoder.next_head::<ClientFrame>().expect_err("not JSON");
    assert!(error.is_recoverable());
    assert_eq!(
        decoder
            .next_head::<ClientFrame>()
            .expect("a frame")
            .expect("a whole one")
            .frame,
        ping(7)
    );
}

#[test]
fn a_malformed_line_with_a_payload_is_final() {
    let line = b"{\"type\":\"put_chunk\",\"payload_bytes\":3}";
    let error = decode_line::<ClientFrame>(line).expect_err("fields are missing");
    assert!(matches!(error, DecodeError::MalformedWithPayload(_)) && !error.is_recoverable());
}

#[test]
fn lines_and_payloads_are_bounded() {
    for input in [
        &b"x".repeat(11)[..],
        &[&b"x".repeat(11)[..], b"\n"].concat()[..],
    ] {
        let mut decoder = FrameDecoder::new(10);
        decoder.push(input);
        let error = decoder.next_head::<ClientFrame>().expect_err("too long");
        assert!(matches!(error, DecodeError::LineTooLong { max: 10 }));
    }
    for bytes in ["33554433", "18446744073709551615"] {
        let line = format!("{{\"type\":\"later\",\"payload_bytes\":{bytes}}}");
        let error = decode_line::<ClientFrame>(line.as_bytes()).expect_err("too long");
        assert!(
            matches!(error, DecodeError::PayloadTooLong { .. }),
            "{error}"
        );
    }
    for bytes in [
        "-1",
        "1.5",
        "\"1\"",
        "99999999999999999999999",
        "1,\"payload_bytes\":2",
    ] {
        let line = format!("{{\"type\":\"later\",\"payload_bytes\":{bytes}}}");
        assert!(
            decode_line::<ClientFrame>(line.as_bytes()).is_err(),
            "{bytes}"
        );
    }
}

#[test]
fn a_websocket_message_holds_just_its_payload() {
    let message =
        |text: &'static str| decode_message::<ClientFrame>(Bytes::from_static(text.as_bytes()));
    assert_eq!(
        message("{\"type\":\"ping\"}").expect("no end needed").frame,
        ping(0)
    );
    let packet = message("{\"type\":\"later\",\"payload_bytes\":2}\nab").expect("a frame");
    assert_eq!(&packet.payload[..], b"ab");
    for bad in [
        "{\"type\":\"later\",\"payload_bytes\":2}\na",
        "{\"type\":\"ping\"}\nab",
        "",
        "\n\n",
    ] {
        assert!(message(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn pieces_do_not_matter(
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..6),
        piece in 1usize..50,
    ) {
        let mut stream = Vec::new();
        for payload in &payloads {
            stream.extend(format!("{{\"type\":\"later\",\"payload_bytes\":{}}}\n", payload.len()).bytes());
            stream.extend(payload);
        }
        let (mut decoder, mut pending) = (FrameDecoder::new(100), None);
        let found: Vec<Vec<u8>> = stream
            .chunks(piece)
            .flat_map(|bytes| {
                decoder.push(bytes);
                drain(&mut decoder, &mut pending)
            })
            .map(|packet| packet.payload.to_vec())
            .collect();
        prop_assert_eq!(found, payloads);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in any::<Vec<u8>>()) {
        let mut decoder = FrameDecoder::new(64);
        decoder.push(&bytes);
        for _ in 0..bytes.len() {
            match decoder.next_head::<ClientFrame>() {
                Ok(Some(head)) => drop(decoder.next_payload(head.payload_bytes)),
                Ok(None) => break,
                Err(error) if error.is_recoverable() => {}
                Err(_) => break,
            }
        }
        let _ = decode_message::<ClientFrame>(Bytes::from(bytes));
    }
}
