//! People and their sessions. Of a session's token only the BLAKE3 hash is stored.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::{PersonId, PersonName, TimestampMs};

use super::looks::{self, Named};
use super::{StoreError, to_integer};

pub(super) fn token_hash(token: &str) -> [u8; 32] {
    // The token is random enough that a slow hash would add nothing.
    *blake3::hash(token.as_bytes()).as_bytes()
}

pub(super) fn claim(
    db: &Connection,
    name: &PersonName,
    token_hash: &[u8; 32],
    now: TimestampMs,
) -> Result<Person, StoreError> {
    if let Some(person) = by_token(db, token_hash)? {
        let same = person
            .name
            .parse()
            .is_ok_and(|known: PersonName| known.key() == name.key());
        return if same {
            Ok(person)
        } else {
            Err(StoreError::TokenTaken)
        };
    }
    let id = PersonId::from_parts(now, random());
    let inserted = db
        .prepare_cached(
            "INSERT INTO people (id, name, name_key, created_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name_key) DO NOTHING",
        )?
        .execute(params![
            id.as_bytes(),
            name.as_str(),
            name.key(),
            to_integer(now.0)
        ])?;
    if inserted == 0 {
        return Err(StoreError::NameTaken);
    }
    looks::take(db, Named::Person, name.as_str(), id.as_bytes())?;
    db.prepare_cached(
        "INSERT INTO sessions (token_hash, person_id, created_ms) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![token_hash, id.as_bytes(), to_integer(now.0)])?;
    Ok(Person {
        id,
        name: name.as_str().to_owned(),
    })
}

pub(super) fn by_token(db: &Connection, hash: &[u8; 32]) -> Result<Option<Person>, StoreError> {
    let person = db
        .prepare_cached(
            "SELECT people.id, people.name FROM sessions JOIN people ON people.id = person_id
             WHERE token_hash = ?1",
        )?
        .query_row([hash], |row| {
            Ok(Person {
                id: PersonId::from_bytes(row.get(0)?),
                name: row.get(1)?,
            })
        })
        .optional()?;
    Ok(person)
}

/// Random bytes of the system, without which the server could make no secrets.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes, as it did at open");
    bytes
}
