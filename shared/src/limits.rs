//! Sizes that server and clients enforce alike. The server repeats the adjustable ones in `Welcome`.

use serde::Serialize;

use crate::decode::Decode;

/// Characters of a person's name.
pub const PERSON_NAME_CHARS_MAX: usize = 32;
/// Characters of a room's name.
pub const ROOM_NAME_CHARS_MAX: usize = 64;
/// Combining marks in a row of a name. Four are what UTS 39 (section 5.4) takes for sane without those that stand
/// beside their letter; Burmese needs five with them.
pub const MARKS_MAX: usize = 5;
/// Characters of a room's topic.
pub const TOPIC_CHARS_MAX: usize = 250;
/// Characters of a room's description.
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Characters of a person's status.
pub const STATUS_CHARS_MAX: usize = 100;
/// Characters of a new password, at least (NIST SP 800-63B, section 5.1.1.2, for memorised secrets).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Characters of a password, at most, so that hashing it costs no more than it must.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Unread messages are counted up to here.
pub const UNREAD_MAX: u32 = 1_000;
/// Members of a room in which everyone sees how far the others have read.
pub const READ_BY_MEMBERS_MAX: u32 = 20;
/// Members of a room in which `@all` and `@room` mention everyone.
pub const MENTION_ALL_MEMBERS_MAX: u32 = 100;
/// Each `@` of a message that may mention somebody costs a search, so that no more of them count.
pub const MENTIONS_MAX: usize = 30;
/// People in one answer to `find_people`.
pub const PEOPLE_FOUND_MAX: usize = 50;
/// Files in one page of a list.
pub const FILES_PAGE_MAX: usize = 50;
/// Bytes of the image that somebody has as their picture.
pub const AVATAR_BYTES_MAX: u64 = 2 << 20;
/// People in a direct room.
pub const DIRECT_PEOPLE_MAX: usize = 10;
/// Bytes of a file's name; the limit of common file systems.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Bytes of a message's text in UTF-8.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Files attached to one message.
pub const ATTACHMENTS_MAX: usize = 32;
/// Events in one page of history.
pub const HISTORY_PAGE_EVENTS_MAX: u32 = 200;
/// Bytes of a line that a client sends, without its end: a text of [`TEXT_BYTES_MAX`] in which JSON
/// escapes every byte to six, and room for the rest.
pub const CLIENT_LINE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a line that the server sends, without its end.
pub const SERVER_LINE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a chunk (the last one of a file may be shorter), at least.
pub const CHUNK_BYTES_MIN: u32 = 1 << 20;
/// Bytes of a chunk, and so of any payload, at most.
pub const CHUNK_BYTES_MAX: u32 = 32 << 20;
/// Bytes of a WebSocket message that a client sends: a line, its end, and a payload.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = CLIENT_LINE_BYTES_MAX + 1 + CHUNK_BYTES_MAX as usize;
/// Chunks of one file, so that a list of their hashes stays small.
pub const CHUNKS_MAX: u32 = 4096;
/// Bytes of the largest file that chunks can describe: 128 GiB. A server may allow less.
pub const FILE_BYTES_MAX: u64 = CHUNKS_MAX as u64 * CHUNK_BYTES_MAX as u64;

/// The server's adjustable limits, as `Welcome` states them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct Limits {
    /// Bytes of a message's text in UTF-8.
    pub text_bytes_max: usize,
    /// Files attached to one message.
    pub attachments_max: usize,
    /// Bytes of one file.
    pub file_bytes_max: u64,
    /// A connection that has been silent for this long is closed; clients send `Ping` in time.
    pub silence_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: TEXT_BYTES_MAX,
            attachments_max: ATTACHMENTS_MAX,
            file_bytes_max: FILE_BYTES_MAX,
            silence_timeout_ms: 90_000,
        }
    }
}
