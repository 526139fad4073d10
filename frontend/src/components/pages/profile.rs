//! How others see one.

use shared::account::{ChangeProfile, Profile as ProfileInfo};
use shared::frame::Person;
use shared::limits::{PERSON_NAME_CHARS_MAX, STATUS_CHARS_MAX};
use shared::{ClientFrame, RequestId, ServerFrame};
use web_sys::{File, HtmlInputElement};
use yew::{
    Callback, Event, Html, Properties, TargetCast as _, component, html, use_context,
    use_effect_with,
};

use crate::browser::{files, picture};
use crate::components::avatar::Avatar;
use crate::components::form::Field;
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{button, missing};
use crate::components::request::use_answer;
use crate::components::sheet::{Sheet, inline};
use crate::profiles::Profiles;

#[derive(PartialEq, Properties)]
pub(super) struct OwnProps {
    pub(super) own: Person,
}

#[component]
pub(super) fn Profile(props: &OwnProps) -> Html {
    let ui = use_ui();
    let loaded = use_answer(props.own.id, |own| ClientFrame::DescribePerson {
        request_id: RequestId::default(),
        person_id: *own,
    });
    let profiles = use_context::<Profiles>();
    use_effect_with(loaded.answer.clone(), move |answer| {
        if let (Some(ServerFrame::ProfileDescribed { profile, .. }), Some(profiles)) =
            (answer.as_deref(), profiles)
        {
            profiles.learn(profile);
        }
    });
    let Some(ServerFrame::ProfileDescribed { profile, .. }) = loaded.answer.as_deref() else {
        return missing(&loaded);
    };
    html! {
        <>
            <Picture own={props.own.clone()} has_picture={profile.avatar.is_some()} onchange={loaded.reload.clone()} />
            { inline(form(&ui, profile, &loaded.reload)) }
        </>
    }
}

fn form(ui: &Ui, profile: &ProfileInfo, reload: &Callback<()>) -> Sheet {
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

#[derive(PartialEq, Properties)]
struct PictureProps {
    own: Person,
    has_picture: bool,
    onchange: Callback<()>,
}

/// One's picture, and another one in its place.
#[component]
fn Picture(props: &PictureProps) -> Html {
    let ui = use_ui();
    let choose = {
        let (ui, onchange) = (ui.clone(), props.onchange.clone());
        move |event: Event| {
            let input = event.target_dyn_into::<HtmlInputElement>();
            let chosen = input.and_then(|input| files::list(input.files()).pop());
            if let Some(file) = chosen {
                upload(&ui, file, onchange.clone());
            }
        }
    };
    let remove = {
        let onchange = props.onchange.clone();
        move |_| {
            let change = ChangeProfile {
                remove_avatar: true,
                ..ChangeProfile::default()
            };
            let onchange = onchange.clone();
            ui.act(ClientFrame::ChangeProfile(change), move |_| {
                onchange.emit(())
            });
        }
    };
    html! {
        <div class="profile">
            <Avatar person={props.own.clone()} size="large" />
            <div class="page-actions">
                <label class="button file-button">
                    { "Choose a picture" }
                    <input type="file" accept="image/*" class="visually-hidden" onchange={choose} />
                </label>
                if props.has_picture { { button("Remove picture", remove) } }
            </div>
        </div>
    }
}

/// Makes it small and square, sends it, and says that it is one's picture.
fn upload(ui: &Ui, file: File, onchange: Callback<()>) {
    let ui = ui.clone();
    wasm_bindgen_futures::spawn_local(async move {
        let Some(small) = picture::square(&file).await else {
            let text = "This is no picture that this browser can read.";
            return ui.say.emit(text.into());
        };
        let driver = ui.driver.clone();
        driver.send_file(small, move |sent| match sent {
            Ok(file) => {
                let change = ChangeProfile {
                    avatar: Some(file.file_id),
                    ..ChangeProfile::default()
                };
                ui.act(ClientFrame::ChangeProfile(change), move |_| {
                    onchange.emit(())
                });
            }
            Err(reason) => ui.say.emit(reason),
        });
    });
}
