//! What the server says to one request, as every screen shows it: what to ask, and what to make of the answer.
//!
//! - `account`, `sessions`, `bots`, `uploads`, `files`, `link`: one's own; `card`: somebody else
//! - `people`, `rooms`, `invitations`, `reports`, `settings`, `audit`: the administration's

mod account;
mod audit;
mod bots;
mod card;
mod files;
mod invitations;
mod link;
mod people;
mod reports;
mod rooms;
mod sessions;
mod settings;
mod uploads;

use std::rc::Rc;

use shared::TimestampMs;
use shared::account::Profile;
use shared::admin::ListPeople;
use shared::frame::Person;
use shared::listing::{FileCursor, FileKind};
use shared::room::RoomInfo;
use shared::{ClientFrame, FileId, Operation, PersonId, RequestId, RoomId, Sequence, ServerFrame};

use crate::api::Change;
use crate::present::sheet::{Item, Sheet};
use crate::view::View;

/// What a panel is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// How others see one.
    Profile,
    /// One's password and second factor.
    Security,
    /// Where one is signed in.
    Sessions,
    /// Programs that talk under names of their own.
    Bots,
    /// One's files that are on their way, from any device.
    Uploads,
    /// Files of all messages that one may read.
    Files,
    /// Everyone, and what they are.
    People,
    /// All rooms that are no direct messages.
    Rooms,
    /// Links that let people in.
    Invitations,
    /// Messages that somebody asked the admins to look at.
    Reports,
    /// Who may come in, and how much everybody may have.
    Settings,
    /// What the server stores.
    Storage,
    /// Who did what.
    Audit,
    /// Somebody, and what one may do with them.
    Card(PersonId),
    /// Files of a room's messages.
    RoomFiles(RoomId),
    /// Who may not come into a room.
    Bans(RoomId),
    /// Links that let people into a room.
    RoomInvitations(RoomId),
    /// Who may open a file of one's own by its link.
    Link(FileId),
}

/// One's own panels, in their order.
pub const YOU: [Topic; 6] = [
    Topic::Profile,
    Topic::Security,
    Topic::Sessions,
    Topic::Bots,
    Topic::Uploads,
    Topic::Files,
];

/// Those of who looks after the server, in their order.
pub const ADMINISTRATION: [Topic; 7] = [
    Topic::People,
    Topic::Rooms,
    Topic::Invitations,
    Topic::Reports,
    Topic::Settings,
    Topic::Storage,
    Topic::Audit,
];

/// What is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// What a person searches for.
    pub query: String,
    /// Where the page begins: after this name, or before this entry.
    pub after: Option<String>,
    pub before: Option<Sequence>,
    /// Likewise, of files, and of which kind they are to be.
    pub file: Option<FileCursor>,
    pub kind: Option<FileKind>,
}

impl Asked {
    /// All that holds this.
    pub fn query(query: &str) -> Self {
        Self {
            query: query.trim().to_owned(),
            ..Self::default()
        }
    }

    /// The same of what holds this.
    pub fn search(&self, query: &str) -> Self {
        Self {
            kind: self.kind,
            ..Self::query(query)
        }
    }
}

/// What an answer is looked at with.
pub struct Eyes<'a> {
    pub view: &'a View,
    /// As the server has it.
    pub now: TimestampMs,
    /// A moment as this person's clock and calendar have it, in a few words.
    pub moment: &'a dyn Fn(TimestampMs) -> String,
}

impl Eyes<'_> {
    fn moment(&self, at: TimestampMs) -> String {
        (self.moment)(at)
    }

    fn own(&self) -> Option<PersonId> {
        self.view.person.as_ref().map(|own| own.id)
    }
}

/// A part of a panel, from top to bottom.
#[derive(Debug)]
pub enum Part {
    Text(&'static str),
    /// Parts under a head of their own.
    Section(&'static str, Vec<Part>),
    /// A request with its fields.
    Form(Rc<Sheet>),
    List {
        rows: Vec<Row>,
        /// In place of a list of nothing.
        empty: &'static str,
    },
    Buttons(Vec<Item>),
    /// Names and values.
    Figures(Vec<(&'static str, String)>),
    /// One's picture, and another one in its place.
    Picture(Box<Profile>),
    /// Who somebody is.
    Person(Box<Profile>, Vec<String>),
}

/// One thing of a list: what it is, what is to be known of it, and what can be done with it.
#[derive(Debug)]
pub struct Row {
    /// Different for each of the list.
    pub key: String,
    pub lead: Lead,
    pub title: String,
    /// A word that stands out, behind the title, and what it is about; may be empty.
    pub word: String,
    pub subject: String,
    /// What somebody wrote, and what was said of it.
    pub quote: Option<(String, String)>,
    /// Those that are empty are not shown.
    pub notes: Vec<String>,
    pub items: Items,
}

impl Row {
    fn new(key: impl ToString, lead: Lead, title: impl Into<String>) -> Self {
        Self {
            key: key.to_string(),
            lead,
            title: title.into(),
            word: String::new(),
            subject: String::new(),
            quote: None,
            notes: Vec::new(),
            items: Items::None,
        }
    }

    fn notes<const N: usize>(mut self, notes: [String; N]) -> Self {
        self.notes = notes.into();
        self
    }

    fn items(mut self, items: Items) -> Self {
        self.items = items;
        self
    }

    /// All that is to be known of it, in one line.
    pub fn note(&self) -> String {
        let notes = self.notes.iter().map(String::as_str);
        let notes: Vec<&str> = notes.filter(|note| !note.is_empty()).collect();
        notes.join(" · ")
    }
}

/// What stands before a row.
#[derive(Debug)]
pub enum Lead {
    None,
    Person(Person),
    Room(Box<RoomInfo>),
    /// A file of this media type.
    File(String),
}

/// What can be done with a row.
#[derive(Debug)]
pub enum Items {
    None,
    /// Nothing; a word says why.
    Word(&'static str),
    Buttons(Vec<Item>),
    Menu(Vec<Item>),
}

const fn request_id() -> RequestId {
    RequestId(0)
}

impl Topic {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile | Self::Card(_) => "Profile",
            Self::Security => "Security",
            Self::Sessions => "Sessions",
            Self::Bots => "Bots",
            Self::Uploads => "Uploads",
            Self::Files | Self::RoomFiles(_) => "Files",
            Self::People => "People",
            Self::Rooms => "Rooms",
            Self::Invitations => "Invitations",
            Self::Reports => "Reports",
            Self::Settings => "Settings",
            Self::Storage => "Storage",
            Self::Audit => "Audit log",
            Self::Bans(_) => "Banned people",
            Self::RoomInvitations(_) => "Open invitations",
            Self::Link(_) => "Link to a file",
        }
    }

    /// What one must be allowed to do to see it.
    pub fn operation(self) -> Operation {
        match self {
            Self::Profile => Operation::ChangeProfile,
            Self::Security | Self::Sessions => Operation::ListSessions,
            Self::Bots => Operation::ManageBots,
            Self::Uploads => Operation::Upload,
            Self::Files | Self::RoomFiles(_) => Operation::ReadFile,
            Self::People => Operation::ListPeople,
            Self::Rooms => Operation::ListAllRooms,
            Self::Invitations => Operation::CreateInvitation,
            Self::Reports => Operation::ManageReports,
            Self::Settings | Self::Storage => Operation::DescribeSettings,
            Self::Audit => Operation::ReadAuditLog,
            Self::Card(_) => Operation::DescribePerson,
            Self::Bans(_) => Operation::ListBans,
            Self::RoomInvitations(_) => Operation::CreateRoomInvitation,
            Self::Link(_) => Operation::ChangeLink,
        }
    }

    /// Whether it shows something else now than a moment ago, without being asked again.
    pub fn moves_with(self, change: &Change) -> bool {
        let moved = matches!(change, Change::Elsewhere | Change::Upload(_));
        self == Self::Uploads && moved
    }

    /// What there is to search for, if anything.
    pub fn search(self) -> Option<&'static str> {
        match self {
            Self::People => Some("Search people"),
            Self::Files | Self::RoomFiles(_) => Some("Search files"),
            _ => None,
        }
    }

    /// The request whose answer it shows.
    pub fn frame(self, view: &View, asked: &Asked) -> ClientFrame {
        let request_id = request_id();
        match self {
            Self::Profile | Self::Security => match &view.person {
                Some(own) => describe(own.id),
                None => ClientFrame::Unknown,
            },
            Self::Card(person_id) => describe(person_id),
            Self::Sessions => ClientFrame::ListSessions { request_id },
            Self::Bots => ClientFrame::ListBots { request_id },
            Self::Uploads => ClientFrame::ListUploads { request_id },
            Self::Files => files::frame(None, asked),
            Self::RoomFiles(room_id) => files::frame(Some(room_id), asked),
            Self::People => ClientFrame::ListPeople(ListPeople {
                request_id,
                query: asked.query.clone(),
                after: asked.after.clone(),
            }),
            Self::Rooms => ClientFrame::ListAllRooms { request_id },
            Self::Invitations | Self::RoomInvitations(_) => {
                ClientFrame::ListInvitations { request_id }
            }
            Self::Reports => ClientFrame::ListReports { request_id },
            Self::Settings => ClientFrame::DescribeSettings { request_id },
            Self::Storage => ClientFrame::DescribeStorage { request_id },
            Self::Audit => ClientFrame::ReadAuditLog {
                request_id,
                before: asked.before,
            },
            Self::Link(file_id) => ClientFrame::ReadLink {
                request_id,
                file_id,
            },
            Self::Bans(room_id) => ClientFrame::ListBans {
                request_id,
                room: room_id.into(),
            },
        }
    }

    /// What it shows; `None` where the answer is of another kind.
    pub fn parts(self, eyes: &Eyes<'_>, asked: &Asked, answer: &ServerFrame) -> Option<Vec<Part>> {
        match self {
            Self::Profile => profile_of(answer).map(account::profile),
            Self::Security => profile_of(answer).map(|profile| account::security(eyes, profile)),
            Self::Card(_) => profile_of(answer).map(|profile| card::parts(eyes, profile)),
            Self::Sessions => sessions::parts(eyes, answer),
            Self::Bots => bots::parts(eyes, answer),
            Self::Uploads => uploads::parts(eyes, answer),
            Self::Files => files::parts(eyes, None, asked, answer),
            Self::RoomFiles(room_id) => files::parts(eyes, Some(room_id), asked, answer),
            Self::People => people::parts(eyes, asked, answer),
            Self::Rooms => rooms::parts(eyes, answer),
            Self::Invitations => invitations::parts(eyes, None, answer),
            Self::RoomInvitations(room_id) => invitations::parts(eyes, Some(room_id), answer),
            Self::Reports => reports::parts(eyes, answer),
            Self::Settings => settings::settings(answer),
            Self::Storage => settings::storage(answer),
            Self::Audit => audit::parts(eyes, asked, answer),
            Self::Bans(_) => card::bans(answer),
            Self::Link(_) => link::parts(eyes, answer),
        }
    }
}

fn describe(person_id: PersonId) -> ClientFrame {
    ClientFrame::DescribePerson {
        request_id: request_id(),
        person_id,
    }
}

fn profile_of(answer: &ServerFrame) -> Option<&Profile> {
    match answer {
        ServerFrame::ProfileDescribed { profile, .. } => Some(profile),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
