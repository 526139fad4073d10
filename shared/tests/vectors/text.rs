//! Whatever people write survives the wire, as one line.

use proptest::prelude::*;
use shared::codec::{decode_line, encode_line};
use shared::frame::SendMessage;
use shared::{ClientFrame, RequestId, ServerFrame};

use crate::samples::{message, room_by_id, room_event, transaction_id};

/// Any characters, control characters and line ends among them, and what could be taken for the protocol.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => any::<char>().prop_map(String::from),
        1 => Just("\"payload_bytes\":9".to_owned()),
        1 => Just("\r\n\\\u{0}\u{2028}".to_owned()),
    ];
    proptest::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_survives(text in any_text()) {
        let sent = ClientFrame::SendMessage(SendMessage {
            request_id: RequestId(1),
            room: room_by_id(),
            transaction_id: Some(transaction_id()),
            text: text.clone(),
            attachments: Vec::new(),
        });
        let line = encode_line(&sent);
        prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
        let head = decode_line::<ClientFrame>(&line).expect("a frame");
        prop_assert_eq!((head.frame, head.payload_bytes), (sent, 0));

        let pushed = ServerFrame::RoomEvent(room_event(1, message(&text)));
        let line = encode_line(&pushed);
        prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
        let head = decode_line::<ServerFrame>(&line).expect("a frame");
        prop_assert_eq!((head.frame, head.payload_bytes), (pushed, 0));
    }
}
