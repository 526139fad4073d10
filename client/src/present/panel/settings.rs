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
    let known = settings.clone();
    Sheet::new("Settings", "Save", move |values| changes(&known, values))
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

/// Only what is another than the known: megabytes are no exact number of bytes, and the log says what was changed.
fn changes(known: &Settings, values: &Values) -> Result<ClientFrame, String> {
    let number = |name| values.number(name).ok_or("Give whole numbers.");
    let small = |name| u32::try_from(number(name)?).map_err(|_| "That number is too large.");
    let registration = match values.text("registration").as_str() {
        "open" => Registration::Open,
        "closed" => Registration::Closed,
        _ => Registration::Invitation,
    };
    let megabytes = changed(
        number("megabytes")?,
        known.file_bytes_per_person_max / MEGABYTE,
    );
    Ok(ClientFrame::ChangeSettings(ChangeSettings {
        request_id: request_id(),
        registration: changed(registration, known.registration),
        guests: changed(values.is_on("guests"), known.guests),
        rooms_per_person_max: changed(small("rooms")?, known.rooms_per_person_max),
        members_per_room_max: changed(small("members")?, known.members_per_room_max),
        file_bytes_per_person_max: megabytes.map(|count| count.saturating_mul(MEGABYTE)),
    }))
}

fn changed<T: PartialEq>(wanted: T, known: T) -> Option<T> {
    (wanted != known).then_some(wanted)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_changed_is_sent() {
        let known = Settings {
            registration: Registration::Open,
            guests: true,
            rooms_per_person_max: 5,
            members_per_room_max: 6,
            file_bytes_per_person_max: 1 << 40,
        };
        let shown = form(&known);
        let filled_in = |name: &str, value: &str| {
            let fields = shown.fields.iter();
            let values = fields.map(|field| match field.name == name {
                true => (field.name, value.to_owned()),
                false => (field.name, field.value.clone()),
            });
            let ClientFrame::ChangeSettings(changes) = shown.frame(&values.collect()).unwrap()
            else {
                panic!("it changes settings");
            };
            changes
        };
        let nothing = ChangeSettings {
            request_id: request_id(),
            ..ChangeSettings::default()
        };
        assert_eq!(filled_in("", ""), nothing);
        let megabytes = filled_in("megabytes", "7");
        assert_eq!(megabytes.file_bytes_per_person_max, Some(7_000_000));
        assert_eq!(megabytes.guests, None);
        assert_eq!(filled_in("members", "9").members_per_room_max, Some(9));
    }
}
