//! The files of a message: images as they are, everything else as cards.

use shared::FileInfo;
use yew::{Html, Properties, classes, component, html};

use crate::browser::location;
use crate::components::arriving_card::ArrivingCard;
use crate::components::copy_button::CopyButton;
use crate::components::icon::{Icon, icon};
use client::present::format;
use client::present::rows::EventRef;

/// The largest place of one image, and of each of several, in pixels.
const IMAGE_MAX: (u32, u32) = (420, 320);
const TILE_MAX: (u32, u32) = (204, 204);
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
    let files = props.event.event.attachments();
    let arriving = props.event.event.arriving();
    let (images, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_shown(file));
    let several = images.len() > 1;
    html! {
        <>
            if !images.is_empty() {
                <div class={classes!("images", several.then_some("grid"))}>
                    for file in images { { image(file, several) } }
                </div>
            }
            if !others.is_empty() || !arriving.is_empty() {
                <div class="file-cards">
                    for file in others { { card(file) } }
                    for file in arriving { <ArrivingCard key={file.file_id.to_string()} file={file.clone()} /> }
                </div>
            }
        </>
    }
}

fn is_shown(file: &FileInfo) -> bool {
    file.image.is_some() && SHOWN.contains(&file.media_type.as_str())
}

fn image(file: &FileInfo, several: bool) -> Html {
    let size = file
        .image
        .map_or(IMAGE_MAX, |image| (image.width, image.height));
    let (width, height) = match several {
        true => TILE_MAX,
        false => format::fit(size.0, size.1, IMAGE_MAX),
    };
    let name = file.name.as_str();
    html! {
        <a class="image" href={file.link.clone()} target="_blank" rel="noopener"
            title={format!("{name}, {}", format::size(file.size_bytes))}>
            <img src={file.link.clone()} alt={name.to_owned()} loading="lazy" decoding="async"
                width={width.to_string()} height={height.to_string()} />
        </a>
    }
}

fn card(file: &FileInfo) -> Html {
    let name = file.name.as_str();
    html! {
        <div class="file-card">
            <span class="file-icon">{ icon(Icon::of_file(&file.media_type)) }</span>
            <div class="file-text">
                <a class="file-name" href={file.link.clone()} target="_blank" rel="noopener" title={name.to_owned()}>
                    { format::middle(name, NAME_CHARS_MAX) }
                </a>
                <span class="meta numbers">{ format::size(file.size_bytes) }</span>
            </div>
            <div class="file-actions">
                <a class="quiet-button" href={format!("{}?download", file.link)} download={name.to_owned()}
                    aria-label={format!("Download {name}")}>
                    { icon(Icon::Download) }
                    <span>{ "Download" }</span>
                </a>
                <CopyButton text={location::absolute(&file.link)} about={format!("to {name}")} />
            </div>
        </div>
    }
}
