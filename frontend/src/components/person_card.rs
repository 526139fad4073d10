//! Somebody's profile, and what one may do with them.

use client::present::people;
use shared::account::{PresenceState, Profile};
use shared::{ClientFrame, Operation, PersonId, RequestId, ServerFrame};
use yew::{Callback, Html, MouseEvent, html};

use crate::browser::time;
use crate::components::avatar::Avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::Ui;
use crate::components::pages::profile;
use crate::components::panel::{Asked, Panel, Shown, panel};

const PANEL: Panel = Panel {
    ask: profile::ask,
    show,
    search: None,
};

pub(crate) fn dialog(person_id: PersonId, onclose: Callback<()>) -> Html {
    html! { <Modal title="Profile" {onclose}>{ panel(&PANEL, Asked::person(person_id)) }</Modal> }
}

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::ProfileDescribed { profile, .. } = shown.answer else {
        return None;
    };
    let person_id = profile.person.id;
    let ui = shown.ui.clone();
    let own = ui
        .driver
        .view(|view| view.person.as_ref().map(|own| own.id));
    let may_write = own != Some(person_id) && ui.may(Operation::OpenDirect);
    let write = move |_: MouseEvent| {
        let direct = ClientFrame::OpenDirect {
            request_id: RequestId::default(),
            people: vec![person_id],
        };
        let opens = ui.clone();
        ui.act(direct, move |answer| {
            if let ServerFrame::RoomJoined { room_id, .. } = answer {
                opens.show.emit(None);
                opens.open(room_id);
            }
        });
    };
    Some(html! {
        <>
            { about(profile, shown.ui) }
            if may_write {
                <div class="dialog-actions">
                    <button class="button primary" onclick={write}>{ "Message" }</button>
                </div>
            }
        </>
    })
}

fn about(profile: &Profile, ui: &Ui) -> Html {
    let seen = profile.last_seen_ms.map(|at| {
        let moment = time::moment(at, ui.driver.now());
        format!("Last seen {moment}")
    });
    let presence = match profile.presence {
        PresenceState::Offline | PresenceState::Unknown => seen,
        state => Some(people::presence(state).into()),
    };
    html! {
        <div class="profile">
            <Avatar person={profile.person.clone()} size="large" presence={profile.presence} />
            <div class="profile-text">
                <h3>{ &profile.person.name }</h3>
                if !profile.status_text.is_empty() {
                    <p>{ &profile.status_text }</p>
                }
                <p class="secondary">{ people::role(profile.role) }</p>
                if let Some(presence) = presence {
                    <p class="secondary">{ presence }</p>
                }
            </div>
        </div>
    }
}
