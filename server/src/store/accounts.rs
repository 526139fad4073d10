//! Accounts: people with a password, how they come to be, and what they ask of whoever signs in.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::{PersonId, PersonName, Role, RoomEvent, TimestampMs};

use super::audit::{self, Action};
use super::invitations::{self, Entry};
use super::people::{self, NewPerson, SignedIn};
use super::sessions::{self, NewSession, Opened, TokenHash};
use super::{Store, StoreError, named};

/// What somebody must know to sign in to an account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) person: Person,
    /// A PHC string; people of before there were passwords have none.
    pub(crate) password: Option<String>,
    pub(crate) totp: Totp,
}

/// Whether an account asks for a code.
#[derive(Clone)]
pub(crate) enum Totp {
    Off,
    /// The secret was told, and nobody has shown yet that they have it.
    Begun(Vec<u8>),
    On(Vec<u8>),
}

/// An account to be made.
pub(crate) struct NewAccount {
    pub(crate) name: PersonName,
    /// A PHC string.
    pub(crate) password: String,
    pub(crate) invitation: Option<TokenHash>,
    pub(crate) session: NewSession,
}

/// A password that was right, by its hash, and the step of the code that was.
pub(crate) struct Proof {
    pub(crate) person: PersonId,
    pub(crate) password: String,
    pub(crate) totp_step: Option<u64>,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Begun(_) => "Begun(…)",
            Self::On(_) => "On(…)",
        })
    }
}

impl Store {
    /// The account of this name, if there is one.
    pub(crate) async fn account_named(
        &self,
        name: PersonName,
    ) -> Result<Option<Account>, StoreError> {
        self.read(move |db| by_key(db, &name.key())).await
    }

    /// The person's account, if they have one.
    pub(crate) async fn account_of(&self, person: PersonId) -> Result<Option<Account>, StoreError> {
        self.read(move |db| by_id(db, person)).await
    }

    /// Whose session it is already, and the account that it is of.
    pub(crate) async fn repeated(
        &self,
        token: TokenHash,
    ) -> Result<Option<(SignedIn, Option<Account>)>, StoreError> {
        self.read(move |db| {
            let Some(known) = sessions::by_token(db, &token)? else {
                return Ok(None);
            };
            let account = by_id(db, known.account.person.id)?;
            Ok(Some((known.account, account)))
        })
        .await
    }

    /// Why nobody can make an account in this way; what [`Self::sign_up`] says too, but before there is a hash.
    pub(crate) async fn may_sign_up(
        &self,
        invitation: Option<TokenHash>,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.read(move |db| invitations::admit(db, invitation, now).map(|_| ()))
            .await
    }

    /// A new account, in the room that its invitation leads to. A guest of this name, whose session it is, gets the
    /// account instead. [`StoreError::TokenTaken`] where the session is there already, to be looked at by
    /// [`Self::repeated`].
    pub(crate) async fn sign_up(&self, new: NewAccount) -> Result<Opened, StoreError> {
        self.write(move |db| sign_up(db, &new)).await
    }

    /// A session of somebody whose password, and code where there is one, was right a moment ago.
    /// [`StoreError::WrongCredentials`] where the password is another one by now, and
    /// [`StoreError::SecondFactorNeeded`] where the code was used before.
    pub(crate) async fn open_session(
        &self,
        proof: Proof,
        session: NewSession,
    ) -> Result<Opened, StoreError> {
        self.write(move |db| Ok((open_session(db, &proof, &session)?, Vec::new())))
            .await
    }

    /// Whose password the link resets, if it does.
    pub(crate) async fn reset_of(
        &self,
        link: TokenHash,
        now: TimestampMs,
    ) -> Result<Person, StoreError> {
        self.read(move |db| {
            let person = invitations::reset_of(db, &link, now)?;
            let account = by_id(db, person)?.ok_or(StoreError::InvitationInvalid)?;
            Ok(account.person)
        })
        .await
    }

    /// Another password for whom the link is of, who from now on is signed in here alone, and without a code.
    pub(crate) async fn reset_password(
        &self,
        link: TokenHash,
        password: String,
        session: NewSession,
    ) -> Result<Opened, StoreError> {
        self.write(move |db| Ok((reset_password(db, &link, &password, &session)?, Vec::new())))
            .await
    }
}

/// Whoever was made a guest keeps the password.
const ACCOUNTS: &str =
    "FROM people WHERE removed_ms IS NULL AND (role IN ('owner', 'admin', 'member')
     OR role = 'guest' AND password IS NOT NULL)";

fn by_key(db: &Connection, key: &str) -> Result<Option<Account>, StoreError> {
    let query =
        format!("SELECT id, name, password, totp_secret, totp_step {ACCOUNTS} AND name_key = ?1");
    let mut statement = db.prepare_cached(&query)?;
    Ok(statement.query_row([key], account).optional()?)
}

pub(super) fn by_id(db: &Connection, person: PersonId) -> Result<Option<Account>, StoreError> {
    let query = format!("SELECT id, name, password, totp_secret, totp_step {ACCOUNTS} AND id = ?1");
    let mut statement = db.prepare_cached(&query)?;
    let found = statement.query_row([person.as_bytes()], account);
    Ok(found.optional()?)
}

fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    let (secret, step): (Option<Vec<u8>>, Option<i64>) = (row.get(3)?, row.get(4)?);
    Ok(Account {
        person: Person {
            id: PersonId::from_bytes(row.get(0)?),
            name: row.get(1)?,
        },
        password: row.get(2)?,
        totp: match (secret, step) {
            (None, _) => Totp::Off,
            (Some(secret), None) => Totp::Begun(secret),
            (Some(secret), Some(_)) => Totp::On(secret),
        },
    })
}

fn sign_up(db: &Connection, new: &NewAccount) -> Result<(Opened, Vec<RoomEvent>), StoreError> {
    let now = new.session.visit.at_ms;
    let known = sessions::by_token(db, &new.session.token)?.map(|known| known.account);
    if let Some(known) = &known
        && (!may_upgrade(known, &new.name) || by_id(db, known.person.id)?.is_some())
    {
        return Err(StoreError::TokenTaken);
    }
    let Entry { role, room } = invitations::follow(db, new.invitation, now)?;
    let opened = match known {
        Some(guest) => upgrade(db, guest, role, &new.password)?,
        None => insert(db, new, role)?,
    };
    if role == Role::Owner {
        let owner = &opened.account.person;
        audit::append(db, Some(owner), Action::ClaimOwnership, &owner.name, now)?;
    }
    let joined = room
        .map(|room| invitations::join(db, room, &opened.account.person, now))
        .transpose()?;
    Ok((opened, joined.flatten().into_iter().collect()))
}

/// Whether an account of this name can be made of whose session it is.
pub(crate) fn may_upgrade(known: &SignedIn, name: &PersonName) -> bool {
    known.role == Role::Guest && people::is_called(&known.person, name)
}

fn insert(db: &Connection, new: &NewAccount, role: Role) -> Result<Opened, StoreError> {
    let person = NewPerson {
        name: &new.name,
        role,
        password: Some(&new.password),
        made_by: None,
    };
    let person = people::insert(db, &person, new.session.visit.at_ms)?;
    opened(db, person, role, &new.session)
}

/// A guest keeps name, rooms and messages.
fn upgrade(
    db: &Connection,
    guest: SignedIn,
    role: Role,
    password: &str,
) -> Result<Opened, StoreError> {
    db.prepare_cached("UPDATE people SET role = ?2, password = ?3 WHERE id = ?1")?
        .execute(params![guest.person.id.as_bytes(), role.as_str(), password])?;
    Ok(Opened {
        account: SignedIn { role, ..guest },
        ended: Vec::new(),
    })
}

fn open_session(
    db: &Connection,
    proof: &Proof,
    session: &NewSession,
) -> Result<Opened, StoreError> {
    let Some(account) = by_id(db, proof.person)? else {
        return Err(StoreError::WrongCredentials);
    };
    if account.password.as_ref() != Some(&proof.password) {
        return Err(StoreError::WrongCredentials);
    }
    if let Some(known) = sessions::by_token(db, &session.token)? {
        // The code of a repeat was used by what it repeats.
        return if known.account.person.id == proof.person {
            Ok(Opened {
                account: known.account,
                ended: Vec::new(),
            })
        } else {
            Err(StoreError::TokenTaken)
        };
    }
    if let Totp::On(_) = account.totp {
        use_code(db, proof.person, proof.totp_step)?;
    }
    let role = role_of(db, proof.person)?;
    opened(db, account.person, role, session)
}

/// No code is good twice.
pub(super) fn use_code(
    db: &Connection,
    person: PersonId,
    step: Option<u64>,
) -> Result<(), StoreError> {
    let step = step.and_then(|step| i64::try_from(step).ok());
    let used = db
        .prepare_cached("UPDATE people SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2")?
        .execute(params![person.as_bytes(), step])?;
    if used == 1 {
        Ok(())
    } else {
        Err(StoreError::SecondFactorNeeded)
    }
}

fn reset_password(
    db: &Connection,
    link: &TokenHash,
    password: &str,
    session: &NewSession,
) -> Result<Opened, StoreError> {
    let person = invitations::reset(db, link, session.visit.at_ms)?;
    db.prepare_cached(
        "UPDATE people SET password = ?2, totp_secret = NULL, totp_step = NULL WHERE id = ?1",
    )?
    .execute(params![person.as_bytes(), password])?;
    let account = by_id(db, person)?.ok_or(StoreError::InvitationInvalid)?;
    let mut ended = sessions::end_all(db, person, None)?;
    let role = role_of(db, person)?;
    let mut opened = opened(db, account.person, role, session)?;
    opened.ended.append(&mut ended);
    Ok(opened)
}

fn opened(
    db: &Connection,
    person: Person,
    role: Role,
    session: &NewSession,
) -> Result<Opened, StoreError> {
    let (session_id, ended) = sessions::open(db, person.id, session, None)?;
    Ok(Opened {
        account: SignedIn {
            person,
            role,
            session_id,
            scopes: None,
        },
        ended,
    })
}

pub(super) fn role_of(db: &Connection, person: PersonId) -> Result<Role, StoreError> {
    let role = db
        .prepare_cached("SELECT role FROM people WHERE id = ?1 AND removed_ms IS NULL")?
        .query_row([person.as_bytes()], |row| named(row, 0))
        .optional()?;
    Ok(role.unwrap_or(Role::Unknown))
}
