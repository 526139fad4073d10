//! What the owner of an account changes about how they sign in. Each change asks for the password that was right a moment
//! ago, by its hash.

use rusqlite::{Connection, params};
use shared::{PersonId, SessionId};

use super::accounts::{self, Account, Totp};
use super::{Store, StoreError, invitations, sessions, to_integer};

/// Another password for somebody.
pub(crate) struct NewPassword {
    pub(crate) person: PersonId,
    /// The PHC string of the one of before, where there is one.
    pub(crate) current: Option<String>,
    /// That of the one from now on.
    pub(crate) new: String,
    /// The session to spare, where the others are to end.
    pub(crate) end_all_but: Option<SessionId>,
}

impl Store {
    /// Changes the password, and revokes links that would change it. Returns the sessions that ended.
    /// [`StoreError::WrongCredentials`] where it is another one by now.
    pub(crate) async fn change_password(
        &self,
        change: NewPassword,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write(move |db| Ok((change_password(db, &change)?, Vec::new())))
            .await
    }

    /// Keeps the secret until somebody shows that they have it.
    pub(crate) async fn begin_totp(
        &self,
        person: PersonId,
        password: String,
        secret: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let account = require(db, person, Some(&password))?;
            if matches!(account.totp, Totp::On(_)) {
                return Err(StoreError::Invalid(
                    "Signing in asks for a code already; remove that first.",
                ));
            }
            set_totp(db, person, Some(&secret))?;
            Ok(((), Vec::new()))
        })
        .await
    }

    /// Asks for codes of the secret from now on. `step` is that of the code which shows that its owner has it.
    pub(crate) async fn confirm_totp(
        &self,
        person: PersonId,
        secret: Vec<u8>,
        step: u64,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let confirmed = db
                .prepare_cached(
                    "UPDATE people SET totp_step = ?3
                     WHERE id = ?1 AND totp_secret = ?2 AND totp_step IS NULL",
                )?
                .execute(params![person.as_bytes(), secret, to_integer(step)])?;
            match confirmed {
                1 => Ok(((), Vec::new())),
                _another_secret => Err(StoreError::SecondFactorNeeded),
            }
        })
        .await
    }

    /// Asks for no code any more.
    pub(crate) async fn remove_totp(
        &self,
        person: PersonId,
        password: String,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            require(db, person, Some(&password))?;
            set_totp(db, person, None)?;
            Ok(((), Vec::new()))
        })
        .await
    }
}

/// The account, where this is its password.
fn require(
    db: &Connection,
    person: PersonId,
    password: Option<&String>,
) -> Result<Account, StoreError> {
    let account = accounts::by_id(db, person)?.ok_or(StoreError::PersonNotFound)?;
    if account.password.as_ref() == password {
        Ok(account)
    } else {
        Err(StoreError::WrongCredentials)
    }
}

fn set_totp(db: &Connection, person: PersonId, secret: Option<&[u8]>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE people SET totp_secret = ?2, totp_step = NULL WHERE id = ?1")?
        .execute(params![person.as_bytes(), secret])?;
    Ok(())
}

fn change_password(db: &Connection, change: &NewPassword) -> Result<Vec<SessionId>, StoreError> {
    let person = change.person;
    require(db, person, change.current.as_ref())?;
    db.prepare_cached("UPDATE people SET password = ?2 WHERE id = ?1")?
        .execute(params![person.as_bytes(), change.new])?;
    invitations::revoke_resets(db, person)?;
    match change.end_all_but {
        Some(spared) => sessions::end_all(db, person, Some(spared)),
        None => Ok(Vec::new()),
    }
}
