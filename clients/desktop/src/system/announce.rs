//! Notices, where the desktop shows them. None of it makes the window wait, and a desktop without them breaks nothing.

#[cfg(all(unix, not(target_os = "macos")))]
#[path = "announce/by_bus.rs"]
mod desktop;
#[cfg(not(all(unix, not(target_os = "macos"))))]
#[path = "announce/by_system.rs"]
mod desktop;

use std::cell::RefCell;
use std::rc::Rc;

use client::present::news::Notice;
use shared::RoomId;

pub(crate) use self::desktop::Desktop;

/// Shows notices, one of each room at a time.
pub trait Announce {
    /// In place of the room's last one.
    fn show(&mut self, notice: Notice);
    /// It was seen elsewhere.
    fn withdraw(&mut self, room_id: RoomId);
    /// The rooms of the notices that were clicked since the last time.
    fn chosen(&mut self) -> Vec<RoomId>;
    /// Why none is shown, for people; `None` as far as that is not known.
    fn trouble(&self) -> Option<String>;
}

/// For the whole window, whoever is signed in.
pub(crate) type Announcer = Rc<RefCell<dyn Announce>>;
