//! The messages that Chinwag's server and every client speak, and the rules both sides must agree on.
//!
//! - [`ids`], [`names`]: newtypes, parsed once at the edge
//! - [`frame`]: [`ClientFrame`] and [`ServerFrame`]; [`event`]: what a room's log holds
//! - [`file`](mod@file): metadata of uploads and files; [`content`]: chunk layout and BLAKE3 verification
//! - [`error`]: stable codes and their wire form; [`limits`]: sizes that both sides enforce
//! - [`codec`]: frames as bytes, on TCP and on WebSocket; [`http`]: paths of the HTTP transport
//!
//! Nothing here does input or output, and everything builds for `wasm32-unknown-unknown`.
//! PROTOCOL.md describes the same in prose; `vectors/` holds a golden example of every variant.

pub mod codec;
pub mod content;
pub mod error;
pub mod event;
pub mod file;
pub mod frame;
pub mod http;
pub mod ids;
pub mod limits;
pub mod names;

pub use content::{ChunkHash, ChunkLayout, ContentHash};
pub use error::{ErrorCode, ErrorReply};
pub use event::{EventBody, RoomEvent};
pub use file::{ChunkRanges, FileInfo, UploadStatus};
pub use frame::{ClientFrame, ServerFrame};
pub use ids::{
    Epoch, FileId, PersonId, RequestId, RoomId, RoomRef, Sequence, SessionToken, TimestampMs,
    TransactionId, UploadId,
};
pub use names::{FileName, PersonName, RoomName};

/// The protocol version that [`frame::Hello`] names. It changes only when an old peer could not cope.
pub const PROTOCOL_VERSION: u32 = 1;
