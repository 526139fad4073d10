//! Keys that mean the same everywhere.

use client::present::rooms::{Direction, neighbour};
use eframe::egui::{self, Key, KeyboardShortcut, Modifiers, Popup};
use shared::RoomId;

use super::panes::Step;
use super::{Dialog, Env, Wish, rooms};

pub(super) const JUMP: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::K);
const HELP: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F1);
const HELP_TOO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Slash);
const NEXT_PANE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F6);
const LAST_PANE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::SHIFT, Key::F6);

/// What the keys do, as the help says it.
pub(super) fn list(ctx: &egui::Context) -> Vec<(String, &'static str)> {
    let shown = |shortcut| ctx.format_shortcut(shortcut).replace("Slash", "/");
    vec![
        (shown(&JUMP), "Jump to a room"),
        ("Alt ↑  Alt ↓".to_owned(), "The room before, the next one"),
        (
            "Alt Shift ↑  Alt Shift ↓".to_owned(),
            "The same, where something is unread",
        ),
        (
            "Esc".to_owned(),
            "Close what is open, else mark all of the room as read",
        ),
        ("Enter".to_owned(), "Send"),
        ("Shift Enter".to_owned(), "Begin a new line"),
        (
            format!("{}  {}", shown(&NEXT_PANE), shown(&LAST_PANE)),
            "The next part of the window, the one before",
        ),
        ("Tab  ↑  ↓".to_owned(), "Move within it"),
        (
            format!("{}  {}", shown(&HELP), shown(&HELP_TOO)),
            "These keys",
        ),
    ]
}

/// What lies over the room or stands in its place, and is closed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Covered {
    Not,
    ByDetails,
    ByPage,
}

pub(super) fn take(
    ctx: &egui::Context,
    env: &Env<'_>,
    room: Option<RoomId>,
    dialog_open: bool,
    covered: Covered,
) {
    if dialog_open {
        return;
    }
    let pressed =
        |shortcut: KeyboardShortcut| ctx.input_mut(|input| input.consume_shortcut(&shortcut));
    if pressed(JUMP) {
        env.wish(Wish::Open(Dialog::Jump));
    }
    // Each is pressed before it is asked for, so that no key is left for others.
    let (help, help_too) = (pressed(HELP), pressed(HELP_TOO));
    if help || help_too {
        env.wish(Wish::Open(Dialog::Help));
    }
    if pressed(LAST_PANE) {
        env.wish(Wish::Pane(Step::Back));
    } else if pressed(NEXT_PANE) {
        env.wish(Wish::Pane(Step::On));
    }
    for (key, direction) in [
        (Key::ArrowUp, Direction::Up),
        (Key::ArrowDown, Direction::Down),
    ] {
        let unread = KeyboardShortcut::new(Modifiers::ALT | Modifiers::SHIFT, key);
        let any = KeyboardShortcut::new(Modifiers::ALT, key);
        if pressed(unread) {
            go(env, room, direction, true);
        } else if pressed(any) {
            go(env, room, direction, false);
        }
    }
    if !Popup::is_any_open(ctx) && ctx.input(|input| input.key_pressed(Key::Escape)) {
        env.wish(match covered {
            Covered::ByPage => Wish::Page(None),
            Covered::ByDetails => Wish::ToggleDetails,
            Covered::Not => Wish::JumpToLatest,
        });
        // The key takes the focus away from whatever has it.
        env.wish(Wish::Focus);
    }
}

fn go(env: &Env<'_>, room: Option<RoomId>, direction: Direction, unread: bool) {
    let next = env.view(|view| {
        let list: Vec<RoomId> = rooms::in_order(view)
            .into_iter()
            .map(|room| room.info.room_id)
            .collect();
        let wanted = |room_id| !unread || view.unread(room_id) > 0;
        neighbour(&list, room, direction, wanted)
    });
    if let Some(room_id) = next.filter(|next| Some(*next) != room) {
        env.wish(Wish::Go(room_id));
    }
}
