//! Replies as lines for people.

use shared::account::{Registration, SessionInfo};
use shared::admin::{AuditEntry, PersonRecord, Report, RoomRecord, Settings, Storage};
use shared::{Secret, ServerFrame};

use crate::admin::words::{minute, size};

/// Between two columns.
const GAP: &str = "  ";

/// The reply as lines; `None` for one that no command has asked for.
pub(super) fn lines(reply: &ServerFrame, origin: &str) -> Option<Vec<String>> {
    Some(match reply {
        ServerFrame::PeopleListed { people, .. } => table(
            ["name", "role", "sessions", "files", "last seen", "since"],
            people.iter().map(person),
        ),
        ServerFrame::AllRoomsListed { rooms, .. } => table(
            ["room", "kind", "members", "events", "kept", "last event"],
            rooms.iter().map(room),
        ),
        ServerFrame::AuditPage { entries, .. } => table(
            ["entry", "at", "by", "did", "what"],
            entries.iter().map(audit_entry),
        ),
        ServerFrame::SessionsListed { sessions, .. } => table(
            ["device", "address", "last used", "since"],
            sessions.iter().map(session),
        ),
        ServerFrame::ReportsListed { reports, .. } => reports.iter().flat_map(report).collect(),
        ServerFrame::InvitationCreated { token, .. } => vec![link(origin, token)],
        ServerFrame::SettingsDescribed { settings, .. } => list(&settings_of(settings)),
        ServerFrame::StorageDescribed { storage, .. } => list(&storage_of(storage)),
        _other => return None,
    })
}

/// What an invitation is followed by.
pub(super) fn link(origin: &str, token: &Secret) -> String {
    format!("{origin}/#invite={}", token.reveal())
}

fn session(session: &SessionInfo) -> [String; 4] {
    [
        session.device.clone(),
        session.address.clone(),
        minute(session.last_used_at_ms),
        minute(session.created_at_ms),
    ]
}

fn person(record: &PersonRecord) -> [String; 6] {
    [
        record.person.name.clone(),
        record.role.as_str().to_owned(),
        record.sessions.to_string(),
        size(record.file_bytes),
        record.last_seen_ms.map_or_else(unknown, minute),
        minute(record.created_at_ms),
    ]
}

fn room(record: &RoomRecord) -> [String; 6] {
    let room = &record.room;
    let kind = match room.archived {
        true => format!("{}, archived", room.kind.as_str()),
        false => room.kind.as_str().to_owned(),
    };
    [
        room.name.to_string(),
        kind,
        room.members.to_string(),
        room.last_sequence.to_string(),
        room.retention_days
            .map_or_else(|| "for good".to_owned(), |days| format!("{days} days")),
        record.last_event_at_ms.map_or_else(unknown, minute),
    ]
}

fn audit_entry(entry: &AuditEntry) -> [String; 5] {
    let by = match &entry.person {
        Some(person) => person.name.clone(),
        None => "(operator)".to_owned(),
    };
    [
        entry.sequence.to_string(),
        minute(entry.at_ms),
        by,
        entry.action.clone(),
        entry.subject.clone(),
    ]
}

/// A message has room of its own.
fn report(report: &Report) -> [String; 4] {
    let text = match report.text.is_empty() {
        true => "(no text, or gone)",
        false => &report.text,
    };
    [
        format!(
            "{}  {}  #{}, message {}",
            report.report_id,
            minute(report.at_ms),
            report.room_name,
            report.sequence
        ),
        format!("    {} reports: {}", report.by.name, report.reason),
        format!("    {} wrote: {text}", report.author.name),
        String::new(),
    ]
}

fn settings_of(settings: &Settings) -> [(&'static str, String); 5] {
    let registration = match settings.registration {
        Registration::Open => "open",
        Registration::Invitation => "invitation",
        Registration::Closed => "closed",
        Registration::Unknown => "of a newer version",
    };
    [
        ("registration", registration.to_owned()),
        (
            "guests",
            if settings.guests { "on" } else { "off" }.to_owned(),
        ),
        (
            "rooms_per_person_max",
            settings.rooms_per_person_max.to_string(),
        ),
        (
            "members_per_room_max",
            settings.members_per_room_max.to_string(),
        ),
        (
            "file_bytes_per_person_max",
            settings.file_bytes_per_person_max.to_string(),
        ),
    ]
}

fn storage_of(storage: &Storage) -> [(&'static str, String); 8] {
    [
        ("people", storage.people.to_string()),
        ("rooms", storage.rooms.to_string()),
        ("events", storage.events.to_string()),
        ("files", storage.files.to_string()),
        ("files as sent", size(storage.file_bytes)),
        ("files on disk", size(storage.content_bytes)),
        ("database", size(storage.database_bytes)),
        (
            "left on the disk",
            storage.free_bytes.map_or_else(unknown, size),
        ),
    ]
}

fn unknown() -> String {
    "-".to_owned()
}

fn list(pairs: &[(&str, String)]) -> Vec<String> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| format!("{name:width$}{GAP}{value}");
    pairs.iter().map(line).collect()
}

/// Columns one below the other, as far as characters are of one width.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<String> {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows);
    let width = |column: usize| {
        let widths = all.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join(GAP);
        line.trim_end().to_owned()
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_one_below_the_other() {
        let rows = [["Ängström", "1"], ["Bo", "22"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        let expected = ["name      n", "Ängström  1", "Bo        22"];
        assert_eq!(table(["name", "n"], rows.into_iter()), expected);
    }
}
