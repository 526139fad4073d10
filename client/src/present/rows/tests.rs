use shared::{PersonId, RoomId, TransactionId};

use super::*;
use crate::outbox::Delivery;

const MINUTE_MS: u64 = 60_000;

fn person(number: u8) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: format!("Person {number}"),
    }
}

fn transaction(number: u64) -> TransactionId {
    TransactionId::from_parts(TimestampMs(number), [0; 10])
}

fn event(sequence: u64, from: u8, at_minute: u64, body: EventBody) -> EventRef {
    EventRef(Rc::new(RoomEvent {
        room_id: RoomId::from_bytes([9; 16]),
        sequence: Sequence(sequence),
        at_ms: TimestampMs(at_minute * MINUTE_MS),
        person: person(from),
        event: body,
    }))
}

fn said(sequence: u64, from: u8, at_minute: u64) -> EventRef {
    let body = EventBody::MessageSent {
        transaction_id: transaction(sequence),
        text: "text".into(),
        attachments: Vec::new(),
        arriving: Vec::new(),
    };
    event(sequence, from, at_minute, body)
}

fn waiting(at_minute: u64) -> Rc<PendingMessage> {
    Rc::new(PendingMessage {
        transaction_id: transaction(at_minute),
        room_id: RoomId::from_bytes([9; 16]),
        text: "text".into(),
        attachments: Vec::new(),
        written_at_ms: TimestampMs(at_minute * MINUTE_MS),
        delivery: Delivery::Queued,
    })
}

/// A calendar of days of 1,440 minutes, all in one month.
fn day(at: TimestampMs) -> Day {
    Day {
        year: 2026,
        month: 1,
        day: (at.0 / DAY_MS) as u32 + 1,
        weekday: 0,
    }
}

/// Each row as a letter: `B`eginning, `L`oading, `D`ay, `U`nread, `G`ap, `N`otice, `M`essage and `P`ending, small
/// where it goes on with a group.
fn check(
    events: &[EventRef],
    pending: Vec<Rc<PendingMessage>>,
    unread: Option<Unread>,
    expected: &str,
) {
    let own = person(1);
    let made = rows(Parts {
        events,
        pending,
        own: Some(&own),
        unread,
        at_start: true,
        loading: false,
        gap_before_end: None,
        now: TimestampMs(3 * DAY_MS),
        day,
    });
    let letter = |row: &Row| match row {
        Row::Beginning => 'B',
        Row::Loading => 'L',
        Row::Day { .. } => 'D',
        Row::Unread(_) => 'U',
        Row::Gap { .. } => 'G',
        Row::Notice { .. } => 'N',
        Row::Message { head: true, .. } => 'M',
        Row::Message { head: false, .. } => 'm',
        Row::Pending { head: true, .. } => 'P',
        Row::Pending { head: false, .. } => 'p',
    };
    assert_eq!(made.iter().map(letter).collect::<String>(), expected);
}

#[test]
fn one_person_within_five_minutes_forms_a_group() {
    check(
        &[said(1, 1, 0), said(2, 1, 4), said(3, 1, 8), said(4, 1, 13)],
        vec![],
        None,
        "BDMmmM",
    );
    check(
        &[said(1, 1, 0), said(2, 2, 0), said(3, 1, 0)],
        vec![],
        None,
        "BDMMM",
    );
    let joined = event(2, 1, 0, EventBody::MemberJoined {});
    check(
        &[said(1, 1, 0), joined, said(3, 1, 0)],
        vec![],
        None,
        "BDMNM",
    );
}

#[test]
fn each_day_begins_with_a_line() {
    check(
        &[said(1, 1, 1439), said(2, 1, 1440), said(3, 1, 1441)],
        vec![],
        None,
        "BDMDMm",
    );
}

#[test]
fn the_unread_line_stands_before_the_first_unread_message() {
    let unread = |after| {
        Some(Unread {
            after: Sequence(after),
            count: 1,
        })
    };
    let events = [said(1, 1, 0), said(2, 1, 0), said(3, 1, 0)];
    check(&events, vec![], unread(1), "BDMUMm");
    check(&events, vec![], unread(0), "BDUMmm");
    check(&events, vec![], unread(3), "BDMmm");
    let left = event(2, 2, 0, EventBody::MemberLeft {});
    check(
        &[said(1, 1, 0), left, said(3, 1, 0)],
        vec![],
        unread(1),
        "BDMNUM",
    );
}

#[test]
fn whoever_creates_a_room_does_not_join_it_in_a_line_of_its_own() {
    let name = "garden".parse().expect("a name");
    let body = EventBody::RoomCreated {
        name,
        topic: String::new(),
    };
    let joined = |sequence, from| event(sequence, from, 0, EventBody::MemberJoined {});
    let events = [event(1, 1, 0, body), joined(2, 1), joined(3, 2)];
    check(&events, vec![], None, "BDNN");
}

#[test]
fn what_is_missing_is_marked() {
    check(&[said(1, 1, 0), said(5, 1, 0)], vec![], None, "BDMGM");
    // An event of a kind that this build does not know is no gap.
    let unknown = event(2, 1, 0, EventBody::Unknown);
    check(
        &[said(1, 1, 0), unknown, said(3, 1, 0)],
        vec![],
        None,
        "BDMm",
    );
}

#[test]
fn what_is_unsent_comes_last_and_joins_its_group() {
    check(
        &[said(1, 1, 0)],
        vec![waiting(1), waiting(2)],
        None,
        "BDMpp",
    );
    check(&[said(1, 2, 0)], vec![waiting(1)], None, "BDMP");
    check(&[], vec![waiting(1)], None, "BDP");
}
