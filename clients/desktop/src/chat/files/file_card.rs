//! A file of a message: what it is, and how to get it.

use client::present::format::size;
use client::present::icon::Icon;
use client::present::words;
use client::{Command, Download, DownloadPhase};
use eframe::egui::{Color32, Id, Rect, RichText, Sense, Ui, UiBuilder, pos2, vec2};
use shared::FileInfo;

use super::downloads;
use super::parts::{self, PADDING, Quiet, TILE};
use crate::chat::{Env, Wish};
use crate::theme::semibold;
use crate::widgets::menu_item;

/// Narrower ones show icons without words.
const WORDS_WIDTH_MIN: f32 = 380.0;
/// Narrower ones leave `Save as…` to the menu.
const SAVE_AS_WIDTH_MIN: f32 = 500.0;

const MENU_WIDTH: f32 = 160.0;

/// What can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Download,
    Again,
    SaveAs,
    CopyLink,
    Cancel,
    Reveal,
}

/// The card of a file, in `rect`.
pub(super) fn show(ui: &mut Ui, env: &Env<'_>, rect: Rect, id: Id, file: &FileInfo) {
    let download = downloads::of_file(env.handle, file);
    let failed = download.as_ref().is_some_and(has_failed);
    let theme = env.theme;
    let mut ui = ui.new_child(UiBuilder::new().scope_id(id).max_rect(rect));
    let ui = &mut ui;
    let line = if failed { theme.danger } else { theme.line };
    parts::card(ui, theme, rect, line);
    menu(ui, env, rect, file);
    let tile = Rect::from_min_size(rect.min + vec2(PADDING, PADDING), vec2(TILE, TILE));
    parts::tile(ui, theme, tile, Icon::of_file(&file.media_type), None);
    let actions = actions(download.as_ref(), rect.width());
    let buttons = buttons(&actions, rect.width(), file);
    let width: f32 = buttons.iter().map(|button| button.width(ui, theme)).sum();
    let left = (rect.right() - PADDING - width).max(tile.right());
    let text = Rect::from_min_max(
        pos2(tile.right() + 12.0, rect.top() + PADDING),
        pos2(left - 8.0, rect.bottom() - PADDING),
    );
    show_text(ui, env, text, file, download.as_ref());
    let mut at = left;
    for (action, button) in actions.iter().zip(&buttons) {
        let response = button.show(ui, theme, at, rect.center().y);
        at = response.rect.right();
        if response.clicked() {
            act(env, *action, file, download.as_ref());
        }
    }
}

fn has_failed(download: &Download) -> bool {
    matches!(download.phase, DownloadPhase::Failed { .. })
}

fn show_text(ui: &mut Ui, env: &Env<'_>, rect: Rect, file: &FileInfo, download: Option<&Download>) {
    let theme = env.theme;
    // With a bar below, both lines have less room.
    let shift = match download.is_some_and(downloads::is_under_way) {
        true => 0.0,
        false => 2.0,
    };
    let row = |top: f32, height: f32| {
        let top = rect.top() + shift + top;
        Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + height))
    };
    parts::name(
        ui,
        row(0.0, 20.0),
        file.name.as_str(),
        semibold(14.0),
        theme.text,
    );
    let status = |ui: &mut Ui, text: String, colour: Color32| {
        let text = RichText::new(text).font(theme.meta.font()).color(colour);
        parts::line(ui, row(20.0, 16.0), text);
    };
    let Some(download) = download else {
        return status(ui, size(file.size_bytes), theme.text_3);
    };
    let (bytes, name) = (
        download.progress,
        format!("Download of {}", file.name.as_str()),
    );
    match &download.phase {
        DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing => {
            let mut shown = download.clone();
            // The server has not said so yet.
            shown.progress.size_bytes = file.size_bytes;
            status(ui, words::download(&shown), theme.text_3);
            parts::bar(
                ui,
                theme,
                row(37.0, 3.0),
                &name,
                bytes.done_bytes,
                file.size_bytes,
            );
        }
        DownloadPhase::Finished { .. } => status(ui, words::download(download), theme.accent_text),
        DownloadPhase::Failed { .. } => status(ui, words::download(download), theme.danger),
    }
}

fn actions(download: Option<&Download>, width: f32) -> Vec<Action> {
    let mut actions = match download.map(|download| &download.phase) {
        None => vec![Action::Download, Action::SaveAs, Action::CopyLink],
        Some(DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing) => {
            vec![Action::Cancel]
        }
        Some(DownloadPhase::Finished { .. }) => {
            vec![Action::Reveal, Action::Download, Action::CopyLink]
        }
        Some(DownloadPhase::Failed { .. }) => vec![Action::Again, Action::SaveAs, Action::CopyLink],
    };
    if width < SAVE_AS_WIDTH_MIN {
        actions.retain(|action| *action != Action::SaveAs);
    }
    actions
}

fn buttons(actions: &[Action], width: f32, file: &FileInfo) -> Vec<Quiet<'static>> {
    let file = file.name.as_str();
    // Words for the first, and for as many others as there is room.
    let ended = actions.first() == Some(&Action::Reveal);
    let button = |(number, action): (usize, &Action)| {
        let words = (width >= WORDS_WIDTH_MIN) && (number == 0 || !ended);
        let (icon, label, name) = match action {
            Action::Download => (Some(Icon::Download), "Download", format!("Download {file}")),
            Action::Again => (None, "Try again", format!("Try again to download {file}")),
            Action::SaveAs => (None, "Save as…", format!("Save {file} as…")),
            Action::CopyLink => (
                Some(Icon::Link),
                "Copy link",
                format!("Copy link to {file}"),
            ),
            Action::Cancel => (
                Some(Icon::Close),
                "Cancel",
                format!("Cancel the download of {file}"),
            ),
            Action::Reveal => (
                Some(Icon::Folder),
                "Show in folder",
                format!("Show {file} in its folder"),
            ),
        };
        Quiet {
            icon,
            words: (words || icon.is_none()).then_some(label),
            name,
        }
    };
    actions.iter().enumerate().map(button).collect()
}

fn act(env: &Env<'_>, action: Action, file: &FileInfo, download: Option<&Download>) {
    match action {
        Action::Download => env.wish(Wish::Save(file.clone())),
        Action::Again => again(env, file, download),
        Action::SaveAs => env.wish(Wish::SaveAs(file.clone())),
        Action::CopyLink => env.wish(Wish::CopyLink(file.clone())),
        Action::Cancel => {
            if let Some(download) = download {
                let download_id = download.download_id;
                env.run(Command::CancelDownload { download_id });
            }
        }
        Action::Reveal => reveal(env, download),
    }
}

/// To where it was to go, unless that was the trouble: then to where files go now.
fn again(env: &Env<'_>, file: &FileInfo, download: Option<&Download>) {
    match download.map(|download| (&download.phase, download)) {
        Some((DownloadPhase::Failed { code: Some(_), .. }, download)) => {
            let download_id = download.download_id;
            env.run(Command::CancelDownload { download_id });
            env.run(Command::Download {
                file_id: download.file_id,
                target: download.target.clone(),
                keep: true,
            });
        }
        Some(_) | None => env.wish(Wish::Save(file.clone())),
    }
}

/// Whether the file has come.
pub(super) fn is_there(download: Option<&Download>) -> bool {
    download.is_some_and(|download| matches!(download.phase, DownloadPhase::Finished { .. }))
}

/// Shows where a download lies, once it is there.
pub(super) fn reveal(env: &Env<'_>, download: Option<&Download>) {
    if let Some(DownloadPhase::Finished { path }) = download.map(|download| &download.phase) {
        env.wish(Wish::Reveal(path.into()));
    }
}

/// All that can be done with a file, by the other mouse button.
fn menu(ui: &mut Ui, env: &Env<'_>, rect: Rect, file: &FileInfo) {
    // Not to be reached by keys: what is in it has buttons too.
    let response = ui.interact(rect, ui.scope_id().with("menu"), Sense::CLICK);
    response.context_menu(|ui| menu_items(ui, env, file));
}

pub(super) fn menu_items(ui: &mut Ui, env: &Env<'_>, file: &FileInfo) {
    ui.set_width(MENU_WIDTH);
    for (action, icon, label) in [
        (Action::Download, Icon::Download, "Download"),
        (Action::SaveAs, Icon::Folder, "Save as…"),
        (Action::CopyLink, Icon::Link, "Copy link"),
    ] {
        if menu_item(ui, env.theme, icon, label).clicked() {
            act(env, action, file, None);
            ui.close();
        }
    }
}
