//! What outlives the page, in localStorage, written before the call returns.
//!
//! Every open page (a tab) owns one key for its outbox, so that none overwrites another's. A new page takes over
//! the outboxes of pages that are gone: it asks on a BroadcastChannel and takes what nobody answers for. Two pages
//! that send the same message do no harm, because the server knows it by its transaction id; a message is never in
//! no outbox, because it is stored under the new key before the old one is removed.

use std::cell::RefCell;
use std::rc::Rc;

use client::{PendingMessage, Snapshot, StoredUpload};
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use litemap::LiteMap;
use serde::Serialize;
use shared::decode::Decode;
use shared::frame::Person;
use shared::{Epoch, RoomId, Sequence};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{BroadcastChannel, MessageEvent, StorageEvent};

use crate::browser::{random, window};

const SESSION: &str = "chinwag.session";
const READ: &str = "chinwag.read";
const OUTBOX: &str = "chinwag.outbox.";
const CHANNEL: &str = "chinwag.pages";
/// How long another page may take to say that it is there.
const ANSWER_MS: u32 = 200;

/// The last event that was read, by room.
pub(super) type LastRead = LiteMap<RoomId, Sequence>;

#[derive(Default, Clone, PartialEq, Serialize, Decode)]
#[serde(default)]
struct Session {
    /// Of before there were cookies, or while one is being opened.
    session_token: Option<String>,
    cookie: bool,
    unconfirmed: bool,
    claim: Option<String>,
    person: Option<Person>,
}

#[derive(Default, Clone, PartialEq, Serialize, Decode)]
#[serde(default)]
struct Read {
    epoch: Option<Epoch>,
    #[serde(serialize_with = "shared::decode::serialize_map")]
    rooms: LastRead,
}

#[derive(Default, PartialEq, Serialize, Decode)]
#[serde(default)]
struct Unsent {
    outbox: Vec<PendingMessage>,
    uploads: Vec<StoredUpload>,
}

pub(super) struct Storage {
    /// `None` where the browser gives none.
    area: Option<web_sys::Storage>,
    outbox_key: String,
    /// As this page read or wrote it last.
    session: RefCell<Session>,
    listeners: RefCell<Vec<EventListener>>,
    channel: Option<BroadcastChannel>,
}

impl Storage {
    /// What earlier pages left. Waits only where there are outboxes whose pages may still be open.
    pub(super) async fn open() -> (Self, Snapshot) {
        let area = window().local_storage().ok().flatten();
        let id = u64::from_le_bytes(random::bytes());
        let storage = Self {
            area,
            outbox_key: format!("{OUTBOX}{id:016x}"),
            session: RefCell::default(),
            listeners: RefCell::default(),
            channel: BroadcastChannel::new(CHANNEL).ok(),
        };
        let found = storage.outbox_keys();
        let alive = storage.answering(!found.is_empty()).await;
        let left: Vec<String> = found
            .into_iter()
            .filter(|key| !alive.contains(key))
            .collect();
        let unsent = storage.take_over(&left);
        let session: Session = storage.read(SESSION);
        let read: Read = storage.read(READ);
        storage.session.replace(session.clone());
        let snapshot = Snapshot {
            session_token: session.session_token,
            cookie: session.cookie,
            unconfirmed: session.unconfirmed,
            claim: session.claim,
            person: session.person,
            epoch: read.epoch,
            last_read: read.rooms,
            outbox: unsent.outbox,
            uploads: unsent.uploads,
            // The browser fetches files itself.
            downloads: Vec::new(),
        };
        (storage, snapshot)
    }

    /// Stores all of it. Whether it was.
    pub(super) fn store(&self, snapshot: &Snapshot) -> bool {
        let unsent = Unsent {
            outbox: snapshot.outbox.clone(),
            uploads: snapshot.uploads.clone(),
        };
        let session = Session {
            session_token: snapshot.session_token.clone(),
            cookie: snapshot.cookie,
            unconfirmed: snapshot.unconfirmed,
            claim: snapshot.claim.clone(),
            person: snapshot.person.clone(),
        };
        let mut stored = self.write_or_remove(&self.outbox_key, &unsent);
        // Another page may have signed in or out meanwhile; only what changed here is this page's to write.
        if *self.session.borrow() != session {
            stored &= self.write(SESSION, &session);
            self.session.replace(session);
        }
        stored & self.store_read(snapshot)
    }

    fn store_read(&self, snapshot: &Snapshot) -> bool {
        let before: Read = self.read(READ);
        let mut read = Read {
            epoch: snapshot.epoch,
            rooms: snapshot.last_read.clone(),
        };
        if before.epoch == read.epoch {
            for (room_id, sequence) in &before.rooms {
                if let Some(own) = read.rooms.get_mut(room_id) {
                    *own = (*own).max(*sequence);
                }
            }
        }
        before == read || self.write(READ, &read)
    }

    /// Tells what other pages have read. Where one signs in or out, this page starts anew.
    pub(super) fn listen(&self, tell: impl Fn(LastRead) + 'static) {
        let own = self.outbox_key.clone();
        let listener = EventListener::new(&window(), "storage", move |event| {
            let event: &StorageEvent = event.unchecked_ref();
            match event.key().as_deref() {
                Some(READ) => {
                    let read = event.new_value().unwrap_or_default();
                    let read: Read = serde_json::from_slice(read.as_bytes()).unwrap_or_default();
                    tell(read.rooms);
                }
                Some(SESSION) if holder(event.old_value()) != holder(event.new_value()) => {
                    let _ = window().location().reload();
                }
                Some(_) | None => {}
            }
        });
        self.listeners.borrow_mut().push(listener);
        if let Some(channel) = &self.channel {
            let answer = channel.clone();
            let listener = EventListener::new(channel, "message", move |event| {
                let event: &MessageEvent = event.unchecked_ref();
                // A question is empty, an answer is the key that the page owns.
                if event.data().as_string().is_some_and(|text| text.is_empty()) {
                    let _ = answer.post_message(&JsValue::from_str(&own));
                }
            });
            self.listeners.borrow_mut().push(listener);
        }
    }

    pub(super) fn note(&self, key: &str) -> Option<String> {
        self.area
            .as_ref()?
            .get_item(&format!("chinwag.{key}"))
            .ok()?
    }

    pub(super) fn keep_note(&self, key: &str, value: &str) {
        let Some(area) = &self.area else { return };
        let key = format!("chinwag.{key}");
        // A note that cannot be kept is no reason to stop anybody from writing.
        let _ = match value {
            "" => area.remove_item(&key),
            value => area.set_item(&key, value),
        };
    }

    fn outbox_keys(&self) -> Vec<String> {
        let Some(area) = &self.area else {
            return Vec::new();
        };
        let keys = (0..area.length().unwrap_or(0)).filter_map(|index| area.key(index).ok()?);
        keys.filter(|key| key.starts_with(OUTBOX)).collect()
    }

    /// The keys of the pages that answer.
    async fn answering(&self, ask: bool) -> Vec<String> {
        let answers = Rc::new(RefCell::new(Vec::new()));
        let Some(channel) = self.channel.as_ref().filter(|_| ask) else {
            return Vec::new();
        };
        let heard = answers.clone();
        let _listener = EventListener::new(channel, "message", move |event| {
            let event: &MessageEvent = event.unchecked_ref();
            if let Some(key) = event.data().as_string().filter(|key| !key.is_empty()) {
                heard.borrow_mut().push(key);
            }
        });
        if channel.post_message(&JsValue::from_str("")).is_ok() {
            TimeoutFuture::new(ANSWER_MS).await;
        }
        answers.take()
    }

    /// Moves what these keys hold under the page's own key.
    fn take_over(&self, keys: &[String]) -> Unsent {
        let mut all = Unsent::default();
        for key in keys {
            let unsent: Unsent = self.read(key);
            for message in unsent.outbox {
                let same = |other: &PendingMessage| other.transaction_id >= message.transaction_id;
                let at = all.outbox.iter().position(same).unwrap_or(all.outbox.len());
                let found = all.outbox.get(at).map(|other| other.transaction_id);
                if found != Some(message.transaction_id) {
                    all.outbox.insert(at, message);
                }
            }
            for upload in unsent.uploads {
                if all
                    .uploads
                    .iter()
                    .all(|other| other.upload_id != upload.upload_id)
                {
                    all.uploads.push(upload);
                }
            }
        }
        if self.write_or_remove(&self.outbox_key, &all)
            && let Some(area) = &self.area
        {
            for key in keys {
                let _ = area.remove_item(key);
            }
        }
        all
    }

    fn read<T: Default + serde::de::DeserializeOwned>(&self, key: &str) -> T {
        let text = self.area.as_ref().and_then(|area| area.get_item(key).ok()?);
        text.and_then(|text| serde_json::from_slice(text.as_bytes()).ok())
            .unwrap_or_default()
    }

    fn write<T: Serialize>(&self, key: &str, value: &T) -> bool {
        let Some(area) = &self.area else { return false };
        let text = serde_json::to_string(value).expect("what is stored has string keys");
        area.set_item(key, &text).is_ok()
    }

    fn write_or_remove(&self, key: &str, unsent: &Unsent) -> bool {
        match &self.area {
            Some(area) if *unsent == Unsent::default() => area.remove_item(key).is_ok(),
            Some(_) | None => self.write(key, unsent),
        }
    }
}

/// Who is signed in, as far as a session says.
fn holder(session: Option<String>) -> Option<Person> {
    let session: Session = serde_json::from_slice(session?.as_bytes()).ok()?;
    session.person.filter(|_| session.cookie)
}
