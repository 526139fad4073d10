use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind};
use shared::{PersonId, TransactionId};

use super::*;

const LOBBY: u8 = 1;
const BUILD: u8 = 2;
const OWN: u8 = 1;
const ANN: u8 = 2;

fn room_id(number: u8) -> RoomId {
    RoomId::from_bytes([number; 16])
}

fn person(number: u8) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: if number == OWN { "Own" } else { "Ann" }.into(),
    }
}

/// Two rooms in which `before` messages were sent before anybody looked.
struct Desk {
    view: View,
    news: News,
    now: u64,
}

impl Desk {
    fn new(before: u64) -> Self {
        let mut view = View {
            person: Some(person(OWN)),
            ..View::default()
        };
        for (number, name) in [(LOBBY, "lobby"), (BUILD, "build")] {
            let room = Room::new(
                RoomInfo {
                    members: 2,
                    joined: true,
                    last_sequence: Sequence(before),
                    ..RoomInfo::new(
                        room_id(number),
                        name.parse().expect("a name"),
                        RoomKind::Public,
                    )
                },
                100,
            );
            view.rooms.insert(room_id(number), room);
        }
        let mut desk = Self {
            view,
            news: News::default(),
            now: 1_000_000,
        };
        assert_eq!(desk.look(None), [""; 0], "what was there before is no news");
        desk
    }

    fn room(&mut self, number: u8) -> &mut Room {
        self.view.rooms.get_mut(&room_id(number)).expect("the room")
    }

    /// The log grows, and the client hears of it.
    fn append(&mut self, room: u8, from: u8, event: EventBody) {
        let id = room_id(room);
        let room = self.room(room);
        let sequence = room.info.last_sequence.next();
        room.info.last_sequence = sequence;
        room.timeline.insert(RoomEvent {
            room_id: id,
            sequence,
            at_ms: TimestampMs(0),
            person: person(from),
            event,
        });
    }

    fn says(&mut self, room: u8, from: u8, text: &str) {
        let event = EventBody::MessageSent {
            transaction_id: TransactionId::from_parts(TimestampMs(0), [0; 10]),
            text: text.into(),
            attachments: Vec::new(),
            arriving: Vec::new(),
        };
        self.append(room, from, event);
    }

    /// Later, and each announcement as a line.
    fn look(&mut self, watched: Option<u8>) -> Vec<String> {
        self.now += PAUSE_MS;
        self.look_now(watched)
    }

    fn look_now(&mut self, watched: Option<u8>) -> Vec<String> {
        let now = TimestampMs(self.now);
        let all = self.news.look(&self.view, watched.map(room_id), now);
        let line = |one| match one {
            Announcement::Show(notice) => format!("{} | {}", notice.title, notice.text),
            Announcement::Withdraw(id) => format!("withdraw {}", id.as_bytes()[0]),
        };
        all.into_iter().map(line).collect()
    }
}

#[test]
fn messages_of_others_are_told_once_where_nobody_looks() {
    let mut desk = Desk::new(7);
    desk.says(LOBBY, ANN, "**Hi**\nyou");
    desk.says(BUILD, OWN, "mine");
    desk.append(BUILD, ANN, EventBody::MemberJoined {});
    assert_eq!(desk.look(Some(BUILD)), ["Ann in #lobby | Hi you"]);
    assert_eq!(desk.look(Some(BUILD)), [""; 0]);
    desk.says(BUILD, ANN, "seen");
    assert_eq!(desk.look(Some(BUILD)), [""; 0]);
    assert_eq!(desk.look(None), [""; 0], "it was seen");
}

#[test]
fn a_notice_grows_until_somebody_looks() {
    let mut desk = Desk::new(0);
    desk.says(LOBBY, ANN, "one");
    assert_eq!(desk.look(None), ["Ann in #lobby | one"]);
    desk.says(LOBBY, ANN, "two");
    desk.says(LOBBY, OWN, "mine, by another window");
    assert_eq!(desk.look(None), ["2 new messages in #lobby | Ann: two"]);
    assert_eq!(desk.look(Some(LOBBY)), ["withdraw 1"]);
    desk.says(LOBBY, ANN, "three");
    assert_eq!(desk.look(None), ["Ann in #lobby | three"]);
    desk.room(LOBBY).last_read = Sequence(4);
    assert_eq!(desk.look(None), ["withdraw 1"], "read by other means");
    desk.says(LOBBY, ANN, "four");
    assert_eq!(desk.look(None), ["Ann in #lobby | four"]);
    desk.view.rooms.clear();
    assert_eq!(desk.look(None), ["withdraw 1"], "signed out");
}

#[test]
fn a_stream_of_messages_is_gathered() {
    let mut desk = Desk::new(0);
    desk.says(LOBBY, ANN, "0");
    assert_eq!(desk.look_now(None).len(), 1);
    assert_eq!(desk.news.poll_timeout(), None);
    for number in 1..50 {
        desk.says(LOBBY, ANN, &number.to_string());
        assert_eq!(desk.look_now(None), [""; 0]);
    }
    desk.says(BUILD, ANN, "another room need not wait");
    assert_eq!(desk.look_now(None).len(), 1);
    let due = TimestampMs(desk.now + PAUSE_MS);
    assert_eq!(desk.news.poll_timeout(), Some(due));
    assert_eq!(desk.look(None), ["50 new messages in #lobby | Ann: 49"]);
    assert_eq!(desk.news.poll_timeout(), None);
}

#[test]
fn what_came_while_away_is_one_notice_a_room() {
    let mut desk = Desk::new(0);
    desk.says(LOBBY, ANN, "before");
    desk.look(Some(LOBBY));
    // The connection was lost; the new one says how far the log is, and then pushes what came.
    desk.room(LOBBY).info.last_sequence = Sequence(400);
    desk.room(LOBBY).timeline.open(Sequence(400));
    assert_eq!(desk.look(None), [""; 0], "there is nothing to quote yet");
    desk.room(LOBBY).info.last_sequence = Sequence(399);
    desk.says(LOBBY, ANN, "newest");
    let told = desk.look(None);
    assert_eq!(told, ["399 new messages in #lobby | Ann: newest"]);
    for sequence in 2..400 {
        let event = EventBody::MemberLeft {};
        let room = desk.room(LOBBY);
        room.info.last_sequence = Sequence(sequence - 1);
        desk.append(LOBBY, ANN, event);
    }
    desk.room(LOBBY).info.last_sequence = Sequence(400);
    assert_eq!(desk.look(None), [""; 0], "a page of history is no news");
}

#[test]
fn a_restored_backup_is_no_news_and_hides_none() {
    let mut desk = Desk::new(100);
    desk.room(LOBBY).info.last_sequence = Sequence(3);
    assert_eq!(desk.look(None), [""; 0]);
    desk.says(LOBBY, ANN, "after");
    assert_eq!(desk.look(None), ["Ann in #lobby | after"]);
}
