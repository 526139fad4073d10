//! People, and how far their being signed in reaches.

use rusqlite::{Connection, params};
use shared::frame::Person;
use shared::{Operation, PersonId, PersonName, Role, RoomRole, Scope, SessionId, TimestampMs};

use super::looks::{self, Named};
use super::sessions::{self, NewSession};
use super::{Store, StoreError, policy, to_integer};

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

/// A person who was not there before.
pub(super) struct NewPerson<'a> {
    pub(super) name: &'a PersonName,
    pub(super) role: Role,
    /// A PHC string.
    pub(super) password: Option<&'a str>,
    /// Of a bot.
    pub(super) made_by: Option<PersonId>,
}

/// [`StoreError::NameTaken`] where somebody has a name of the same key, [`StoreError::NameLooksTaken`] where one looks
/// the same.
pub(super) fn insert(
    db: &Connection,
    new: &NewPerson<'_>,
    now: TimestampMs,
) -> Result<Person, StoreError> {
    let id = PersonId::from_parts(now, random());
    let inserted = db
        .prepare_cached(
            "INSERT INTO people (id, name, name_key, created_ms, role, password, made_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name_key) DO NOTHING",
        )?
        .execute(params![
            id.as_bytes(),
            new.name.as_str(),
            new.name.key(),
            to_integer(now.0),
            new.role.as_str(),
            new.password,
            new.made_by.map(|id| *id.as_bytes()),
        ])?;
    if inserted == 0 {
        return Err(StoreError::NameTaken);
    }
    looks::take(db, Named::Person, new.name.as_str(), id.as_bytes())?;
    Ok(Person {
        id,
        name: new.name.as_str().to_owned(),
    })
}

impl Store {
    /// A new guest of this name; a repeat with the same token returns the same person, whoever else may come in.
    /// [`StoreError::RegistrationClosed`] where the server takes no guests, [`StoreError::NameTaken`] where somebody
    /// else has a name of the same [`PersonName::key`], [`StoreError::NameLooksTaken`] where one looks the same,
    /// [`StoreError::TokenTaken`] where the token is another person's.
    pub(crate) async fn claim_name(
        &self,
        name: PersonName,
        session: NewSession,
    ) -> Result<SignedIn, StoreError> {
        self.write(move |db| Ok((claim(db, &name, &session)?, Vec::new())))
            .await
    }
}

fn claim(db: &Connection, name: &PersonName, session: &NewSession) -> Result<SignedIn, StoreError> {
    if let Some(known) = sessions::by_token(db, &session.token)? {
        return if is_called(&known.account.person, name) {
            Ok(known.account)
        } else {
            Err(StoreError::TokenTaken)
        };
    }
    if !policy::of(db)?.guests {
        return Err(StoreError::RegistrationClosed);
    }
    let guest = NewPerson {
        name,
        role: Role::Guest,
        password: None,
        made_by: None,
    };
    let person = insert(db, &guest, session.visit.at_ms)?;
    let (session_id, _) = sessions::open(db, person.id, session, None)?;
    Ok(SignedIn {
        person,
        role: Role::Guest,
        session_id,
        scopes: None,
    })
}

/// Whether this is the person's name.
pub(super) fn is_called(person: &Person, name: &PersonName) -> bool {
    person
        .name
        .parse()
        .is_ok_and(|known: PersonName| known.key() == name.key())
}

/// Random bytes of the system, without which the server could make no secrets.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes, as it did at open");
    bytes
}

/// What `name_key` is of a row of people that has no name: no name has this key.
pub(super) fn no_key(person: PersonId) -> String {
    format!("\n{person}")
}
