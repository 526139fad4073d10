//! A file that a message carries while its sender still uploads it. One's own is shown as an upload.

use client::present::{format, words};
use client::{Change, Command};
use shared::ArrivingFile;
use yew::{Callback, Html, MouseEvent, Properties, classes, component, html};

use crate::components::attachments::NAME_CHARS_MAX;
use crate::components::hooks::{use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::upload_card::UploadCard;

#[derive(PartialEq, Properties)]
pub(super) struct ArrivingCardProps {
    pub(super) file: ArrivingFile,
}

#[component]
pub(super) fn ArrivingCard(props: &ArrivingCardProps) -> Html {
    let file = &props.file;
    let ui = use_ui();
    use_changes(file.file_id, |file_id, change| match change {
        Change::Arriving(id) => id == file_id,
        Change::Upload(_) | Change::Elsewhere => true,
        _ => false,
    });
    let (received, upload_id, is_here) = ui.driver.view(|view| {
        let upload_id = view.upload_of(file.file_id).filter(|_| !file.withdrawn);
        let is_here = upload_id.is_some_and(|id| view.uploads.contains_key(&id));
        (
            view.arriving.get(&file.file_id).copied(),
            upload_id,
            is_here,
        )
    });
    let cancel = Callback::from(move |upload_id| {
        let cancelled = ui.driver.command(Command::CancelUpload { upload_id });
        if let Err(error) = cancelled {
            ui.say.emit(words::refusal(&error));
        }
    });
    if let Some(upload_id) = upload_id.filter(|_| is_here) {
        return html! { <UploadCard {upload_id} oncancel={cancel} /> };
    }
    let name = file.name.as_str();
    let media_type = file.media_type.as_deref().unwrap_or_default();
    html! {
        <div class={classes!("upload-card", file.withdrawn.then_some("failed"))}>
            <span class="file-icon">{ icon(Icon::of_file(media_type)) }</span>
            <div class="file-text">
                <span class="upload-name" title={name.to_owned()}>{ format::middle(name, NAME_CHARS_MAX) }</span>
                <span class="meta numbers">{ words::arriving(file, received) }</span>
                if !file.withdrawn {
                    <progress value={received.unwrap_or_default().to_string()} max={file.size_bytes.max(1).to_string()}
                        aria-label={format!("Upload of {name}")}></progress>
                }
            </div>
            if let Some(upload_id) = upload_id {
                <button class="icon-button small" aria-label={format!("Cancel {name}")}
                    onclick={move |_: MouseEvent| cancel.emit(upload_id)}>
                    { icon(Icon::Close) }
                </button>
            }
        </div>
    }
}
