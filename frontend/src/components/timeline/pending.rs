//! A message of one's own that no server has yet.

use std::rc::Rc;

use client::{Change, Command, CommandError, Delivery, PendingAttachment, PendingMessage, Ticket};
use shared::UploadId;
use yew::{Html, MouseEvent, Properties, classes, component, html};

use super::message::clock;
use crate::components::avatar::{avatar, hue_class};
use crate::components::hooks::{use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::upload_card::UploadCard;
use crate::text::markdown;
use client::present::format::sentence;
use client::present::words;

#[derive(PartialEq, Properties)]
pub(super) struct PendingProps {
    pub(super) message: Rc<PendingMessage>,
    pub(super) head: bool,
}

#[component]
pub(super) fn Pending(props: &PendingProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes(props.message.room_id, |room_id, change| {
        matches!(change, Change::Connection)
            || matches!(change, Change::Timeline(id) if id == room_id)
    });
    let message = &props.message;
    let id = message.transaction_id;
    let run = |command: Command| {
        let (driver, say) = (driver.clone(), ui.say.clone());
        move |_: MouseEvent| report(driver.command(command.clone()), &say)
    };
    let failed = match &message.delivery {
        Delivery::Failed { reason, .. } => Some(reason.clone()),
        Delivery::Queued | Delivery::Sent { .. } | Delivery::Accepted { .. } => None,
    };
    let uploads: Vec<UploadId> = message.attachments.iter().filter_map(upload).collect();
    let person = driver.view(|view| view.person.clone());
    let waiting = driver.view(|view| words::why_it_waits(view, !uploads.is_empty()));
    let head = person.as_ref().filter(|_| props.head);
    let class = classes!(
        "message",
        "pending",
        props.head.then_some("head"),
        failed.is_some().then_some("failed")
    );
    html! {
        <article {class} data-row="">
            <div class="gutter">
                if let Some(person) = head {
                    { avatar(person) }
                }
            </div>
            <div class="message-main">
                if let Some(person) = head {
                    <header class="message-head">
                        <span class={classes!("name", hue_class(person.id))}>{ person.name.clone() }</span>
                        { clock(message.written_at_ms) }
                    </header>
                }
                if !message.text.is_empty() {
                    <div class="text">{ markdown::render(&message.text, None) }</div>
                }
                if !uploads.is_empty() {
                    <div class="upload-cards">
                        for upload_id in uploads.iter().copied() {
                            <UploadCard key={upload_id.to_string()} {upload_id} />
                        }
                    </div>
                }
                if let Some(reason) = failed {
                    <p class="failure" role="alert">
                        { icon(Icon::Alert) }
                        <span>{ format!("Not sent. {}", sentence(&reason)) }</span>
                        <button class="link-button" onclick={run(Command::RetryMessage { transaction_id: id })}>
                            { "Retry" }
                        </button>
                        <button class="link-button danger" onclick={run(Command::DeleteMessage { transaction_id: id })}>
                            { "Delete" }
                        </button>
                    </p>
                } else {
                    <p class="sending">
                        { icon(Icon::Clock) }
                        <span>{ waiting }</span>
                        if !uploads.is_empty() {
                            <button class="link-button danger"
                                onclick={run(Command::DeleteMessage { transaction_id: id })}>{ "Delete" }</button>
                        }
                    </p>
                }
            </div>
        </article>
    }
}

fn upload(attachment: &PendingAttachment) -> Option<UploadId> {
    match attachment {
        PendingAttachment::Upload { upload_id } => Some(*upload_id),
        PendingAttachment::File { .. } => None,
    }
}

fn report(result: Result<Ticket, CommandError>, say: &yew::Callback<String>) {
    if let Err(error) = result {
        say.emit(words::refusal(&error));
    }
}
