//! Somebody's profile, and what one may do with them.

use client::present::people;
use shared::account::{PresenceState, Profile};
use shared::{ClientFrame, Operation, PersonId, RequestId, ServerFrame};
use yew::{Callback, Html, MouseEvent, Properties, component, html};

use crate::browser::time;
use crate::components::avatar::Avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::{Ui, use_entrance, use_ui};
use crate::components::request::use_answer;

#[derive(PartialEq, Properties)]
pub(crate) struct PersonCardProps {
    pub(crate) person_id: PersonId,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn PersonCard(props: &PersonCardProps) -> Html {
    let ui = use_ui();
    let entrance = use_entrance(props.onclose.clone());
    let loaded = use_answer(props.person_id, |person_id| ClientFrame::DescribePerson {
        request_id: RequestId::default(),
        person_id: *person_id,
    });
    let profile = match loaded.answer.as_deref() {
        Some(ServerFrame::ProfileDescribed { profile, .. }) => Some(profile),
        _ => None,
    };
    let problem = entrance.problem.reply().or(loaded.problem.reply());
    let write = {
        let (send, person_id) = (entrance.send.clone(), props.person_id);
        move |_: MouseEvent| {
            send.emit(ClientFrame::OpenDirect {
                request_id: RequestId::default(),
                people: vec![person_id],
            });
        }
    };
    let own = ui
        .driver
        .view(|view| view.person.as_ref().map(|own| own.id));
    let may_write = own != Some(props.person_id) && ui.may(Operation::OpenDirect);
    let title = profile.map_or("Profile".into(), |profile| profile.person.name.clone());
    html! {
        <Modal {title} onclose={props.onclose.clone()}>
            if let Some(profile) = profile {
                { about(profile, &ui) }
            } else if problem.is_none() {
                <p class="list-note waiting">{ "Loading…" }</p>
            }
            if let Some(problem) = problem {
                <p class="problem" role="alert">{ problem.message.clone() }</p>
            }
            if may_write && profile.is_some() {
                <div class="dialog-actions">
                    <button class="button primary" onclick={write} disabled={entrance.waiting}>{ "Message" }</button>
                </div>
            }
        </Modal>
    }
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
