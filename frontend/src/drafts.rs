//! What is being written in each room: text and files. It outlives the page, like what is unsent.

use std::cell::RefCell;
use std::rc::Rc;

use litemap::LiteMap;
use serde::Serialize;
use shared::decode::Decode;
use shared::{RoomId, UploadId};

use crate::driver::Driver;

/// A message that is not sent yet.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// In the order in which they will be attached.
    pub(crate) uploads: Vec<UploadId>,
}

/// The drafts of all rooms. Clones are the same.
#[derive(Clone)]
pub(crate) struct Drafts {
    driver: Driver,
    rooms: Rc<RefCell<LiteMap<RoomId, Draft>>>,
}

impl PartialEq for Drafts {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.rooms, &other.rooms)
    }
}

impl Drafts {
    pub(crate) fn new(driver: Driver) -> Self {
        Self {
            driver,
            rooms: Rc::default(),
        }
    }

    pub(crate) fn get(&self, room_id: RoomId) -> Draft {
        let mut rooms = self.rooms.borrow_mut();
        let stored = || {
            let note = self.driver.note(&key(room_id))?;
            serde_json::from_slice(note.as_bytes()).ok()
        };
        rooms
            .entry(room_id)
            .or_insert_with(|| stored().unwrap_or_default())
            .clone()
    }

    /// Changes the draft and stores it.
    pub(crate) fn change(&self, room_id: RoomId, change: impl FnOnce(&mut Draft)) {
        let mut draft = self.get(room_id);
        change(&mut draft);
        let note = match draft == Draft::default() {
            true => String::new(),
            false => serde_json::to_string(&draft).expect("a draft has string keys"),
        };
        self.driver.keep_note(&key(room_id), &note);
        self.rooms.borrow_mut().insert(room_id, draft);
    }

    /// Takes the whole draft out.
    pub(crate) fn take(&self, room_id: RoomId) -> Draft {
        let draft = self.get(room_id);
        self.change(room_id, |draft| *draft = Draft::default());
        draft
    }
}

fn key(room_id: RoomId) -> String {
    format!("draft.{room_id}")
}
