//! What may be asked of rooms.

use clap::{Args, Subcommand};
use shared::RoomRef;

#[derive(Debug, Args)]
pub(crate) struct Rooms {
    #[command(subcommand)]
    pub(crate) what: Option<RoomsChange>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoomsChange {
    /// Create a room
    Create(NewRoom),
    /// Join a room, or follow an invitation into one
    Join {
        /// The room's name or id, or a link of an invitation
        room: String,
    },
    /// Leave a room
    Leave {
        /// The room's name or id
        room: RoomRef,
    },
    /// Let nobody write in a room any more
    Archive {
        /// The room's name or id
        room: RoomRef,
    },
    /// Open an archived room again
    Unarchive {
        /// The room's name or id
        room: RoomRef,
    },
    /// Give a room another name
    Rename {
        /// The room's name or id
        room: RoomRef,
        /// From now on
        #[arg(value_name = "NAME")]
        new_name: String,
    },
    /// Change a room's topic; without a text it has none
    Topic {
        /// The room's name or id
        room: RoomRef,
        /// From now on
        text: Vec<String>,
    },
    /// Change a room's description; without a text it has none
    Description {
        /// The room's name or id
        room: RoomRef,
        /// From now on
        text: Vec<String>,
    },
    /// Change whether people who join later see what was said before
    History {
        /// The room's name or id
        room: RoomRef,
        #[arg(value_parser = ["all", "since-joining"])]
        visible: String,
    },
    /// Change how long a room's messages are kept
    Retention {
        /// The room's name or id
        room: RoomRef,
        /// 0 stands for: for good
        days: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewRoom {
    /// Without spaces
    #[arg(id = "room_name", value_name = "NAME")]
    pub(crate) name: String,
    /// Only for people who are added or invited
    #[arg(long)]
    pub(crate) private: bool,
    /// What it is about, in a line
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) topic: String,
    /// What it is about, at length
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) description: String,
    /// People who join later do not see what was said before
    #[arg(long)]
    pub(crate) hide_history: bool,
}
