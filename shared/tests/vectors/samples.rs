//! Values that several vectors share.

use std::fmt::Debug;
use std::str::FromStr;

use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind, RoomOpening};
use shared::{
    ChunkHash, ChunkLayout, ChunkRanges, ContentHash, Epoch, EventBody, FileId, FileInfo, PersonId,
    RoomEvent, RoomId, RoomRef, Sequence, TimestampMs, TransactionId, UploadId, UploadStatus,
};

pub(crate) const AT: TimestampMs = TimestampMs(1_790_000_000_000);

pub(crate) fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a valid sample")
}

pub(crate) fn person_id() -> PersonId {
    parsed("019a0000-0000-7000-8000-000000000001")
}

pub(crate) fn room_id() -> RoomId {
    parsed("019a0000-0000-7000-8000-000000000002")
}

pub(crate) fn room_by_id() -> RoomRef {
    RoomRef::Id(room_id())
}

pub(crate) fn transaction_id() -> TransactionId {
    parsed("019a0000-0000-7000-8000-000000000003")
}

pub(crate) fn upload_id() -> UploadId {
    parsed("019a0000-0000-7000-8000-000000000004")
}

pub(crate) fn epoch() -> Epoch {
    parsed("019a0000-0000-7000-8000-000000000005")
}

pub(crate) fn file_id() -> FileId {
    parsed("AAECAwQFBgcICQoLDA0ODw")
}

/// Of no bytes: what `b3sum < /dev/null` prints.
pub(crate) fn content_hash() -> ContentHash {
    parsed("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
}

pub(crate) fn chunk_hash(digit: char) -> ChunkHash {
    parsed(&String::from(digit).repeat(64))
}

pub(crate) fn person() -> Person {
    Person {
        id: person_id(),
        name: "Zoë".to_owned(),
    }
}

pub(crate) fn layout() -> ChunkLayout {
    ChunkLayout {
        size_bytes: 2_621_440,
        chunk_bytes: 1_048_576,
    }
}

pub(crate) fn file() -> FileInfo {
    FileInfo {
        file_id: file_id(),
        name: parsed_file_name("holiday photo.png"),
        size_bytes: 2_621_440,
        media_type: "image/png".to_owned(),
        content_hash: content_hash(),
        link: "/files/AAECAwQFBgcICQoLDA0ODw/holiday%20photo.png".to_owned(),
        image: Some(shared::file::ImageSize {
            width: 1920,
            height: 1080,
        }),
    }
}

fn parsed_file_name(name: &str) -> shared::FileName {
    shared::FileName::repaired(name)
}

pub(crate) fn upload_status() -> UploadStatus {
    UploadStatus {
        request_id: shared::RequestId(7),
        upload_id: upload_id(),
        file_id: file_id(),
        name: parsed_file_name("holiday photo.png"),
        layout: layout(),
        present: [0, 2].into_iter().collect::<ChunkRanges>(),
        file: None,
    }
}

pub(crate) fn room_info() -> RoomInfo {
    RoomInfo {
        topic: "Tomatoes, mostly".to_owned(),
        members: 3,
        joined: true,
        last_sequence: Sequence(42),
        ..RoomInfo::new(room_id(), parsed("gardening"), RoomKind::Public)
    }
}

pub(crate) fn room_opening() -> RoomOpening {
    RoomOpening {
        room: room_info(),
        events_from: Sequence(41),
        first_sequence: Sequence(1),
        read: None,
    }
}

pub(crate) fn room_event(sequence: u64, event: EventBody) -> RoomEvent {
    RoomEvent {
        room_id: room_id(),
        sequence: Sequence(sequence),
        at_ms: AT,
        person: person(),
        event,
    }
}

pub(crate) fn message(text: &str) -> EventBody {
    EventBody::MessageSent {
        transaction_id: transaction_id(),
        text: text.to_owned(),
        attachments: Vec::new(),
        arriving: Vec::new(),
    }
}
