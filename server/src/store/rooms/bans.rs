//! Who may not come into which room.

use rusqlite::{Connection, params};
use shared::frame::Person;
use shared::{EventBody, Operation, PersonId, RoomEvent, RoomId, RoomRef, TimestampMs};

use super::{find_to, name_of, person_from};
use crate::store::audit::{self, Action};
use crate::store::{SignedIn, Store, StoreError, at_one_moment, log, to_integer};

/// People in one list.
const BANS_LISTED_MAX: u32 = 1_000;

impl Store {
    /// Who may not come into the room, by name; of very many the first.
    pub async fn bans(
        &self,
        by: SignedIn,
        room: RoomRef,
    ) -> Result<(RoomId, Vec<Person>), StoreError> {
        self.read(move |db| at_one_moment(db, |db| bans(db, &by, &room)))
            .await
    }

    /// Lets somebody join again; no event where they are not banned.
    pub async fn lift_ban(
        &self,
        by: SignedIn,
        room: RoomRef,
        person: PersonId,
        now: TimestampMs,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.write(move |db| {
            let event = lift(db, &by, &room, person, now)?;
            Ok((event.clone(), event.into_iter().collect()))
        })
        .await
    }
}

fn bans(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
) -> Result<(RoomId, Vec<Person>), StoreError> {
    let room = find_to(db, by, room, Operation::ListBans)?.room_id;
    let mut statement = db.prepare_cached(
        "SELECT people.id, people.name FROM bans JOIN people ON people.id = person_id
         WHERE room_id = ?1 ORDER BY name_key LIMIT ?2",
    )?;
    let people = statement.query_map(params![room.as_bytes(), BANS_LISTED_MAX], person_from)?;
    Ok((room, people.collect::<Result<_, _>>()?))
}

fn lift(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    who: PersonId,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let room = find_to(db, by, room, Operation::LiftBan)?.room_id;
    let lifted = db
        .prepare_cached("DELETE FROM bans WHERE room_id = ?1 AND person_id = ?2")?
        .execute([room.as_bytes(), who.as_bytes()])?;
    if lifted == 0 {
        return Ok(None);
    }
    // Whoever has been removed from the server is still a row.
    let member = db
        .prepare_cached("SELECT id, name FROM people WHERE id = ?1")?
        .query_row([who.as_bytes()], person_from)?;
    let what = format!("#{}, {}", name_of(db, room)?, member.name);
    audit::append(db, Some(&by.person), Action::LiftBan, &what, now)?;
    let event = EventBody::BanLifted { member };
    log::append(db, room, &by.person, now, event, None).map(Some)
}

/// Whether the person was not banned before.
pub(super) fn ban(
    db: &Connection,
    room: RoomId,
    who: PersonId,
    by: PersonId,
    now: TimestampMs,
) -> Result<bool, StoreError> {
    let banned = db
        .prepare_cached(
            "INSERT INTO bans (room_id, person_id, banned_by, at_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            room.as_bytes(),
            who.as_bytes(),
            by.as_bytes(),
            to_integer(now.0)
        ])?;
    Ok(banned > 0)
}

pub(super) fn is_banned(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM bans WHERE room_id = ?1 AND person_id = ?2")?
        .exists([room.as_bytes(), person.as_bytes()])?)
}
