//! The browser driver of the client core: it carries out what the core asks for and reports what happened. Every
//! decision is the core's. A component reads [`Driver::view`], issues [`Driver::command`] and watches changes.
//!
//! - `clock`, `socket`, `storage`, `upload`: what the core has none of; `watch`: who is told of which change
//! - `ask`: who waits for which answer; `session`: the cookie

mod ask;
mod clock;
mod session;
mod socket;
mod storage;
mod upload;
mod watch;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use client::present::format::sentence;
use client::present::words;
use client::{
    Change, Client, Command, CommandError, Config, Entry, Input, Output, PendingAttachment, Ticket,
    UploadPhase, View,
};
use gloo_timers::callback::Timeout;
use shared::frame::ClientInfo;
use shared::{ErrorReply, FileInfo, SessionToken, TimestampMs, UploadId};
use web_sys::File;

use self::ask::Asked;
use self::clock::Clock;
use self::session::Opening;
use self::socket::{Report, Socket};
use self::storage::Storage;
use self::upload::Uploads;
use self::watch::Watchers;
use crate::browser::random;

pub(crate) use self::watch::Watch;

/// The longest that a browser's timer can wait.
const TIMER_MS_MAX: u64 = i32::MAX as u64;

/// A handle to the one client core of this page. Clones are the same.
#[derive(Clone)]
pub(crate) struct Driver(Rc<Inner>);

impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

struct Inner {
    client: RefCell<Client>,
    clock: Clock,
    storage: Storage,
    socket: RefCell<Option<Socket>>,
    uploads: Uploads,
    /// The timer that runs, and when it fires.
    timer: RefCell<Option<(TimestampMs, Timeout)>>,
    watchers: Watchers,
    asked: Asked,
    opening: Opening,
    /// Whether what is unsent survives the page.
    stores: Cell<bool>,
    me: Weak<Inner>,
}

/// As servers are told.
fn client_info() -> ClientInfo {
    ClientInfo {
        name: "chinwag-web".into(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

impl Driver {
    /// Takes over what earlier pages left behind, and begins to connect where somebody is signed in.
    pub(crate) async fn start() -> Self {
        let clock = Clock::start();
        let (storage, snapshot) = Storage::open().await;
        let mut config = Config::new(client_info());
        config.session_by_cookie = true;
        let seed = u64::from_le_bytes(random::bytes());
        let client = Client::new(config, snapshot, seed, clock.now());
        let driver = Self(Rc::new_cyclic(|me| Inner {
            client: RefCell::new(client),
            clock,
            storage,
            socket: RefCell::new(None),
            uploads: Uploads::default(),
            timer: RefCell::new(None),
            watchers: Watchers::default(),
            asked: Asked::default(),
            opening: Opening::default(),
            stores: Cell::new(true),
            me: me.clone(),
        }));
        let inner = driver.0.clone();
        driver
            .0
            .storage
            .listen(move |read| inner.read_elsewhere(read));
        driver.0.leave();
        driver.0.drain();
        driver
    }

    /// Reads what there is to see. `read` must not issue commands.
    pub(crate) fn view<T>(&self, read: impl FnOnce(&View) -> T) -> T {
        read(self.0.client.borrow().view())
    }

    /// The clock that the core's times are of.
    pub(crate) fn now(&self) -> TimestampMs {
        self.0.clock.now()
    }

    /// Does what a person wants, or says why not.
    pub(crate) fn command(&self, command: Command) -> Result<Ticket, CommandError> {
        let result = self.0.client.borrow_mut().command(command, self.now());
        self.0.drain();
        result
    }

    /// Comes in under a new secret.
    pub(crate) fn sign_in(&self, entry: Entry) -> Result<Ticket, CommandError> {
        let session_token = SessionToken::from_random(random::bytes());
        self.command(Command::SignIn {
            entry,
            session_token,
        })
    }

    /// Begins to upload a file; its bytes are read while it travels.
    pub(crate) fn upload(&self, file: File) -> Result<UploadId, CommandError> {
        let begin = Command::BeginUpload {
            name: file.name(),
            size_bytes: file.size() as u64,
            media_type: Some(file.type_()).filter(|kind| !kind.is_empty()),
            source: String::new(),
        };
        let ticket = self.0.client.borrow_mut().command(begin, self.now())?;
        let Ticket::Upload(upload_id) = ticket else {
            return Err(CommandError::NoSuchTransfer);
        };
        self.0.uploads.keep(upload_id, file);
        self.0.drain();
        Ok(upload_id)
    }

    /// Has the server make an account of the guest that one is; `then` is told whether it did. Who one is stays the same,
    /// and what one may do comes by the connection.
    pub(crate) fn make_account(
        &self,
        entry: &Entry,
        then: impl FnOnce(Result<(), ErrorReply>) + 'static,
    ) {
        self.0.make_account(entry, then);
    }

    /// Sends a file that no message will carry, and tells `then` what the server calls it, or why it does not.
    pub(crate) fn send_file(
        &self,
        file: File,
        then: impl FnOnce(Result<FileInfo, String>) + 'static,
    ) {
        let upload_id = match self.upload(file) {
            Ok(upload_id) => upload_id,
            Err(error) => return then(Err(words::refusal(&error))),
        };
        let waiting = Rc::new(RefCell::new(None));
        let tell = {
            let (driver, waiting) = (self.clone(), waiting.clone());
            let then = RefCell::new(Some(then));
            move |_: &Change| {
                let Some(sent) = driver.sent(upload_id) else {
                    return;
                };
                waiting.take();
                // Nothing waits for it any more, here or on the server.
                let _ = driver.command(Command::CancelUpload { upload_id });
                if let Some(then) = then.take() {
                    then(sent);
                }
            }
        };
        let watch = self.watch(
            move |change| matches!(change, Change::Upload(id) if *id == upload_id),
            tell,
        );
        waiting.replace(Some(watch));
    }

    /// How an upload ended, if it has.
    fn sent(&self, upload_id: UploadId) -> Option<Result<FileInfo, String>> {
        self.view(|view| match &view.uploads.get(&upload_id)?.phase {
            UploadPhase::Finished(file) => Some(Ok(file.clone())),
            UploadPhase::Failed { reason, .. } => Some(Err(sentence(reason))),
            UploadPhase::Waiting
            | UploadPhase::Sending
            | UploadPhase::Finishing
            | UploadPhase::SourceMissing => None,
        })
    }

    /// Goes on with an upload, with the file chosen anew where one is given.
    pub(crate) fn resume_upload(
        &self,
        upload_id: UploadId,
        file: Option<File>,
    ) -> Result<Ticket, CommandError> {
        if let Some(file) = file {
            self.0.uploads.keep(upload_id, file);
        }
        let source = String::new();
        self.command(Command::ResumeUpload { upload_id, source })
    }

    /// The file that an upload reads, while this page has it.
    pub(crate) fn upload_source(&self, upload_id: UploadId) -> Option<File> {
        self.0.uploads.source(upload_id)
    }

    /// Whether closing the page now would interrupt an upload.
    pub(crate) fn is_uploading(&self) -> bool {
        self.0.uploads.is_busy()
    }

    /// Whether unsent messages survive the page; false where the browser stores nothing.
    pub(crate) fn stores(&self) -> bool {
        self.0.stores.get()
    }

    /// A part of the storage that is not the core's: drafts and the like.
    pub(crate) fn note(&self, key: &str) -> Option<String> {
        self.0.storage.note(key)
    }

    /// Keeps a note; an empty one is removed.
    pub(crate) fn keep_note(&self, key: &str, value: &str) {
        self.0.storage.keep_note(key, value);
    }

    /// Calls `tell` for each change that `wants` accepts, until the result is dropped.
    pub(crate) fn watch(
        &self,
        wants: impl Fn(&Change) -> bool + 'static,
        tell: impl Fn(&Change) + 'static,
    ) -> Watch {
        self.0.watchers.add(wants, tell)
    }
}

impl Inner {
    fn input(&self, input: Input) {
        self.client
            .borrow_mut()
            .handle_input(input, self.clock.now());
        self.drain();
    }

    /// Carries out all that the core has to say, in order.
    fn drain(&self) {
        loop {
            let output = self.client.borrow_mut().poll_output();
            let Some(output) = output else { break };
            self.carry_out(output);
        }
        self.set_timer();
        self.watchers.tell_soon();
        self.asked.tell();
    }

    fn carry_out(&self, output: Output) {
        match output {
            Output::Connect => self.connect(),
            Output::Send(frame) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&frame);
                }
            }
            Output::Disconnect => self.disconnect(),
            Output::Persist(snapshot) => {
                let stores = self.storage.store(&snapshot);
                if self.stores.replace(stores) != stores {
                    self.watchers.note(Change::Connection);
                }
            }
            Output::Changed(change) => {
                self.asked.hear(&change);
                self.watchers.note(change);
            }
            Output::PutChunk {
                request_id,
                upload_id,
                layout,
                index,
            } => {
                let me = self.me.clone();
                let report = move |input| {
                    if let Some(inner) = me.upgrade() {
                        inner.input(input);
                    }
                };
                let chunk = upload::Chunk {
                    request_id,
                    upload_id,
                    layout,
                    index,
                };
                self.uploads.put(chunk, report);
            }
            Output::ReleaseSource { upload_id } => self.uploads.release(upload_id),
            // The page downloads by links alone, so that the browser stores files as its owner is used to.
            Output::OpenTarget { download_id, .. } => {
                let reason = "This page downloads by links.".into();
                let failed = Input::TargetFailed {
                    download_id,
                    reason,
                };
                self.client
                    .borrow_mut()
                    .handle_input(failed, self.clock.now());
            }
            Output::OpenSession(open) => self.open_session(&open),
            Output::CloseSession => self.close_session(),
            Output::WriteChunk { .. }
            | Output::FinishTarget { .. }
            | Output::ReleaseTarget { .. } => {}
        }
    }

    fn connect(&self) {
        let me = self.me.clone();
        let socket = Socket::open(move |report| {
            let Some(inner) = me.upgrade() else { return };
            match report {
                Report::Opened => inner.input(Input::Connected),
                Report::Frame(packet) => inner.input(Input::Frame(packet)),
                Report::Ended { reason } => {
                    inner.disconnect();
                    inner.input(Input::Disconnected { reason });
                }
            }
        });
        match socket {
            Ok(socket) => *self.socket.borrow_mut() = Some(socket),
            Err(reason) => {
                let ended = Input::Disconnected { reason };
                self.client
                    .borrow_mut()
                    .handle_input(ended, self.clock.now());
            }
        }
    }

    /// Nothing more of the connection and of what travels beside it is reported.
    fn disconnect(&self) {
        self.socket.borrow_mut().take();
        self.opening.forget();
        self.uploads.abort_all();
    }

    fn set_timer(&self) {
        let due = self.client.borrow().poll_timeout();
        let mut timer = self.timer.borrow_mut();
        if timer.as_ref().map(|(at, _)| *at) == due {
            return;
        }
        *timer = due.map(|at| {
            let wait_ms = at.since_ms(self.clock.now()).min(TIMER_MS_MAX) as u32;
            let me = self.me.clone();
            let fire = move || {
                if let Some(inner) = me.upgrade() {
                    // What has fired must not count as set.
                    inner
                        .timer
                        .borrow_mut()
                        .take()
                        .map(|(_, timer)| timer.forget());
                    inner.input(Input::Timeout);
                }
            };
            (at, Timeout::new(wait_ms, fire))
        });
    }

    /// Another tab of this browser has read so far.
    fn read_elsewhere(&self, read: storage::LastRead) {
        for (room_id, up_to) in read {
            let command = Command::MarkRead { room_id, up_to };
            // Refused where this tab does not know the room, and then there is nothing to mark.
            let _ = self.client.borrow_mut().command(command, self.clock.now());
        }
        self.drain();
    }
}

/// The attachment that an upload will be.
pub(crate) fn attachment(upload_id: UploadId) -> PendingAttachment {
    PendingAttachment::Upload { upload_id }
}
