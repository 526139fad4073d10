//! Messages that carry files before these are there, and uploads on one's other devices.

use client::{Change, Command, CommandError, Ticket};
use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind, RoomOpening};
use shared::{
    ArrivingFile, ClientFrame, ContentHash, EventBody, FileId, FileInfo, FileName, PersonId,
    RoomEvent, RoomId, Sequence, ServerFrame, TimestampMs, TransactionId, UploadId, UploadInfo,
};

use crate::world::World;

const ROOM: RoomId = RoomId::from_bytes([9; 16]);

/// A world in a room whose events come from here on.
fn in_a_room(events_from: u64) -> World {
    let mut world = World::new(1, 1);
    let room = RoomOpening {
        room: RoomInfo {
            joined: true,
            members: 2,
            last_sequence: Sequence(events_from - 1),
            ..RoomInfo::new(ROOM, "garden".parse().unwrap(), RoomKind::Public)
        },
        events_from: Sequence(events_from),
        first_sequence: Sequence(1),
        read: None,
    };
    world.down(0, ServerFrame::RoomEntered { room });
    world.run(1_000);
    world
}

fn id(number: u8) -> FileId {
    FileId::from_bytes([number; 16])
}

fn file(number: u8) -> FileInfo {
    FileInfo {
        file_id: id(number),
        name: FileName::repaired("a.bin"),
        size_bytes: 10,
        media_type: "text/plain".into(),
        content_hash: ContentHash::from_bytes([number; 32]),
        link: "/files/a".into(),
        image: None,
    }
}

fn event(sequence: u64, event: EventBody) -> RoomEvent {
    RoomEvent {
        room_id: ROOM,
        sequence: Sequence(sequence),
        at_ms: TimestampMs(5),
        person: Person {
            id: PersonId::from_bytes([7; 16]),
            name: "Zoë".into(),
        },
        event,
    }
}

/// A message that awaits these.
fn awaiting(sequence: u64, files: &[u8]) -> RoomEvent {
    let arriving = |(place, number): (u32, &u8)| ArrivingFile {
        file_id: id(*number),
        place,
        name: FileName::repaired("a.bin"),
        size_bytes: 10,
        media_type: None,
        link: "/files/a".into(),
        withdrawn: false,
    };
    let body = EventBody::MessageSent {
        transaction_id: TransactionId::from_bytes([sequence as u8; 16]),
        text: String::new(),
        attachments: Vec::new(),
        arriving: (0..).zip(files).map(arriving).collect(),
    };
    event(sequence, body)
}

fn arrived(sequence: u64, message: u64, number: u8) -> RoomEvent {
    let body = EventBody::FileArrived {
        sequence: Sequence(message),
        file: file(number),
    };
    event(sequence, body)
}

fn withdrawn(sequence: u64, message: u64, number: u8) -> RoomEvent {
    let body = EventBody::FileWithdrawn {
        sequence: Sequence(message),
        file_id: id(number),
    };
    event(sequence, body)
}

fn tell(world: &mut World, event: RoomEvent) {
    world.down(0, ServerFrame::RoomEvent(event));
    world.run(1_000);
}

/// The files of the message at this place that are there, and those that will not come.
fn files_of(world: &World, sequence: u64) -> (Vec<FileId>, Vec<FileId>) {
    let room = &world.peers[0].client.view().rooms[&ROOM];
    let at = Sequence(sequence);
    let message = room.timeline.range(at..=at).next().unwrap();
    let there = message.event.attachments().iter().map(|it| it.file_id);
    let gone = message.event.arriving().iter().filter(|it| it.withdrawn);
    (there.collect(), gone.map(|it| it.file_id).collect())
}

#[test]
fn a_message_gets_its_files_when_they_are_there() {
    let mut world = in_a_room(1);
    tell(&mut world, awaiting(1, &[1, 2, 3]));
    assert_eq!(files_of(&world, 1), (vec![], vec![]));
    let progressed = |file_id, received_bytes| ServerFrame::UploadProgressed {
        file_id,
        received_bytes,
    };
    world.down(0, progressed(id(3), 4));
    world.run(1_000);
    assert_eq!(world.peers[0].client.view().arriving[&id(3)], 4);
    assert!(world.peers[0].changes.contains(&Change::Arriving(id(3))));
    tell(&mut world, arrived(2, 1, 3));
    tell(&mut world, withdrawn(3, 1, 2));
    tell(&mut world, arrived(4, 1, 1));
    assert_eq!(files_of(&world, 1), (vec![id(1), id(3)], vec![id(2)]));
    let view = world.peers[0].client.view();
    assert!(view.arriving.is_empty(), "what is there is not on its way");
    assert_eq!(view.unread(ROOM), 1, "a message and what became of it");
}

#[test]
fn however_many_have_come_the_next_one_is_seen_to_come() {
    let mut world = in_a_room(1);
    for number in 0..1_500_u128 {
        let file_id = FileId::from_bytes(number.to_be_bytes());
        let received_bytes = 1;
        world.down(
            0,
            ServerFrame::UploadProgressed {
                file_id,
                received_bytes,
            },
        );
        world.run(1_000);
        let arriving = &world.peers[0].client.view().arriving;
        assert!(arriving.contains_key(&file_id) && arriving.len() <= 1_000);
    }
}

/// A page that was read before the files were there may come after the events that tell of them.
#[test]
fn an_old_page_does_not_take_files_back() {
    let mut world = in_a_room(3);
    tell(&mut world, arrived(3, 1, 1));
    tell(&mut world, withdrawn(4, 1, 2));
    let room_id = ROOM;
    let before = Some(Sequence(3));
    world.command(0, Command::ReadHistory { room_id, before });
    let asked = world.peers[0].sent.iter().rev();
    let request_id = asked
        .filter(|frame| matches!(frame, ClientFrame::ReadHistory { .. }))
        .map(ClientFrame::request_id)
        .next()
        .unwrap();
    let events = vec![awaiting(1, &[1, 2]), awaiting(2, &[3])];
    let page = ServerFrame::HistoryPage {
        request_id,
        room_id,
        events,
    };
    world.down(0, page);
    world.run(1_000);
    assert_eq!(files_of(&world, 1), (vec![id(1)], vec![id(2)]));
    assert_eq!(files_of(&world, 2), (vec![], vec![]));
}

#[test]
fn uploads_of_other_devices_are_there_to_be_seen_and_cancelled() {
    let mut world = World::new(1, 1);
    world.run(1_000);
    let upload_id = UploadId::from_bytes([5; 16]);
    let upload = UploadInfo {
        upload_id,
        file_id: id(5),
        name: FileName::repaired("a.bin"),
        size_bytes: 10,
        received_bytes: 0,
        begun_at_ms: TimestampMs(5),
    };
    world.down(0, ServerFrame::UploadBegun { upload });
    let file_id = id(5);
    let progressed = ServerFrame::UploadProgressed {
        file_id,
        received_bytes: 4,
    };
    world.run(1_000);
    world.down(0, progressed);
    world.run(1_000);
    let view = world.peers[0].client.view();
    assert_eq!(view.elsewhere[&upload_id].received_bytes, 4);
    let cancel = Command::CancelUpload { upload_id };
    assert_eq!(world.command(0, cancel.clone()), Ticket::Done);
    world.run(1_000);
    let last = world.peers[0].sent.last().unwrap();
    assert!(
        matches!(last, ClientFrame::CancelUpload { upload_id: sent, .. } if *sent == upload_id)
    );
    world.down(0, ServerFrame::UploadEnded { upload_id });
    world.run(1_000);
    assert!(world.peers[0].client.view().elsewhere.is_empty());
    let now = TimestampMs(world.now);
    let none = world.peers[0].client.command(cancel, now);
    assert_eq!(none, Err(CommandError::NoSuchTransfer));
}

#[test]
fn own_uploads_are_not_elsewhere_and_what_is_left_is_listed_again() {
    let mut world = World::new(1, 1);
    let bytes = crate::world::content(1, 20 << 20);
    let own = world.upload(0, bytes, true);
    world.run(150);
    world.break_off(0);
    world.run(60_000);
    let view = world.peers[0].client.view();
    assert!(view.uploads.contains_key(&own));
    assert!(view.elsewhere.is_empty());
    // What this device has forgotten is on the server still.
    world.files.uploads.get_mut(&own).unwrap().file = None;
    world.peers[0].disk.clear();
    world.peers[0].stored.uploads.clear();
    world.crash(0);
    world.run(60_000);
    let view = world.peers[0].client.view();
    assert!(view.uploads.is_empty());
    assert!(view.elsewhere.contains_key(&own));
}
