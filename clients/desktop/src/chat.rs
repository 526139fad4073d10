//! The window of somebody who is signed in: its parts, and what they want done.
//!
//! Parts read the view and never change anything but themselves; what a person wants is a [`Wish`], which is granted
//! once all parts are drawn.
//!
//! - `sidebar`, `head`, `connection_bar`, `typing_line`, `details`, `toasts`, `dialogs`: the panes around the room
//! - `page`: what stands in place of a room; `panel`: what the server says of something, there or in a dialog
//! - `ask_form`, `make_account`, `request`, `asking`: what is asked of the server, and what comes after
//! - `timeline`: what was said; `composer`: what is being written; `files`: what is attached to both
//! - `layout`: where these are shown; `panes`: how the keyboard gets from one to the next; `rooms`: the order of lists
//! - `shortcuts`: keys that mean the same everywhere; `notices`: what the desktop announces
//! - `presence`: whether one is there; `faces`: pictures of people; `time`: clock and calendar

mod ask_form;
mod asking;
mod composer;
mod connection_bar;
mod details;
mod dialogs;
mod faces;
mod files;
mod head;
mod layout;
mod make_account;
mod notices;
mod page;
mod panel;
mod panes;
mod presence;
mod request;
mod rooms;
mod shortcuts;
mod sidebar;
mod time;
mod timeline;
mod toasts;
mod typing_line;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use client::present::panel::Topic;
use client::present::sheet::{Deed, Next};
use client::present::{room_sheets, rooms as places, words};
use client::{Change, Command, ConnectionState, Entry, View};
use eframe::egui::{self, ColorImage};
use native::{Handle, ServerAddress};
use shared::frame::ServerInfo;
use shared::room::RoomKind;
use shared::{FileInfo, Operation, RoomId, UploadId};

use self::ask_form::Done;
use self::asking::Asking;
use self::composer::Composer;
use self::connection_bar::ConnectionBar;
use self::details::Details;
pub(crate) use self::dialogs::Dialog;
use self::dialogs::Dialogs;
use self::faces::Faces;
use self::files::Files;
use self::layout::Layout;
use self::notices::Notices;
use self::page::Page;
use self::panes::{Panes, Step};
use self::presence::Attention;
use self::sidebar::Sidebar;
use self::timeline::Timeline;
use self::toasts::Toasts;
use crate::session::{Membership, Session};
use crate::settings::Settings;
use crate::system::announce::Announcer;
use crate::theme::Theme;

/// What the parts work with.
pub(crate) struct Env<'a> {
    pub(crate) handle: &'a Handle,
    pub(crate) theme: &'a Theme,
    pub(crate) settings: &'a Settings,
    pub(crate) files: &'a Files,
    /// The server one is on.
    pub(crate) server: &'a ServerAddress,
    pub(crate) notices: &'a Notices,
    wishes: &'a RefCell<Vec<Wish>>,
}

impl Env<'_> {
    /// Shows the view. The driver waits meanwhile, so copy what is needed and draw it later.
    pub(crate) fn view<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        self.handle.with_view(look)
    }

    pub(crate) fn wish(&self, wish: Wish) {
        self.wishes.borrow_mut().push(wish);
    }

    /// Gives a command; a refusal is told.
    pub(crate) fn run(&self, command: Command) {
        self.wish(Wish::Run(command));
    }
}

/// Whether one may do this on the server.
pub(crate) fn may(env: &Env<'_>, operation: Operation) -> bool {
    env.view(|view| places::may(view, operation, None))
}

/// Asks for what a new room is to be.
pub(crate) fn new_room(env: &Env<'_>) -> Deed {
    Deed::Ask(env.view(room_sheets::create).into())
}

/// What a person wants done.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Look at another room.
    Go(RoomId),
    /// Give a command, and tell where it is refused.
    Run(Command),
    /// What a button or a line of a menu is for.
    Perform(Deed),
    /// What comes after a request.
    Follow(Box<Next>),
    /// Show a page in place of the room, or the room again.
    Page(Option<Topic>),
    /// Make an account of the guest that one is.
    MakeAccount(Entry),
    /// Choose a picture of oneself.
    ChoosePortrait,
    /// Make one of these one's picture.
    MakePortrait(Vec<PathBuf>),
    /// Have no picture any more.
    RemovePortrait,
    /// Tell something, for a few seconds.
    Say(String),
    Open(Dialog),
    CloseDialog,
    ToggleDetails,
    /// To the list of rooms, where there is no space for both.
    Back,
    /// The keyboard to another part of the window.
    Pane(Step),
    /// To the newest message; all counts as read.
    JumpToLatest,
    /// Into the field of the composer.
    Focus,
    /// Choose files to attach.
    Choose,
    /// Attach these to the message that is being written.
    Attach(Vec<PathBuf>),
    /// Attach an image that lies in no file.
    AttachImage(Arc<ColorImage>),
    /// Go on with an upload that failed, from where its file was.
    UploadAgain(UploadId),
    /// Likewise, from a file that is asked for.
    ChooseAgain(UploadId),
    /// Into the download folder.
    Save(FileInfo),
    /// Into a folder that is asked for.
    SaveAs(FileInfo),
    /// Show where a file lies.
    Reveal(PathBuf),
    /// Put the file's address on the clipboard.
    CopyLink(FileInfo),
    /// Show a notice, to see whether that works.
    TryNotice,
    /// Change what is remembered.
    Set(Box<Settings>),
}

/// How a chat ended.
pub(crate) struct Ended {
    /// What was wrong, unless one wanted it.
    pub(crate) reason: Option<String>,
    /// What is unsent and stays.
    pub(crate) kept: Option<String>,
}

impl Ended {
    fn of(view: &View) -> Option<Self> {
        match &view.connection {
            ConnectionState::SignedOut { reason } => Some(Self {
                reason: reason.clone(),
                kept: words::unsent(view),
            }),
            ConnectionState::Waiting { .. }
            | ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => None,
        }
    }
}

pub(crate) struct Chat {
    session: Session,
    room: Option<RoomId>,
    timelines: HashMap<RoomId, Timeline>,
    composers: HashMap<RoomId, Composer>,
    files: Files,
    sidebar: Sidebar,
    details: Details,
    connection_bar: ConnectionBar,
    dialogs: Dialogs,
    /// In place of the room.
    page: Option<Page>,
    asking: Asking,
    /// An account is being made.
    membership: Option<Membership>,
    attention: Attention,
    faces: Faces,
    toasts: Toasts,
    notices: Notices,
    layout: Layout,
    panes: Panes,
    wishes: RefCell<Vec<Wish>>,
    /// Files that were attached to an unsent message when the program ended.
    left_over: Vec<UploadId>,
    /// To be attached as soon as there is a room.
    waiting: Vec<PathBuf>,
}

impl Chat {
    /// `files` are attached to the message of the first room.
    pub(crate) fn new(
        ctx: &egui::Context,
        session: Session,
        files: Vec<PathBuf>,
        announcer: Announcer,
    ) -> Self {
        let own_files = Files::new(ctx, &session);
        Self {
            left_over: own_files.left_over(),
            files: own_files,
            session,
            room: None,
            timelines: HashMap::new(),
            composers: HashMap::new(),
            sidebar: Sidebar::default(),
            details: Details::default(),
            connection_bar: ConnectionBar::default(),
            dialogs: Dialogs::default(),
            page: None,
            asking: Asking::default(),
            membership: None,
            attention: Attention::default(),
            faces: Faces::default(),
            toasts: Toasts::default(),
            notices: Notices::new(announcer),
            layout: Layout::default(),
            panes: Panes::default(),
            wishes: RefCell::default(),
            waiting: files,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.session.handle
    }

    pub(crate) fn announce_by(&mut self, announcer: Announcer) {
        self.notices = Notices::new(announcer);
    }

    pub(crate) fn close(self) {
        // The driver ends with its last handle.
        drop(self.files);
        self.session.close();
    }

    /// Takes in what changed. Returns how the chat ended, once it has.
    pub(crate) fn look(&mut self, ctx: &egui::Context, settings: &mut Settings) -> Option<Ended> {
        let changes = self.session.changes();
        for change in &changes {
            if let Change::Timeline(room_id) = change
                && let Some(timeline) = self.timelines.get_mut(room_id)
            {
                timeline.changed(ctx.input(|input| input.focused));
            }
        }
        self.files.changed(&changes);
        if !changes.is_empty() {
            self.notices.changed();
        }
        self.sidebar.changed(&changes);
        self.details.changed(&changes);
        if let Some(next) = self.dialogs.changed(&changes) {
            self.wishes.borrow_mut().push(Wish::Focus);
            self.done(next);
        }
        let page = self.page.as_mut();
        if let Some(Done(next)) = page.and_then(|page| page.changed(&changes)) {
            self.done(next);
        }
        self.answered(&changes);
        self.look_after_membership();
        self.faces.changed(&changes);
        if let Some(file) = self.files.portrait_sent() {
            self.change_portrait(Some(file.file_id));
        }
        self.attention.look(ctx, &self.session.handle, settings);
        let handle = &self.session.handle;
        let shown = self.room.filter(|_| self.page.is_none());
        let clicked = self.notices.look(ctx, handle, shown, settings);
        self.wishes.borrow_mut().extend(clicked.map(Wish::Go));
        let gone = |room_id| handle.with_view(|view| !view.rooms.contains_key(&room_id));
        if self.room.is_none_or(gone) {
            match handle.with_view(|view| start(view, settings.room.as_deref())) {
                Some(room_id) => {
                    self.go(room_id, settings);
                    self.focus();
                    let left_over = std::mem::take(&mut self.left_over);
                    self.attach(left_over, room_id);
                    let waiting = std::mem::take(&mut self.waiting);
                    self.begin(&waiting, room_id);
                }
                None => self.room = None,
            }
        }
        self.session.handle.with_view(Ended::of)
    }

    fn grant(&mut self, ctx: &egui::Context, settings: &mut Settings) {
        let wishes = std::mem::take(&mut *self.wishes.borrow_mut());
        for wish in wishes {
            match wish {
                Wish::Go(room_id) => {
                    self.go(room_id, settings);
                    self.focus();
                }
                Wish::Run(command) => self.run(command),
                Wish::Perform(deed) => self.perform(ctx, deed),
                Wish::Follow(next) => self.follow(*next, settings),
                Wish::Page(topic) => self.show_page(topic),
                Wish::MakeAccount(entry) => {
                    self.membership = Some(self.session.become_member(entry, ctx.clone()));
                }
                Wish::ChoosePortrait => self.files.choose_portrait(),
                Wish::MakePortrait(paths) => {
                    if let Some(path) = paths.into_iter().next() {
                        self.files.make_portrait(path);
                    }
                }
                Wish::RemovePortrait => self.change_portrait(None),
                Wish::Say(text) => self.toasts.say(text),
                Wish::Open(dialog) => self.dialogs.open(dialog),
                Wish::CloseDialog => {
                    self.dialogs.close();
                    self.focus();
                }
                Wish::ToggleDetails => self.layout.toggle_details(settings),
                Wish::Back => self.layout.at_list = true,
                Wish::Pane(step) => self.enter_pane(ctx, step),
                Wish::JumpToLatest => {
                    if let Some(timeline) = self.room.and_then(|room| self.timelines.get_mut(&room))
                    {
                        timeline.jump_to_latest();
                    }
                }
                Wish::Focus => self.focus(),
                Wish::Choose => self.in_room(|files, room_id| files.choose(room_id)),
                Wish::Attach(paths) => match self.room {
                    Some(room_id) => self.begin(&paths, room_id),
                    None => self.waiting.extend(paths),
                },
                Wish::AttachImage(image) => {
                    self.in_room(|files, room_id| files.keep_image(room_id, image));
                }
                Wish::UploadAgain(upload_id) => {
                    self.files.upload_again(upload_id);
                    self.focus();
                }
                Wish::ChooseAgain(upload_id) => self.files.choose_again(upload_id),
                Wish::Save(file) => self.files.save(&file, settings),
                Wish::SaveAs(file) => self.files.save_as(&file),
                Wish::Reveal(path) => self.files.reveal(&path),
                Wish::CopyLink(file) => ctx.copy_text(self.address_of(&file.link)),
                Wish::TryNotice => self.notices.try_out(self.room),
                Wish::Set(new) => *settings = *new,
            }
        }
        for (room_id, paths) in self.files.chosen() {
            self.begin(&paths, room_id);
        }
        for text in self.files.troubles() {
            self.toasts.say(text);
        }
    }

    fn focus(&mut self) {
        if self.page.is_some() {
            return;
        }
        if let Some(composer) = self.composer() {
            composer.focus();
        }
    }

    fn composer(&mut self) -> Option<&mut Composer> {
        Some(self.composers.entry(self.room?).or_default())
    }

    fn in_room(&self, act: impl FnOnce(&Files, RoomId)) {
        if let Some(room_id) = self.room {
            act(&self.files, room_id);
        }
    }

    /// Begins to upload the files, and attaches them to the message of the room.
    fn begin(&mut self, paths: &[PathBuf], room_id: RoomId) {
        let uploads = self.files.begin(paths);
        self.attach(uploads, room_id);
    }

    fn attach(&mut self, uploads: Vec<UploadId>, room_id: RoomId) {
        if !uploads.is_empty() {
            self.composers.entry(room_id).or_default().attach(uploads);
        }
    }

    fn address_of(&self, link: &str) -> String {
        self.address(link, ServerInfo::address_of)
    }

    fn page_address_of(&self, path: &str) -> String {
        self.address(path, ServerInfo::page_address_of)
    }

    fn address(&self, path: &str, of: fn(&ServerInfo, &str, &str) -> Option<String>) -> String {
        let Session { handle, server, .. } = &self.session;
        let address = handle.with_view(|view| of(view.server.as_ref()?, &server.host, path));
        address.unwrap_or_else(|| path.to_owned())
    }

    /// Shows a page in place of the room, or the room again.
    fn show_page(&mut self, topic: Option<Topic>) {
        self.page = topic.map(Page::new);
        self.layout.at_list = false;
        if self.page.is_none() {
            self.focus();
        }
    }

    fn run(&mut self, command: Command) {
        if let Err(error) = self.session.handle.command(command) {
            self.toasts.say(words::refusal(&error));
        }
    }

    fn go(&mut self, room_id: RoomId, settings: &mut Settings) {
        if self.room.replace(room_id) != Some(room_id) {
            self.timelines.entry(room_id).or_default().enter();
        }
        self.layout.at_list = false;
        self.page = None;
        settings.room = self.session.handle.with_view(|view| {
            let room = view.rooms.get(&room_id)?;
            Some(room.info.name.to_string())
        });
        self.run(Command::ShowRoom {
            room_id: Some(room_id),
        });
    }
}

/// The room of last time, or the lobby.
fn start(view: &View, last: Option<&str>) -> Option<RoomId> {
    let mut rooms = view.rooms.iter();
    let found = rooms.find(|(_, room)| Some(room.info.name.as_str()) == last);
    let mut rooms = view.rooms.iter();
    found
        .or_else(|| rooms.find(|(_, room)| room.info.kind == RoomKind::Lobby))
        .map(|(room_id, _)| *room_id)
}
