//! One message, or one line about what happened to the room.

use client::present::rows::EventRef;
use client::present::{rooms, words};
use shared::admin::ReportMessage;
use shared::{ClientFrame, Operation, RequestId, RoomEvent, TimestampMs};
use yew::{AttrValue, Html, MouseEvent, Properties, classes, component, html, use_state};

use crate::browser::{clipboard, location, time};
use crate::components::attachments::Attachments;
use crate::components::avatar::{avatar, hue_class};
use crate::components::form::{Field, Kind};
use crate::components::hooks::{Dialog, Ui, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::menu::{Item, Menu};
use crate::components::sheet::Sheet;
use crate::text::{markdown, names};

/// Characters of why a message is reported.
const REASON_CHARS_MAX: usize = 500;

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
    let (text, files) = (event.event.text(), event.event.attachments());
    let name = AttrValue::from(event.person.name.clone());
    let person_id = event.person.id;
    let known = names::known(&ui.driver, event.room_id, text);
    let means_me = ui.driver.view(|view| {
        let room = view.rooms.get(&event.room_id);
        room.is_some_and(|room| room.mentions_me(event.sequence))
    });
    let open_person = {
        let show = ui.show.clone();
        move |_: MouseEvent| show.emit(Some(Dialog::Person { person_id }))
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
                if !files.is_empty() {
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
    let room_id = event.room_id;
    let own = ui
        .driver
        .view(|view| view.person.as_ref().map(|own| own.id));
    let is_own = own == Some(event.person.id);
    let mut items = vec![copy_item("Copy text", ui, event.event.text().to_owned())];
    let room = ui.driver.view(|view| {
        let room = view.rooms.get(&room_id)?;
        Some(room.info.name.to_string())
    });
    if let Some(room) = room {
        let path = location::message_path(&room, event.sequence.0);
        items.push(copy_item("Copy link", ui, location::absolute(&path)));
    }
    if !is_own && ui.may_in(Operation::ReportMessage, room_id) {
        let (ui, event) = (ui.clone(), event.clone());
        items.push(Item::new("Report to the admins", move |()| {
            ui.ask(report(&ui, &event))
        }));
    }
    let remove_as = match is_own {
        true => Operation::RemoveMessage,
        false => Operation::RemoveOthersMessage,
    };
    if ui.may_in(remove_as, room_id) {
        let (ui, event) = (ui.clone(), event.clone());
        let remove = Item::new("Remove message", move |()| ui.ask(remove(&event)));
        items.push(remove.danger());
    }
    items
}

fn copy_item(what: &'static str, ui: &Ui, text: String) -> Item {
    let say = ui.say.clone();
    Item::new(what, move |()| {
        let (text, say) = (text.clone(), say.clone());
        wasm_bindgen_futures::spawn_local(async move {
            let said = match clipboard::copy(&text).await {
                true => "Copied.",
                false => "The browser does not allow copying.",
            };
            say.emit(said.into());
        });
    })
}

fn remove(event: &RoomEvent) -> Sheet {
    let frame = ClientFrame::RemoveMessage {
        request_id: RequestId::default(),
        room: event.room_id.into(),
        sequence: event.sequence,
    };
    let title = format!("Remove the message of {}?", event.person.name);
    Sheet::confirm(title, "Remove message", frame)
        .text("What it says is gone for everybody and for good. That it was there stays visible.")
}

fn report(ui: &Ui, event: &RoomEvent) -> Sheet {
    let (room, sequence) = (event.room_id, event.sequence);
    let room_name = ui.driver.view(|view| {
        let room = view.rooms.get(&room)?;
        Some(rooms::label(&room.info))
    });
    let text = format!(
        "The admins of this server get to read this message of {}, though they may not be in {}.",
        event.person.name,
        room_name.unwrap_or_default()
    );
    let say = ui.say.clone();
    Sheet::new("Report a message", "Report", move |values| {
        Ok(ClientFrame::ReportMessage(ReportMessage {
            request_id: RequestId::default(),
            room: room.into(),
            sequence,
            reason: values.text("reason"),
        }))
    })
    .text(text)
    .fields([Field::new("reason", "What is wrong with it?", Kind::Lines)
        .chars_max(REASON_CHARS_MAX)
        .optional()])
    .then(move |_| say.emit("The admins will look at it.".into()))
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
