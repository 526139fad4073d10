//! What can be found wrong in the database by itself: its pages and references, each room's log, and what is kept
//! beside the logs and must follow from them.

use std::collections::BTreeMap;

use shared::content::merge_chunks;
use shared::{ChunkLayout, ContentHash, RoomId};

use super::counter;
use super::files::hashes_from;
use super::inspect::{InspectError, Inspection, RoomOfLog};

mod projection;
mod removed;
mod room;

use room::RoomCheck;

/// More complaints of SQLite's own checks than this say nothing new.
const COMPLAINTS_MAX: usize = 100;

/// Takes each finding as a line.
pub(crate) type Report<'a> = &'a mut dyn FnMut(String);

/// How much was looked at.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) rooms: u64,
    pub(crate) events: u64,
}

impl Inspection {
    /// Checks pages and indices, and that every reference leads somewhere.
    pub(crate) fn check_structure(&self, report: Report<'_>) -> Result<(), InspectError> {
        let mut statement = self
            .db
            .prepare(&format!("PRAGMA integrity_check({COMPLAINTS_MAX})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let verdict: String = row.get(0)?;
            if verdict != "ok" {
                report(format!("database: {}", one_line(&verdict)));
            }
        }
        let mut statement = self.db.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        let mut complaints = 0;
        while complaints < COMPLAINTS_MAX
            && let Some(row) = rows.next()?
        {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            report(format!(
                "database: a row of {table} refers to one of {parent} that is not there"
            ));
            complaints += 1;
        }
        Ok(())
    }

    /// Checks every room's log and what follows from it. `checked` is told of events, of how many.
    pub(crate) fn check_logs(
        &self,
        report: Report<'_>,
        checked: &mut dyn FnMut(u64, u64),
    ) -> Result<Checked, InspectError> {
        let rooms: BTreeMap<RoomId, RoomOfLog> = self
            .rooms()?
            .into_iter()
            .map(|room| (room.room_id, room))
            .collect();
        let total = rooms.values().map(|room| room.last_sequence.0).sum();
        let lobby = self.identity.lobby;
        if !rooms.contains_key(&lobby) {
            report(format!("database: the lobby {lobby} is not there"));
        }
        let mut done = Checked::default();
        for room in rooms.values() {
            let mut check = RoomCheck::new(&self.db, room, room.room_id == lobby, report)?;
            let mut statement = self.db.prepare_cached(
                "SELECT sequence, person_id, transaction_id, content_hash, body FROM events
                 WHERE room_id = ?1 ORDER BY sequence",
            )?;
            let mut rows = statement.query([room.room_id.as_bytes()])?;
            while let Some(row) = rows.next()? {
                check.event(&self.db, row)?;
                done.events += 1;
                checked(done.events, total);
            }
            check.end(&self.db)?;
            done.rooms += 1;
        }
        Ok(done)
    }

    /// Checks that the chunks of every content are known and merge to its hash.
    pub(crate) fn check_contents(&self, report: Report<'_>) -> Result<(), InspectError> {
        let mut statement = self
            .db
            .prepare("SELECT content_hash, size_bytes, chunk_hashes FROM blobs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let content = ContentHash::from_bytes(row.get(0)?);
            let hashes = hashes_from(row.get_ref(2)?.as_blob().unwrap_or_default());
            let layout = ChunkLayout::for_size(counter(row, 1)?);
            if layout.and_then(|layout| merge_chunks(layout, &hashes)) != Some(content) {
                report(format!(
                    "content {content}: the hashes of its chunks do not merge to it"
                ));
            }
        }
        Ok(())
    }
}

/// What SQLite says, in one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
