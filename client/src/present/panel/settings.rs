//! Who may come in, how much everybody may have, and what there is.

use std::rc::Rc;

use shared::account::Registration;
use shared::admin::{ChangeSettings, Settings};
use shared::{ClientFrame, ServerFrame};

use super::{Part, request_id};
use crate::present::form::{Field, Kind, Values};
use crate::present::format;
use crate::present::sheet::Sheet;

const MEGABYTE: u64 = 1_000_000;

pub(super) fn settings(answer: &ServerFrame) -> Option<Vec<Part>> {
    match answer {
        ServerFrame::SettingsDescribed { settings, .. } => {
            Some(vec![Part::Form(Rc::new(form(settings)))])
        }
        _ => None,
    }
}

fn form(settings: &Settings) -> Sheet {
    let registration = vec![
        ("open", "Everyone who reaches this server"),
        ("invitation", "Whoever has an invitation"),
        ("closed", "Nobody"),
    ];
    let current = match settings.registration {
        Registration::Open => "open",
        Registration::Closed => "closed",
        Registration::Invitation | Registration::Unknown => "invitation",
    };
    let number = |name, label: &'static str, value: u64| {
        Field::new(name, label, Kind::Number)
            .value(value.to_string())
            .chars_max(12)
    };
    let registration = Kind::Choice(registration);
    Sheet::new("Settings", "Save", changes)
        .fields([
            Field::new("registration", "Who may make an account", registration).value(current),
            Field::switch(
                "guests",
                "Guests may come in with only a name",
                settings.guests,
            ),
            number(
                "rooms",
                "Rooms that one person may create",
                settings.rooms_per_person_max.into(),
            ),
            number(
                "members",
                "People in one room",
                settings.members_per_room_max.into(),
            ),
            number(
                "megabytes",
                "Megabytes of files of one person",
                settings.file_bytes_per_person_max / MEGABYTE,
            ),
        ])
        .then_say("The settings are saved.")
}

fn changes(values: &Values) -> Result<ClientFrame, String> {
    let number = |name| values.number(name).ok_or("Give whole numbers.");
    let small = |name| u32::try_from(number(name)?).map_err(|_| "That number is too large.");
    Ok(ClientFrame::ChangeSettings(ChangeSettings {
        request_id: request_id(),
        registration: Some(match values.text("registration").as_str() {
            "open" => Registration::Open,
            "closed" => Registration::Closed,
            _ => Registration::Invitation,
        }),
        guests: Some(values.is_on("guests")),
        rooms_per_person_max: Some(small("rooms")?),
        members_per_room_max: Some(small("members")?),
        file_bytes_per_person_max: Some(number("megabytes")?.saturating_mul(MEGABYTE)),
    }))
}

pub(super) fn storage(answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::StorageDescribed { storage, .. } = answer else {
        return None;
    };
    let free = storage.free_bytes.map(format::size);
    let files = format!("{}, {}", storage.files, format::size(storage.file_bytes));
    Some(vec![Part::Figures(vec![
        ("People", storage.people.to_string()),
        ("Rooms", storage.rooms.to_string()),
        ("Messages and other events", storage.events.to_string()),
        ("Files", files),
        (
            "Files on disk, each content once",
            format::size(storage.content_bytes),
        ),
        ("Database", format::size(storage.database_bytes)),
        ("Left on the disk", free.unwrap_or_else(|| "unknown".into())),
    ])])
}
