//! What owners change about a room, and what changes by itself.

use rusqlite::{Connection, params};
use shared::room::{HistoryVisibility, RoomChanges, RoomInfo, RoomKind};
use shared::{EventBody, Operation, PersonId, RoomEvent, RoomId, RoomName, RoomRef, TimestampMs};

use super::{find_to, membership_in, name_key};
use crate::store::audit::{self, Action};
use crate::store::looks::{self, Named};
use crate::store::{SignedIn, Store, StoreError, log, purges, to_integer};

impl Store {
    /// Changes what is given of a room and is not so already; no event where nothing changes. Of a public room,
    /// [`StoreError::RoomNameTaken`] and [`StoreError::RoomNameLooksTaken`] as where one is created.
    pub async fn change_room(
        &self,
        by: SignedIn,
        room: RoomRef,
        name: Option<RoomName>,
        changes: RoomChanges,
        now: TimestampMs,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.write(move |db| {
            let event = change(db, &by, &room, name, changes, now)?;
            Ok((event.clone(), event.into_iter().collect()))
        })
        .await
    }
}

fn change(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    name: Option<RoomName>,
    changes: RoomChanges,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let room_id = find_to(db, by, room, Operation::ChangeRoom)?.room_id;
    let membership = membership_in(db, room_id, by.person.id)?.ok_or(StoreError::NotAMember)?;
    let is = membership.room;
    let name = name.filter(|name| *name != is.name);
    let changes = new_only(changes, &is);
    if name.is_none() && changes == RoomChanges::default() {
        return Ok(None);
    }
    require_possible(&is, &changes)?;
    if let Some(name) = &name {
        rename(db, &is, name)?;
    }
    store(db, room_id, &changes, now)?;
    write_down(db, by, &is, &changes, now)?;
    let event = EventBody::RoomChanged { name, changes };
    log::append(db, room_id, &by.person, now, event, None).map(Some)
}

/// What of the changes is not so already.
fn new_only(changes: RoomChanges, is: &RoomInfo) -> RoomChanges {
    RoomChanges {
        topic: changes.topic.filter(|topic| *topic != is.topic),
        description: changes.description.filter(|it| *it != is.description),
        history: changes.history.filter(|history| *history != is.history),
        archived: changes.archived.filter(|archived| *archived != is.archived),
        retention_days: changes
            .retention_days
            .filter(|days| *days != is.retention_days.unwrap_or(0)),
    }
}

fn require_possible(is: &RoomInfo, changes: &RoomChanges) -> Result<(), StoreError> {
    if changes.history == Some(HistoryVisibility::Unknown) {
        return Err(StoreError::Invalid(
            "What newcomers may read is all or since_joining.",
        ));
    }
    match is.kind {
        RoomKind::Direct => Err(StoreError::Invalid(
            "A direct room has neither name nor settings.",
        )),
        RoomKind::Lobby if changes.archived.is_some() || changes.history.is_some() => Err(
            StoreError::Invalid("The lobby is open, and everyone reads all of it."),
        ),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => Ok(()),
    }
}

fn rename(db: &Connection, is: &RoomInfo, name: &RoomName) -> Result<(), StoreError> {
    let renamed = db
        .prepare_cached("UPDATE OR IGNORE rooms SET name = ?2, name_key = ?3 WHERE id = ?1")?
        .execute(params![
            is.room_id.as_bytes(),
            name.as_str(),
            name_key(name, is.kind, is.room_id)
        ])?;
    if renamed == 0 {
        return Err(StoreError::RoomNameTaken);
    }
    if is.kind.is_hidden() {
        return looks::check(name.as_str());
    }
    looks::release(db, Named::Room, is.name.as_str(), is.room_id.as_bytes())?;
    looks::take(db, Named::Room, name.as_str(), is.room_id.as_bytes())
}

/// Archives the direct rooms of somebody who was removed in which nobody but one is left, whose words nobody would read.
pub(in crate::store) fn archive_deserted(
    db: &Connection,
    removed: PersonId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT rooms.id FROM members JOIN rooms ON rooms.id = members.room_id
         WHERE person_id = ?1 AND kind = 'direct' AND archived_ms IS NULL
         AND 1 = (SELECT count(*) FROM members AS others JOIN people ON people.id = others.person_id
                  WHERE others.room_id = rooms.id AND removed_ms IS NULL)",
    )?;
    let rooms = statement.query_map([removed.as_bytes()], |row| row.get(0))?;
    let rooms: Vec<[u8; 16]> = rooms.collect::<Result<_, _>>()?;
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    // Whoever removed somebody is nobody's business in a room that they are not in.
    let by = purges::server(db)?;
    let changes = RoomChanges {
        archived: Some(true),
        ..RoomChanges::default()
    };
    let rooms = rooms.into_iter().map(|room| {
        let room = RoomId::from_bytes(room);
        store(db, room, &changes, now)?;
        let event = EventBody::RoomChanged {
            name: None,
            changes: changes.clone(),
        };
        log::append(db, room, &by, now, event, None)
    });
    rooms.collect()
}

/// What others may come to ask about.
fn write_down(
    db: &Connection,
    by: &SignedIn,
    is: &RoomInfo,
    changes: &RoomChanges,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let room = format!("#{}", is.name);
    if let Some(archived) = changes.archived {
        let action = if archived {
            Action::ArchiveRoom
        } else {
            Action::ReopenRoom
        };
        audit::append(db, Some(&by.person), action, &room, now)?;
    }
    if let Some(days) = changes.retention_days {
        let kept = match days {
            0 => "for good".to_owned(),
            days => format!("{days} days"),
        };
        let what = format!("{room}: {kept}");
        audit::append(db, Some(&by.person), Action::ChangeRetention, &what, now)?;
    }
    Ok(())
}

fn store(
    db: &Connection,
    room: RoomId,
    changes: &RoomChanges,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let id = room.as_bytes();
    if let Some(topic) = &changes.topic {
        db.prepare_cached("UPDATE rooms SET topic = ?2 WHERE id = ?1")?
            .execute(params![id, topic])?;
    }
    if let Some(description) = &changes.description {
        db.prepare_cached("UPDATE rooms SET description = ?2 WHERE id = ?1")?
            .execute(params![id, description])?;
    }
    if let Some(history) = changes.history {
        db.prepare_cached("UPDATE rooms SET history = ?2 WHERE id = ?1")?
            .execute(params![id, history.as_str()])?;
    }
    if let Some(archived) = changes.archived {
        db.prepare_cached("UPDATE rooms SET archived_ms = ?2 WHERE id = ?1")?
            .execute(params![id, archived.then(|| to_integer(now.0))])?;
    }
    if let Some(days) = changes.retention_days {
        db.prepare_cached("UPDATE rooms SET retention_days = ?2 WHERE id = ?1")?
            .execute(params![id, (days > 0).then_some(days)])?;
    }
    Ok(())
}
