//! The files of a message, each in its place.

use client::present::format::size;
use client::present::icon::Icon;
use eframe::egui::accesskit::Role;
use eframe::egui::{Align2, Id, Rect, Response, Sense, Ui, UiBuilder, Vec2, WidgetInfo, vec2};
use shared::FileInfo;

use super::layout::{self, CARD_HEIGHT, CARD_WIDTH_MAX, Kind, Place};
use super::lightbox::Lightbox;
use super::parts::{self, Quiet};
use super::previews::{Scale, Shown};
use super::{Files, file_card};
use crate::chat::Env;
use crate::theme::icons;
use crate::widgets::inner_focus_ring;

impl Files {
    /// How much room the files of a message take at this width, in points.
    pub(crate) fn attachments_height(&self, files: &[FileInfo], width: f32) -> f32 {
        self.places(files, width).1
    }

    /// Images as they are, everything else as cards, in `rect`.
    pub(crate) fn show_attachments(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        files: &[FileInfo],
    ) {
        let (places, _) = self.places(files, rect.width());
        for place in places {
            let at = place.rect.translate(rect.min.to_vec2());
            if !ui.is_rect_visible(at) {
                continue;
            }
            let file = &files[place.index];
            let id = ui.scope_id().with((file.file_id, place.index));
            match place.kind {
                Kind::Card => file_card::show(ui, env, at, id, file),
                Kind::Image | Kind::Tile => {
                    let card_width = match place.kind {
                        // Its neighbours leave no more room.
                        Kind::Tile => at.width(),
                        Kind::Image | Kind::Card => rect.width().min(CARD_WIDTH_MAX),
                    };
                    let image = Image {
                        index: place.index,
                        fills: place.kind == Kind::Tile,
                        at,
                        card: Rect::from_min_size(at.min, vec2(card_width, CARD_HEIGHT)),
                        id,
                    };
                    self.show_image(ui, env, &image, files);
                }
            }
        }
    }

    fn places(&self, files: &[FileInfo], width: f32) -> (Vec<Place>, f32) {
        let previews = self.previews.borrow();
        layout::places(files, |file| previews.can_show(file), width)
    }

    fn show_image(&self, ui: &mut Ui, env: &Env<'_>, image: &Image, files: &[FileInfo]) {
        let file = &files[image.index];
        let shown = self.previews.borrow_mut().of_file(file, Scale::Small);
        if matches!(shown, Shown::None) {
            return file_card::show(ui, env, image.card, image.id, file);
        }
        let mut ui = ui.new_child(UiBuilder::new().scope_id(image.id).max_rect(image.at));
        let ui = &mut ui;
        let theme = env.theme;
        let radius = theme.radius_card;
        let mut rect = image.at;
        match &shown {
            Shown::Ready(texture) => {
                if !image.fills {
                    rect = own_place(rect, texture.size_vec2(), file);
                }
                parts::picture_over(ui, rect, radius, texture);
            }
            Shown::Coming | Shown::Unasked | Shown::None => {
                ui.painter().rect_filled(rect, radius, theme.hover);
            }
        }
        if matches!(shown, Shown::Unasked) {
            return self.offer(ui, env, rect, file);
        }
        let response = ui.interact(rect, ui.scope_id().with("image"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, file.name.as_str()));
        inner_focus_ring(ui, theme, &response);
        self.offer_large(env, &response, image.index, files);
        let name = file.name.as_str();
        response.on_hover_text(format!("{name}, {}", size(file.size_bytes)));
    }

    fn offer_large(&self, env: &Env<'_>, response: &Response, index: usize, files: &[FileInfo]) {
        if response.clicked() {
            let previews = self.previews.borrow();
            let images = files.iter().filter(|file| previews.can_show(file));
            let before = files[..index].iter();
            let before = before.filter(|file| previews.can_show(file)).count();
            let lightbox = Lightbox::new(images.cloned().collect(), before);
            *self.lightbox.borrow_mut() = Some(lightbox);
        }
        response.context_menu(|ui| file_card::menu_items(ui, env, &files[index]));
    }

    /// A large image is shown where a person asks for it.
    fn offer(&self, ui: &mut Ui, env: &Env<'_>, rect: Rect, file: &FileInfo) {
        let theme = env.theme;
        let icon = Rect::from_center_size(rect.center() - vec2(0.0, 18.0), Vec2::splat(24.0));
        if rect.height() > 100.0 {
            icons::paint(ui.painter(), icon, 24.0, Icon::Image, theme.text_3);
            ui.painter().text(
                rect.center() + vec2(0.0, 34.0),
                Align2::CENTER_CENTER,
                size(file.size_bytes),
                theme.meta.font(),
                theme.text_3,
            );
        }
        let button = Quiet {
            icon: None,
            words: Some("Show image"),
            name: format!("Show {}", file.name.as_str()),
        };
        let left = rect.center().x - button.width(ui, theme) / 2.0;
        if button
            .show(ui, theme, left, rect.center().y + 8.0)
            .clicked()
        {
            self.previews.borrow_mut().ask(file);
        }
    }
}

/// An image of a message.
struct Image {
    /// Which of the files it is.
    index: usize,
    /// Whether it fills its place, and shows its middle alone.
    fills: bool,
    at: Rect,
    /// For the card in its place, where it cannot be shown.
    card: Rect,
    id: Id,
}

/// The place was kept by what the server said; the image itself may be turned, and is not enlarged.
fn own_place(rect: Rect, texture: Vec2, file: &FileInfo) -> Rect {
    let longer = |size: Vec2| size.x.max(size.y);
    let own = file.image.map_or(texture, |image| {
        vec2(image.width as f32, image.height as f32)
    });
    let scale_max = (longer(own) / longer(texture)).max(1.0);
    let place = parts::place_within(rect, texture, scale_max);
    place.translate(rect.min - place.min)
}
