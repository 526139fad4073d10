//! What is asked of the server besides talking: the same on the command line and behind a `/` in a chat.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use shared::account::Registration;
use shared::file::LinkAccess;
use shared::listing::FileKind;
use shared::{Role, RoomRef, RoomRole, Scope, TimestampMs};

use crate::arguments::rooms::Rooms;

#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Show and change who you are
    Account(Account),
    /// Show where you are signed in, and sign out there
    Sessions(Sessions),
    /// Look for files of messages, the newest first
    Files(Files),
    /// Show files of yours that are on their way, from any device, and cancel them
    Uploads(Uploads),
    /// Make programs that act for you
    Bots(Bots),
    /// Make links that let people in
    Invite(Invite),
    /// List the rooms, create, join and change them
    Rooms(Rooms),
    /// Show who is in a room, as what, and whether they are here
    Members {
        /// The room's name or id
        room: RoomRef,
    },
    /// Add people to a room
    Add(Membership),
    /// Remove people from a room; where it is public they may join again
    Remove(Membership),
    /// Remove people from a room for good
    Ban(Membership),
    /// Let people back into a room
    Unban(Membership),
    /// Show who is banned from a room
    Bans {
        /// The room's name or id
        room: RoomRef,
    },
    /// Change what somebody is in a room
    Role {
        /// The room's name or id
        room: RoomRef,
        /// Their name or id
        person: String,
        #[arg(value_parser = room_roles())]
        role: RoomRole,
    },
    /// Look people up
    People {
        /// A part of the name; where it is left out, everybody
        #[arg(default_value = "")]
        query: String,
    },
    /// Change who may open the link of a file of yours
    Link(Link),
    /// Remove a message for good
    Delete(Message),
    /// Ask the admins to look at a message
    Report {
        #[command(flatten)]
        message: Message,
        /// What is wrong with it
        reason: Vec<String>,
    },
    /// Look after people and the server
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Debug, Args)]
pub(crate) struct Membership {
    /// The room's name or id
    pub(crate) room: RoomRef,
    /// Their names or ids
    #[arg(required = true, value_name = "PERSON")]
    pub(crate) people: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Message {
    /// The room's name or id
    pub(crate) room: RoomRef,
    /// The message's number, as --json and /numbers show it
    pub(crate) sequence: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    pub(crate) what: Option<AccountChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountChange {
    /// As a guest, make an account: name, rooms and messages stay
    Create {
        /// The link of an invitation, where the server asks for one
        invitation: Option<String>,
        #[command(flatten)]
        password: PasswordFile,
    },
    /// Change your name, picture and status
    Profile(Profile),
    /// Choose another password
    Password {
        #[command(flatten)]
        current: PasswordFile,
        /// The new password: the first line of this file [default: CHINWAG_NEW_PASSWORD, or you are asked]
        #[arg(long, value_name = "FILE")]
        new_password_file: Option<PathBuf>,
        /// Sign out everywhere else
        #[arg(long)]
        sign_out_others: bool,
    },
    /// Have signing in ask for a code besides the password
    Totp {
        /// No longer ask for a code
        #[arg(long)]
        off: bool,
        #[command(flatten)]
        password: PasswordFile,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Profile {
    /// How others see you
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// One line of at most 100 characters; an empty one removes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) status: Option<String>,
    /// An image file
    #[arg(long, value_name = "FILE", conflicts_with = "no_picture")]
    pub(crate) picture: Option<PathBuf>,
    /// Have no picture any more
    #[arg(long)]
    pub(crate) no_picture: bool,
    /// Whether others may not see when you were last here
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no())]
    pub(crate) hide_last_seen: Option<bool>,
}

/// Never an argument of its own, which other people of the machine could see.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct PasswordFile {
    /// The password: the first line of this file, - for standard input [default: CHINWAG_PASSWORD, or you are asked]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    pub(crate) what: Option<SessionsChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsChange {
    /// Sign out elsewhere
    End {
        /// As the list shows them
        #[arg(required_unless_present = "all", value_name = "ID")]
        ids: Vec<shared::SessionId>,
        /// Everywhere but here
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Words of the name
    pub(crate) query: Vec<String>,
    /// Of this room only: its name or id
    #[arg(long)]
    pub(crate) room: Option<RoomRef>,
    /// Of this kind only
    #[arg(long, value_parser = file_kinds())]
    pub(crate) kind: Option<FileKind>,
    /// From people only whose names hold this
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<String>,
    /// Sent on this day or later, such as 2026-01-31
    #[arg(long, value_name = "DATE", value_parser = day_ms)]
    pub(crate) since: Option<TimestampMs>,
    /// Sent before this day
    #[arg(long, value_name = "DATE", value_parser = day_ms)]
    pub(crate) until: Option<TimestampMs>,
    /// Not more than so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Uploads {
    #[command(subcommand)]
    pub(crate) what: Option<UploadsChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UploadsChange {
    /// Throw away what is there of them; messages that carry them stay without
    Cancel {
        /// As the list shows them
        #[arg(required = true, value_name = "ID")]
        ids: Vec<shared::UploadId>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bots {
    #[command(subcommand)]
    pub(crate) what: Option<BotsChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BotsChange {
    /// Make one and print its token, this once
    Create {
        /// As for a person
        #[arg(id = "bot", value_name = "NAME")]
        name: String,
        /// What its token is good for; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scopes(), default_values = ["read", "send"])]
        scopes: Vec<Scope>,
    },
    /// Give it a new token and print that; the one of before ends
    Renew {
        /// Its name or id
        bot: String,
    },
    /// Remove it
    Remove {
        /// Its name or id
        bot: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    #[command(subcommand)]
    pub(crate) what: Option<InviteChange>,
    #[command(flatten)]
    pub(crate) new: NewInvitation,
}

#[derive(Debug, Args)]
pub(crate) struct NewInvitation {
    /// The room that the link leads to
    #[arg(long, short)]
    pub(crate) room: Option<RoomRef>,
    /// How long it is good for, such as 30m, 12h or 7d [default: a week]
    #[arg(long, value_name = "TIME", value_parser = time_ms)]
    pub(crate) expires: Option<u64>,
    /// How many people may follow it [default: 1]
    #[arg(long, value_name = "COUNT")]
    pub(crate) uses: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InviteChange {
    /// List the links that are good: yours, or as an admin all
    List,
    /// Make a link good for nothing
    Revoke {
        /// As the list shows it
        id: shared::InvitationId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Link {
    /// The file's link or id
    pub(crate) file: String,
    /// Who may open it [default: as it is]
    #[arg(value_parser = accesses())]
    pub(crate) access: Option<LinkAccess>,
    /// How long from now, such as 30m, 12h or 7d [default: as it is; for good where you say who may open it]
    #[arg(long, value_name = "TIME", value_parser = time_ms)]
    pub(crate) expires: Option<u64>,
    /// Ask whoever has nothing but the link for a password [default: CHINWAG_LINK_PASSWORD, or you are asked for it]
    #[arg(long)]
    pub(crate) password: bool,
    /// The same, and the password is the first line of this file, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Ask nobody for a password any more
    #[arg(long, conflicts_with_all = ["password", "password_file"])]
    pub(crate) no_password: bool,
    /// How often it may be downloaded from now on by those who have nothing but the link
    #[arg(long, value_name = "NUMBER")]
    pub(crate) downloads: Option<u64>,
    /// Any number of downloads
    #[arg(long, conflicts_with = "downloads")]
    pub(crate) no_limit: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// List everybody and what they are
    People {
        /// A part of the name
        #[arg(default_value = "")]
        query: String,
    },
    /// Change what somebody is on the server
    Role {
        /// Their name or id
        person: String,
        #[arg(value_parser = roles())]
        role: Role,
    },
    /// Print a link by which somebody chooses another password, this once
    ResetPassword {
        /// Their name or id
        person: String,
    },
    /// Sign somebody out everywhere
    SignOut {
        /// Their name or id
        person: String,
    },
    /// Remove somebody from the server
    Remove {
        /// Their name or id
        person: String,
        /// And all that they wrote
        #[arg(long)]
        messages: bool,
    },
    /// List all rooms that are no direct messages
    Rooms,
    /// Show the server's settings, or change those that are given
    Settings(SettingsChange),
    /// Show what the server stores
    Storage,
    /// Show who did what, the newest last
    Audit {
        /// Only what is older than this entry
        #[arg(long, value_name = "NUMBER")]
        before: Option<u64>,
    },
    /// List the messages that people asked you to look at, or close one of these reports
    Reports {
        #[command(subcommand)]
        what: Option<ReportsChange>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SettingsChange {
    /// Who may make an account
    #[arg(long, value_parser = registrations())]
    pub(crate) registration: Option<Registration>,
    /// Whether a name is enough to come in
    #[arg(long, value_name = "on|off", value_parser = on_or_off())]
    pub(crate) guests: Option<bool>,
    /// Rooms that one person may have created
    #[arg(long, value_name = "COUNT")]
    pub(crate) rooms_per_person: Option<u32>,
    /// People in one room
    #[arg(long, value_name = "COUNT")]
    pub(crate) members_per_room: Option<u32>,
    /// What one person's files may take
    #[arg(long, value_name = "BYTES")]
    pub(crate) file_bytes_per_person: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportsChange {
    /// Close it
    Close {
        /// As the list shows it
        id: shared::ReportId,
        /// And remove the message
        #[arg(long)]
        remove_message: bool,
    },
}

/// A parser of these words and what they stand for.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident -> $type:ty { $($word:literal => $value:expr,)+ }) => {
        $(#[$doc])*
        fn $name() -> impl clap::builder::TypedValueParser<Value = $type> {
            PossibleValuesParser::new([$($word),+]).map(|word| match word.as_str() {
                $($word => $value,)+
                other => unreachable!("{other} is none of the possible values"),
            })
        }
    };
}

words!(file_kinds -> FileKind {
    "image" => FileKind::Image,
    "video" => FileKind::Video,
    "audio" => FileKind::Audio,
    "document" => FileKind::Document,
    "archive" => FileKind::Archive,
    "other" => FileKind::Other,
});

words!(room_roles -> RoomRole {
    "member" => RoomRole::Member,
    "moderator" => RoomRole::Moderator,
    "owner" => RoomRole::Owner,
});
words!(roles -> Role {
    "member" => Role::Member,
    "admin" => Role::Admin,
    "owner" => Role::Owner,
});
words!(scopes -> Scope {
    "read" => Scope::Read,
    "send" => Scope::Send,
    "rooms" => Scope::Rooms,
});
words!(accesses -> LinkAccess {
    "anyone" => LinkAccess::Anyone,
    "members" => LinkAccess::Members,
    "revoked" => LinkAccess::Revoked,
});
words!(registrations -> Registration {
    "open" => Registration::Open,
    "invitation" => Registration::Invitation,
    "closed" => Registration::Closed,
});
words!(yes_or_no -> bool {
    "yes" => true,
    "no" => false,
});
words!(on_or_off -> bool {
    "on" => true,
    "off" => false,
});

/// `30m`, `12h`, `7d`.
/// The beginning of a day as clocks here show it.
fn day_ms(date: &str) -> Result<TimestampMs, String> {
    let day: jiff::civil::Date = date.parse().map_err(|_| "no date".to_owned())?;
    let here = jiff::tz::TimeZone::system();
    let begins = here.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    let begins = begins.map_err(|error| error.to_string())?;
    let ms = u64::try_from(begins.as_millisecond()).map_err(|_| "too long ago".to_owned())?;
    Ok(TimestampMs(ms))
}

fn time_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no time; write it like 30m, 12h or 7d");
    let unit_ms = match text.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        Some(_) | None => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    count
        .checked_mul(unit_ms)
        .filter(|ms| *ms > 0)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time_ms("30m"), Ok(1_800_000));
        assert_eq!(time_ms("7d"), Ok(604_800_000));
        for wrong in [
            "",
            "7",
            "d",
            "0h",
            "-1d",
            "1.5h",
            "99999999999999999d",
            "7ü",
        ] {
            assert!(time_ms(wrong).is_err(), "{wrong}");
        }
    }
}
