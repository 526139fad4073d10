//! The server's uploads and files, with faults.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use client::{Command, PendingAttachment, Ticket};
use shared::codec::Packet;
use shared::content::{hash_chunk, merge_chunks};
use shared::file::{BeginUpload, FileDescription, FinishUpload};
use shared::{
    ArrivingFile, ChunkHash, ChunkLayout, ErrorCode, ErrorReply, EventBody, FileId, FileInfo,
    FileName, PersonId, RequestId, ServerFrame, TimestampMs, UploadId, UploadInfo, UploadStatus,
};

use super::{Travelling, World};

/// What the server has on its disk, and how it fails.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) uploads: BTreeMap<UploadId, ServerUpload>,
    pub(crate) files: BTreeMap<FileId, ServerFile>,
    /// Of chunks, on their way in either direction.
    pub(crate) corrupt_percent: u8,
    /// Until then the disk is full, ms.
    pub(crate) full_until: u64,
    /// Chunks that arrived, good or bad.
    pub(crate) chunks_put: usize,
    /// How reading a chunk fails.
    pub(crate) refuse_reads: Option<ErrorCode>,
    /// Chunks that were read.
    pub(crate) chunks_read: usize,
}

pub(crate) struct ServerUpload {
    owner: PersonId,
    file_id: FileId,
    name: String,
    layout: ChunkLayout,
    pub(crate) chunks: BTreeMap<u32, (ChunkHash, Bytes)>,
    pub(crate) file: Option<FileInfo>,
}

pub(crate) struct ServerFile {
    pub(crate) info: FileInfo,
    layout: ChunkLayout,
    pub(crate) chunks: Vec<(ChunkHash, Bytes)>,
}

impl ServerFile {
    pub(crate) fn content(&self) -> Vec<u8> {
        let chunks: Vec<&[u8]> = self.chunks.iter().map(|(_, bytes)| &bytes[..]).collect();
        chunks.concat()
    }
}

impl Files {
    pub(crate) fn corrupts(&self, rng: &mut fastrand::Rng) -> bool {
        rng.u8(..100) < self.corrupt_percent
    }
}

/// Bytes that differ from place to place and from seed to seed, cut from one pool because making them takes long.
pub(crate) fn content(seed: u64, size_bytes: usize) -> Bytes {
    static POOL: OnceLock<Bytes> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let mut bytes = vec![0; 32 << 20];
        fastrand::Rng::with_seed(1).fill(&mut bytes);
        bytes.into()
    });
    let start = (seed as usize * 4_099) % (pool.len() - size_bytes);
    pool.slice(start..start + size_bytes)
}

impl World {
    /// Begins an upload from the disk of a client, or from the memory of its process.
    pub(crate) fn upload(&mut self, who: usize, bytes: Bytes, on_disk: bool) -> UploadId {
        let source = if on_disk {
            let path = format!("file-{}", self.peers[who].disk.len());
            self.peers[who].disk.insert(path.clone(), bytes.clone());
            path
        } else {
            String::new()
        };
        let command = Command::BeginUpload {
            name: "a.bin".into(),
            size_bytes: bytes.len() as u64,
            media_type: None,
            source,
        };
        let now = shared::TimestampMs(self.now);
        let ticket = self.peers[who].client.command(command, now).unwrap();
        let Ticket::Upload(upload_id) = ticket else {
            panic!("{ticket:?}");
        };
        if !on_disk {
            self.peers[who].memory.insert(upload_id, bytes);
        }
        self.drain(who);
        upload_id
    }

    pub(crate) fn say_with(&mut self, who: usize, text: &str, uploads: &[UploadId]) {
        let attach = |id: &UploadId| PendingAttachment::Upload { upload_id: *id };
        let command = Command::SendMessage {
            room_id: self.room_id,
            text: text.into(),
            attachments: uploads.iter().map(attach).collect(),
        };
        self.command(who, command);
    }

    fn refuse(&mut self, who: usize, request_id: RequestId, code: ErrorCode) {
        let mut error = ErrorReply::new(code, format!("{code:?}"));
        error.request_id = request_id;
        self.down(who, ServerFrame::Error(error));
    }

    fn upload_of(&mut self, who: usize, upload_id: UploadId) -> Option<&mut ServerUpload> {
        let owner = self.peers[who].person.as_ref()?.id;
        let upload = self.files.uploads.get_mut(&upload_id)?;
        (upload.owner == owner).then_some(upload)
    }

    pub(super) fn begin_upload(&mut self, who: usize, begin: BeginUpload) {
        let request_id = begin.request_id;
        if self.now < self.files.full_until {
            return self.refuse(who, request_id, ErrorCode::StorageFull);
        }
        let upload_id = begin.upload_id.unwrap();
        let owner = self.peers[who].person.clone().unwrap().id;
        let layout = ChunkLayout::for_size(begin.size_bytes).unwrap();
        let file_id = FileId::from_bytes(self.rng.u128(..).to_be_bytes());
        let new = || ServerUpload {
            owner,
            file_id,
            name: begin.name.clone(),
            layout,
            chunks: BTreeMap::new(),
            file: None,
        };
        let upload = self.files.uploads.entry(upload_id).or_insert_with(new);
        if upload.owner != owner || upload.layout != layout || upload.name != begin.name {
            return self.refuse(who, request_id, ErrorCode::UploadConflict);
        }
        let status = UploadStatus {
            request_id,
            upload_id,
            file_id: upload.file_id,
            name: FileName::repaired(&upload.name),
            layout,
            present: upload.chunks.keys().copied().collect(),
            file: upload.file.clone(),
        };
        self.down(who, ServerFrame::UploadStatus(status));
    }

    pub(super) fn list_uploads(&mut self, who: usize, request_id: RequestId) {
        let owner = self.peers[who].person.as_ref().map(|person| person.id);
        let unfinished = self
            .files
            .uploads
            .iter()
            .filter(|(_, upload)| upload.file.is_none() && Some(upload.owner) == owner);
        let uploads = unfinished.map(|(upload_id, upload)| UploadInfo {
            upload_id: *upload_id,
            file_id: upload.file_id,
            name: FileName::repaired(&upload.name),
            size_bytes: upload.layout.size_bytes,
            received_bytes: upload
                .chunks
                .values()
                .map(|(_, bytes)| bytes.len() as u64)
                .sum(),
            begun_at_ms: TimestampMs(1),
        });
        let uploads = uploads.collect();
        self.down(
            who,
            ServerFrame::UploadsListed {
                request_id,
                uploads,
            },
        );
    }

    pub(super) fn store_chunk(
        &mut self,
        who: usize,
        request_id: RequestId,
        (upload_id, index): (UploadId, u32),
        stated: Option<ChunkHash>,
        bytes: Bytes,
    ) {
        self.files.chunks_put += 1;
        if self.now < self.files.full_until {
            return self.refuse(who, request_id, ErrorCode::StorageFull);
        }
        let Some(upload) = self.upload_of(who, upload_id) else {
            return self.refuse(who, request_id, ErrorCode::UploadNotFound);
        };
        let Some(hash) = hash_chunk(upload.layout, index, &bytes) else {
            return self.refuse(who, request_id, ErrorCode::ChunkOutOfRange);
        };
        if Some(hash) != stated {
            return self.refuse(who, request_id, ErrorCode::ChunkMismatch);
        }
        upload.chunks.insert(index, (hash, bytes));
        self.down(
            who,
            ServerFrame::ChunkStored {
                request_id,
                upload_id,
                index,
                hash,
            },
        );
    }

    pub(super) fn finish_upload(&mut self, who: usize, finish: FinishUpload) {
        let (request_id, upload_id) = (finish.request_id, finish.upload_id);
        let Some(upload) = self.upload_of(who, upload_id) else {
            return self.refuse(who, request_id, ErrorCode::UploadNotFound);
        };
        let file_id = upload.file_id;
        let hashes: Vec<ChunkHash> = upload.chunks.values().map(|(hash, _)| *hash).collect();
        let Some(content_hash) = merge_chunks(upload.layout, &hashes) else {
            return self.refuse(who, request_id, ErrorCode::UploadIncomplete);
        };
        if finish.content_hash.is_some_and(|hash| hash != content_hash) {
            return self.refuse(who, request_id, ErrorCode::ContentMismatch);
        }
        let name = FileName::repaired(&upload.name);
        let new = || FileInfo {
            file_id,
            link: shared::http::file_link(file_id, &name),
            name,
            size_bytes: upload.layout.size_bytes,
            media_type: "application/octet-stream".into(),
            content_hash,
            image: None,
        };
        let info = upload.file.get_or_insert_with(new).clone();
        let stored = ServerFile {
            info: info.clone(),
            layout: upload.layout,
            chunks: upload.chunks.values().cloned().collect(),
        };
        let is_new = self.files.files.insert(info.file_id, stored).is_none();
        if is_new {
            self.ended(who, upload_id, file_id, Some(&info));
        }
        self.down(
            who,
            ServerFrame::UploadFinished {
                request_id,
                upload_id,
                file: info,
            },
        );
    }

    pub(super) fn cancel_upload(&mut self, who: usize, request_id: RequestId, id: UploadId) {
        let Some(upload) = self
            .upload_of(who, id)
            .filter(|upload| upload.file.is_none())
        else {
            return self.refuse(who, request_id, ErrorCode::UploadNotFound);
        };
        let file_id = upload.file_id;
        self.files.uploads.remove(&id);
        self.ended(who, id, file_id, None);
        self.down(who, ServerFrame::Done { request_id });
    }

    /// The files that a message carries, and those that it awaits; `None` where one is neither.
    pub(super) fn carried(&self, ids: &[FileId]) -> Option<(Vec<FileInfo>, Vec<ArrivingFile>)> {
        let (mut there, mut arriving) = (Vec::new(), Vec::new());
        for (place, file_id) in (0..).zip(ids) {
            if let Some(file) = self.files.files.get(file_id) {
                there.push(file.info.clone());
                continue;
            }
            let mut uploads = self.files.uploads.values();
            let upload = uploads.find(|upload| upload.file_id == *file_id)?;
            let name = FileName::repaired(&upload.name);
            arriving.push(ArrivingFile {
                file_id: *file_id,
                place,
                link: shared::http::file_link(*file_id, &name),
                name,
                size_bytes: upload.layout.size_bytes,
                media_type: None,
                withdrawn: false,
            });
        }
        Some((there, arriving))
    }

    /// Tells one's devices that an upload has ended, and the messages that await its file that this is there, or that
    /// it will not come.
    fn ended(&mut self, who: usize, upload_id: UploadId, file_id: FileId, file: Option<&FileInfo>) {
        let person = self.peers[who].person.clone().unwrap();
        for device in 0..self.peers.len() {
            let own = self.peers[device].person.as_ref() == Some(&person);
            if own && self.peers[device].open && self.greeted(device) {
                self.down(device, ServerFrame::UploadEnded { upload_id });
            }
        }
        for index in 0..self.log.len() {
            let message = &mut self.log[index];
            let sequence = message.sequence;
            let news = match file {
                Some(file) => message.event.arrive(file).then(|| EventBody::FileArrived {
                    sequence,
                    file: file.clone(),
                }),
                None => {
                    let withdrawn = message.event.withdraw(file_id);
                    withdrawn.then_some(EventBody::FileWithdrawn { sequence, file_id })
                }
            };
            if let Some(news) = news {
                self.publish(person.clone(), news);
            }
        }
    }

    /// A file that somebody has uploaded.
    pub(crate) fn shared_file(&mut self, bytes: &Bytes) -> FileId {
        let layout = ChunkLayout::for_size(bytes.len() as u64).unwrap();
        let chunk = |index| {
            let range = layout.range(index).unwrap();
            let chunk = bytes.slice(range.start as usize..range.end as usize);
            (hash_chunk(layout, index, &chunk).unwrap(), chunk)
        };
        let chunks: Vec<(ChunkHash, Bytes)> = (0..layout.count()).map(chunk).collect();
        let hashes: Vec<ChunkHash> = chunks.iter().map(|(hash, _)| *hash).collect();
        let file_id = FileId::from_bytes(self.rng.u128(..).to_be_bytes());
        let name = FileName::repaired("a.bin");
        let info = FileInfo {
            file_id,
            link: shared::http::file_link(file_id, &name),
            name,
            size_bytes: layout.size_bytes,
            media_type: "application/octet-stream".into(),
            content_hash: merge_chunks(layout, &hashes).unwrap(),
            image: None,
        };
        let file = ServerFile {
            info,
            layout,
            chunks,
        };
        self.files.files.insert(file_id, file);
        file_id
    }

    pub(crate) fn describe(&self, file_id: FileId, request_id: RequestId) -> FileDescription {
        let file = &self.files.files[&file_id];
        FileDescription {
            request_id,
            file: file.info.clone(),
            layout: file.layout,
            chunk_hashes: file.chunks.iter().map(|(hash, _)| *hash).collect(),
        }
    }

    pub(super) fn describe_file(&mut self, who: usize, request_id: RequestId, file_id: FileId) {
        if !self.files.files.contains_key(&file_id) {
            return self.refuse(who, request_id, ErrorCode::FileNotFound);
        }
        let description = self.describe(file_id, request_id);
        self.down(who, ServerFrame::FileDescribed(description));
    }

    pub(super) fn read_chunk(
        &mut self,
        who: usize,
        request_id: RequestId,
        file_id: FileId,
        index: u32,
    ) {
        self.files.chunks_read += 1;
        if let Some(code) = self.files.refuse_reads {
            return self.refuse(who, request_id, code);
        }
        let chunk = self.files.files[&file_id].chunks.get(index as usize);
        let (_, bytes) = chunk.cloned().unwrap();
        let payload = if self.files.corrupts(&mut self.rng) {
            bytes.slice(1..)
        } else {
            bytes
        };
        let frame = ServerFrame::ChunkRead {
            request_id,
            file_id,
            index,
            payload_bytes: payload.len() as u32,
        };
        if self.deaf != Some(who) {
            self.transmit(who, 1, Travelling::Down(Packet { frame, payload }));
        }
    }
}
