use client::{Client, Command, Config, Entry, Input, Output, Snapshot};
use shared::codec::Packet;
use shared::frame::{ClientInfo, Person, ServerInfo, Welcome};
use shared::limits::Limits;
use shared::room::{RoomInfo, RoomKind, RoomOpening};
use shared::{
    ClientFrame, Epoch, PersonId, RequestId, Role, ServerFrame, SessionToken, TransactionId,
};

use super::super::place::{Arranged, Position};
use super::*;

const NOW: TimestampMs = TimestampMs(40 * 24 * 3_600_000);
const ROOM: RoomId = RoomId::from_bytes([9; 16]);

fn day(at: TimestampMs) -> Day {
    Day {
        year: 1970,
        month: 1,
        day: (at.0 / (24 * 3_600_000)) as u32 + 1,
        weekday: 0,
    }
}

fn person(number: u64) -> Person {
    Person {
        id: PersonId::from_bytes([number as u8 + 1; 16]),
        name: format!("Person {number}"),
    }
}

/// Three people, some of whom say a few things in a row, over some days; now and then one joins.
fn event(sequence: u64) -> RoomEvent {
    let event = match sequence % 11 {
        5 => EventBody::MemberJoined {},
        _ => EventBody::MessageSent {
            transaction_id: TransactionId::from_parts(TimestampMs(sequence), [0; 10]),
            text: format!("message {sequence}"),
            attachments: Vec::new(),
            arriving: Vec::new(),
        },
    };
    RoomEvent {
        room_id: ROOM,
        sequence: Sequence(sequence),
        at_ms: TimestampMs(sequence * 97_000),
        person: person(sequence / 4 % 3),
        event,
    }
}

fn input(client: &mut Client, frame: ServerFrame) {
    let packet = Packet {
        frame,
        payload: Default::default(),
    };
    client.handle_input(Input::Frame(packet), NOW);
    while client.poll_output().is_some() {}
}

/// A client that is online in a room of `last` events, and knows none.
fn client(last: u64) -> Client {
    let info = ClientInfo {
        name: "test".into(),
        version: "0".into(),
    };
    let mut client = Client::new(Config::new(info), Snapshot::default(), 1, NOW);
    let sign_in = Command::SignIn {
        entry: Entry::Guest { name: "Ann".into() },
        session_token: SessionToken::from_random([7; 32]),
    };
    client.command(sign_in, NOW).unwrap();
    client.handle_input(Input::Connected, NOW);
    let hello = std::iter::from_fn(|| client.poll_output()).find_map(|output| match output {
        Output::Send(ClientFrame::Hello(hello)) => Some(hello.request_id),
        _ => None,
    });
    let welcome = Welcome {
        request_id: hello.unwrap_or(RequestId(1)),
        protocol: 1,
        server: ServerInfo {
            name: "sim".into(),
            version: "0".into(),
            public_url: None,
            files_url: None,
            http_port: None,
            https: false,
        },
        epoch: Epoch::from_bytes([1; 16]),
        person: person(100),
        role: Role::Member,
        session_id: None,
        session_token: None,
        rooms: vec![RoomOpening::new(
            RoomInfo {
                members: 1,
                joined: true,
                last_sequence: Sequence(last),
                ..RoomInfo::new(ROOM, "lobby".parse().unwrap(), RoomKind::Lobby)
            },
            Sequence(last + 1),
        )],
        limits: Limits::default(),
        now_ms: NOW,
    };
    input(&mut client, ServerFrame::Welcome(welcome));
    let room_id = Some(ROOM);
    client.command(Command::ShowRoom { room_id }, NOW).unwrap();
    client
}

fn load(client: &mut Client, sequences: impl Iterator<Item = u64>) {
    for sequence in sequences {
        input(client, ServerFrame::RoomEvent(event(sequence)));
    }
}

fn build(feed: &mut Feed, client: &Client, middle: Option<u64>, unread: Option<Unread>) {
    let moment = Moment {
        now: NOW,
        day,
        unread,
    };
    feed.build(client.view(), ROOM, middle.map(Sequence), moment);
}

/// Its rows as text, each with its key.
fn lines(feed: &Feed) -> Vec<String> {
    let kind = |row: &Row| match row {
        Row::Beginning => "beginning".to_owned(),
        Row::Loading => "loading".into(),
        Row::Day { name, .. } => name.to_string(),
        Row::Unread(unread) => format!("{} unread", unread.count),
        Row::Gap { events, .. } => format!("{events} missing"),
        Row::Message { head, .. } => format!("message, head {head}"),
        Row::Notice { .. } => "notice".into(),
        Row::Pending { head, .. } => format!("pending, head {head}"),
    };
    let rows = feed.keys.iter().zip(&feed.rows);
    rows.map(|(key, row)| format!("{key:?} {}", kind(row)))
        .collect()
}

#[test]
fn each_window_shows_a_part_of_what_all_would_show() {
    let known = || (1..=700).chain(750..=1500);
    let mut client = client(1500);
    load(&mut client, known());
    let unread = Some(Unread {
        after: Sequence(1004),
        count: 7,
    });
    let events: Vec<EventRef> = known().map(|at| EventRef(Rc::new(event(at)))).collect();
    let mut all = Feed::default();
    let made = rows(Parts {
        events: &events,
        pending: Vec::new(),
        own: None,
        unread,
        at_start: true,
        loading: false,
        gap_before_end: None,
        now: NOW,
        day,
    });
    all.keep(made.into_iter(), None);
    let all = lines(&all);
    let mut feed = Feed::default();
    for middle in (1..=1500).step_by(7).map(Some).chain([None]) {
        build(&mut feed, &client, middle, unread);
        let part = lines(&feed);
        assert!(
            all.windows(part.len()).any(|rows| rows == part),
            "around {middle:?}: {part:#?}"
        );
        assert!(feed.keys.is_sorted());
    }
}

#[test]
fn what_is_missing_has_its_row() {
    let mut client = client(1000);
    load(&mut client, 900..=1000);
    let mut feed = Feed::default();
    build(&mut feed, &client, None, None);
    assert_eq!(feed.rows[0], Row::Loading);
    // Nothing can be asked for without a connection.
    let reason = String::new();
    client.handle_input(Input::Disconnected { reason }, NOW);
    build(&mut feed, &client, None, None);
    let gap = Row::Gap {
        events: 899,
        before: Sequence(900),
    };
    assert_eq!(feed.rows[0], gap);
}

#[test]
fn a_hundred_thousand_events_cost_what_is_around_the_reader() {
    let mut client = client(100_000);
    load(&mut client, 1..=100_000);
    assert_eq!(client.view().rooms[&ROOM].timeline.len(), 100_000);
    let (mut feed, mut position, mut made) = (Feed::default(), Position::End, 1);
    build(&mut feed, &client, None, None);
    for _ in 0..1_000 {
        let mut measured = 0;
        let height = |_: usize| {
            measured += 1;
            24.0
        };
        let arranged = Arranged::new(&feed.keys, position, 700.0, height);
        assert!(measured <= 150 && feed.rows.len() <= 400);
        position = match arranged.position(700.0) {
            Position::End => Position::Bottom {
                row: arranged.rows[arranged.rows.len() - 1].key,
                y: 900.0,
            },
            Position::Bottom { row, y } => Position::Bottom { row, y: y + 240.0 },
            other => other,
        };
        let rows = &arranged.rows;
        if feed.runs_out(rows[0].index, rows[rows.len() - 1].index) {
            let middle = position.row().and_then(RowKey::sequence);
            build(&mut feed, &client, middle, None);
            made += 1;
        }
    }
    let at = position.row().and_then(RowKey::sequence).unwrap();
    assert!(at < 93_000, "it has scrolled past thousands of messages");
    assert!(made < 120, "rows were made {made} times in 1,000 frames");
}
