//! What SQLite does alone, with one commit for each message: the store's tables, its two statements and its settings
//! for durability, but no network, no group commit, and SQLite's own checkpoints.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params};

const SETTINGS: &str = "
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
";

const TABLES: &str = "
CREATE TABLE rooms (id BLOB PRIMARY KEY, last_seq INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE people (id BLOB PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE events (
    room_id BLOB NOT NULL REFERENCES rooms(id), sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES people(id), person_name TEXT NOT NULL,
    transaction_id BLOB, content_hash BLOB, body TEXT NOT NULL,
    PRIMARY KEY (room_id, sequence)
) STRICT;
CREATE UNIQUE INDEX events_by_transaction ON events (room_id, person_id, transaction_id)
    WHERE transaction_id IS NOT NULL;
";

/// Appends messages with texts of this length for so long, by turns to that many rooms; each is on disk before the next.
pub(crate) fn commits_per_second(
    folder: &Path,
    rooms: usize,
    text_bytes: usize,
    measured: Duration,
) -> Result<f64> {
    let db = Connection::open(folder.join("alone.db"))?;
    db.execute_batch(SETTINGS)?;
    db.execute_batch(TABLES)?;
    let id = |room: usize| (room as u128).to_be_bytes();
    for room in 0..rooms {
        db.execute("INSERT INTO rooms (id) VALUES (?1)", [id(room)])?;
        db.execute(
            "INSERT INTO people (id, name) VALUES (?1, 'member')",
            [id(room)],
        )?;
    }
    let body = format!(
        r#"{{"type":"message_sent","transaction_id":"019a0000-0000-7000-8000-000000000000","text":"{:.<1$}"}}"#,
        "", text_bytes
    );
    let mut begin = db.prepare("BEGIN IMMEDIATE")?;
    let mut count =
        db.prepare("UPDATE rooms SET last_seq = last_seq + 1 WHERE id = ?1 RETURNING last_seq")?;
    let mut insert = db.prepare(
        "INSERT INTO events
             (room_id, sequence, at_ms, person_id, person_name, transaction_id, content_hash, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut commit = db.prepare("COMMIT")?;
    let start = Instant::now();
    let mut commits = 0_u64;
    while start.elapsed() < measured {
        begin.execute([])?;
        let room = id(commits as usize % rooms);
        let sequence: i64 = count.query_row([room], |row| row.get(0))?;
        let transaction = u128::from(commits).to_be_bytes();
        let (at_ms, person, name) = (1_790_000_000_000_i64, room, "member");
        insert.execute(params![
            room,
            sequence,
            at_ms,
            person,
            name,
            transaction,
            [0_u8; 32],
            body
        ])?;
        commit.execute([])?;
        commits += 1;
    }
    Ok(commits as f64 / start.elapsed().as_secs_f64())
}
