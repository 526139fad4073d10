//! Messages that people asked the admins to look at.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::admin::{CloseReport, Report, ReportMessage};
use shared::frame::Person;
use shared::{EventBody, Operation, PersonId, ReportId, RoomEvent, RoomId, Sequence, TimestampMs};
use uuid::Uuid;

use super::audit::{self, Action};
use super::{Actor, SignedIn, Store, StoreError, counter, log, purges, rooms, to_integer};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;
/// Open reports of one person.
const REPORTS_MAX: u64 = 50;
/// Reports in one list; those that came after them show once these are closed.
const REPORTS_LISTED_MAX: u32 = 100;
/// Bytes of text in one list, likewise, so that it fits a line.
const TEXT_BYTES_MAX: usize = 512 << 10;

impl Store {
    /// Asks the admins to look at a message; once more by the same person changes nothing.
    pub(crate) async fn report_message(
        &self,
        by: SignedIn,
        request: ReportMessage,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.write(move |db| Ok((report(db, &by, &request, now)?, Vec::new())))
            .await
    }

    /// Open reports, the oldest first.
    pub(crate) async fn list_reports(&self, actor: Actor) -> Result<Vec<Report>, StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::ManageReports)?;
            list(db)
        })
        .await
    }

    /// Closes a report, and every other one of the same message; with `remove_message` the message goes as well.
    pub(crate) async fn close_report(
        &self,
        actor: Actor,
        request: CloseReport,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            actor.require(db, Operation::ManageReports)?;
            let event = close(db, &actor, &request, now)?;
            Ok(((), event.into_iter().collect()))
        })
        .await
    }
}

fn report(
    db: &Connection,
    by: &SignedIn,
    request: &ReportMessage,
    now: TimestampMs,
) -> Result<(), StoreError> {
    if request.reason.chars().count() > REASON_CHARS_MAX {
        return Err(StoreError::Invalid("A reason has at most 500 characters."));
    }
    let found = rooms::find_to(db, by, &request.room, Operation::ReportMessage)?;
    let (room, sequence) = (found.room_id, request.sequence);
    let is_seen = sequence >= found.standing()?.first_sequence;
    if !is_seen || message(db, room, sequence)?.is_none() {
        return Err(StoreError::NotFound("message"));
    }
    let by = by.person.id;
    let is_known = db
        .prepare_cached(
            "SELECT 1 FROM reports WHERE room_id = ?1 AND sequence = ?2 AND reported_by = ?3 AND closed_ms IS NULL",
        )?
        .exists(params![room.as_bytes(), to_integer(sequence.0), by.as_bytes()])?;
    if is_known {
        return Ok(());
    }
    let open = db
        .prepare_cached(
            "SELECT count(*) FROM reports WHERE reported_by = ?1 AND closed_ms IS NULL",
        )?
        .query_row([by.as_bytes()], |row| counter(row, 0))?;
    if open >= REPORTS_MAX {
        return Err(StoreError::QuotaExceeded {
            what: "open reports of one person",
            max: REPORTS_MAX,
        });
    }
    db.prepare_cached(
        "INSERT INTO reports (id, room_id, sequence, reported_by, reason, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        // These are in their order, also within a millisecond, and so are the reports.
        ReportId::from_bytes(*Uuid::now_v7().as_bytes()).as_bytes(),
        room.as_bytes(),
        to_integer(sequence.0),
        by.as_bytes(),
        request.reason,
        to_integer(now.0),
    ])?;
    Ok(())
}

/// A message as it is now; `None` where there is none, or none any more.
fn message(
    db: &Connection,
    room: RoomId,
    sequence: Sequence,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = log::page_from(db, room, sequence, 1)?.into_iter().next();
    Ok(found.filter(|event| event.sequence == sequence && event.event.is_message()))
}

fn list(db: &Connection) -> Result<Vec<Report>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT reports.id, reports.room_id, rooms.name, reports.sequence, reported_by, people.name, reason,
                reports.at_ms, events.person_id, events.person_name, body
         FROM reports JOIN rooms ON rooms.id = reports.room_id JOIN people ON people.id = reported_by
         JOIN events ON events.room_id = reports.room_id AND events.sequence = reports.sequence
         WHERE closed_ms IS NULL ORDER BY reports.id LIMIT ?1",
    )?;
    let mut rows = statement.query([REPORTS_LISTED_MAX])?;
    let (mut reports, mut text_bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()?
        && text_bytes < TEXT_BYTES_MAX
    {
        let report = report_from(row)?;
        text_bytes += report.text.len() + report.reason.len();
        reports.push(report);
    }
    Ok(reports)
}

/// Of the columns id, room_id, room's name, sequence, reporter's id and name, reason, at_ms, author's id and name,
/// body.
fn report_from(row: &Row<'_>) -> rusqlite::Result<Report> {
    let person = |id: usize, name: usize| {
        Ok::<_, rusqlite::Error>(Person {
            id: PersonId::from_bytes(row.get(id)?),
            name: row.get(name)?,
        })
    };
    // What is gone, or cannot be read, says nothing.
    let body = serde_json::from_slice::<EventBody>(row.get_ref(10)?.as_bytes()?);
    Ok(Report {
        report_id: ReportId::from_bytes(row.get(0)?),
        room_id: RoomId::from_bytes(row.get(1)?),
        room_name: row.get(2)?,
        sequence: Sequence(counter(row, 3)?),
        by: person(4, 5)?,
        reason: row.get(6)?,
        at_ms: TimestampMs(counter(row, 7)?),
        author: person(8, 9)?,
        text: body.map_or_else(|_| String::new(), |body| body.text().to_owned()),
    })
}

fn close(
    db: &Connection,
    actor: &Actor,
    request: &CloseReport,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let (room, sequence, name) = db
        .prepare_cached(
            "SELECT room_id, sequence, rooms.name FROM reports JOIN rooms ON rooms.id = room_id
             WHERE reports.id = ?1 AND closed_ms IS NULL",
        )?
        .query_row([request.report_id.as_bytes()], |row| {
            let room = RoomId::from_bytes(row.get(0)?);
            Ok((room, Sequence(counter(row, 1)?), row.get::<_, String>(2)?))
        })
        .optional()?
        .ok_or(StoreError::NotFound("open report"))?;
    db.prepare_cached(
        "UPDATE reports SET closed_ms = ?3 WHERE room_id = ?1 AND sequence = ?2 AND closed_ms IS NULL",
    )?
    .execute(params![
        room.as_bytes(),
        to_integer(sequence.0),
        to_integer(now.0)
    ])?;
    let author = message(db, room, sequence)?.map(|event| event.person);
    let removed = match (&author, request.remove_message) {
        (Some(_), true) => {
            let by = match actor.person() {
                Some(by) => by.clone(),
                None => purges::server(db)?,
            };
            Some(purges::remove_one(db, room, sequence, &by, now)?)
        }
        (_, _) => None,
    };
    let of = author.map_or_else(|| "gone".to_owned(), |author| format!("of {}", author.name));
    let with = if removed.is_some() { ", removed" } else { "" };
    let what = format!("#{name}, message {sequence} {of}{with}");
    audit::append(db, actor.person(), Action::CloseReport, &what, now)?;
    Ok(removed)
}
