//! Everyone as admins see them, and what they are.

use rusqlite::{Connection, params};
use shared::admin::{ListPeople, PersonRecord};
use shared::frame::Person;
use shared::{Operation, PersonId, PersonName, Role, SessionId, TimestampMs};

use super::{Actor, keep_an_owner};
use crate::store::audit::{self, Action};
use crate::store::{Store, StoreError, counter, invitations, named, sessions};

/// People in one list.
const PEOPLE_LISTED_MAX: usize = 200;

impl Store {
    /// Some of those whose names hold the query, by name, and whether there are more.
    pub(crate) async fn list_people(
        &self,
        actor: Actor,
        request: ListPeople,
    ) -> Result<(Vec<PersonRecord>, bool), StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::ListPeople)?;
            list(db, &request)
        })
        .await
    }

    /// Who has this name.
    pub(crate) async fn person_named(&self, name: String) -> Result<PersonRecord, StoreError> {
        self.read(move |db| {
            let found = select(db, "name_key = ?1 AND ?2 = ''", (&key(&name), ""))?;
            found.into_iter().next().ok_or(StoreError::PersonNotFound)
        })
        .await
    }

    /// Makes somebody something else; `None` where they are it already.
    pub(crate) async fn set_role(
        &self,
        actor: Actor,
        person: PersonId,
        role: Role,
        now: TimestampMs,
    ) -> Result<Option<Person>, StoreError> {
        self.write(move |db| Ok((set_role(db, &actor, person, role, now)?, Vec::new())))
            .await
    }

    /// Ends all sessions of somebody; which those were.
    pub(crate) async fn sign_out_person(
        &self,
        actor: Actor,
        person: PersonId,
        now: TimestampMs,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write(move |db| {
            let subject = actor.require_over(db, Operation::SignOutPerson, person)?;
            let name = &subject.person.name;
            audit::append(db, actor.person(), Action::SignOutPerson, name, now)?;
            Ok((sessions::end_all(db, person, None)?, Vec::new()))
        })
        .await
    }
}

/// What names are compared by, also of what cannot be a name.
fn key(text: &str) -> String {
    match text.parse::<PersonName>() {
        Ok(name) => name.key(),
        Err(_) => text.trim().to_lowercase(),
    }
}

fn list(db: &Connection, request: &ListPeople) -> Result<(Vec<PersonRecord>, bool), StoreError> {
    let after = request.after.as_deref().map(key).unwrap_or_default();
    let query = key(&request.query);
    let filter = "name_key > ?1 AND (?2 = '' OR instr(name_key, ?2) > 0)";
    let mut people = select(db, filter, (&after, &query))?;
    let more = people.len() > PEOPLE_LISTED_MAX;
    people.truncate(PEOPLE_LISTED_MAX);
    Ok((people, more))
}

/// By name, one more than a list has.
fn select(
    db: &Connection,
    filter: &str,
    (first, second): (&str, &str),
) -> Result<Vec<PersonRecord>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT id, name, role, created_ms, last_seen_ms, file_bytes, totp_step IS NOT NULL,
                (SELECT count(*) FROM sessions WHERE person_id = people.id)
         FROM people WHERE removed_ms IS NULL AND {filter} ORDER BY name_key LIMIT {}",
        PEOPLE_LISTED_MAX + 1
    ))?;
    let people = statement.query_map([first, second], |row| {
        let last_seen: Option<i64> = row.get(4)?;
        Ok(PersonRecord {
            person: Person {
                id: PersonId::from_bytes(row.get(0)?),
                name: row.get(1)?,
            },
            role: named(row, 2)?,
            created_at_ms: TimestampMs(counter(row, 3)?),
            last_seen_ms: last_seen
                .and_then(|at| u64::try_from(at).ok())
                .map(TimestampMs),
            sessions: row.get(7)?,
            file_bytes: counter(row, 5)?,
            has_totp: row.get(6)?,
        })
    })?;
    Ok(people.collect::<Result<_, _>>()?)
}

fn set_role(
    db: &Connection,
    actor: &Actor,
    person: PersonId,
    role: Role,
    now: TimestampMs,
) -> Result<Option<Person>, StoreError> {
    let subject = actor.require_over(db, Operation::SetRole, person)?;
    if subject.role == Role::Bot {
        return Err(StoreError::Invalid("A bot stays a bot."));
    }
    match role {
        Role::Owner => actor.require_owner(db, Operation::SetRole)?,
        Role::Admin | Role::Member | Role::Guest => {}
        Role::Bot | Role::Unknown => {
            return Err(StoreError::Invalid(
                "Nobody can be made this; there are owner, admin, member and guest.",
            ));
        }
    }
    if subject.role == role {
        return Ok(None);
    }
    keep_an_owner(db, &subject)?;
    db.prepare_cached("UPDATE people SET role = ?2 WHERE id = ?1")?
        .execute(params![person.as_bytes(), role.as_str()])?;
    // Made by who may no longer make one for them, maybe.
    invitations::revoke_resets(db, person)?;
    let (name, before) = (&subject.person.name, subject.role.as_str());
    let what = format!("{name}: {before} → {}", role.as_str());
    audit::append(db, actor.person(), Action::SetRole, &what, now)?;
    Ok(Some(subject.person))
}
