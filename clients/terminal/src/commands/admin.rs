//! `chinwag admin`: looking after people and the server.

use serde_json::json;
use shared::account::Registration;
use shared::admin::{
    AuditEntry, ChangeSettings, CloseReport, ListPeople, PersonRecord, RemovePerson, Report,
    Settings, Storage,
};
use shared::{ClientFrame, RequestId, Sequence, ServerFrame};

use crate::arguments::requests::{Admin, ReportsChange, SettingsChange};
use crate::commands::invite::create_link;
use crate::commands::requests::have_done;
use crate::commands::rooms::title;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn run(
    session: &mut Session,
    what: Admin,
    output: &mut Output,
) -> Result<(), Failure> {
    match what {
        Admin::People { query } => list_people(session, query, output).await,
        Admin::Role { person, role } => {
            let person = session.person(output, &person).await?;
            let said = format!("{} is {} now.", person.name, role.as_str());
            let set = ClientFrame::SetRole {
                request_id: REQUEST,
                person_id: person.id,
                role,
            };
            have_done(session, set, &said, output).await
        }
        Admin::ResetPassword { person } => {
            let person = session.person(output, &person).await?;
            output.note(&format!("give this to {}; it is good once:", person.name));
            let reset = ClientFrame::ResetPassword {
                request_id: REQUEST,
                person_id: person.id,
            };
            create_link(session, reset, output).await
        }
        Admin::SignOut { person } => {
            let person = session.person(output, &person).await?;
            let said = format!("{} is signed out everywhere.", person.name);
            let sign_out = ClientFrame::SignOutPerson {
                request_id: REQUEST,
                person_id: person.id,
            };
            have_done(session, sign_out, &said, output).await
        }
        Admin::Remove { person, messages } => {
            let person = session.person(output, &person).await?;
            let said = format!("{} is gone.", person.name);
            let remove = ClientFrame::RemovePerson(RemovePerson {
                request_id: REQUEST,
                person_id: person.id,
                messages,
            });
            have_done(session, remove, &said, output).await
        }
        Admin::Rooms => list_rooms(session, output).await,
        Admin::Settings(change) => settings(session, change, output).await,
        Admin::Storage => storage(session, output).await,
        Admin::Audit { before } => audit(session, before.map(Sequence), output).await,
        Admin::Reports { what: None } => list_reports(session, output).await,
        Admin::Reports {
            what: Some(ReportsChange::Close { id, remove_message }),
        } => {
            let close = ClientFrame::CloseReport(CloseReport {
                request_id: REQUEST,
                report_id: id,
                remove_message,
            });
            have_done(session, close, "The report is closed.", output).await
        }
    }
}

/// Page by page.
async fn list_people(
    session: &mut Session,
    query: String,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let ask = ClientFrame::ListPeople(ListPeople {
            request_id: REQUEST,
            query: query.clone(),
            after,
        });
        let ServerFrame::PeopleListed { people, more, .. } = session.ask(output, ask).await? else {
            return Err(unexpected());
        };
        for one in &people {
            output.object("person_record", one)?;
            output.line(&person_row(one))?;
        }
        match people.last() {
            Some(last) if more => after = Some(last.person.name.clone()),
            Some(_) | None => return Ok(()),
        }
    }
}

fn person_row(one: &PersonRecord) -> String {
    let name = text::line(&one.person.name);
    let seen = match one.last_seen_ms {
        Some(at) => format!("last seen {}", text::when(at)),
        None => "never seen".to_owned(),
    };
    let sessions = match one.sessions {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    };
    format!(
        "{name:<24} {:<7} {seen:<27} {sessions:<12} {} of files",
        one.role.as_str(),
        text::size(one.file_bytes)
    )
}

async fn list_rooms(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    let ask = ClientFrame::ListAllRooms {
        request_id: REQUEST,
    };
    let ServerFrame::AllRoomsListed { rooms, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for one in &rooms {
        output.object("room_record", one)?;
        let name = title(&one.room);
        let last = match one.last_event_at_ms {
            Some(at) => format!("last used {}", text::when(at)),
            None => "never used".to_owned(),
        };
        output.line(&format!(
            "{:<20} {:<8} {:>6} members  {last}",
            text::line(&name),
            one.room.kind.as_str(),
            one.room.members
        ))?;
    }
    Ok(())
}

async fn settings(
    session: &mut Session,
    change: SettingsChange,
    output: &mut Output,
) -> Result<(), Failure> {
    let change = ChangeSettings {
        request_id: REQUEST,
        registration: change.registration,
        guests: change.guests,
        rooms_per_person_max: change.rooms_per_person,
        members_per_room_max: change.members_per_room,
        file_bytes_per_person_max: change.file_bytes_per_person,
    };
    let nothing = ChangeSettings {
        request_id: REQUEST,
        ..ChangeSettings::default()
    };
    let frame = match change == nothing {
        true => ClientFrame::DescribeSettings {
            request_id: REQUEST,
        },
        false => ClientFrame::ChangeSettings(change),
    };
    match session.ask(output, frame).await? {
        ServerFrame::SettingsDescribed { settings, .. } => show_settings(&settings, output),
        _ => Err(unexpected()),
    }
}

fn show_settings(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    output.object("settings", settings)?;
    let registration = match settings.registration {
        Registration::Open => "open",
        Registration::Invitation => "invitation",
        Registration::Closed => "closed",
        Registration::Unknown => "unknown",
    };
    let guests = if settings.guests { "on" } else { "off" };
    for (name, value) in [
        ("registration", registration.to_owned()),
        ("guests", guests.to_owned()),
        (
            "rooms per person",
            settings.rooms_per_person_max.to_string(),
        ),
        (
            "members per room",
            settings.members_per_room_max.to_string(),
        ),
        (
            "files per person",
            text::size(settings.file_bytes_per_person_max),
        ),
    ] {
        output.line(&format!("{name:<18} {value}"))?;
    }
    Ok(())
}

async fn storage(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    let ask = ClientFrame::DescribeStorage {
        request_id: REQUEST,
    };
    match session.ask(output, ask).await? {
        ServerFrame::StorageDescribed { storage, .. } => show_storage(&storage, output),
        _ => Err(unexpected()),
    }
}

fn show_storage(storage: &Storage, output: &mut Output) -> Result<(), Failure> {
    output.object("storage", storage)?;
    let free = match storage.free_bytes {
        Some(bytes) => text::size(bytes),
        None => "unknown".to_owned(),
    };
    for (name, value) in [
        ("people", storage.people.to_string()),
        ("rooms", storage.rooms.to_string()),
        ("events", storage.events.to_string()),
        ("files", storage.files.to_string()),
        ("files as sent", text::size(storage.file_bytes)),
        ("files on disk", text::size(storage.content_bytes)),
        ("database", text::size(storage.database_bytes)),
        ("left of the disk", free),
    ] {
        output.line(&format!("{name:<18} {value}"))?;
    }
    Ok(())
}

async fn audit(
    session: &mut Session,
    before: Option<Sequence>,
    output: &mut Output,
) -> Result<(), Failure> {
    let ask = ClientFrame::ReadAuditLog {
        request_id: REQUEST,
        before,
    };
    let ServerFrame::AuditPage { entries, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for entry in entries.iter().rev() {
        output.object("audit_entry", entry)?;
        output.line(&audit_row(entry))?;
    }
    Ok(())
}

fn audit_row(entry: &AuditEntry) -> String {
    let who = entry.person.as_ref().map(|person| person.name.as_str());
    format!(
        "{:>6}  {}  {:<20} {:<20} {}",
        entry.sequence,
        text::when(entry.at_ms),
        text::line(who.unwrap_or("(operator)")),
        text::line(&entry.action),
        text::line(&entry.subject)
    )
}

async fn list_reports(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    let ask = ClientFrame::ListReports {
        request_id: REQUEST,
    };
    let ServerFrame::ReportsListed { reports, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for report in &reports {
        output.object("report", json!(report))?;
        show_report(report, output)?;
    }
    Ok(())
}

fn show_report(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let by = text::line(&report.by.name);
    let author = text::line(&report.author.name);
    let room = text::line(&report.room_name);
    output.line(&format!(
        "{}  {}  {by} about {author} in #{room}, message {}",
        report.report_id,
        text::when(report.at_ms),
        report.sequence
    ))?;
    if !report.reason.is_empty() {
        output.line(&format!("      {}", text::line(&report.reason)))?;
    }
    output.line(&format!(
        "      | {}",
        text::block(&report.text, "      | ")
    ))
}
