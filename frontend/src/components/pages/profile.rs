//! How others see one.

use shared::account::{ChangeProfile, Profile};
use shared::limits::{PERSON_NAME_CHARS_MAX, STATUS_CHARS_MAX};
use shared::{ClientFrame, RequestId, ServerFrame};
use web_sys::{File, HtmlInputElement};
use yew::{Callback, Event, Html, TargetCast as _, html};

use crate::browser::{files, picture};
use crate::components::avatar::Avatar;
use crate::components::form::Field;
use crate::components::hooks::Ui;
use crate::components::list::button;
use crate::components::panel::{Asked, Panel, Shown};
use crate::components::sheet::{Sheet, inline};
use crate::profiles::Profiles;

pub(super) const PANEL: Panel = Panel {
    ask,
    show,
    search: None,
};

/// The profile of whom the panel is about.
pub(crate) fn ask(asked: &Asked) -> ClientFrame {
    match asked.person {
        Some(person_id) => ClientFrame::DescribePerson {
            request_id: RequestId::default(),
            person_id,
        },
        None => ClientFrame::Unknown,
    }
}

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::ProfileDescribed { profile, .. } = shown.answer else {
        return None;
    };
    Some(html! {
        <>
            { picture(shown, profile) }
            { inline(form(shown.ui, profile, shown.reload)) }
        </>
    })
}

fn form(ui: &Ui, profile: &Profile, reload: &Callback<()>) -> Sheet {
    let name = Field::line("name", "Name").value(profile.person.name.clone());
    let status = Field::line("status", "Status")
        .value(profile.status_text.clone())
        .example("Back on Monday")
        .chars_max(STATUS_CHARS_MAX);
    let hides = Field::switch(
        "hides",
        "Do not show others when I was last here",
        profile.hides_last_seen,
    );
    let (say, reload, before) = (ui.say.clone(), reload.clone(), profile.person.name.clone());
    Sheet::new("Profile", "Save", move |values| {
        Ok(ClientFrame::ChangeProfile(ChangeProfile {
            name: Some(values.text("name")).filter(|name| *name != before),
            status_text: Some(values.text("status")),
            hides_last_seen: Some(values.is_on("hides")),
            ..ChangeProfile::default()
        }))
    })
    .fields([
        name.chars_max(PERSON_NAME_CHARS_MAX),
        status.optional(),
        hides,
    ])
    .then(move |_| {
        say.emit("Your profile is saved.".into());
        reload.emit(());
    })
}

/// One's picture, and another one in its place.
fn picture(shown: &Shown<'_>, profile: &Profile) -> Html {
    let choose = {
        let (ui, profiles, reload) = (
            shown.ui.clone(),
            shown.profiles.clone(),
            shown.reload.clone(),
        );
        move |event: Event| {
            let input = event.target_dyn_into::<HtmlInputElement>();
            let chosen = input.and_then(|input| files::list(input.files()).pop());
            if let Some(file) = chosen {
                upload(&ui, file, set(&ui, &profiles, &reload));
            }
        }
    };
    let remove = {
        let set = set(shown.ui, shown.profiles, shown.reload);
        move |_| {
            set.emit(ChangeProfile {
                remove_avatar: true,
                ..ChangeProfile::default()
            });
        }
    };
    html! {
        <div class="profile">
            <Avatar person={profile.person.clone()} size="large" />
            <div class="page-actions">
                <label class="button file-button">
                    { "Choose a picture" }
                    <input type="file" accept="image/*" class="visually-hidden" onchange={choose} />
                </label>
                if profile.avatar.is_some() { { button("Remove picture", remove) } }
            </div>
        </div>
    }
}

/// Changes the profile, and shows it everywhere.
fn set(ui: &Ui, profiles: &Profiles, reload: &Callback<()>) -> Callback<ChangeProfile> {
    let (ui, profiles, reload) = (ui.clone(), profiles.clone(), reload.clone());
    Callback::from(move |change: ChangeProfile| {
        let (profiles, reload) = (profiles.clone(), reload.clone());
        ui.act(ClientFrame::ChangeProfile(change), move |answer| {
            if let ServerFrame::ProfileDescribed { profile, .. } = answer {
                profiles.learn(&profile);
            }
            reload.emit(());
        });
    })
}

/// Makes it small and square, sends it, and says that it is one's picture.
fn upload(ui: &Ui, file: File, set: Callback<ChangeProfile>) {
    let ui = ui.clone();
    wasm_bindgen_futures::spawn_local(async move {
        let Some(small) = picture::square(&file).await else {
            let text = "This is no picture that this browser can read.";
            return ui.say.emit(text.into());
        };
        let driver = ui.driver.clone();
        driver.send_file(small, move |sent| match sent {
            Ok(file) => set.emit(ChangeProfile {
                avatar: Some(file.file_id),
                ..ChangeProfile::default()
            }),
            Err(reason) => ui.say.emit(reason),
        });
    });
}
