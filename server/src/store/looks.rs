//! Whose name looks how, so that no new name looks like one that is taken. Of several older names that look the same
//! the first has the look; the others stay all the same.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use crate::names;

/// What the names are of. The numbers are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    Person = 1,
    Room = 2,
}

pub(super) const TABLE: &str = "
CREATE TABLE looks (
    named INTEGER NOT NULL, look TEXT NOT NULL, owner_id BLOB NOT NULL, PRIMARY KEY (named, look)
) STRICT, WITHOUT ROWID;
";

/// Whether a new name that nobody else must tell apart from theirs is one at all.
pub(super) fn check(name: &str) -> Result<(), StoreError> {
    Ok(names::check_new(name)?)
}

/// Gives the looks of a new name to whoever has it now. Where one is another's, the error has that one's name, and
/// the caller's transaction must not be committed.
pub(super) fn take(
    db: &Connection,
    named: Named,
    name: &str,
    owner_id: &[u8; 16],
) -> Result<(), StoreError> {
    check(name)?;
    for look in names::looks(name) {
        insert(db, named, &look, owner_id)?;
        let other: Option<String> = db
            .prepare_cached(match named {
                Named::Person => {
                    "SELECT name FROM looks JOIN people ON id = owner_id
                     WHERE named = ?1 AND look = ?2 AND owner_id <> ?3"
                }
                Named::Room => {
                    "SELECT name FROM looks JOIN rooms ON id = owner_id
                     WHERE named = ?1 AND look = ?2 AND owner_id <> ?3"
                }
            })?
            .query_row(params![named as i64, look, owner_id], |row| row.get(0))
            .optional()?;
        match (other, named) {
            (None, _) => {}
            (Some(like), Named::Person) => return Err(StoreError::NameLooksTaken { like }),
            (Some(like), Named::Room) => return Err(StoreError::RoomNameLooksTaken { like }),
        }
    }
    Ok(())
}

/// Leaves the looks of a name that its owner gives up to whoever takes them next.
pub(super) fn release(
    db: &Connection,
    named: Named,
    name: &str,
    owner_id: &[u8; 16],
) -> Result<(), StoreError> {
    for look in names::looks(name) {
        db.prepare_cached("DELETE FROM looks WHERE named = ?1 AND look = ?2 AND owner_id = ?3")?
            .execute(params![named as i64, look, owner_id])?;
    }
    Ok(())
}

/// Makes the looks of all names again where another edition of [`names::looks`] made them, or none yet.
pub(super) fn renew(db: &Connection) -> rusqlite::Result<()> {
    let made_by: Option<String> = db
        .query_row("SELECT value FROM meta WHERE key = 'looks'", [], |row| {
            row.get(0)
        })
        .optional()?;
    let edition = names::edition();
    if made_by.as_ref() == Some(&edition) {
        return Ok(());
    }
    db.execute("DELETE FROM looks", [])?;
    for (named, query) in [
        (
            Named::Person,
            "SELECT id, name FROM people WHERE removed_ms IS NULL ORDER BY created_ms, id",
        ),
        (
            Named::Room,
            "SELECT id, name FROM rooms WHERE kind IN ('lobby', 'public') ORDER BY created_ms, id",
        ),
    ] {
        let mut statement = db.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (owner_id, name): ([u8; 16], String) = (row.get(0)?, row.get(1)?);
            for look in names::looks(&name) {
                insert(db, named, &look, &owner_id)?;
            }
        }
    }
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('looks', ?1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [edition],
    )?;
    Ok(())
}

/// Does nothing where somebody has the look.
fn insert(db: &Connection, named: Named, look: &str, owner_id: &[u8; 16]) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO looks (named, look, owner_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(params![named as i64, look, owner_id])
    .map(|_| ())
}
