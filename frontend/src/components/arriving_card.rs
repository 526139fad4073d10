//! A file that a message carries while its sender still uploads it.

use client::Change;
use client::present::{format, words};
use shared::ArrivingFile;
use yew::{Html, Properties, classes, component, html};

use crate::components::attachments::NAME_CHARS_MAX;
use crate::components::hooks::{use_changes, use_driver};
use crate::components::icon::{Icon, icon};

#[derive(PartialEq, Properties)]
pub(super) struct ArrivingCardProps {
    pub(super) file: ArrivingFile,
}

#[component]
pub(super) fn ArrivingCard(props: &ArrivingCardProps) -> Html {
    let file = &props.file;
    let driver = use_driver();
    use_changes(file.file_id, |file_id, change| {
        *change == Change::Arriving(*file_id)
    });
    let received = driver.view(|view| view.arriving.get(&file.file_id).copied());
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
        </div>
    }
}
