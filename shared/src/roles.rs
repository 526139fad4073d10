//! Who may do what: roles, and the one table from which the server's checks, the documentation and the tests of
//! permissions come.

use serde::Serialize;

use crate::decode::Decode;

/// What somebody is on the whole server.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the server; there is at least one.
    Owner,
    /// Looks after people, rooms and settings.
    Admin,
    /// Has an account.
    #[default]
    Member,
    /// Has only a name.
    Guest,
    /// A program, with what its token's scopes allow.
    Bot,
    /// Of a newer protocol; may do nothing.
    #[serde(other)]
    Unknown,
}

/// What somebody is in one room.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Reads and writes.
    #[default]
    Member,
    /// Also adds, removes and bans people and removes messages.
    Moderator,
    /// Also changes, archives and hands out the room. Whoever created it is one.
    Owner,
    /// Of a newer protocol; counts as a member.
    #[serde(other)]
    Unknown,
}

/// What a bot's token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See the rooms that the bot is in, their events, members and files.
    Read,
    /// Send messages and upload files.
    Send,
    /// Create, join, leave and change rooms and their members, as far as the bot's roles there allow.
    Rooms,
    /// Of a newer protocol; good for nothing.
    #[serde(other)]
    Unknown,
}

impl Role {
    /// Every role of this version, the mightiest first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Member,
        Self::Guest,
        Self::Bot,
    ];

    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Bot => "bot",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it looks after others.
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

impl RoomRole {
    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Moderator => "moderator",
            Self::Member => "member",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it may do what `needed` may.
    pub fn reaches(self, needed: Self) -> bool {
        self.rank() >= needed.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::Member | Self::Unknown => 0,
            Self::Moderator => 1,
            Self::Owner => 2,
        }
    }
}

impl Scope {
    /// Every scope of this version.
    pub const ALL: [Self; 3] = [Self::Read, Self::Send, Self::Rooms];

    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Rooms => "rooms",
            Self::Unknown => "unknown",
        }
    }
}

/// Where one must be to do something, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It concerns no room, or one that need not be one's own.
    Anywhere,
    /// In the room, as this at least.
    Room(RoomRole),
}

/// What an operation asks of whoever does it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Only these may.
    pub roles: &'static [Role],
    /// Where.
    pub place: Place,
    /// What a bot's token must have; without one, no bot may.
    pub scope: Option<Scope>,
}

const EVERYONE: &[Role] = &[
    Role::Owner,
    Role::Admin,
    Role::Member,
    Role::Guest,
    Role::Bot,
];
const PEOPLE: &[Role] = &[Role::Owner, Role::Admin, Role::Member, Role::Guest];
const ACCOUNTS: &[Role] = &[Role::Owner, Role::Admin, Role::Member];
const WITH_BOTS: &[Role] = &[Role::Owner, Role::Admin, Role::Member, Role::Bot];
const ADMINS: &[Role] = &[Role::Owner, Role::Admin];

const MEMBER: Place = Place::Room(RoomRole::Member);
const MODERATOR: Place = Place::Room(RoomRole::Moderator);
const ROOM_OWNER: Place = Place::Room(RoomRole::Owner);

macro_rules! operations {
    ($(#[doc = $doc:literal] $name:ident $wire:literal $roles:ident $place:expr, $scope:expr;)+) => {
        /// What can be done: a request of any transport is one of these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $(#[doc = $doc] $name,)+ }

        impl Operation {
            /// All of them, in the table's order.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// As logs and documents name it: the request's type where a frame asks for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            /// What it is, in a sentence for people.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => $doc.trim_ascii(),)+ }
            }

            /// What it asks for.
            pub fn rule(self) -> Rule {
                match self {
                    $(Self::$name => Rule { roles: $roles, place: $place, scope: $scope },)+
                }
            }
        }
    };
}

operations! {
    /// Keep the connection alive.
    Ping "ping" EVERYONE Place::Anywhere, Some(Scope::Read);
    /// Say something in a room.
    SendMessage "send_message" EVERYONE MEMBER, Some(Scope::Send);
    /// Say that one is typing.
    SetTyping "set_typing" EVERYONE MEMBER, Some(Scope::Send);
    /// Read a room's log.
    ReadHistory "read_history" EVERYONE MEMBER, Some(Scope::Read);
    /// See who is in a room.
    ListMembers "list_members" EVERYONE MEMBER, Some(Scope::Read);
    /// Say how far one has read.
    MarkRead "mark_read" EVERYONE MEMBER, Some(Scope::Read);
    /// See the rooms that one may join.
    ListRooms "list_rooms" EVERYONE Place::Anywhere, Some(Scope::Read);
    /// Create a room that everyone may join.
    CreateRoom "create_room" EVERYONE Place::Anywhere, Some(Scope::Rooms);
    /// Create a room for invited people.
    CreatePrivateRoom "create_private_room" WITH_BOTS Place::Anywhere, Some(Scope::Rooms);
    /// Join a public room.
    JoinRoom "join_room" EVERYONE Place::Anywhere, Some(Scope::Rooms);
    /// Leave a room.
    LeaveRoom "leave_room" EVERYONE MEMBER, Some(Scope::Rooms);
    /// Talk with a few people in private.
    OpenDirect "open_direct" EVERYONE Place::Anywhere, Some(Scope::Send);
    /// Add somebody to a room.
    AddMember "add_member" EVERYONE MEMBER, Some(Scope::Rooms);
    /// Remove somebody from a room, for now or for good.
    RemoveMember "remove_member" EVERYONE MODERATOR, Some(Scope::Rooms);
    /// See who is banned from a room.
    ListBans "list_bans" EVERYONE MODERATOR, Some(Scope::Rooms);
    /// Let somebody back into a room.
    LiftBan "lift_ban" EVERYONE MODERATOR, Some(Scope::Rooms);
    /// Change a room's name, topic, description or rules.
    ChangeRoom "change_room" EVERYONE ROOM_OWNER, Some(Scope::Rooms);
    /// Change what somebody is in a room.
    SetRoomRole "set_room_role" EVERYONE ROOM_OWNER, Some(Scope::Rooms);
    /// Remove a message of one's own.
    RemoveMessage "remove_message" EVERYONE MEMBER, Some(Scope::Send);
    /// Remove a message of somebody else.
    RemoveOthersMessage "remove_others_message" EVERYONE MODERATOR, Some(Scope::Rooms);
    /// Ask the admins to look at a message.
    ReportMessage "report_message" PEOPLE MEMBER, None;
    /// Begin, fill, finish or cancel an upload of one's own.
    Upload "upload" EVERYONE Place::Anywhere, Some(Scope::Send);
    /// Read a file by its id, look for files, or open a link.
    ReadFile "read_file" EVERYONE Place::Anywhere, Some(Scope::Read);
    /// Change who may open the link of a file that one has uploaded.
    ChangeLink "change_link" EVERYONE Place::Anywhere, Some(Scope::Send);
    /// Look somebody up.
    FindPeople "find_people" EVERYONE Place::Anywhere, Some(Scope::Read);
    /// See somebody's profile.
    DescribePerson "describe_person" EVERYONE Place::Anywhere, Some(Scope::Read);
    /// Say whether one is there.
    SetPresence "set_presence" PEOPLE Place::Anywhere, None;
    /// Change one's name, picture and status.
    ChangeProfile "change_profile" PEOPLE Place::Anywhere, None;
    /// Choose another password.
    ChangePassword "change_password" ACCOUNTS Place::Anywhere, None;
    /// Ask for a code besides the password.
    ChangeTotp "change_totp" ACCOUNTS Place::Anywhere, None;
    /// End the session that one is in.
    SignOut "sign_out" PEOPLE Place::Anywhere, None;
    /// See where one is signed in.
    ListSessions "list_sessions" PEOPLE Place::Anywhere, None;
    /// Sign out elsewhere.
    EndSessions "end_sessions" PEOPLE Place::Anywhere, None;
    /// Make, see, renew and remove bots of one's own.
    ManageBots "manage_bots" ACCOUNTS Place::Anywhere, None;
    /// Invite somebody to the server.
    CreateInvitation "create_invitation" ADMINS Place::Anywhere, None;
    /// Make a link by which people of the server, and with an admin's also others, come into a room.
    CreateRoomInvitation "create_room_invitation" ACCOUNTS MODERATOR, None;
    /// See and revoke invitations: one's own, or as an admin all.
    ManageInvitations "manage_invitations" ACCOUNTS Place::Anywhere, None;
    /// Follow an invitation.
    AcceptInvitation "accept_invitation" PEOPLE Place::Anywhere, None;
    /// See everyone and what they are.
    ListPeople "list_people" ADMINS Place::Anywhere, None;
    /// Change what somebody is.
    SetRole "set_role" ADMINS Place::Anywhere, None;
    /// Let somebody choose a new password.
    ResetPassword "reset_password" ADMINS Place::Anywhere, None;
    /// Sign somebody out everywhere.
    SignOutPerson "sign_out_person" ADMINS Place::Anywhere, None;
    /// Remove somebody from the server.
    RemovePerson "remove_person" ADMINS Place::Anywhere, None;
    /// See all rooms that are no direct messages.
    ListAllRooms "list_all_rooms" ADMINS Place::Anywhere, None;
    /// See the server's settings and what it stores.
    DescribeSettings "describe_settings" ADMINS Place::Anywhere, None;
    /// Change the server's settings.
    ChangeSettings "change_settings" ADMINS Place::Anywhere, None;
    /// See who did what.
    ReadAuditLog "read_audit_log" ADMINS Place::Anywhere, None;
    /// See and close reports of messages.
    ManageReports "manage_reports" ADMINS Place::Anywhere, None;
}

impl Operation {
    /// Whether somebody of this role may do it at all, in a fitting place.
    pub fn is_allowed(self, role: Role) -> bool {
        self.rule().roles.contains(&role)
    }

    /// Whether a token of these scopes is good for it; a person's session has no list.
    pub fn is_in(self, scopes: Option<&[Scope]>) -> bool {
        match (scopes, self.rule().scope) {
            (None, _) => true,
            (Some(scopes), Some(needed)) => scopes.contains(&needed),
            (Some(_), None) => false,
        }
    }

    /// Whether somebody of `role`, who is `room_role` in the room that it concerns, may do it there. Admins count as
    /// owners of the rooms that they are in.
    pub fn is_allowed_in(self, role: Role, room_role: Option<RoomRole>) -> bool {
        let standing = match room_role {
            Some(_) if role.is_admin() => Some(RoomRole::Owner),
            standing => standing,
        };
        self.is_allowed(role)
            && match self.rule().place {
                Place::Anywhere => true,
                Place::Room(needed) => standing.is_some_and(|standing| standing.reaches(needed)),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admins_own_the_rooms_that_they_are_in_and_no_others() {
        let change = Operation::ChangeRoom;
        assert!(change.is_allowed_in(Role::Member, Some(RoomRole::Owner)));
        assert!(!change.is_allowed_in(Role::Member, Some(RoomRole::Moderator)));
        assert!(change.is_allowed_in(Role::Admin, Some(RoomRole::Member)));
        assert!(!change.is_allowed_in(Role::Owner, None));
        assert!(!change.is_allowed_in(Role::Unknown, Some(RoomRole::Owner)));
    }

    #[test]
    fn a_bots_token_is_good_for_its_scopes_only() {
        let scopes = [Scope::Read];
        assert!(Operation::ReadHistory.is_in(Some(&scopes)));
        assert!(!Operation::SendMessage.is_in(Some(&scopes)));
        assert!(!Operation::ChangePassword.is_in(Some(&Scope::ALL)));
        assert!(Operation::ChangePassword.is_in(None));
    }

    #[test]
    fn whatever_a_bot_may_do_has_a_scope() {
        for operation in Operation::ALL {
            let rule = operation.rule();
            assert_eq!(
                rule.roles.contains(&Role::Bot),
                rule.scope.is_some(),
                "{operation:?}"
            );
        }
    }
}
