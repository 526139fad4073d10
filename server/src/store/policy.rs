//! Whom the server lets in, and whether somebody owns it.

use rusqlite::Connection;
use shared::account::Registration;

use super::admin::settings;
use super::{Store, StoreError};

/// Whom the server lets in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Who may make an account.
    pub registration: Registration,
    /// Whether a name is enough to come in.
    pub guests: bool,
}

/// What the server says of itself to whoever is at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) policy: Policy,
    /// Nobody owns the server yet.
    pub(crate) unowned: bool,
}

impl Store {
    pub(crate) async fn door(&self) -> Result<Door, StoreError> {
        self.read(|db| {
            Ok(Door {
                policy: of(db)?,
                unowned: !is_owned(db)?,
            })
        })
        .await
    }
}

pub(super) fn of(db: &Connection) -> Result<Policy, StoreError> {
    let settings = settings(db)?;
    Ok(Policy {
        registration: settings.registration,
        guests: settings.guests,
    })
}

pub(super) fn is_owned(db: &Connection) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM people WHERE role = 'owner' AND removed_ms IS NULL LIMIT 1")?
        .exists([])?)
}
