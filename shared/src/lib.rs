//! The messages that Chinwag's server and every client speak, and the rules both sides must agree on.
//!
//! - [`ids`], [`names`], [`secret`]: newtypes, parsed once at the edge
//! - [`roles`]: who may do what, in one table
//! - [`frame`]: [`ClientFrame`] and [`ServerFrame`]; [`event`]: what a room's log holds
//! - [`account`], [`room`], [`admin`]: what requests and replies about these carry
//! - [`file`](mod@file): metadata of uploads and files; [`listing`]: looking for them; [`content`]: chunk layout and BLAKE3 verification
//! - [`error`]: stable codes and their wire form; [`limits`]: sizes that both sides enforce
//! - [`mentions`]: whom a text mentions
//! - [`decode`]: messages from JSON; [`codec`]: frames as bytes, on TCP and on WebSocket; [`http`]: paths of the HTTP transport
//!
//! Nothing here does input or output, and everything builds for `wasm32-unknown-unknown`.
//! PROTOCOL.md describes the same in prose; `vectors/` holds a golden example of every variant.

// What `#[derive(Decode)]` writes names this crate, also within it.
extern crate self as shared;

pub mod account;
pub mod admin;
pub mod codec;
pub mod content;
pub mod decode;
pub mod error;
pub mod event;
pub mod file;
pub mod fingerprint;
pub mod frame;
pub mod http;
pub mod ids;
pub mod limits;
pub mod listing;
pub mod mentions;
pub mod names;
mod operation;
pub mod roles;
pub mod room;
pub mod secret;

pub use content::{ChunkHash, ChunkLayout, ContentHash};
pub use error::{ErrorCode, ErrorReply};
pub use event::{Carried, EventBody, RoomEvent};
pub use file::{ArrivingFile, ChunkRanges, FileInfo, UploadInfo, UploadStatus};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use frame::{ClientFrame, ServerFrame};
pub use ids::{
    Epoch, FileId, InvitationId, PersonId, ReportId, RequestId, RoomId, RoomRef, Sequence,
    SessionId, SessionToken, TimestampMs, TransactionId, UploadId,
};
pub use names::{FileName, PersonName, RoomName};
pub use roles::{Operation, Role, RoomRole, Scope};
pub use secret::Secret;

/// The protocol version that [`frame::Hello`] names. It changes only when an old peer could not cope.
pub const PROTOCOL_VERSION: u32 = 1;
