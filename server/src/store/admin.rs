//! What admins and the operator do to others. Who they are is looked up in the transaction of the deed, so that whoever
//! has just lost a role can do nothing by it, and each deed is written down in the audit log together with it.

use rusqlite::{Connection, OptionalExtension as _};
use shared::frame::Person;
use shared::{Operation, PersonId, Role};

use super::{NotAllowed, StoreError, counter, named};

mod overview;
mod passwords;
mod people;
mod removal;
mod settings;

pub(super) use removal::remove_bot;
pub(super) use settings::{file_bytes_per_person_max, settings};

/// Who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Somebody who is signed in.
    Person(Person),
    /// Whoever runs the server, at its machine. May do what an owner may.
    Operator,
}

/// Somebody whom it is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject {
    person: Person,
    role: Role,
}

impl Actor {
    /// Whose deed the audit log says it is.
    pub(super) fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Operator => None,
        }
    }

    /// As what they may do it now.
    pub(super) fn require(
        &self,
        db: &Connection,
        operation: Operation,
    ) -> Result<Role, StoreError> {
        let role = match self {
            Self::Person(person) => match subject(db, person.id) {
                Ok(subject) => subject.role,
                Err(StoreError::PersonNotFound) => Role::Unknown,
                Err(failed) => return Err(failed),
            },
            Self::Operator => Role::Owner,
        };
        if operation.is_allowed(role) {
            Ok(role)
        } else {
            Err(StoreError::NotAllowed(NotAllowed::Role(role)))
        }
    }

    /// Refuses what only an owner may do.
    fn require_owner(&self, db: &Connection, operation: Operation) -> Result<(), StoreError> {
        match self.require(db, operation)? {
            Role::Owner => Ok(()),
            role => Err(StoreError::NotAllowed(NotAllowed::Role(role))),
        }
    }

    /// Somebody whom they may do it to: of admins and owners, an admin may only do it to themselves.
    fn require_over(
        &self,
        db: &Connection,
        operation: Operation,
        person: PersonId,
    ) -> Result<Subject, StoreError> {
        let role = self.require(db, operation)?;
        let subject = subject(db, person)?;
        let is_oneself = self.person().is_some_and(|actor| actor.id == person);
        if role == Role::Owner || !subject.role.is_admin() || is_oneself {
            Ok(subject)
        } else {
            Err(StoreError::NotAllowed(NotAllowed::Role(role)))
        }
    }
}

/// Somebody who is not removed.
fn subject(db: &Connection, person: PersonId) -> Result<Subject, StoreError> {
    db.prepare_cached("SELECT name, role FROM people WHERE id = ?1 AND removed_ms IS NULL")?
        .query_row([person.as_bytes()], |row| {
            Ok(Subject {
                person: Person {
                    id: person,
                    name: row.get(0)?,
                },
                role: named(row, 1)?,
            })
        })
        .optional()?
        .ok_or(StoreError::PersonNotFound)
}

/// Refuses what would leave the server without an owner.
fn keep_an_owner(db: &Connection, subject: &Subject) -> Result<(), StoreError> {
    if subject.role != Role::Owner {
        return Ok(());
    }
    let owners: u64 = db
        .prepare_cached("SELECT count(*) FROM people WHERE role = 'owner' AND removed_ms IS NULL")?
        .query_row([], |row| counter(row, 0))?;
    if owners > 1 {
        Ok(())
    } else {
        Err(StoreError::Invalid(
            "The server needs an owner; make somebody else one first.",
        ))
    }
}
