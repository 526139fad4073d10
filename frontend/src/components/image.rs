//! An image of a message: a thumbnail where the server makes one. A click opens it over the page.

use client::present::{format, media};
use shared::http::ThumbnailBox;
use shared::{FileInfo, RoomId};
use yew::{Html, MouseEvent, Properties, component, html, use_state};

use crate::browser::pixel_ratio;
use crate::components::hooks::{Dialog, use_ui};

/// The largest place of one image, and of each of several, in pixels.
const IMAGE_MAX: (u32, u32) = (420, 320);
const TILE_MAX: (u32, u32) = (204, 204);

#[derive(PartialEq, Properties)]
pub(super) struct ImageProps {
    pub(super) file: FileInfo,
    pub(super) room_id: RoomId,
    /// It is one of a few that the message has.
    pub(super) several: bool,
}

#[component]
pub(super) fn Image(props: &ImageProps) -> Html {
    let ui = use_ui();
    let is_without = use_state(|| false);
    let file = &props.file;
    let (width, height) = match (props.several, file.image) {
        (true, _) => TILE_MAX,
        (false, Some(image)) => format::fit(image.width, image.height, IMAGE_MAX),
        (false, None) => IMAGE_MAX,
    };
    let fits = match pixel_ratio() > 1.0 && !props.several {
        true => ThumbnailBox::Large,
        false => ThumbnailBox::Small,
    };
    let thumbnail = media::thumbnail(file, fits).filter(|_| !*is_without);
    let onerror = thumbnail.is_some().then(|| {
        let is_without = is_without.clone();
        move |_| is_without.set(true)
    });
    let onclick = {
        let (room_id, file_id) = (props.room_id, file.file_id);
        move |event: MouseEvent| {
            // A new tab was asked for.
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                return;
            }
            event.prevent_default();
            ui.show.emit(Some(Dialog::Image { room_id, file_id }));
        }
    };
    let name = file.name.as_str();
    html! {
        <a class="image" href={file.link.clone()} target="_blank" rel="noopener" {onclick}
            title={format!("{name}, {}", format::size(file.size_bytes))}>
            <img src={thumbnail.unwrap_or_else(|| file.link.clone())} alt={name.to_owned()} loading="lazy"
                decoding="async" width={width.to_string()} height={height.to_string()} {onerror} />
        </a>
    }
}
