//! What outlives the process: who one is, what is unsent, what was read. Timelines are read anew.

use litemap::LiteMap;
use serde::Serialize;
use shared::decode::Decode;
use shared::frame::Person;
use shared::{Epoch, RoomId, Sequence};

use crate::outbox::PendingMessage;
use crate::transfer::{StoredDownload, StoredUpload};

/// Stored by the driver, and secret: it holds the session token.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct Snapshot {
    /// Signs in; where `claim` is set, once the claim has succeeded.
    pub session_token: Option<String>,
    /// The session is in a cookie, which only the driver's requests carry.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cookie: bool,
    /// The name that is being claimed with `session_token`.
    pub claim: Option<String>,
    /// `session_token` was sent with a password, which is not stored: it alone says whether that had come through.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
    /// Whose session it is.
    pub person: Option<Person>,
    /// What `last_read` belongs to.
    pub epoch: Option<Epoch>,
    /// What no server has acknowledged, oldest first.
    pub outbox: Vec<PendingMessage>,
    /// Files that are not attached to an acknowledged message yet.
    pub uploads: Vec<StoredUpload>,
    /// Files that a person asked for and that have not come yet.
    pub downloads: Vec<StoredDownload>,
    /// The last event that was read, by room.
    #[serde(serialize_with = "shared::decode::serialize_map")]
    pub last_read: LiteMap<RoomId, Sequence>,
}

impl std::fmt::Debug for Snapshot {
    /// Leaves the token out, so that no log can hold it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("person", &self.person)
            .field("epoch", &self.epoch)
            .field("outbox", &self.outbox)
            .field("last_read", &self.last_read)
            .finish_non_exhaustive()
    }
}
