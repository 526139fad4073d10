//! The files of a message: images and what plays as they are, everything else as cards.

use client::present::format;
use client::present::media::{playable, text_kind};
use client::present::rows::EventRef;
use shared::http::zip_of_message;
use shared::{FileInfo, RoomId};
use yew::{Html, Properties, classes, component, html};

use crate::browser::location;
use crate::components::arriving_card::ArrivingCard;
use crate::components::copy_button::CopyButton;
use crate::components::icon::{Icon, icon};
use crate::components::image::Image;
use crate::components::player::Player;
use crate::components::text_preview::TextPreview;

/// Characters of a name on a card.
pub(super) const NAME_CHARS_MAX: usize = 32;
/// What every browser that runs the page can show.
const SHOWN: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
];

#[derive(PartialEq, Properties)]
pub(crate) struct AttachmentsProps {
    pub(crate) event: EventRef,
}

#[component]
pub(crate) fn Attachments(props: &AttachmentsProps) -> Html {
    let room_id = props.event.room_id;
    let files = props.event.event.attachments();
    let arriving = props.event.event.arriving();
    let (images, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_shown(file));
    let several = images.len() > 1;
    html! {
        <>
            if !images.is_empty() {
                <div class={classes!("images", several.then_some("grid"))}>
                    for file in images { { image(file, room_id, several) } }
                </div>
            }
            if !others.is_empty() || !arriving.is_empty() {
                <div class="file-cards">
                    for file in others { { card(file) } }
                    for file in arriving { <ArrivingCard key={file.file_id.to_string()} file={file.clone()} /> }
                </div>
            }
            if files.len() > 1 { { all(&props.event) } }
        </>
    }
}

/// Downloads all files of a message as one.
fn all(event: &EventRef) -> Html {
    let files = event.event.attachments();
    let bytes = files.iter().map(|file| file.size_bytes).sum();
    html! {
        <a class="quiet-button" href={zip_of_message(event.room_id, event.sequence)} download="">
            { icon(Icon::Download) }
            <span>{ format!("Download all {}, {} as ZIP", files.len(), format::size(bytes)) }</span>
        </a>
    }
}

/// Whether the file is an image for the page to show.
pub(super) fn is_shown(file: &FileInfo) -> bool {
    file.image.is_some() && SHOWN.contains(&file.media_type.as_str())
}

fn image(file: &FileInfo, room_id: RoomId, several: bool) -> Html {
    html! { <Image key={file.file_id.to_string()} file={file.clone()} {room_id} {several} /> }
}

fn card(file: &FileInfo) -> Html {
    let name = file.name.as_str();
    html! {
        <div class="file-card" key={file.file_id.to_string()}>
            <span class="file-icon">{ icon(Icon::of_file(&file.media_type)) }</span>
            <div class="file-text">
                <a class="file-name" href={file.link.clone()} target="_blank" rel="noopener" title={name.to_owned()}>
                    { format::middle(name, NAME_CHARS_MAX) }
                </a>
                <span class="meta numbers">{ format::size(file.size_bytes) }</span>
            </div>
            <div class="file-actions">{ actions(file) }</div>
            if playable(file).is_some() {
                <Player file={file.clone()} />
            }
            if let Some(kind) = text_kind(file) {
                <TextPreview file={file.clone()} {kind} />
            }
        </div>
    }
}

/// What one may do with any file.
pub(super) fn actions(file: &FileInfo) -> Html {
    let name = file.name.as_str();
    html! {
        <>
            <a class="quiet-button" href={format!("{}?download", file.link)} download={name.to_owned()}
                aria-label={format!("Download {name}")}>
                { icon(Icon::Download) }
                <span>{ "Download" }</span>
            </a>
            <CopyButton text={location::absolute(&file.link)} about={format!("to {name}")} />
        </>
    }
}
