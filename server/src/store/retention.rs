//! Rooms whose messages are kept for a number of days: what is older is removed, at the server's start and every hour.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{RoomId, Sequence, TimestampMs};
use tokio::time::{MissedTickBehavior, interval};

use super::purges::{self, Purge};
use super::{Store, StoreError, counter, to_integer};

const INTERVAL: Duration = Duration::from_secs(60 * 60);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Enforces it for as long as it is polled.
pub(crate) async fn enforce_regularly(store: Store) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = store.enforce_retention(crate::now_ms()).await {
            tracing::warn!(%error, "old messages could not be removed; it is tried again in an hour");
        }
    }
}

impl Store {
    /// Removes what is too old at this time, and what else is still to be removed.
    pub(crate) async fn enforce_retention(&self, now: TimestampMs) -> Result<(), StoreError> {
        // Looking for it can take long, and readers hold up nobody.
        for (room, to) in self.read(move |db| expired(db, now)).await? {
            self.write(move |db| Ok((expire(db, room, to)?, Vec::new())))
                .await?;
        }
        self.purge(now).await
    }
}

/// The rooms with events that are too old, and the last such event of each.
fn expired(db: &Connection, now: TimestampMs) -> Result<Vec<(RoomId, Sequence)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, retention_days, purged_to, last_seq FROM rooms WHERE retention_days > 0",
    )?;
    let mut rows = statement.query([])?;
    let mut expired = Vec::new();
    while let Some(row) = rows.next()? {
        let room = RoomId::from_bytes(row.get(0)?);
        let (days, purged, last) = (counter(row, 1)?, counter(row, 2)?, counter(row, 3)?);
        let before = TimestampMs(now.0.saturating_sub(days.saturating_mul(DAY_MS)));
        let to = match first_kept(db, room, purged, before)? {
            Some(kept) => kept - 1,
            None => last,
        };
        if to > purged {
            expired.push((room, Sequence(to)));
        }
    }
    Ok(expired)
}

/// The first event after `purged` that is not from before this time. It comes soon after the last one that is.
fn first_kept(
    db: &Connection,
    room: RoomId,
    purged: u64,
    before: TimestampMs,
) -> Result<Option<u64>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT sequence FROM events WHERE room_id = ?1 AND sequence > ?2 AND at_ms >= ?3
             ORDER BY sequence LIMIT 1",
        )?
        .query_row(
            params![room.as_bytes(), to_integer(purged), to_integer(before.0)],
            |row| counter(row, 0),
        )
        .optional()?)
}

/// Has everything up to this event removed, of what is not removed yet.
fn expire(db: &Connection, room: RoomId, to: Sequence) -> Result<(), StoreError> {
    let purged = db
        .prepare_cached("SELECT purged_to FROM rooms WHERE id = ?1")?
        .query_row([room.as_bytes()], |row| counter(row, 0))?;
    if purged >= to.0 {
        return Ok(());
    }
    purges::queue(
        db,
        &Purge {
            room,
            of: None,
            next: Sequence(purged + 1),
            to,
            by: purges::server(db)?,
        },
    )?;
    db.prepare_cached("UPDATE rooms SET purged_to = ?2 WHERE id = ?1")?
        .execute(params![room.as_bytes(), to_integer(to.0)])?;
    Ok(())
}
