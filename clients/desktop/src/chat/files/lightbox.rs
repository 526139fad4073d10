//! An image over the whole window, and the others of its message beside it.

use client::Download;
use client::present::format::size;
use client::present::icon::Icon;
use client::present::words;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Color32, Id, Key, Modal, Rect, RichText, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use shared::FileInfo;

use super::parts::{self, Quiet};
use super::previews::{Scale, Shown};
use super::{Files, downloads, file_card};
use crate::chat::{Env, Wish};
use crate::theme::semibold;

const BAR_HEIGHT: f32 = 56.0;
const MARGIN: f32 = 24.0;

pub(super) struct Lightbox {
    /// At least one.
    images: Vec<FileInfo>,
    shown: usize,
}

/// What a person wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Close,
    Before,
    After,
}

impl Lightbox {
    pub(super) fn new(images: Vec<FileInfo>, shown: usize) -> Self {
        Self { images, shown }
    }

    fn file(&self) -> &FileInfo {
        &self.images[self.shown]
    }

    /// Whether it stays open.
    fn grant(&mut self, want: Option<Want>) -> bool {
        match want {
            None => {}
            Some(Want::Close) => return false,
            Some(Want::Before) => self.shown = self.shown.saturating_sub(1),
            Some(Want::After) => self.shown = (self.shown + 1).min(self.images.len() - 1),
        }
        true
    }
}

impl Files {
    /// The image that was opened, if one is.
    pub(super) fn show_lightbox(&self, ctx: &egui::Context, env: &Env<'_>) {
        let mut open = self.lightbox.borrow_mut();
        let Some(lightbox) = &mut *open else { return };
        let frame = egui::Frame::new();
        let modal = Modal::new(Id::unique("image"))
            .backdrop_color(env.theme.surface_side)
            .frame(frame);
        let response = modal.show(ctx, |ui| {
            let rect = ctx.content_rect();
            ui.set_min_size(rect.size());
            self.show_large(ui, env, rect, lightbox)
        });
        let closed = response.should_close().then_some(Want::Close);
        if !lightbox.grant(closed.or(response.inner)) {
            *open = None;
        }
    }

    fn show_large(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        lightbox: &Lightbox,
    ) -> Option<Want> {
        let (bar, below) = rect.split_top_bottom_at_y(rect.top() + BAR_HEIGHT);
        let file = lightbox.file();
        let mut previews = self.previews.borrow_mut();
        let picture = match previews.of_file(file, Scale::Large) {
            Shown::Ready(texture) => Shown::Ready(texture),
            // Until then, the small one is better than nothing.
            Shown::Coming => previews.of_file(file, Scale::Small),
            none @ (Shown::Unasked | Shown::None) => none,
        };
        drop(previews);
        let place = below
            .shrink2(vec2(MARGIN, 0.0))
            .with_max_y(below.bottom() - MARGIN);
        if let Shown::Ready(texture) = &picture {
            let own = file
                .image
                .map_or(1.0, |image| image.width.max(image.height) as f32);
            let size = texture.size_vec2();
            let place = parts::picture_within(ui, place, 0.0, texture, own / size.x.max(size.y));
            let response = ui.interact(place, ui.scope_id().with("picture"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, file.name.as_str()));
        } else {
            let text = RichText::new("This image cannot be shown.").color(env.theme.text_2);
            if matches!(picture, Shown::None) {
                ui.put(place, egui::Label::new(text));
            }
        }
        show_bar(ui, env, bar, lightbox).or_else(|| keys(ui))
    }
}

/// What it is, and what can be done with it.
fn show_bar(ui: &mut Ui, env: &Env<'_>, rect: Rect, lightbox: &Lightbox) -> Option<Want> {
    let theme = env.theme;
    let file = lightbox.file();
    let name = file.name.as_str();
    let download = downloads::of_file(env.handle, file);
    let several = lightbox.images.len() > 1;
    let quiet = |icon, words, name: String| Quiet {
        icon: Some(icon),
        words,
        name,
    };
    let is_there = file_card::is_there(download.as_ref());
    let save = if is_there {
        quiet(
            Icon::Folder,
            Some("Show in folder"),
            format!("Show {name} in its folder"),
        )
    } else {
        quiet(Icon::Download, Some("Download"), format!("Download {name}"))
    };
    let mut buttons = vec![
        save,
        quiet(
            Icon::Link,
            Some("Copy link"),
            format!("Copy link to {name}"),
        ),
        quiet(Icon::Close, None, "Close the image".to_owned()),
    ];
    if several {
        buttons.insert(0, quiet(Icon::Back, None, "Image before".to_owned()));
        buttons.insert(1, quiet(Icon::Forward, None, "Image after".to_owned()));
    }
    let width: f32 = buttons.iter().map(|button| button.width(ui, theme)).sum();
    let mut left = rect.right() - 12.0 - width;
    let text = Rect::from_min_max(
        pos2(rect.left() + MARGIN, rect.top() + 9.0),
        pos2(left - 12.0, rect.bottom()),
    );
    show_text(ui, env, text, lightbox, download.as_ref());
    let mut clicked = None;
    for (number, button) in buttons.iter().enumerate() {
        let response = button.show(ui, theme, left, rect.center().y);
        left = response.rect.right();
        if response.clicked() {
            clicked = Some(if several { number } else { number + 2 });
        }
    }
    match clicked? {
        0 => Some(Want::Before),
        1 => Some(Want::After),
        2 if is_there => {
            file_card::reveal(env, download.as_ref());
            None
        }
        2 => {
            env.wish(Wish::Save(file.clone()));
            None
        }
        3 => {
            env.wish(Wish::CopyLink(file.clone()));
            None
        }
        _ => Some(Want::Close),
    }
}

fn show_text(
    ui: &mut Ui,
    env: &Env<'_>,
    rect: Rect,
    lightbox: &Lightbox,
    download: Option<&Download>,
) {
    let theme = env.theme;
    let file = lightbox.file();
    let row =
        |top: f32| Rect::from_min_size(rect.min + vec2(0.0, top), Vec2::new(rect.width(), 20.0));
    parts::name(ui, row(0.0), file.name.as_str(), semibold(14.0), theme.text);
    let mut status = download.map_or_else(|| size(file.size_bytes), words::download);
    if lightbox.images.len() > 1 {
        status = format!(
            "{} of {} · {status}",
            lightbox.shown + 1,
            lightbox.images.len()
        );
    }
    let colour: Color32 = theme.text_3;
    let status = RichText::new(status).font(theme.meta.font()).color(colour);
    parts::line(ui, row(20.0), status);
}

fn keys(ui: &Ui) -> Option<Want> {
    ui.input(|input| {
        if input.key_pressed(Key::ArrowLeft) {
            Some(Want::Before)
        } else if input.key_pressed(Key::ArrowRight) {
            Some(Want::After)
        } else {
            None
        }
    })
}
