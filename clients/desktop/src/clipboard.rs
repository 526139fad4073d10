//! The keys of the clipboard. Files come before text, because file managers put the names of files there as text;
//! all else is left to egui, which knows every desktop's clipboard for text and images.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, DroppedFile, Event, Key, Modifiers, RawInput, ViewportCommand};

/// Does what egui would do by itself, if it did not take files for their names.
pub(crate) fn take_keys(ctx: &egui::Context, input: &mut RawInput) {
    let pastes = translate(&mut input.events);
    for _ in 0..pastes {
        let files = files();
        if files.is_empty() {
            // Comes as text or as an image in the next frame.
            ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
        }
        let files = files
            .into_iter()
            .map(|path| Arc::new(PastedFile(path)) as _);
        input.dropped_files.extend(files);
    }
}

/// Puts what is meant in the place of the keys for copying and cutting. How often something is to be pasted.
fn translate(events: &mut Vec<Event>) -> usize {
    let mut pastes = 0;
    events.retain_mut(|event| {
        let Event::Key {
            key,
            pressed: true,
            modifiers,
            ..
        } = event
        else {
            return true;
        };
        match meaning(*key, *modifiers) {
            None => {}
            Some(Meaning::Copy) => *event = Event::Copy,
            Some(Meaning::Cut) => *event = Event::Cut,
            Some(Meaning::Paste) => {
                pastes += 1;
                return false;
            }
        }
        true
    });
    pastes
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Copy,
    Cut,
    Paste,
}

fn meaning(key: Key, modifiers: Modifiers) -> Option<Meaning> {
    let with_insert = cfg!(not(target_os = "macos"));
    match key {
        Key::Copy => Some(Meaning::Copy),
        Key::Cut => Some(Meaning::Cut),
        Key::Paste => Some(Meaning::Paste),
        Key::C if modifiers.command_only() => Some(Meaning::Copy),
        Key::X if modifiers.command_only() => Some(Meaning::Cut),
        Key::V if modifiers.command_only() => Some(Meaning::Paste),
        Key::Insert if with_insert && modifiers.ctrl => Some(Meaning::Copy),
        Key::Insert if with_insert && modifiers.shift => Some(Meaning::Paste),
        Key::Delete if cfg!(windows) && modifiers.shift => Some(Meaning::Cut),
        _ => None,
    }
}

/// The files on the clipboard; none where it holds something else.
fn files() -> Vec<PathBuf> {
    let files = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get().file_list());
    files.unwrap_or_default()
}

/// Is taken like a file that was dropped on the window.
#[derive(Debug)]
struct PastedFile(PathBuf);

impl DroppedFile for PastedFile {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: Key, modifiers: Modifiers, pressed: bool) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }
    }

    #[test]
    fn the_keys_of_the_clipboard_are_what_they_mean_and_all_others_stay() {
        let others = [
            key(Key::V, Modifiers::NONE, true),
            key(Key::V, Modifiers::COMMAND, false),
            key(Key::C, Modifiers::COMMAND | Modifiers::SHIFT, true),
            Event::Text("v".to_owned()),
        ];
        let mut events = others.to_vec();
        events.push(key(Key::C, Modifiers::COMMAND, true));
        events.push(key(Key::V, Modifiers::COMMAND, true));
        events.push(key(Key::X, Modifiers::COMMAND, true));
        events.push(key(Key::Paste, Modifiers::NONE, true));
        assert_eq!(translate(&mut events), 2);
        assert_eq!(events[..4], others);
        assert_eq!(events[4..], [Event::Copy, Event::Cut]);
    }
}
