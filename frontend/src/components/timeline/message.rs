//! One message, or one line about what happened to the room.

use client::present::panel::Topic;
use client::present::rows::EventRef;
use client::present::sheet::{self, Deed};
use client::present::{room_sheets, words};
use shared::http::message_path;
use shared::{RoomEvent, TimestampMs};
use yew::{AttrValue, Callback, Html, MouseEvent, Properties, classes, component, html, use_state};

use crate::browser::{location, time};
use crate::components::attachments::Attachments;
use crate::components::avatar::{avatar, hue_class};
use crate::components::hooks::{Dialog, Ui, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::menu::{Item, Menu};
use crate::text::{markdown, names};

#[derive(PartialEq, Properties)]
pub(super) struct MessageProps {
    pub(super) event: EventRef,
    /// Shows who it is from.
    pub(super) head: bool,
    /// Somebody followed a link to it.
    pub(super) found: bool,
}

#[component]
pub(super) fn Message(props: &MessageProps) -> Html {
    let ui = use_ui();
    // A menu for each of them would cost too much; it is made where somebody wants one.
    let has_menu = use_state(|| false);
    let event = &props.event;
    let text = event.event.text();
    let carries = !event.event.attachments().is_empty() || !event.event.arriving().is_empty();
    let name = AttrValue::from(event.person.name.clone());
    let person_id = event.person.id;
    let known = names::known(&ui.driver, event.room_id, text);
    let means_me = ui.driver.view(|view| {
        let room = view.rooms.get(&event.room_id);
        room.is_some_and(|room| room.mentions_me(event.sequence))
    });
    let open_person = {
        let show = ui.show.clone();
        move |_: MouseEvent| show.emit(Some(Dialog::Panel(Topic::Card(person_id))))
    };
    let class = classes!(
        "message",
        props.head.then_some("head"),
        props.found.then_some("found"),
        means_me.then_some("means-me")
    );
    let label = format!("What to do with the message of {name}");
    let ask_menu = {
        let has_menu = has_menu.clone();
        move |_: MouseEvent| has_menu.set(true)
    };
    html! {
        <article {class} data-row={event.sequence.to_string()}>
            <div class="gutter">
                if props.head {
                    { avatar(&event.person) }
                } else {
                    { clock(event.at_ms) }
                }
            </div>
            <div class="message-main">
                if props.head {
                    <header class="message-head">
                        <button class={classes!("name", hue_class(person_id))} onclick={open_person}>{ &name }</button>
                        { clock(event.at_ms) }
                    </header>
                } else {
                    <span class="visually-hidden">{ format!("{name}: ") }</span>
                }
                if !text.is_empty() {
                    <div class="text">{ markdown::render(text, known.as_ref()) }</div>
                }
                if carries {
                    <Attachments event={event.clone()} />
                }
            </div>
            <div class="message-actions">
                if *has_menu {
                    <Menu {label} items={items(&ui, event)} opens={true}>{ icon(Icon::More) }</Menu>
                } else {
                    <button type="button" class="icon-button" aria-label={label} aria-haspopup="menu"
                        aria-expanded="false" onclick={ask_menu}>{ icon(Icon::More) }</button>
                }
            </div>
        </article>
    }
}

/// What one may do with a message.
fn items(ui: &Ui, event: &EventRef) -> Vec<Item> {
    let copy = |text, copied| sheet::Item::new(text, Deed::Copy(copied));
    let mut items = vec![copy("Copy text", event.event.text().to_owned())];
    ui.driver.view(|view| {
        if let Some(room) = view.rooms.get(&event.room_id) {
            let path = message_path(room.info.name.as_str(), event.sequence);
            items.push(copy("Copy link", location::absolute(&path)));
        }
        items.extend(room_sheets::message_items(view, event));
    });
    let act = |deed: Deed| {
        let ui = ui.clone();
        Callback::from(move |()| ui.perform(&deed, &Callback::noop()))
    };
    let items = items.into_iter();
    items
        .map(|item| Item::of(&item, act(item.deed.clone())))
        .collect()
}

/// The time of day, for people and for machines.
pub(super) fn clock(at: TimestampMs) -> Html {
    html! { <time class="clock numbers" datetime={time::iso(at)}>{ time::clock(at) }</time> }
}

/// A line about what happened to the room.
pub(super) fn notice(event: &RoomEvent) -> Html {
    let what = words::notice(&event.event);
    html! {
        <div key={event.sequence.to_string()} class="notice" data-row="">
            <p><span class="notice-name">{ event.person.name.clone() }</span>{ " " }{ what }</p>
            { clock(event.at_ms) }
        </div>
    }
}
