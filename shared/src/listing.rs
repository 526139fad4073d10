//! Looking for files that messages carry.

use serde::Serialize;

use crate::decode::Decode;
use crate::frame::Person;
use crate::{FileId, FileInfo, RequestId, RoomId, RoomRef, Sequence, TimestampMs};

/// Asks for files of the messages that one may read, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Decode)]
pub struct ListFiles {
    /// Repeated in the reply.
    #[serde(default)]
    pub request_id: RequestId,
    /// Of this room only; of every one that one may read where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// What the name holds, whatever the case; every word of it, in any order.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// What kind of file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    /// What the sender's name holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Sent then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<TimestampMs>,
    /// Sent before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<TimestampMs>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FileCursor>,
}

/// A place in a list of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
pub struct FileCursor {
    /// When the message was sent.
    pub sent_at_ms: TimestampMs,
    /// The file.
    pub file_id: FileId,
}

/// A file with the message that carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct SentFile {
    /// The file.
    pub file: FileInfo,
    /// Where the message is.
    pub room_id: RoomId,
    /// Likewise.
    pub sequence: Sequence,
    /// When it was sent.
    pub sent_at_ms: TimestampMs,
    /// Who sent it, with the name of that time.
    pub person: Person,
}

/// What people take a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Pictures.
    Image,
    /// Films.
    Video,
    /// Sounds.
    Audio,
    /// Texts, tables, slides, PDF.
    Document,
    /// What holds other files.
    Archive,
    /// Everything else.
    Other,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl FileKind {
    /// All that one can ask for.
    pub const ALL: [Self; 6] = [
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Document,
        Self::Archive,
        Self::Other,
    ];

    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Archive => "archive",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// Of a file of this name and media type (RFC 6838), with or without parameters. The name tells of one that may be
    /// anything.
    pub fn of(name: &str, media_type: &str) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let (class, subtype) = essence.split_once('/').unwrap_or_default();
        if class.is_empty() || subtype == "octet-stream" {
            return Self::by_name(name);
        }
        match class {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "text" => Self::Document,
            "application" if DOCUMENTS.iter().any(|part| subtype.contains(part)) => Self::Document,
            "application" if ARCHIVES.iter().any(|part| subtype.contains(part)) => Self::Archive,
            _ => Self::Other,
        }
    }

    fn by_name(name: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_one_of = |list: &[&str]| list.iter().any(|it| it.eq_ignore_ascii_case(extension));
        if is_one_of(&DOCUMENT_NAMES) {
            Self::Document
        } else if is_one_of(&ARCHIVE_NAMES) {
            Self::Archive
        } else {
            Self::Other
        }
    }
}

/// What the subtypes of documents hold (IANA's registry of media types).
const DOCUMENTS: [&str; 8] = [
    "pdf",
    "msword",
    "officedocument",
    "opendocument",
    "ms-excel",
    "ms-powerpoint",
    "rtf",
    "epub",
];
/// Likewise of archives; `x-` stands before those that are not registered.
const ARCHIVES: [&str; 9] = [
    "zip", "tar", "7z", "rar", "bzip", "x-xz", "zstd", "compress", "iso9660",
];
/// Extensions of documents that are often sent without a media type.
const DOCUMENT_NAMES: [&str; 16] = [
    "pdf", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "ppt", "pptx", "odp", "epub", "txt",
    "md", "csv", "tex",
];
/// Likewise of archives.
const ARCHIVE_NAMES: [&str; 12] = [
    "zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "iso", "jar", "deb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_people_take_them_for() {
        for (media_type, kind) in [
            ("image/png", FileKind::Image),
            ("video/webm; codecs=vp9", FileKind::Video),
            ("audio/ogg", FileKind::Audio),
            ("text/csv", FileKind::Document),
            ("application/pdf", FileKind::Document),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                FileKind::Document,
            ),
            ("application/gzip", FileKind::Archive),
            ("application/x-7z-compressed", FileKind::Archive),
            ("application/octet-stream", FileKind::Other),
            ("model/gltf+json", FileKind::Other),
            ("", FileKind::Other),
            ("zip", FileKind::Other),
        ] {
            assert_eq!(FileKind::of("a", media_type), kind, "{media_type}");
        }
        for (name, kind) in [
            ("Notes.PDF", FileKind::Document),
            ("backup.tar.zst", FileKind::Archive),
            ("zip", FileKind::Other),
            ("a.exe", FileKind::Other),
        ] {
            for media_type in ["", "application/octet-stream"] {
                assert_eq!(FileKind::of(name, media_type), kind, "{name}");
            }
        }
        assert_eq!(FileKind::of("a.zip", "image/png"), FileKind::Image);
    }
}
