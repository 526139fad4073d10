//! Opening the database: its settings, its tables, their version, and the first rows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use shared::{Epoch, RoomId, RoomName};

use super::{UploadsOwner, arrivals, attachments, looks, to_integer};
use crate::lock::Lock;

mod exchange;
mod trust;

/// What [`MIGRATIONS`] lead to.
pub(super) const SCHEMA_VERSION: i64 = 7;
/// Before, it was not noted which messages a file is attached to.
const ATTACHMENTS_SINCE: i64 = 5;
/// Before 3.51.3 a checkpoint could corrupt a database in WAL mode.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const LOBBY_NAME: &str = "lobby";
/// In the data folder.
const DATABASE_FILE: &str = "chinwag.db";
/// Beside the database, locked by whoever has it open.
const LOCK_FILE: &str = "chinwag.lock";

/// The tables of version 1. Each of [`MIGRATIONS`] makes the next version of what is there.
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE people (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY, person_id BLOB NOT NULL REFERENCES people(id), created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rooms (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, topic TEXT NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE members (
    room_id BLOB NOT NULL REFERENCES rooms(id), person_id BLOB NOT NULL REFERENCES people(id),
    joined_ms INTEGER NOT NULL, PRIMARY KEY (room_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_person ON members (person_id);
CREATE TABLE events (
    room_id BLOB NOT NULL REFERENCES rooms(id), sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES people(id), person_name TEXT NOT NULL,
    transaction_id BLOB, content_hash BLOB, body TEXT NOT NULL,
    PRIMARY KEY (room_id, sequence)
) STRICT;
CREATE UNIQUE INDEX events_by_transaction ON events (room_id, person_id, transaction_id)
    WHERE transaction_id IS NOT NULL;
";

/// The first leads from version 1 to 2.
const MIGRATIONS: [&str; 6] = [
    super::files::TABLES,
    TRANSACTIONS_BY_TIME,
    looks::TABLE,
    trust::TABLES,
    arrivals::TABLES,
    exchange::TABLES,
];
/// Transaction ids begin with the time, so that new ones are neighbours in this index, whatever their rooms.
const TRANSACTIONS_BY_TIME: &str = "
DROP INDEX events_by_transaction;
CREATE UNIQUE INDEX events_by_transaction ON events (transaction_id, room_id, person_id)
    WHERE transaction_id IS NOT NULL;
";
const _: () = assert!(SCHEMA_VERSION as usize == MIGRATIONS.len() + 1);

/// Why a database does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot write to {}: {source}; choose a directory that this user may write to", path.display())]
    Unwritable {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{} is in use by another server; stop that one or choose another directory", .0.display())]
    InUse(PathBuf),
    #[error(
        "the database has schema {found} and this version knows {known}; run the newer version that made it"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("SQLite {0} is too old; 3.51.3 or newer is needed")]
    OldSqlite(&'static str),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    #[error("cannot draw random bytes: {0}")]
    Random(#[from] getrandom::Error),
    #[error("cannot open the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) lock: Lock,
    pub(super) identity: Identity,
}

/// Which database this is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) epoch: Epoch,
    pub(crate) lobby: RoomId,
    pub(crate) uploads_owner: UploadsOwner,
}

pub(crate) fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join(DATABASE_FILE)
}

pub(super) fn open(data_dir: &Path) -> Result<Opened, OpenError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::OldSqlite(rusqlite::version()));
    }
    let unwritable = |source| OpenError::Unwritable {
        path: data_dir.to_owned(),
        source,
    };
    let lock = lock(data_dir)?;
    let path = database_path(data_dir);
    let mut connection = connect(&path).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            unwritable(error.into())
        }
        _ => error.into(),
    })?;
    let identity = prepare(&mut connection)?;
    Ok(Opened {
        connection,
        path,
        lock,
        identity,
    })
}

/// Keeps other servers out of the folder, which is made where it is missing, for as long as it is held.
pub(crate) fn lock(data_dir: &Path) -> Result<Lock, OpenError> {
    let unwritable = |source: std::io::Error| OpenError::Unwritable {
        path: data_dir.to_owned(),
        source: source.into(),
    };
    std::fs::create_dir_all(data_dir).map_err(unwritable)?;
    let lock = Lock::take(&data_dir.join(LOCK_FILE)).map_err(unwritable)?;
    lock.ok_or_else(|| OpenError::InUse(data_dir.to_owned()))
}

/// A connection that may write, with the settings that every one needs.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(connection)
}

/// Makes the tables, or brings them to this version.
pub(super) fn prepare(connection: &mut Connection) -> Result<Identity, OpenError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let exists = transaction.table_exists(None, "meta")?;
    if !exists {
        create(&transaction)?;
    }
    migrate(&transaction)?;
    let identity = identity(&transaction)?;
    transaction.commit()?;
    Ok(identity)
}

/// Only a restored database has an owner's mark; before the first restoring, the lobby's id stands for it.
pub(super) fn identity(db: &Connection) -> rusqlite::Result<Identity> {
    let lobby: [u8; 16] = meta(db, "lobby")?;
    let owner = meta(db, "uploads_owner").optional()?;
    Ok(Identity {
        epoch: Epoch::from_bytes(meta(db, "epoch")?),
        lobby: RoomId::from_bytes(lobby),
        uploads_owner: UploadsOwner::from_bytes(owner.unwrap_or(lobby)),
    })
}

/// Makes another database of a copy: clients resynchronise, and other uploads belong to it.
pub(super) fn renew(db: &Connection) -> Result<Identity, OpenError> {
    let now = crate::now_ms();
    let mut set = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?;
    let epoch = Epoch::from_parts(now, random()?);
    set.execute(params!["epoch", epoch.as_bytes()])?;
    let owner = UploadsOwner::from_bytes(*Epoch::from_parts(now, random()?).as_bytes());
    set.execute(params!["uploads_owner", owner.as_bytes()])?;
    Ok(identity(db)?)
}

/// Brings the tables of any older version to this one.
fn migrate(db: &Connection) -> Result<(), OpenError> {
    let found = version(db)?;
    if found > SCHEMA_VERSION {
        return Err(OpenError::NewerSchema {
            found,
            known: SCHEMA_VERSION,
        });
    }
    let done = usize::try_from(found - 1).unwrap_or_default();
    for step in &MIGRATIONS[done..] {
        db.execute_batch(step)?;
    }
    if found < ATTACHMENTS_SINCE {
        attachments::find(db)?;
    }
    db.execute(
        "UPDATE meta SET value = ?1 WHERE key = 'schema'",
        [SCHEMA_VERSION],
    )?;
    looks::renew(db)?;
    Ok(())
}

fn create(db: &Connection) -> Result<(), OpenError> {
    let now = crate::now_ms();
    let epoch = Epoch::from_parts(now, random()?);
    let lobby = RoomId::from_parts(now, random()?);
    let name: RoomName = LOBBY_NAME.parse().expect("the lobby's name is valid");
    db.execute_batch(TABLES)?;
    let mut insert = db.prepare("INSERT INTO meta (key, value) VALUES (?1, ?2)")?;
    insert.execute(params!["schema", 1])?;
    insert.execute(params!["epoch", epoch.as_bytes()])?;
    insert.execute(params!["lobby", lobby.as_bytes()])?;
    db.execute(
        "INSERT INTO rooms (id, name, name_key, topic, created_ms) VALUES (?1, ?2, ?3, '', ?4)",
        params![
            lobby.as_bytes(),
            name.as_str(),
            name.key(),
            to_integer(now.0)
        ],
    )?;
    Ok(())
}

/// A new database as an older version left it.
#[cfg(test)]
pub(super) fn older(path: &Path, version: usize) -> Connection {
    let db = connect(path).unwrap();
    create(&db).unwrap();
    for step in &MIGRATIONS[..version - 1] {
        db.execute_batch(step).unwrap();
    }
    let schema = to_integer(version as u64);
    db.execute("UPDATE meta SET value = ?1 WHERE key = 'schema'", [schema])
        .unwrap();
    db
}

pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    meta(db, "schema")
}

fn meta<T: rusqlite::types::FromSql>(db: &Connection, key: &str) -> rusqlite::Result<T> {
    db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| {
        row.get(0)
    })
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
