//! Removing what somebody said: by themselves, or by who moderates the room.

use rusqlite::Connection;
use shared::{EventBody, Operation, RoomEvent, RoomRef, Sequence, TimestampMs};

use super::{Found, find, name_of};
use crate::store::audit::{self, Action};
use crate::store::{SignedIn, Store, StoreError, log, purges};

impl Store {
    /// Removes what a message says for good; no event where it is gone already. [`StoreError::NotFound`] where there
    /// is no such message, or none that the person may read.
    pub async fn remove_message(
        &self,
        by: SignedIn,
        room: RoomRef,
        sequence: Sequence,
        now: TimestampMs,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.write(move |db| {
            let event = remove(db, &by, &room, sequence, now)?;
            Ok((event.clone(), event.into_iter().collect()))
        })
        .await
    }
}

fn remove(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    sequence: Sequence,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = find(db, by.person.id, room)?;
    let standing = found.standing()?;
    let Some(message) = message(db, &found, sequence)? else {
        // As if it were one's own, so that a token is good for the same whether there is one or not.
        by.require_in(Operation::RemoveMessage, standing.role)
            .map_err(StoreError::NotAllowed)?;
        return Err(StoreError::NotFound("message"));
    };
    let is_own = message.person.id == by.person.id;
    let operation = if is_own {
        Operation::RemoveMessage
    } else {
        Operation::RemoveOthersMessage
    };
    by.require_in(operation, standing.role)
        .map_err(StoreError::NotAllowed)?;
    if !message.event.is_message() {
        return Ok(None);
    }
    let event = purges::remove_one(db, found.room_id, sequence, &by.person, now)?;
    if !is_own {
        let (room, author) = (name_of(db, found.room_id)?, &message.person.name);
        let what = format!("#{room}, message {sequence} of {author}");
        audit::append(db, Some(&by.person), Action::RemoveMessage, &what, now)?;
    }
    Ok(Some(event))
}

/// The message, or what stands in its place, where the person may read it.
fn message(
    db: &Connection,
    found: &Found,
    sequence: Sequence,
) -> Result<Option<RoomEvent>, StoreError> {
    if sequence < found.standing()?.first_sequence {
        return Ok(None);
    }
    let event = log::page_from(db, found.room_id, sequence, 1)?
        .into_iter()
        .next();
    let is_meant = |event: &RoomEvent| {
        let is_one = matches!(
            event.event,
            EventBody::MessageSent { .. } | EventBody::Removed {}
        );
        event.sequence == sequence && is_one
    };
    Ok(event.filter(is_meant))
}
