//! What there is on the server.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use shared::admin::{RoomRecord, Storage};
use shared::room::{RoomInfo, RoomKind};
use shared::{Operation, RoomId, RoomRole, Sequence, TimestampMs};

use super::Actor;
use crate::store::{Store, StoreError, counter, named, rooms::name_from};

/// Rooms in one list; of more, those where something was last said the longest ago are left out.
const ROOMS_LISTED_MAX: usize = 2_000;
/// Bytes of names and topics in one list, so that it fits a line.
const TEXT_BYTES_MAX: usize = 1 << 20;

impl Store {
    /// Every room but direct ones, by name, without what would make the list too long.
    pub(crate) async fn list_all_rooms(&self, actor: Actor) -> Result<Vec<RoomRecord>, StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::ListAllRooms)?;
            rooms(db, &actor)
        })
        .await
    }

    /// What is stored; of the disk, it knows nothing.
    pub(crate) async fn storage(&self, actor: Actor) -> Result<Storage, StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::DescribeSettings)?;
            storage(db)
        })
        .await
    }
}

fn rooms(db: &Connection, actor: &Actor) -> Result<Vec<RoomRecord>, StoreError> {
    let reader = actor.person().map(|person| person.id.as_bytes());
    let mut statement = db.prepare_cached(&format!(
        "SELECT rooms.id, name, topic, kind, history, archived_ms IS NOT NULL, retention_days, last_seq,
                created_ms, members.role,
                (SELECT at_ms FROM events WHERE room_id = rooms.id AND sequence = last_seq) AS last_event_ms,
                CASE kind WHEN 'lobby' THEN (SELECT count(*) FROM people WHERE removed_ms IS NULL)
                    ELSE (SELECT count(*) FROM members WHERE room_id = rooms.id) END
         FROM rooms LEFT JOIN members ON room_id = rooms.id AND person_id = ?1
         WHERE kind <> 'direct' ORDER BY ifnull(last_event_ms, created_ms) DESC LIMIT {ROOMS_LISTED_MAX}"
    ))?;
    let mut rows = statement.query([reader])?;
    let (mut rooms, mut text_bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()?
        && text_bytes < TEXT_BYTES_MAX
    {
        let record = record(row, reader.is_some())?;
        text_bytes += record.room.name.as_str().len() + record.room.topic.len();
        rooms.push(record);
    }
    rooms.sort_by_cached_key(|record| record.room.name.key());
    Ok(rooms)
}

fn record(row: &Row<'_>, is_person: bool) -> Result<RoomRecord, StoreError> {
    let kind: RoomKind = named(row, 3)?;
    let role = match row.get_ref(9)? {
        ValueRef::Null => None,
        _some => Some(named::<RoomRole>(row, 9)?),
    };
    let last_event: Option<i64> = row.get(10)?;
    let room = RoomInfo {
        topic: row.get(2)?,
        history: named(row, 4)?,
        archived: row.get(5)?,
        retention_days: row.get(6)?,
        members: row.get(11)?,
        joined: role.is_some() || (is_person && kind == RoomKind::Lobby),
        role: role.filter(|role| *role != RoomRole::Member),
        last_sequence: Sequence(counter(row, 7)?),
        ..RoomInfo::new(
            RoomId::from_bytes(row.get(0)?),
            name_from(row.get(1)?)?,
            kind,
        )
    };
    Ok(RoomRecord {
        room,
        created_at_ms: TimestampMs(counter(row, 8)?),
        last_event_at_ms: last_event
            .and_then(|at| u64::try_from(at).ok())
            .map(TimestampMs),
    })
}

fn storage(db: &Connection) -> Result<Storage, StoreError> {
    let number = |sql: &str| -> Result<u64, StoreError> {
        Ok(db
            .prepare_cached(sql)?
            .query_row([], |row| counter(row, 0))?)
    };
    Ok(Storage {
        people: number("SELECT count(*) FROM people WHERE removed_ms IS NULL")?,
        rooms: number("SELECT count(*) FROM rooms")?,
        events: number("SELECT ifnull(sum(last_seq), 0) FROM rooms")?,
        files: number("SELECT count(*) FROM files")?,
        file_bytes: number("SELECT ifnull(sum(file_bytes), 0) FROM people")?,
        content_bytes: number("SELECT ifnull(sum(size_bytes), 0) FROM blobs")?,
        database_bytes: number("PRAGMA page_count")? * number("PRAGMA page_size")?,
        free_bytes: None,
    })
}
