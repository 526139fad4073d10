//! One message, or one line about what happened to the room.

use shared::{RoomEvent, TimestampMs};
use yew::{AttrValue, Html, Properties, classes, component, html};

use crate::browser::time;
use crate::components::attachments::Attachments;
use crate::components::avatar::{avatar, hue_class};
use crate::text::markdown;
use client::present::rows::EventRef;
use client::present::words;

#[derive(PartialEq, Properties)]
pub(super) struct MessageProps {
    pub(super) event: EventRef,
    /// Shows who it is from.
    pub(super) head: bool,
}

#[component]
pub(super) fn Message(props: &MessageProps) -> Html {
    let event = &props.event;
    let (text, files) = (event.event.text(), event.event.attachments());
    let name = AttrValue::from(event.person.name.clone());
    html! {
        <article class={classes!("message", props.head.then_some("head"))} data-row="">
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
                        <span class={classes!("name", hue_class(event.person.id))}>{ &name }</span>
                        { clock(event.at_ms) }
                    </header>
                } else {
                    <span class="visually-hidden">{ format!("{name}: ") }</span>
                }
                if !text.is_empty() {
                    <div class="text">{ markdown::render(text) }</div>
                }
                if !files.is_empty() {
                    <Attachments event={event.clone()} />
                }
            </div>
        </article>
    }
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
