//! Removing somebody from the server. Their row stays, because events name them, but with nothing of theirs.

use rusqlite::{Connection, params};
use shared::frame::Person;
use shared::{Operation, PersonId, RoomEvent, RoomId, Sequence, SessionId, TimestampMs};

use super::{Actor, keep_an_owner};
use crate::store::audit::{self, Action};
use crate::store::purges::{self, Purge};
use crate::store::{
    Store, StoreError, arrivals, attachments, counter, people, rooms, sessions, to_integer,
};

/// What is gone besides the person.
#[derive(Debug, Default, Clone)]
pub(crate) struct Removed {
    /// Sessions that ended, of the person and of their bots.
    pub(crate) sessions: Vec<SessionId>,
}

impl Store {
    /// Removes somebody for good, with their bots, and where it is asked for with all that these have written: what is
    /// not gone yet when this is done is what [`Store::purge`] removes.
    pub(crate) async fn remove_person(
        &self,
        actor: Actor,
        person: PersonId,
        messages: bool,
        now: TimestampMs,
    ) -> Result<Removed, StoreError> {
        self.write(move |db| {
            let subject = actor.require_over(db, Operation::RemovePerson, person)?;
            keep_an_owner(db, &subject)?;
            let mut removal = Removal {
                db,
                by: match actor.person() {
                    Some(by) => by.clone(),
                    None => purges::server(db)?,
                },
                messages,
                now,
                removed: Removed::default(),
                events: Vec::new(),
            };
            for bot in bots_of(db, person)? {
                removal.remove(&bot)?;
            }
            removal.remove(&subject.person)?;
            let with = if messages { ", with messages" } else { "" };
            let what = format!("{} ({person}){with}", subject.person.name);
            let (removed, events) = (removal.removed, removal.events);
            audit::append(db, actor.person(), Action::RemovePerson, &what, now)?;
            Ok((removed, events))
        })
        .await
    }
}

/// Removes a bot, and leaves what it has written. Whether `by` may is for the caller to say.
pub(in crate::store) fn remove_bot(
    db: &Connection,
    bot: &Person,
    by: &Person,
    now: TimestampMs,
) -> Result<(Vec<SessionId>, Vec<RoomEvent>), StoreError> {
    let mut removal = Removal {
        db,
        by: by.clone(),
        messages: false,
        now,
        removed: Removed::default(),
        events: Vec::new(),
    };
    removal.remove(bot)?;
    Ok((removal.removed.sessions, removal.events))
}

fn bots_of(db: &Connection, person: PersonId) -> Result<Vec<Person>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id, name FROM people WHERE made_by = ?1 AND removed_ms IS NULL")?;
    let bots = statement.query_map([person.as_bytes()], |row| {
        Ok(Person {
            id: PersonId::from_bytes(row.get(0)?),
            name: row.get(1)?,
        })
    })?;
    Ok(bots.collect::<Result<_, _>>()?)
}

struct Removal<'a> {
    db: &'a Connection,
    by: Person,
    messages: bool,
    now: TimestampMs,
    removed: Removed,
    events: Vec<RoomEvent>,
}

impl Removal<'_> {
    fn remove(&mut self, person: &Person) -> Result<(), StoreError> {
        self.removed
            .sessions
            .extend(sessions::end_all(self.db, person.id, None)?);
        let withdrawn = arrivals::all_withdrawn(self.db, person.id, self.now)?;
        self.events.extend(withdrawn);
        self.leave(person)?;
        self.forget(person.id)?;
        let archived = rooms::archive_deserted(self.db, person.id, self.now)?;
        self.events.extend(archived);
        if self.messages {
            self.queue_messages(person.id)?;
            self.forget_files(person.id)?;
        }
        Ok(())
    }

    fn leave(&mut self, person: &Person) -> Result<(), StoreError> {
        let events = rooms::leave_all(self.db, person, self.now)?;
        self.events.extend(events);
        Ok(())
    }

    /// Forgets the files of the person that no message carries; the others go with their last message.
    fn forget_files(&self, of: PersonId) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT id FROM files WHERE person_id = ?1
             AND NOT EXISTS (SELECT 1 FROM file_rooms WHERE file_id = files.id)",
        )?;
        let files = statement.query_map([of.as_bytes()], |row| row.get(0))?;
        let files: Vec<[u8; 16]> = files.collect::<Result<_, _>>()?;
        for file in files {
            attachments::forget_unused(self.db, &file)?;
        }
        Ok(())
    }

    /// Has the messages of the person removed from every room that they have written in.
    fn queue_messages(&self, of: PersonId) -> Result<(), StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT id, last_seq FROM rooms WHERE last_seq > 0")?;
        let rooms = statement.query_map([], |row| {
            Ok((RoomId::from_bytes(row.get(0)?), Sequence(counter(row, 1)?)))
        })?;
        for room in rooms {
            let (room, to) = room?;
            let purge = Purge {
                room,
                of: Some(of),
                next: Sequence::first(),
                to,
                by: self.by.clone(),
            };
            purges::queue(self.db, &purge)?;
        }
        Ok(())
    }

    /// Takes everything out of the row that is the person's, and out of other tables what is theirs alone.
    fn forget(&self, person: PersonId) -> Result<(), StoreError> {
        let id = person.as_bytes();
        for sql in [
            "DELETE FROM bans WHERE person_id = ?1",
            "DELETE FROM invitations WHERE created_by = ?1 OR person_id = ?1",
            "DELETE FROM uploads WHERE person_id = ?1 AND file_id IS NULL",
            "DELETE FROM looks WHERE named = 1 AND owner_id = ?1",
        ] {
            self.db.prepare_cached(sql)?.execute([id])?;
        }
        let name = format!("removed-{}", &person.to_string()[28..]);
        self.db
            .prepare_cached(
                "UPDATE people SET name = ?2, name_key = ?3, removed_ms = ?4, password = NULL, totp_secret = NULL,
                     totp_step = NULL, status_text = '', avatar = NULL, last_seen_ms = NULL WHERE id = ?1",
            )?
            .execute(params![id, name, people::no_key(person), to_integer(self.now.0)])?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::store::NewMessage;

    const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

    fn message(room: RoomId, person: &Person) -> NewMessage {
        NewMessage {
            room,
            person: person.clone(),
            transaction_id: shared::TransactionId::from_parts(NOW, people::random()),
            text: "wait".to_owned(),
            attachments: Vec::new(),
            at_ms: NOW,
        }
    }

    #[tokio::test]
    async fn who_is_removed_has_no_last_word() {
        let dir = TempDir::new().unwrap();
        let store = Store::open(dir.path(), Default::default(), Box::new(|_: &[_]| {})).unwrap();
        let ada = store.claim("Ada", "token", NOW).await.unwrap();
        let bob = store.claim("Bob", "another", NOW).await.unwrap().person;
        let cy = store.claim("Cy", "a third", NOW).await.unwrap().person;
        let others = [vec![bob.id], vec![bob.id, cy.id]];
        let [(pair, _), (three, _)] = [
            store.open_direct(ada.clone(), others[0].clone(), NOW).await,
            store.open_direct(ada.clone(), others[1].clone(), NOW).await,
        ]
        .map(Result::unwrap);
        for room in [pair, three] {
            store.append_message(message(room, &bob)).await.unwrap();
        }
        let removed = store.remove_person(Actor::Operator, ada.person.id, false, NOW);
        removed.await.unwrap();
        // Her connection has not heard of it yet.
        for (room, is_hidden) in [(store.lobby(), false), (pair, true), (three, true)] {
            let refused = store.append_message(message(room, &ada.person)).await;
            match refused {
                Err(StoreError::NotAMember) if !is_hidden => {}
                // As for whoever is in no such room.
                Err(StoreError::RoomNotFound) if is_hidden => {}
                other => panic!("{room}: {other:?}"),
            }
        }
        // Nobody is left whom Bob would write to, but in the room of three.
        let refused = store.append_message(message(pair, &bob)).await;
        assert!(
            matches!(refused, Err(StoreError::NobodyElse)),
            "{refused:?}"
        );
        store.append_message(message(three, &bob)).await.unwrap();
        store
            .remove_person(Actor::Operator, cy.id, false, NOW)
            .await
            .unwrap();
        let refused = store.append_message(message(three, &bob)).await;
        assert!(
            matches!(refused, Err(StoreError::NobodyElse)),
            "{refused:?}"
        );
    }
}
