//! Files on their way: which chunk is carried when, what is repeated, and when it is done. The driver reads and
//! writes bytes; every decision is made here.
//!
//! - `upload`, `download`: one transfer; `transfers`: all of them, and whose turn it is
//! - `plan`: the chunks of a file; `meter`: progress and speed; `refusal`: what may be repeated, and when

pub(crate) mod download;
pub(crate) mod meter;
pub(crate) mod plan;
pub(crate) mod refusal;
pub(crate) mod transfers;
pub(crate) mod upload;

use serde::Serialize;
use shared::decode::Decode;
use shared::{ErrorCode, FileId, FileInfo, RoomId, UploadId};

pub use download::{ChunkError, ChunkRequest, ChunkWrite, DescriptionError, DownloadPlan};
pub(crate) use transfers::{Asked, DownloadRequest, Transfers, UploadRequest};

/// Names a download for the life of a [`crate::Client`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DownloadId(pub u64);

/// How far a transfer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Of the file.
    pub size_bytes: u64,
    /// There already, or on their way and written to the connection.
    pub done_bytes: u64,
    /// Of the last seconds; `None` until it is known or while nothing moves.
    pub bytes_per_second: Option<u64>,
}

impl Progress {
    /// How long it will take at the present speed.
    pub fn remaining_ms(&self) -> Option<u64> {
        let left = self.size_bytes.saturating_sub(self.done_bytes);
        let speed = self.bytes_per_second.filter(|speed| *speed > 0)?;
        Some(left.saturating_mul(1000) / speed)
    }
}

/// A file on its way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub upload_id: UploadId,
    /// As it was given.
    pub name: String,
    pub media_type: Option<String>,
    /// The driver's own word for where the bytes are: a path, or empty where they are gone with the process.
    pub source: String,
    pub phase: UploadPhase,
    /// Why it waits, in the server's words: its disk is full, say. It goes on by itself.
    pub trouble: Option<String>,
    pub progress: Progress,
    /// The file that it becomes, once the server has heard of it.
    pub file_id: Option<FileId>,
    /// The room in whose log a message carries it already. It is forgotten once it is finished.
    pub posted: Option<RoomId>,
}

impl Upload {
    /// The file, once it is finished.
    pub fn file(&self) -> Option<&FileInfo> {
        match &self.phase {
            UploadPhase::Finished(file) => Some(file),
            UploadPhase::Waiting
            | UploadPhase::Sending
            | UploadPhase::Finishing
            | UploadPhase::SourceMissing
            | UploadPhase::Failed { .. } => None,
        }
    }
}

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadPhase {
    /// For its turn or for the connection.
    Waiting,
    /// Chunks travel.
    Sending,
    /// Every chunk is there; the server puts them together.
    Finishing,
    /// It can be attached, or is.
    Finished(FileInfo),
    /// The bytes are gone with the process that had them: [`crate::Command::ResumeUpload`] gives them again.
    SourceMissing,
    /// [`crate::Command::ResumeUpload`] tries again.
    Failed {
        /// `None` where the source and not the server is the trouble.
        code: Option<ErrorCode>,
        reason: String,
    },
}

/// A file on its way from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    pub download_id: DownloadId,
    pub file_id: FileId,
    /// The driver's own word for where the bytes go.
    pub target: String,
    /// Whether it goes on in a later process.
    pub keep: bool,
    /// `None` until the server described it.
    pub file: Option<FileInfo>,
    pub phase: DownloadPhase,
    /// Why it waits, in the server's words. It goes on by itself.
    pub trouble: Option<String>,
    pub progress: Progress,
}

/// Where a download stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadPhase {
    /// For its turn, the connection, or the driver that looks at what is there already.
    Waiting,
    /// Chunks travel.
    Receiving,
    /// Every chunk is written and verified; the driver puts the file in its place.
    Finishing,
    /// It is there, and what the server's hash says.
    Finished {
        /// As the driver reported it.
        path: String,
    },
    /// Nothing more is done.
    Failed {
        /// `None` where the target and not the server is the trouble.
        code: Option<ErrorCode>,
        reason: String,
    },
}

/// An attachment of a message that waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PendingAttachment {
    /// A finished file.
    File { file_id: FileId },
    /// The message waits until the server has heard of this upload.
    Upload { upload_id: UploadId },
}

/// What outlives the process of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct StoredUpload {
    pub upload_id: UploadId,
    pub name: String,
    pub size_bytes: u64,
    #[serde(default)]
    pub media_type: Option<String>,
    #[serde(default)]
    pub source: String,
    /// Once it is finished and while it waits to be attached.
    #[serde(default)]
    pub file: Option<FileInfo>,
    /// As of [`Upload`].
    #[serde(default)]
    pub file_id: Option<FileId>,
    /// Likewise.
    #[serde(default)]
    pub posted: Option<RoomId>,
}

/// What outlives the process of a download. How much is there already, the target tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct StoredDownload {
    pub file_id: FileId,
    pub target: String,
}
