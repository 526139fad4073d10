//! How far people have read, what has come since, and when they were last here.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::limits::{READ_BY_MEMBERS_MAX, UNREAD_MAX};
use shared::room::ReadMarker;
use shared::{PersonId, RoomId, Sequence, TimestampMs};

use super::{Store, StoreError, counter, to_integer};

/// A marker that has moved, and who is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) room: RoomId,
    pub(crate) marker: ReadMarker,
    /// The room's last event of then.
    pub(crate) counted_to: Sequence,
    /// Whether the room is so small that its members are told as well.
    pub(crate) is_small: bool,
}

/// Marks that are to be stored together.
#[derive(Debug, Default, Clone)]
pub(crate) struct NewMarks {
    pub(crate) read: Vec<(PersonId, RoomId, Sequence)>,
    pub(crate) seen: Vec<(PersonId, TimestampMs)>,
}

impl Store {
    /// How far the person has read in these rooms, given with their last sequence, up to which is counted. `ahead` is
    /// what is not stored yet. A room is missing where nobody has said.
    pub(crate) async fn read_markers(
        &self,
        person: PersonId,
        rooms: Vec<(RoomId, Sequence)>,
        ahead: HashMap<RoomId, Sequence>,
    ) -> Result<HashMap<RoomId, ReadMarker>, StoreError> {
        self.read(move |db| markers(db, person, &rooms, &ahead))
            .await
    }

    /// What has come since these markers of one person. Those that the stored ones have passed are left out.
    pub(crate) async fn moved(
        &self,
        person: PersonId,
        markers: Vec<(RoomId, Sequence)>,
    ) -> Result<Vec<Moved>, StoreError> {
        let lobby = self.lobby();
        self.read(move |db| {
            let moved = markers.into_iter().map(|at| moved(db, lobby, person, at));
            moved.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// How far the members of the room have read; nothing where the room is not small.
    pub(crate) async fn read_sequences(
        &self,
        room: RoomId,
    ) -> Result<HashMap<PersonId, Sequence>, StoreError> {
        let lobby = self.lobby();
        self.read(move |db| {
            if is_small(db, lobby, room)? {
                read_sequences(db, lobby, room)
            } else {
                Ok(HashMap::new())
            }
        })
        .await
    }

    /// Stores the marks, where they are further than those that are there.
    pub(crate) async fn store_marks(&self, marks: NewMarks) -> Result<(), StoreError> {
        let lobby = self.lobby();
        self.write(move |db| Ok((store(db, lobby, &marks)?, Vec::new())))
            .await
    }
}

fn markers(
    db: &Connection,
    person: PersonId,
    rooms: &[(RoomId, Sequence)],
    ahead: &HashMap<RoomId, Sequence>,
) -> Result<HashMap<RoomId, ReadMarker>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT room_id, sequence FROM read_markers WHERE person_id = ?1")?;
    let stored = statement.query_map([person.as_bytes()], |row| {
        let room = RoomId::from_bytes(row.get(0)?);
        Ok((room, Sequence(counter(row, 1)?)))
    })?;
    let stored = stored.collect::<Result<HashMap<_, _>, _>>()?;
    let mut markers = HashMap::new();
    for (room, last) in rooms {
        if let Some(read) = stored.get(room).max(ahead.get(room)) {
            markers.insert(*room, marker(db, person, *room, *read, *last)?);
        }
    }
    Ok(markers)
}

fn moved(
    db: &Connection,
    lobby: RoomId,
    person: PersonId,
    (room, read): (RoomId, Sequence),
) -> Result<Option<Moved>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT last_seq, (SELECT sequence FROM read_markers WHERE person_id = ?1 AND room_id = id)
             FROM rooms WHERE id = ?2",
        )?
        .query_row([person.as_bytes(), room.as_bytes()], |row| {
            Ok((counter(row, 0)?, row.get::<_, Option<i64>>(1)?))
        })
        .optional()?;
    let passed = |stored: Option<i64>| stored > Some(to_integer(read.0));
    let Some((last, _)) = found.filter(|(_, stored)| !passed(*stored)) else {
        return Ok(None);
    };
    let counted_to = Sequence(last);
    Ok(Some(Moved {
        room,
        marker: marker(db, person, room, read, counted_to)?,
        counted_to,
        is_small: is_small(db, lobby, room)?,
    }))
}

/// What has come after `read`, up to `last`.
fn marker(
    db: &Connection,
    person: PersonId,
    room: RoomId,
    read: Sequence,
    last: Sequence,
) -> Result<ReadMarker, StoreError> {
    let mut marker = ReadMarker {
        sequence: read,
        ..ReadMarker::default()
    };
    if read >= last {
        return Ok(marker);
    }
    let range = params![
        room.as_bytes(),
        to_integer(read.0),
        to_integer(last.0),
        person.as_bytes(),
        UNREAD_MAX
    ];
    // A message that was removed does not count; that its type comes first in its body is how serde writes it.
    marker.unread = db
        .prepare_cached(
            "SELECT count(*) FROM (
                 SELECT 1 FROM events WHERE room_id = ?1 AND sequence > ?2 AND sequence <= ?3 AND person_id <> ?4
                     AND body GLOB '{\"type\":\"message_sent\"*' LIMIT ?5)",
        )?
        .query_row(range, |row| row.get(0))?;
    if marker.unread > 0 {
        marker.mentions = db
            .prepare_cached(
                "SELECT count(*) FROM (
                     SELECT 1 FROM mentions JOIN events USING (room_id, sequence)
                     WHERE mentions.person_id = ?4 AND room_id = ?1 AND sequence > ?2 AND sequence <= ?3
                         AND body GLOB '{\"type\":\"message_sent\"*' LIMIT ?5)",
            )?
            .query_row(range, |row| row.get(0))?;
    }
    Ok(marker)
}

fn is_small(db: &Connection, lobby: RoomId, room: RoomId) -> Result<bool, StoreError> {
    Ok(members_up_to(db, lobby, room, READ_BY_MEMBERS_MAX + 1)? <= READ_BY_MEMBERS_MAX)
}

/// How many members the room has, counted no further than `max`.
pub(super) fn members_up_to(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
    max: u32,
) -> Result<u32, StoreError> {
    let count = if room == lobby {
        db.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM people WHERE removed_ms IS NULL LIMIT ?1)",
        )?
        .query_row([max], |row| row.get(0))?
    } else {
        db.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM members WHERE room_id = ?1 LIMIT ?2)",
        )?
        .query_row(params![room.as_bytes(), max], |row| row.get(0))?
    };
    Ok(count)
}

fn read_sequences(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
) -> Result<HashMap<PersonId, Sequence>, StoreError> {
    let mut statement = db.prepare_cached(if room == lobby {
        "SELECT id, sequence FROM people JOIN read_markers ON person_id = id AND room_id = ?1"
    } else {
        "SELECT person_id, sequence FROM members JOIN read_markers USING (person_id, room_id)
         WHERE room_id = ?1"
    })?;
    let read = statement.query_map([room.as_bytes()], |row| {
        let person = PersonId::from_bytes(row.get(0)?);
        Ok((person, Sequence(counter(row, 1)?)))
    })?;
    Ok(read.collect::<Result<_, _>>()?)
}

/// Who has left a room since has read nothing there.
fn store(db: &Connection, lobby: RoomId, marks: &NewMarks) -> Result<(), StoreError> {
    let mut read = db.prepare_cached(
        "INSERT INTO read_markers (person_id, room_id, sequence)
         SELECT ?1, id, ?3 FROM rooms WHERE id = ?2 AND
             (id = ?4 OR EXISTS (SELECT 1 FROM members WHERE room_id = id AND person_id = ?1))
         ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)",
    )?;
    for (person, room, sequence) in &marks.read {
        read.execute(params![
            person.as_bytes(),
            room.as_bytes(),
            to_integer(sequence.0),
            lobby.as_bytes()
        ])?;
    }
    let mut seen = db.prepare_cached(
        "UPDATE people SET last_seen_ms = max(coalesce(last_seen_ms, 0), ?2) WHERE id = ?1",
    )?;
    for (person, at_ms) in &marks.seen {
        seen.execute(params![person.as_bytes(), to_integer(at_ms.0)])?;
    }
    Ok(())
}
