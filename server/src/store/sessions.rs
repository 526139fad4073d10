//! Where people are signed in. Of a session's token only the BLAKE3 hash is stored.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::account::SessionInfo;
use shared::frame::Person;
use shared::{PersonId, Scope, SessionId, TimestampMs};

use super::people::{SignedIn, random};
use super::{Store, StoreError, counter, named, to_integer};

/// Sessions of one person; where another one begins, the one that was unused for longest ends.
const SESSIONS_MAX: u32 = 100;
/// That a session is used is written down at most this often.
const TOUCH_EVERY_MS: u64 = 60_000;
/// Characters of a device that are kept.
const DEVICE_CHARS_MAX: usize = 100;

/// Where somebody comes from, and when.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The program, as it says.
    pub device: String,
    pub address: String,
    pub at_ms: TimestampMs,
}

/// The hash by which a token is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash([u8; 32]);

/// A session to be opened.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) token: TokenHash,
    pub(crate) visit: Visit,
}

/// Somebody who has signed in.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) account: SignedIn,
    /// Sessions that ended by it.
    pub(crate) ended: Vec<SessionId>,
}

/// A session that is there.
pub(super) struct Known {
    pub(super) account: SignedIn,
    last_used: Option<TimestampMs>,
}

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        // The token is random enough that a slow hash would add nothing.
        Self(*blake3::hash(token.as_bytes()).as_bytes())
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Visit {
    /// Of no program in particular.
    pub fn at(at_ms: TimestampMs) -> Self {
        Self {
            at_ms,
            ..Self::default()
        }
    }

    fn device(&self) -> String {
        let visible = self.device.chars().filter(|c| !c.is_control());
        visible.take(DEVICE_CHARS_MAX).collect()
    }
}

impl Store {
    /// Whose token this is, if anyone's. That the session is used is written down behind the caller's back, now and
    /// then.
    pub async fn sign_in(&self, token: &str, visit: Visit) -> Result<Option<SignedIn>, StoreError> {
        let hash = TokenHash::of(token);
        let known = self.read(move |db| by_token(db, &hash)).await?;
        let Some(Known { account, last_used }) = known else {
            return Ok(None);
        };
        let unused_ms = last_used.map(|last| visit.at_ms.since_ms(last));
        if unused_ms.is_none_or(|ms| ms >= TOUCH_EVERY_MS) {
            let session = account.session_id;
            // Queued at the call; who signs in does not wait for it.
            drop(self.write(move |db| Ok((touch(db, session, &visit)?, Vec::new()))));
        }
        Ok(Some(account))
    }

    /// As [`Self::sign_in`], but nobody is noted to have been there.
    pub(crate) async fn account_by_token(
        &self,
        token: &str,
    ) -> Result<Option<SignedIn>, StoreError> {
        let token = TokenHash::of(token);
        let known = self.read(move |db| by_token(db, &token)).await?;
        Ok(known.map(|known| known.account))
    }

    /// As [`Self::account_by_token`], by the session's id, which opens nothing by itself.
    pub(crate) async fn account_of_session(
        &self,
        session: SessionId,
    ) -> Result<Option<SignedIn>, StoreError> {
        let known = self.read(move |db| by_id(db, session)).await?;
        Ok(known.map(|known| known.account))
    }

    /// Whether the session goes on.
    pub(crate) async fn has_session(&self, session: SessionId) -> Result<bool, StoreError> {
        self.read(move |db| {
            Ok(db
                .prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?
                .exists([session.as_bytes()])?)
        })
        .await
    }

    /// Where the person is signed in, the latest first. `current` is nobody's business here.
    pub(crate) async fn sessions_of(
        &self,
        person: PersonId,
    ) -> Result<Vec<SessionInfo>, StoreError> {
        self.read(move |db| list(db, person)).await
    }

    /// Ends those of the sessions that are the person's. Returns them; those that are gone already are none of them.
    pub(crate) async fn end_sessions(
        &self,
        person: PersonId,
        sessions: Vec<SessionId>,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write(move |db| Ok((end(db, person, &sessions)?, Vec::new())))
            .await
    }

    /// Ends all sessions of the person but one. Returns them.
    pub(crate) async fn end_sessions_of(
        &self,
        person: PersonId,
        but: SessionId,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write(move |db| Ok((end_all(db, person, Some(but))?, Vec::new())))
            .await
    }
}

pub(super) fn by_token(db: &Connection, token: &TokenHash) -> Result<Option<Known>, StoreError> {
    let known = db
        .prepare_cached(&format!(
            "{KNOWN} WHERE token_hash = ?1 AND removed_ms IS NULL"
        ))?
        .query_row([token.as_bytes()], known_from)
        .optional()?;
    Ok(known)
}

fn by_id(db: &Connection, session: SessionId) -> Result<Option<Known>, StoreError> {
    let known = db
        .prepare_cached(&format!(
            "{KNOWN} WHERE sessions.id = ?1 AND removed_ms IS NULL"
        ))?
        .query_row([session.as_bytes()], known_from)
        .optional()?;
    Ok(known)
}

/// All that is known of a session.
const KNOWN: &str = "SELECT people.id, name, role, sessions.id, scopes, last_used_ms FROM sessions
     JOIN people ON people.id = person_id";

/// Of a row of [`KNOWN`].
fn known_from(row: &rusqlite::Row<'_>) -> rusqlite::Result<Known> {
    let scopes: Option<String> = row.get(4)?;
    let last_used: Option<i64> = row.get(5)?;
    Ok(Known {
        account: SignedIn {
            person: Person {
                id: PersonId::from_bytes(row.get(0)?),
                name: row.get(1)?,
            },
            role: named(row, 2)?,
            session_id: SessionId::from_bytes(row.get(3)?),
            // What cannot be read is good for nothing.
            scopes: scopes.map(|list| serde_json::from_str(&list).unwrap_or_default()),
        },
        last_used: last_used.map(|ms| TimestampMs(ms.unsigned_abs())),
    })
}

/// A session of the person. Returns its id, and those of sessions that had to make room.
pub(super) fn open(
    db: &Connection,
    person: PersonId,
    session: &NewSession,
    scopes: Option<&[Scope]>,
) -> Result<(SessionId, Vec<SessionId>), StoreError> {
    let now = session.visit.at_ms;
    let id = SessionId::from_parts(now, random());
    let scopes = scopes.map(|scopes| serde_json::to_string(scopes).unwrap_or_default());
    db.prepare_cached(
        "INSERT INTO sessions (token_hash, id, person_id, created_ms, device, address, last_used_ms, scopes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?7)",
    )?
    .execute(params![
        session.token.as_bytes(),
        id.as_bytes(),
        person.as_bytes(),
        to_integer(now.0),
        session.visit.device(),
        session.visit.address,
        scopes,
    ])?;
    let mut surplus = db.prepare_cached(
        "DELETE FROM sessions WHERE id IN (
             SELECT id FROM sessions WHERE person_id = ?1 AND id <> ?2
             ORDER BY coalesce(last_used_ms, created_ms) DESC LIMIT -1 OFFSET ?3)
         RETURNING id",
    )?;
    let ended = surplus.query_map(
        params![person.as_bytes(), id.as_bytes(), SESSIONS_MAX - 1],
        session_id,
    )?;
    Ok((id, ended.collect::<Result<_, _>>()?))
}

pub(super) fn end(
    db: &Connection,
    person: PersonId,
    sessions: &[SessionId],
) -> Result<Vec<SessionId>, StoreError> {
    let mut delete =
        db.prepare_cached("DELETE FROM sessions WHERE id = ?1 AND person_id = ?2 RETURNING id")?;
    let mut ended = Vec::new();
    for session in sessions {
        let ids = [session.as_bytes(), person.as_bytes()];
        ended.extend(delete.query_row(ids, session_id).optional()?);
    }
    Ok(ended)
}

pub(super) fn end_all(
    db: &Connection,
    person: PersonId,
    but: Option<SessionId>,
) -> Result<Vec<SessionId>, StoreError> {
    let mut delete = db.prepare_cached(
        "DELETE FROM sessions WHERE person_id = ?1 AND id IS NOT ?2 RETURNING id",
    )?;
    let but = but.map(|session| *session.as_bytes());
    let ended = delete.query_map(params![person.as_bytes(), but], session_id)?;
    Ok(ended.collect::<Result<_, _>>()?)
}

fn touch(db: &Connection, session: SessionId, visit: &Visit) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE sessions SET last_used_ms = ?2, address = ?3, device = coalesce(nullif(?4, ''), device)
         WHERE id = ?1",
    )?
    .execute(params![
        session.as_bytes(),
        to_integer(visit.at_ms.0),
        visit.address,
        visit.device(),
    ])?;
    Ok(())
}

fn list(db: &Connection, person: PersonId) -> Result<Vec<SessionInfo>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, device, address, created_ms, coalesce(last_used_ms, created_ms) AS used FROM sessions
         WHERE person_id = ?1 ORDER BY used DESC, id",
    )?;
    let sessions = statement.query_map([person.as_bytes()], |row| {
        Ok(SessionInfo {
            session_id: session_id(row)?,
            device: row.get(1)?,
            address: row.get(2)?,
            created_at_ms: TimestampMs(counter(row, 3)?),
            last_used_at_ms: TimestampMs(counter(row, 4)?),
            current: false,
        })
    })?;
    Ok(sessions.collect::<Result<_, _>>()?)
}

fn session_id(row: &rusqlite::Row<'_>) -> rusqlite::Result<SessionId> {
    Ok(SessionId::from_bytes(row.get(0)?))
}
