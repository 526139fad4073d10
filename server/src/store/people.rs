//! People and their sessions. Of a session's token only the BLAKE3 hash is stored.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::{Operation, PersonId, PersonName, Role, RoomRole, Scope, SessionId, TimestampMs};

use super::looks::{self, Named};
use super::{StoreError, named, to_integer};

/// Somebody who is signed in, and how far that reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub person: Person,
    pub role: Role,
    pub session_id: SessionId,
    /// What a bot's token is good for; `None` for a person's session, which is good for all that the role may do.
    pub scopes: Option<Vec<Scope>>,
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAllowed {
    /// Their role does not.
    Role(Role),
    /// The bot's token does not have this scope, or no token can.
    Scope(Option<Scope>),
    /// They are in the room, but not as what it takes.
    RoomRole,
}

impl SignedIn {
    /// Whether they may do this at all, wherever it is.
    pub(crate) fn require(&self, operation: Operation) -> Result<(), NotAllowed> {
        if !operation.is_in(self.scopes.as_deref()) {
            return Err(NotAllowed::Scope(operation.rule().scope));
        }
        if !operation.is_allowed(self.role) {
            return Err(NotAllowed::Role(self.role));
        }
        Ok(())
    }

    /// Whether they may do this in a room in which they are `standing`.
    pub(crate) fn require_in(
        &self,
        operation: Operation,
        standing: RoomRole,
    ) -> Result<(), NotAllowed> {
        self.require(operation)?;
        if operation.is_allowed_in(self.role, Some(standing)) {
            Ok(())
        } else {
            Err(NotAllowed::RoomRole)
        }
    }
}

pub(super) fn token_hash(token: &str) -> [u8; 32] {
    // The token is random enough that a slow hash would add nothing.
    *blake3::hash(token.as_bytes()).as_bytes()
}

pub(super) fn claim(
    db: &Connection,
    name: &PersonName,
    token_hash: &[u8; 32],
    now: TimestampMs,
) -> Result<SignedIn, StoreError> {
    if let Some(known) = by_token(db, token_hash)? {
        let same = known
            .person
            .name
            .parse()
            .is_ok_and(|known: PersonName| known.key() == name.key());
        return if same {
            Ok(known)
        } else {
            Err(StoreError::TokenTaken)
        };
    }
    let id = PersonId::from_parts(now, random());
    let inserted = db
        .prepare_cached(
            "INSERT INTO people (id, name, name_key, created_ms, role) VALUES (?1, ?2, ?3, ?4, 'guest')
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
    let session_id = SessionId::from_parts(now, random());
    db.prepare_cached(
        "INSERT INTO sessions (token_hash, id, person_id, created_ms) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        token_hash,
        session_id.as_bytes(),
        id.as_bytes(),
        to_integer(now.0)
    ])?;
    Ok(SignedIn {
        person: Person {
            id,
            name: name.as_str().to_owned(),
        },
        role: Role::Guest,
        session_id,
        scopes: None,
    })
}

pub(super) fn by_token(db: &Connection, hash: &[u8; 32]) -> Result<Option<SignedIn>, StoreError> {
    let signed_in = db
        .prepare_cached(
            "SELECT people.id, name, role, sessions.id, scopes FROM sessions
             JOIN people ON people.id = person_id WHERE token_hash = ?1 AND removed_ms IS NULL",
        )?
        .query_row([hash], |row| {
            let scopes: Option<String> = row.get(4)?;
            Ok(SignedIn {
                person: Person {
                    id: PersonId::from_bytes(row.get(0)?),
                    name: row.get(1)?,
                },
                role: named(row, 2)?,
                session_id: SessionId::from_bytes(row.get(3)?),
                // What cannot be read is good for nothing.
                scopes: scopes.map(|list| serde_json::from_str(&list).unwrap_or_default()),
            })
        })
        .optional()?;
    Ok(signed_in)
}

/// Random bytes of the system, without which the server could make no secrets.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes, as it did at open");
    bytes
}
