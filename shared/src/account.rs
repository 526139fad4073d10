//! Accounts, their sessions and profiles, bots and invitations.

use serde::Serialize;

use crate::decode::Decode;
use crate::frame::Person;
use crate::ids::{FileId, InvitationId, RequestId, RoomId, RoomRef, SessionId, TimestampMs};
use crate::roles::{Role, Scope};
use crate::secret::Secret;

/// Who may make an account.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everyone who reaches the server.
    Open,
    /// Whoever has an invitation.
    #[default]
    Invitation,
    /// Nobody.
    Closed,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

/// What a server says of itself to whoever has not signed in yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ServerDescription {
    /// Of the request that asked; 0 over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// What its people call it.
    pub name: String,
    /// Of the program.
    pub version: String,
    /// Who may make an account.
    pub registration: Registration,
    /// Whether a name is enough to come in as a guest.
    pub guests: bool,
    /// Nobody owns it yet: its operator has a link that makes the opener the owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unowned: bool,
    /// Characters of a new password, at least.
    pub password_chars_min: u32,
}

/// What the server says of an invitation to whoever has its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct InvitationDescription {
    /// Of the request that asked; 0 over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// What following it does.
    pub purpose: InvitationPurpose,
    /// Who made it; left out for the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// Of a room's invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// Whose password it resets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<TimestampMs>,
}

/// What following an invitation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum InvitationPurpose {
    /// The account that is made owns the server.
    Own,
    /// An account may be made.
    Join,
    /// Whoever follows it comes into a room; with an admin's also who has no account yet.
    Room,
    /// The person may choose a new password.
    ResetPassword,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

/// Makes a link that lets people in. Answered by `invitation_created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct CreateInvitation {
    /// Echoed.
    #[serde(default)]
    pub request_id: RequestId,
    /// The room that it leads to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// From now; a week where it is left out, and a year at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    /// How many may follow it; 1 where it is left out, 10,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
}

/// An invitation as its maker and the admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct InvitationInfo {
    /// To revoke it by.
    pub invitation_id: InvitationId,
    /// What following it does.
    pub purpose: InvitationPurpose,
    /// Who made it; left out for the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// The room that it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<RoomId>,
    /// The room's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// When it was made.
    pub created_at_ms: TimestampMs,
    /// When it ends.
    pub expires_at_ms: TimestampMs,
    /// How many have followed it.
    pub uses: u32,
    /// How many may.
    pub uses_max: u32,
}

/// Chooses another password. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ChangePassword {
    /// Echoed.
    #[serde(default)]
    pub request_id: RequestId,
    /// The one of before; left out only where there is none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
    /// The one from now on.
    pub new: Secret,
    /// Whether to sign out everywhere else.
    #[serde(default)]
    pub end_other_sessions: bool,
}

/// Changes what is given, and leaves the rest. Answered by `profile_described`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct ChangeProfile {
    /// Echoed.
    pub request_id: RequestId,
    /// Parsed by the server, so that a bad one gets its own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One line of at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
    /// A finished image of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<FileId>,
    /// Whether to have no picture any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub remove_avatar: bool,
    /// Whether others may not see when one was last here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hides_last_seen: Option<bool>,
}

/// A person as everyone may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Profile {
    /// Who.
    pub person: Person,
    /// What they are on this server.
    pub role: Role,
    /// May be empty.
    #[serde(default)]
    pub status_text: String,
    /// The picture's link: `/files/<file_id>/<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Whether they are here.
    #[serde(default)]
    pub presence: PresenceState,
    /// When they were last here; left out while they are, and where they hide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<TimestampMs>,
    /// Whether others may not see when they were last here; told to themselves only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_last_seen: bool,
    /// Whether signing in asks for a code; told to themselves only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_totp: bool,
    /// Whether there is a password; told to themselves only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_password: bool,
}

/// Whether somebody is here.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Connected, and looking.
    Online,
    /// Connected, but not looking.
    Away,
    /// Connected, and not to be disturbed.
    DoNotDisturb,
    /// Not connected.
    #[default]
    Offline,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl PresenceState {
    /// Connected, and looking.
    pub fn online() -> Self {
        Self::Online
    }

    /// Connected, and looking.
    pub fn is_online(&self) -> bool {
        *self == Self::Online
    }
}

/// Where a person is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct SessionInfo {
    /// To end it by.
    pub session_id: SessionId,
    /// The program and its system, as it said: `chinwag-terminal 1.0.0`.
    pub device: String,
    /// The address that it was last used from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// When it began.
    pub created_at_ms: TimestampMs,
    /// When it was last used, to the minute.
    pub last_used_at_ms: TimestampMs,
    /// Whether it is the one that asks.
    #[serde(default)]
    pub current: bool,
}

/// Signs out elsewhere; the sessions' connections close at once. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct EndSessions {
    /// Echoed.
    #[serde(default)]
    pub request_id: RequestId,
    /// These.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_ids: Vec<SessionId>,
    /// All but the one that asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_others: bool,
}

/// Makes a bot. Answered by `bot_created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct CreateBot {
    /// Echoed.
    #[serde(default)]
    pub request_id: RequestId,
    /// Parsed by the server, so that a bad one gets its own error.
    pub name: String,
    /// What its token is good for.
    pub scopes: Vec<Scope>,
}

/// A bot as its maker and the admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct BotInfo {
    /// The bot.
    pub person: Person,
    /// Who made it.
    pub owner: Person,
    /// What its token is good for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at_ms: TimestampMs,
    /// When its token was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at_ms: Option<TimestampMs>,
}

/// The body of `POST /api/session`: signs a browser in, which then holds a cookie that no script can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct OpenSession {
    /// Anything but `session_cookie`.
    pub credentials: crate::frame::Credentials,
    /// For the list of sessions.
    #[serde(default)]
    pub client: crate::frame::ClientInfo,
}

/// The reply to `POST` and `GET /api/session`: whose session the cookie stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct SessionOpened {
    /// Who is signed in.
    pub person: Person,
    /// What they are.
    pub role: Role,
    /// Which session it is.
    pub session_id: SessionId,
}

/// Somebody who is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Present {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// Left out where they are there.
    #[serde(
        default = "PresenceState::online",
        skip_serializing_if = "PresenceState::is_online"
    )]
    pub state: PresenceState,
}

impl From<Person> for Present {
    fn from(person: Person) -> Self {
        Self {
            person,
            state: PresenceState::Online,
        }
    }
}
