//! One's picture, and another one in its place.

use shared::ClientFrame;
use shared::ServerFrame;
use shared::account::{ChangeProfile, Profile};
use web_sys::{File, HtmlInputElement};
use yew::{
    Callback, Event, Html, MouseEvent, Properties, TargetCast as _, component, html, use_context,
};

use crate::browser::{files, picture};
use crate::components::avatar::Avatar;
use crate::components::hooks::{Ui, use_ui};
use crate::profiles::Profiles;

#[derive(PartialEq, Properties)]
pub(crate) struct PictureProps {
    pub(crate) profile: Profile,
    /// Asks for the profile again.
    pub(crate) reload: Callback<()>,
}

#[component]
pub(crate) fn Picture(props: &PictureProps) -> Html {
    let ui = use_ui();
    let profiles = use_context::<Profiles>();
    let set = set(&ui, profiles, &props.reload);
    let choose = {
        let (ui, set) = (ui.clone(), set.clone());
        move |event: Event| {
            let input = event.target_dyn_into::<HtmlInputElement>();
            let chosen = input.and_then(|input| files::list(input.files()).pop());
            if let Some(file) = chosen {
                upload(&ui, file, set.clone());
            }
        }
    };
    let remove = move |_: MouseEvent| {
        set.emit(ChangeProfile {
            remove_avatar: true,
            ..ChangeProfile::default()
        });
    };
    html! {
        <div class="profile">
            <Avatar person={props.profile.person.clone()} size="large" />
            <div class="page-actions">
                <label class="button file-button">
                    { "Choose a picture" }
                    <input type="file" accept="image/*" class="visually-hidden" onchange={choose} />
                </label>
                if props.profile.avatar.is_some() {
                    <button class="button" onclick={remove}>{ "Remove picture" }</button>
                }
            </div>
        </div>
    }
}

/// Changes the profile, and shows it everywhere.
fn set(ui: &Ui, profiles: Option<Profiles>, reload: &Callback<()>) -> Callback<ChangeProfile> {
    let (ui, reload) = (ui.clone(), reload.clone());
    Callback::from(move |change: ChangeProfile| {
        let (profiles, reload) = (profiles.clone(), reload.clone());
        ui.act(ClientFrame::ChangeProfile(change), move |answer| {
            if let (ServerFrame::ProfileDescribed { profile, .. }, Some(profiles)) =
                (answer, profiles)
            {
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
