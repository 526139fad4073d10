//! What admins can change while the server runs, kept in `meta` under the names that it has on the wire.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use shared::account::Registration;
use shared::admin::{ChangeSettings, Settings};
use shared::{Operation, TimestampMs};

use super::Actor;
use crate::store::audit::{self, Action};
use crate::store::{Store, StoreError, to_integer};

const REGISTRATION: &str = "registration";
const GUESTS: &str = "guests";

/// A limit, and what it is until somebody changes it.
#[derive(Debug, Clone, Copy)]
struct Limit {
    key: &'static str,
    default: u64,
}

const ROOMS_PER_PERSON_MAX: Limit = Limit {
    key: "rooms_per_person_max",
    default: 500,
};
const MEMBERS_PER_ROOM_MAX: Limit = Limit {
    key: "members_per_room_max",
    default: 10_000,
};
/// Eight of the largest files.
const FILE_BYTES_PER_PERSON_MAX: Limit = Limit {
    key: "file_bytes_per_person_max",
    default: 1 << 40,
};

impl Store {
    pub(crate) async fn settings(&self, actor: Actor) -> Result<Settings, StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::DescribeSettings)?;
            settings(db)
        })
        .await
    }

    /// Changes what is given; what they are then.
    pub(crate) async fn change_settings(
        &self,
        actor: Actor,
        request: ChangeSettings,
        now: TimestampMs,
    ) -> Result<Settings, StoreError> {
        self.write(move |db| {
            actor.require(db, Operation::ChangeSettings)?;
            let changed = change(db, &request)?;
            if !changed.is_empty() {
                let what = changed.join(", ");
                audit::append(db, actor.person(), Action::ChangeSettings, &what, now)?;
            }
            Ok((settings(db)?, Vec::new()))
        })
        .await
    }
}

/// As they are now.
pub(in crate::store) fn settings(db: &Connection) -> Result<Settings, StoreError> {
    let number = |limit: Limit| -> Result<u64, StoreError> {
        let value = get::<i64>(db, limit.key)?;
        Ok(value
            .and_then(|value| u64::try_from(value).ok())
            .unwrap_or(limit.default))
    };
    let small = |limit| Ok::<_, StoreError>(u32::try_from(number(limit)?).unwrap_or(u32::MAX));
    let registration = get::<String>(db, REGISTRATION)?;
    Ok(Settings {
        registration: registration.map_or_else(Registration::default, |name| parse(&name)),
        guests: get(db, GUESTS)?.unwrap_or_default(),
        rooms_per_person_max: small(ROOMS_PER_PERSON_MAX)?,
        members_per_room_max: small(MEMBERS_PER_ROOM_MAX)?,
        file_bytes_per_person_max: number(FILE_BYTES_PER_PERSON_MAX)?,
    })
}

/// What one person's files may take, in bytes.
pub(in crate::store) fn file_bytes_per_person_max(db: &Connection) -> Result<u64, StoreError> {
    Ok(settings(db)?.file_bytes_per_person_max)
}

fn get<T: FromSql>(db: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    Ok(db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

fn set(db: &Connection, key: &str, value: impl ToSql) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute(params![key, value])?;
    Ok(())
}

/// What is other than before, as the audit log has it.
fn change(db: &Connection, request: &ChangeSettings) -> Result<Vec<String>, StoreError> {
    let before = settings(db)?;
    let mut changed = Vec::new();
    if let Some(registration) = request.registration.filter(|it| *it != before.registration) {
        let name = name(registration)?;
        set(db, REGISTRATION, name)?;
        changed.push(format!("{REGISTRATION}: {name}"));
    }
    if let Some(guests) = request.guests.filter(|it| *it != before.guests) {
        set(db, GUESTS, guests)?;
        changed.push(format!("{GUESTS}: {}", if guests { "on" } else { "off" }));
    }
    for (limit, value, before) in [
        (
            ROOMS_PER_PERSON_MAX,
            request.rooms_per_person_max.map(u64::from),
            u64::from(before.rooms_per_person_max),
        ),
        (
            MEMBERS_PER_ROOM_MAX,
            request.members_per_room_max.map(u64::from),
            u64::from(before.members_per_room_max),
        ),
        (
            FILE_BYTES_PER_PERSON_MAX,
            request.file_bytes_per_person_max,
            before.file_bytes_per_person_max,
        ),
    ] {
        if let Some(value) = value.filter(|value| *value != before) {
            set(db, limit.key, to_integer(value))?;
            changed.push(format!("{}: {value}", limit.key));
        }
    }
    Ok(changed)
}

fn name(registration: Registration) -> Result<&'static str, StoreError> {
    match registration {
        Registration::Open => Ok("open"),
        Registration::Invitation => Ok("invitation"),
        Registration::Closed => Ok("closed"),
        Registration::Unknown => Err(StoreError::Invalid(
            "Registration is open, invitation or closed.",
        )),
    }
}

fn parse(name: &str) -> Registration {
    match name {
        "open" => Registration::Open,
        "invitation" => Registration::Invitation,
        "closed" => Registration::Closed,
        _of_a_newer_version => Registration::Unknown,
    }
}
