//! How people look, and what they are called by what they are.

use shared::account::PresenceState;
use shared::{PersonId, Role, RoomRole, Scope};

/// As many hues as there are, evenly around the colour circle from [`hue_degrees`] of 0 on.
pub const HUES: u32 = 24;

/// Which of the hues a person has, the same everywhere.
pub fn hue(id: PersonId) -> u32 {
    // The first bytes of an id are a time, which people who came together share.
    let sum = id.as_bytes()[8..].iter().fold(0u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    sum % HUES
}

/// The hue as an angle in OKLCH.
pub fn hue_degrees(hue: u32) -> f32 {
    10.0 + 360.0 / HUES as f32 * hue as f32
}

/// What somebody is on the server.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Member => "Member",
        Role::Guest => "Guest",
        Role::Bot => "Bot",
        Role::Unknown => "Unknown",
    }
}

/// What somebody is in a room.
pub fn room_role(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Owner => "Owner",
        RoomRole::Moderator => "Moderator",
        RoomRole::Member | RoomRole::Unknown => "Member",
    }
}

/// Whether somebody is here.
pub fn presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "Online",
        PresenceState::Away => "Away",
        PresenceState::DoNotDisturb => "Do not disturb",
        PresenceState::Offline | PresenceState::Unknown => "Offline",
    }
}

/// What a bot may do.
pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Read the rooms that it is in",
        Scope::Send => "Send messages and files",
        Scope::Rooms => "Create, join and change rooms",
        Scope::Unknown => "Unknown",
    }
}
