//! The right pane: what the room is about and who is in it.

use client::present::rooms::{self, Attendance};
use client::present::words;
use client::{Change, Command};
use shared::RoomId;
use shared::frame::Person;
use shared::room::RoomKind;
use yew::{Callback, Html, MouseEvent, Properties, component, html, use_effect_with};

use crate::components::avatar::people_list;
use crate::components::hooks::{Dialog, use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::driver::Driver;
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct DetailsProps {
    pub(crate) room_id: RoomId,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let room_id = props.room_id;
    let driver = use_driver();
    let ui = use_ui();
    use_changes(room_id, |room_id, change| {
        *change == Change::Members(*room_id)
            || *change == Change::Timeline(*room_id)
            || matches!(
                change,
                Change::Presence | Change::Rooms | Change::Connection
            )
    });
    let info = driver.view(|view| view.rooms.get(&room_id).map(|room| room.info.clone()));
    let online = driver.view(|view| view.presence.total);
    // Whoever came or went may be new to the list.
    let count = info.as_ref().map(|info| info.members);
    {
        let driver = driver.clone();
        use_effect_with((count, online), move |_| {
            // Refused while offline; the count after connecting asks again.
            let _ = driver.command(Command::ListMembers { room_id });
        });
    }
    let Some(info) = info else {
        return Html::default();
    };
    let Attendance { here, away, more } = members(&driver, room_id);
    let close = {
        let onclose = props.onclose.clone();
        move |_: MouseEvent| onclose.emit(())
    };
    let leave = {
        let show = ui.show.clone();
        move |_: MouseEvent| show.emit(Some(Dialog::Leave { room_id }))
    };
    html! {
        <section class="details" aria-label="Details of this room">
            <header class="details-head">
                <h2>{ "Details" }</h2>
                <button class="icon-button" aria-label="Close details" onclick={close}>
                    { icon(Icon::Close) }
                </button>
            </header>
            <div class="details-scroll" tabindex="0">
                <section class="details-about">
                    <h3>{ format!("#{}", info.name) }</h3>
                    <p class="secondary">
                        { if info.topic.is_empty() { words::about(info.kind).to_owned() } else { info.topic.clone() } }
                    </p>
                </section>
                { people("Here now", &here, true) }
                { people("Away", &away, false) }
                if more > 0 {
                    <p class="list-note">{ format!("and {more} more") }</p>
                }
            </div>
            if info.kind != RoomKind::Lobby {
                <footer class="details-foot">
                    <button class="quiet-button danger" onclick={leave}>
                        { icon(Icon::Leave) }
                        <span>{ format!("Leave #{}", info.name) }</span>
                    </button>
                </footer>
            }
        </section>
    }
}

/// Who is here and who is away, sorted by name.
fn members(driver: &Driver, room_id: RoomId) -> Attendance {
    let Attendance { here, away, more } = driver.view(|view| rooms::attendance(view, room_id));
    let sorted = |people| order::by_key(people, |person: &Person| order::lower(&person.name));
    Attendance {
        here: sorted(here),
        away: sorted(away),
        more,
    }
}

fn people(title: &'static str, people: &[Person], online: bool) -> Html {
    if people.is_empty() {
        return Html::default();
    }
    html! {
        <section>
            <div class="section-head">
                <h3>{ title }</h3>
                <span class="count numbers">{ people.len() }</span>
            </div>
            { people_list(people, online) }
        </section>
    }
}
