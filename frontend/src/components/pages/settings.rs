//! Who may come in, how much everybody may have, and what there is.

use client::present::format;
use shared::account::Registration;
use shared::admin::{ChangeSettings, Settings as ServerSettings, Storage};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{AttrValue, Callback, Html, html};

use crate::components::form::{Field, Kind, Values};
use crate::components::hooks::Ui;
use crate::components::panel::Panel;
use crate::components::sheet::{Sheet, inline};

const MEGABYTE: u64 = 1_000_000;

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::DescribeSettings {
        request_id: RequestId::default(),
    },
    show: |shown| match shown.answer {
        ServerFrame::SettingsDescribed { settings, .. } => {
            Some(inline(form(shown.ui, settings, shown.reload)))
        }
        _ => None,
    },
    search: None,
};

pub(super) const STORAGE: Panel = Panel {
    ask: |_| ClientFrame::DescribeStorage {
        request_id: RequestId::default(),
    },
    show: |shown| match shown.answer {
        ServerFrame::StorageDescribed { storage, .. } => Some(stored(storage)),
        _ => None,
    },
    search: None,
};

fn form(ui: &Ui, settings: &ServerSettings, reload: &Callback<()>) -> Sheet {
    let registration = vec![
        ("open", AttrValue::from("Everyone who reaches this server")),
        ("invitation", "Whoever has an invitation".into()),
        ("closed", "Nobody".into()),
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
    let fields = [
        Field::new(
            "registration",
            "Who may make an account",
            Kind::Choice(registration),
        )
        .value(current),
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
    ];
    let (say, reload) = (ui.say.clone(), reload.clone());
    Sheet::new("Settings", "Save", changes)
        .fields(fields)
        .then(move |_| {
            say.emit("The settings are saved.".into());
            reload.emit(());
        })
}

fn changes(values: &Values) -> Result<ClientFrame, String> {
    let number = |name| values.number(name).ok_or("Give whole numbers.");
    let small = |name| u32::try_from(number(name)?).map_err(|_| "That number is too large.");
    Ok(ClientFrame::ChangeSettings(ChangeSettings {
        request_id: RequestId::default(),
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

fn stored(storage: &Storage) -> Html {
    let free = storage.free_bytes.map(format::size);
    let rows = [
        ("People", storage.people.to_string()),
        ("Rooms", storage.rooms.to_string()),
        ("Messages and other events", storage.events.to_string()),
        (
            "Files",
            format!("{}, {}", storage.files, format::size(storage.file_bytes)),
        ),
        (
            "Files on disk, each content once",
            format::size(storage.content_bytes),
        ),
        ("Database", format::size(storage.database_bytes)),
        ("Left on the disk", free.unwrap_or_else(|| "unknown".into())),
    ];
    html! {
        <dl class="figures">
            for (name, value) in rows {
                <div key={name}><dt>{ name }</dt><dd class="numbers">{ value }</dd></div>
            }
        </dl>
    }
}
