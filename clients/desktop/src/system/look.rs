//! What the desktop wants to look at: light or dark, and with how much contrast.

#[cfg(all(unix, not(target_os = "macos")))]
mod portal;

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use eframe::egui;

/// How long the first frame waits for the answer, rather than be light and then dark.
const PATIENCE: Duration = Duration::from_millis(100);

/// As far as the desktop says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Without it, as the window system says, or light.
    pub(crate) dark: Option<bool>,
    pub(crate) high_contrast: bool,
}

/// Follows what the desktop wants, in a thread of its own.
pub(crate) struct Looks {
    news: Receiver<Look>,
    /// Ends the thread's work with this.
    now: Look,
}

impl Looks {
    /// The window is drawn again whenever it changes.
    pub(crate) fn follow(ctx: egui::Context) -> Self {
        let (sender, news) = mpsc::channel();
        let tell = Tell { sender, ctx };
        // Where no thread can be had, the window looks as it does without a desktop.
        let _ = std::thread::Builder::new()
            .name("look".to_owned())
            .spawn(move || follow(&tell));
        Self {
            news,
            now: Look::default(),
        }
    }

    /// Waits a moment for the desktop's first word.
    pub(crate) fn first(&mut self) -> Look {
        // It ends at once where there is no such desktop.
        if let Ok(look) = self.news.recv_timeout(PATIENCE) {
            self.now = look;
        }
        self.now
    }

    /// What it wants now.
    pub(crate) fn now(&mut self) -> Look {
        if let Some(look) = self.news.try_iter().last() {
            self.now = look;
        }
        self.now
    }
}

struct Tell {
    sender: Sender<Look>,
    ctx: egui::Context,
}

impl Tell {
    /// Whether anybody still listens.
    fn tell(&self, look: Look) -> bool {
        let heard = self.sender.send(look).is_ok();
        self.ctx.request_repaint();
        heard
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn follow(tell: &Tell) {
    let toolkit = Look {
        dark: std::env::var("GTK_THEME").ok().map(|theme| is_dark(&theme)),
        high_contrast: false,
    };
    let or_toolkit = |look: Look| Look {
        dark: look.dark.or(toolkit.dark),
        ..look
    };
    // Without a portal nothing will ever change.
    if portal::follow(|look| tell.tell(or_toolkit(look))).is_err() {
        tell.tell(toolkit);
    }
}

/// The window system says it to egui.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn follow(_: &Tell) {}

/// Whether a theme of GTK is a dark one: `Adwaita:dark`, `Yaru-dark`.
#[cfg(all(unix, not(target_os = "macos")))]
fn is_dark(theme: &str) -> bool {
    let theme = theme.to_lowercase();
    theme.ends_with(":dark") || theme.ends_with("-dark")
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn dark_themes_are_known_by_their_names() {
        for (theme, dark) in [
            ("Adwaita:dark", true),
            ("Yaru-Dark", true),
            ("Adwaita", false),
            ("Darkness", false),
        ] {
            assert_eq!(is_dark(theme), dark, "{theme}");
        }
    }
}
