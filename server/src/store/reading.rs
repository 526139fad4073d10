//! How far people have read, what has come since, and when they were last here.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::limits::{READ_BY_MEMBERS_MAX, UNREAD_MAX};
use shared::room::ReadMarker;
use shared::{PersonId, RoomId, Sequence, TimestampMs};

use super::{Store, StoreError, counter, to_integer};

/// Events that one question may look at, over all of somebody's rooms: some hundredths of a second. One who has been
/// away for longer from many rooms is told exactly where there is least to read.
const EVENTS_MAX: u64 = 10_000;

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
            let mut budget = EVENTS_MAX;
            let mut moved = Vec::with_capacity(markers.len());
            for (room, read) in markers {
                if let Some(last) = last_unless_passed(db, person, room, read)? {
                    let unread = Unread {
                        person,
                        room,
                        read,
                        last,
                    };
                    moved.push(unread.moved(db, lobby, &mut budget)?);
                }
            }
            Ok(moved)
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
    let unread = rooms.iter().filter_map(|(room, last)| {
        let read = stored.get(room).max(ahead.get(room))?;
        Some(Unread {
            person,
            room: *room,
            read: *read,
            last: *last,
        })
    });
    let mut unread: Vec<_> = unread.collect();
    unread.sort_unstable_by_key(Unread::events);
    let mut budget = EVENTS_MAX;
    let markers = unread.into_iter().map(|unread| {
        let marker = unread.count(db, &mut budget)?;
        Ok((unread.room, marker))
    });
    markers.collect()
}

/// The room's last sequence; `None` where the stored marker has passed this one.
fn last_unless_passed(
    db: &Connection,
    person: PersonId,
    room: RoomId,
    read: Sequence,
) -> Result<Option<Sequence>, StoreError> {
    let last = db
        .prepare_cached(
            "SELECT last_seq FROM rooms WHERE id = ?2 AND NOT EXISTS (
                 SELECT 1 FROM read_markers WHERE person_id = ?1 AND room_id = ?2 AND sequence > ?3)",
        )?
        .query_row(
            params![person.as_bytes(), room.as_bytes(), to_integer(read.0)],
            |row| counter(row, 0).map(Sequence),
        )
        .optional()?;
    Ok(last)
}

/// What has come for somebody in a room after `read`, up to `last`.
struct Unread {
    person: PersonId,
    room: RoomId,
    read: Sequence,
    last: Sequence,
}

impl Unread {
    fn events(&self) -> u64 {
        self.last.0.saturating_sub(self.read.0)
    }

    fn moved(&self, db: &Connection, lobby: RoomId, budget: &mut u64) -> Result<Moved, StoreError> {
        Ok(Moved {
            room: self.room,
            marker: self.count(db, budget)?,
            counted_to: self.last,
            is_small: is_small(db, lobby, self.room)?,
        })
    }

    /// Looks at no more events than the budget allows; those beyond count as messages of others.
    fn count(&self, db: &Connection, budget: &mut u64) -> Result<ReadMarker, StoreError> {
        let mut marker = ReadMarker {
            sequence: self.read,
            ..ReadMarker::default()
        };
        if self.events() == 0 {
            return Ok(marker);
        }
        let looked_at = self.events().min(*budget);
        *budget -= looked_at;
        // A message that was removed does not count. That the type comes first in a body is how serde writes it.
        let counted: u64 = db
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE is_unread) FROM (
                     SELECT person_id <> ?4 AND body GLOB '{\"type\":\"message_sent\"*' AS is_unread
                     FROM events WHERE room_id = ?1 AND sequence > ?2 AND sequence <= ?3 LIMIT ?5)",
            )?
            .query_row(self.range(looked_at), |row| counter(row, 0))?;
        let unread = counted + self.events() - looked_at;
        let most = u64::from(UNREAD_MAX);
        marker.unread = u32::try_from(unread.min(most)).unwrap_or(UNREAD_MAX);
        if unread > 0 {
            marker.mentions = db
                .prepare_cached(
                    "SELECT count(*) FROM (
                         SELECT 1 FROM mentions JOIN events USING (room_id, sequence)
                         WHERE mentions.person_id = ?4 AND room_id = ?1 AND sequence > ?2 AND sequence <= ?3
                             AND body GLOB '{\"type\":\"message_sent\"*' LIMIT ?5)",
                )?
                .query_row(self.range(most), |row| row.get(0))?;
        }
        Ok(marker)
    }

    /// The room, the events after and up to, the person, and a limit, as the statements number them.
    fn range(&self, limit: u64) -> impl rusqlite::Params {
        (
            *self.room.as_bytes(),
            to_integer(self.read.0),
            to_integer(self.last.0),
            *self.person.as_bytes(),
            to_integer(limit),
        )
    }
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

#[cfg(test)]
mod tests;
