//! The messages that each file is attached to: who may open a link that is for members, and what becomes of a file once
//! its last message is gone.

use rusqlite::{Connection, params};
use shared::{EventBody, FileId, RoomId, Sequence};

use super::{StoreError, to_integer};

/// Notes that the message, which is in the log, carries the file.
pub(super) fn attach(
    db: &Connection,
    file: FileId,
    room: RoomId,
    sequence: Sequence,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO file_rooms (file_id, room_id, sequence, sent_ms)
             SELECT ?1, room_id, sequence, at_ms FROM events WHERE room_id = ?2 AND sequence = ?3
             ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        file.as_bytes(),
        room.as_bytes(),
        to_integer(sequence.0)
    ])?;
    Ok(())
}

/// The message carries nothing any more. Files that no other message carries are forgotten, so that their links lead
/// nowhere and their contents are collected.
pub(super) fn detach(db: &Connection, room: RoomId, sequence: Sequence) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "DELETE FROM file_rooms WHERE room_id = ?1 AND sequence = ?2 RETURNING file_id",
    )?;
    let files = statement.query_map(params![room.as_bytes(), to_integer(sequence.0)], |row| {
        row.get(0)
    })?;
    let files: Vec<[u8; 16]> = files.collect::<Result<_, _>>()?;
    for file in files {
        forget_unused(db, &file)?;
    }
    Ok(())
}

/// Forgets the file, and the upload that it came of, unless it is somewhere still.
pub(super) fn forget_unused(db: &Connection, file: &[u8; 16]) -> Result<(), StoreError> {
    let is_used = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM file_rooms WHERE file_id = ?1)
                 OR EXISTS (SELECT 1 FROM people WHERE avatar = ?1)",
        )?
        .query_row([file], |row| row.get(0))?;
    if is_used {
        return Ok(());
    }
    db.prepare_cached("DELETE FROM uploads WHERE file_id = ?1")?
        .execute([file])?;
    db.prepare_cached("DELETE FROM files WHERE id = ?1")?
        .execute([file])?;
    Ok(())
}

/// Notes what the messages carry that were sent before this was noted.
pub(super) fn find(db: &Connection) -> rusqlite::Result<()> {
    let mut statement = db.prepare(
        r#"SELECT room_id, sequence, body FROM events WHERE instr(body, '"attachments":[') > 0"#,
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // What cannot be read is for fsck to tell.
        let Ok(body) = serde_json::from_slice::<EventBody>(row.get_ref(2)?.as_bytes()?) else {
            continue;
        };
        let room = RoomId::from_bytes(row.get(0)?);
        let sequence = Sequence(super::counter(row, 1)?);
        for file in body.attachments() {
            attach(db, file.file_id, room, sequence)?;
        }
    }
    Ok(())
}
