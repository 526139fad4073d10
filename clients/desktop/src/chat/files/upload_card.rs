//! A file on its way to the server: how far, how fast, how long, and what can be done about it.

use client::present::icon::Icon;
use client::present::words;
use client::{Upload, UploadPhase};
use eframe::egui::{Id, Rect, RichText, Ui, UiBuilder, pos2, vec2};
use native::source::place_of;

use super::Files;
use super::parts::{self, PADDING, Quiet, TILE};
use super::previews::Shown;
use crate::chat::{Env, Wish};
use crate::theme::semibold;

const HEIGHT: f32 = 61.0;
/// With the reason on two lines, and what can be done.
const FAILED_HEIGHT: f32 = 102.0;
const NAME_HEIGHT: f32 = 18.0;
const REPAIR_HEIGHT: f32 = 28.0;

/// What a person may do with it, besides waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    /// Nothing is wrong.
    None,
    /// The server refused; the file is where it was.
    Again,
    /// The file cannot be read.
    AgainOrChoose,
    /// Nobody knows where the file is.
    Choose,
}

pub(super) fn repair(upload: &Upload) -> Repair {
    let is_known = place_of(&upload.source).is_some();
    match &upload.phase {
        UploadPhase::SourceMissing => Repair::Choose,
        UploadPhase::Failed { .. } if !is_known => Repair::Choose,
        UploadPhase::Failed { code: None, .. } => Repair::AgainOrChoose,
        UploadPhase::Failed { code: Some(_), .. } => Repair::Again,
        UploadPhase::Waiting
        | UploadPhase::Sending
        | UploadPhase::Finishing
        | UploadPhase::Finished(_) => Repair::None,
    }
}

pub(super) fn height(upload: &Upload) -> f32 {
    match repair(upload) {
        Repair::None => HEIGHT,
        Repair::Again | Repair::AgainOrChoose | Repair::Choose => FAILED_HEIGHT,
    }
}

impl Files {
    /// The card of an upload, in `rect`. True where it is to be cancelled, which is offered only to whoever can.
    pub(super) fn upload_card(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        id: Id,
        (upload, cancellable): (&Upload, bool),
    ) -> bool {
        let theme = env.theme;
        let mut ui = ui.new_child(UiBuilder::new().scope_id(id).max_rect(rect));
        let ui = &mut ui;
        let failed = repair(upload) != Repair::None;
        parts::card(
            ui,
            theme,
            rect,
            if failed { theme.danger } else { theme.line },
        );
        let top = if failed {
            rect.top() + PADDING
        } else {
            rect.center().y - TILE / 2.0
        };
        let tile = Rect::from_min_size(pos2(rect.left() + PADDING, top), vec2(TILE, TILE));
        let media_type = upload.media_type.as_deref().unwrap_or_default();
        let picture = match place_of(&upload.source).filter(|_| media_type.starts_with("image/")) {
            Some(path) => self.previews.borrow_mut().of_path(path),
            None => Shown::None,
        };
        let texture = match &picture {
            Shown::Ready(texture) => Some(texture),
            Shown::Coming | Shown::Unasked | Shown::None => None,
        };
        parts::tile(ui, theme, tile, Icon::of_file(media_type), texture);
        let cancel = Quiet {
            icon: Some(Icon::Close),
            words: None,
            name: format!("Cancel {}", upload.name),
        };
        let room = if cancellable {
            cancel.width(ui, theme)
        } else {
            PADDING
        };
        let text = Rect::from_min_max(
            pos2(tile.right() + 10.0, rect.top() + PADDING),
            pos2(rect.right() - room - 2.0, rect.bottom() - PADDING),
        );
        if failed {
            show_failed(ui, env, text, upload);
        } else {
            show_moving(ui, env, text, upload);
        }
        cancellable
            && cancel
                .show(ui, theme, rect.right() - room, tile.center().y)
                .clicked()
    }
}

fn name(ui: &mut Ui, env: &Env<'_>, rect: Rect, upload: &Upload) {
    let mut row = rect;
    row.set_height(NAME_HEIGHT);
    parts::name(ui, row, &upload.name, semibold(13.0), env.theme.text);
}

fn show_moving(ui: &mut Ui, env: &Env<'_>, rect: Rect, upload: &Upload) {
    let theme = env.theme;
    let moves = match upload.phase {
        UploadPhase::Waiting | UploadPhase::Sending | UploadPhase::Finishing => true,
        UploadPhase::Finished(_) | UploadPhase::SourceMissing | UploadPhase::Failed { .. } => false,
    };
    // Without a bar, both lines are in the middle.
    let rect = if moves {
        rect
    } else {
        rect.translate(vec2(0.0, 4.0))
    };
    name(ui, env, rect, upload);
    let row = rect.translate(vec2(0.0, NAME_HEIGHT + 1.0));
    let row = Rect::from_min_size(row.min, vec2(rect.width(), 16.0));
    let text = RichText::new(words::upload(upload)).font(theme.meta.font());
    parts::line(ui, row, text.color(theme.text_3));
    if moves {
        let top = row.bottom() + 4.0;
        let bar = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), 3.0));
        let (name, bytes) = (format!("Upload of {}", upload.name), upload.progress);
        parts::bar(ui, theme, bar, &name, bytes.done_bytes, bytes.size_bytes);
    }
}

fn show_failed(ui: &mut Ui, env: &Env<'_>, rect: Rect, upload: &Upload) {
    let theme = env.theme;
    name(ui, env, rect, upload);
    let reason = Rect::from_min_max(
        pos2(rect.left(), rect.top() + NAME_HEIGHT),
        pos2(rect.right(), rect.bottom() - REPAIR_HEIGHT),
    );
    parts::lines(ui, reason, &words::upload(upload), theme.meta, theme.danger);
    let upload_id = upload.upload_id;
    let again = Quiet {
        icon: None,
        words: Some("Try again"),
        name: format!("Try again to send {}", upload.name),
    };
    let choose = Quiet {
        icon: None,
        words: Some("Choose it again"),
        name: format!("Choose {} again", upload.name),
    };
    let again = (again, Wish::UploadAgain(upload_id));
    let choose = (choose, Wish::ChooseAgain(upload_id));
    let buttons = match repair(upload) {
        Repair::None => Vec::new(),
        Repair::Again => vec![again],
        Repair::AgainOrChoose => vec![again, choose],
        Repair::Choose => vec![choose],
    };
    // The words and not their ground are in line with the text.
    let mut left = rect.left() - 8.0;
    let middle = rect.bottom() - REPAIR_HEIGHT / 2.0;
    for (button, wish) in buttons {
        let response = button.show(ui, theme, left, middle);
        left = response.rect.right();
        if response.clicked() {
            env.wish(wish);
        }
    }
}
