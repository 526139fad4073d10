//! What a driver does with the core's outputs.

use bytes::Bytes;
use client::{DownloadId, Input, Output, UploadPhase};
use shared::codec::Packet;
use shared::content::hash_chunk;
use shared::file::FileDescription;
use shared::{ChunkLayout, ChunkRanges, ClientFrame, RequestId, TimestampMs, UploadId};

use super::{Travelling, World};

/// A file that is being written.
#[derive(Default)]
pub(crate) struct Target {
    pub(crate) bytes: Vec<u8>,
    pub(crate) writes: usize,
    pub(crate) finished: bool,
}

impl World {
    pub(super) fn drain(&mut self, who: usize) {
        while let Some(output) = self.peers[who].client.poll_output() {
            match output {
                Output::Connect => {
                    self.peers[who].connection += 1;
                    let now = self.now;
                    self.peers[who].connects.push(now);
                    self.transmit(who, 0, Travelling::Open);
                }
                Output::Send(frame) => {
                    self.assert_stored(who, &frame);
                    self.peers[who].sent.push(frame.clone());
                    self.transmit(who, 0, Travelling::Up(frame.into()));
                }
                Output::Disconnect => {
                    self.peers[who].connection += 1;
                    self.peers[who].open = false;
                }
                Output::Persist(snapshot) => {
                    self.peers[who].stored = snapshot;
                    self.peers[who].persists += 1;
                }
                Output::Changed(change) => self.peers[who].changes.push(change),
                Output::PutChunk {
                    request_id,
                    upload_id,
                    layout,
                    index,
                } => self.put_chunk(who, request_id, upload_id, layout, index),
                Output::ReleaseSource { upload_id } => {
                    self.peers[who].memory.remove(&upload_id);
                }
                Output::OpenTarget {
                    download_id,
                    target,
                    description,
                } => self.open_target(who, download_id, target, *description),
                Output::WriteChunk {
                    download_id,
                    index,
                    offset,
                    bytes,
                } => self.write_chunk(who, (download_id, index), offset, &bytes),
                Output::FinishTarget { download_id } => {
                    let target = self.target(who, download_id);
                    assert!(
                        !std::mem::replace(&mut target.finished, true),
                        "finished twice"
                    );
                    let path = "downloads/a.bin".into();
                    self.report(who, Input::TargetFinished { download_id, path });
                }
                Output::OpenSession(open) => self.open_session(who, *open),
                Output::CloseSession => self.close_session(who),
                Output::ReleaseTarget { .. } => {}
            }
        }
    }

    /// What is sent must outlive the process first.
    fn assert_stored(&self, who: usize, frame: &ClientFrame) {
        let stored = &self.peers[who].stored;
        let is_stored = match frame {
            ClientFrame::SendMessage(send) => {
                let mut ids = stored.outbox.iter().map(|m| Some(m.transaction_id));
                ids.any(|id| id == send.transaction_id)
            }
            ClientFrame::BeginUpload(begin) => {
                let mut ids = stored.uploads.iter().map(|upload| Some(upload.upload_id));
                ids.any(|id| id == begin.upload_id)
            }
            _ => true,
        };
        assert!(is_stored, "sent before stored: {frame:?}");
    }

    fn put_chunk(
        &mut self,
        who: usize,
        request_id: RequestId,
        upload_id: UploadId,
        layout: ChunkLayout,
        index: u32,
    ) {
        let peer = &mut self.peers[who];
        peer.puts += 1;
        peer.last_put = Some(request_id);
        let shown = &peer.client.view().uploads[&upload_id];
        assert_eq!(shown.phase, UploadPhase::Sending);
        let source = peer.memory.get(&upload_id);
        let source = source.or_else(|| peer.disk.get(&shown.source));
        let source = source.expect("chunks are asked of sources that are there");
        let range = layout.range(index).unwrap();
        let bytes = source.slice(range.start as usize..range.end as usize);
        let hash = hash_chunk(layout, index, &bytes);
        assert!(hash.is_some(), "the layout does not fit the file");
        let payload = if self.files.corrupts(&mut self.rng) {
            let mut damaged = bytes.to_vec();
            damaged[0] ^= 1;
            Bytes::from(damaged)
        } else {
            bytes
        };
        let payload_bytes = payload.len() as u32;
        let progress = Input::ChunkProgress {
            request_id,
            sent_bytes: u64::from(payload_bytes / 2),
        };
        peer.client.handle_input(progress, TimestampMs(self.now));
        let frame = ClientFrame::PutChunk {
            request_id,
            upload_id,
            index,
            hash,
            payload_bytes,
        };
        self.transmit(who, 0, Travelling::Up(Packet { frame, payload }));
    }

    fn target(&mut self, who: usize, download_id: DownloadId) -> &mut Target {
        let peer = &mut self.peers[who];
        let name = &peer.client.view().downloads[&download_id].target;
        peer.targets.get_mut(name).expect("the target is open")
    }

    /// What the driver's disk took some time for.
    fn report(&mut self, who: usize, input: Input) {
        let at = self.now + self.rng.u64(0..20);
        self.packets += 1;
        let local = Travelling::Local(self.peers[who].process, input);
        self.network.insert((at, self.packets), (who, 0, local));
    }

    fn open_target(
        &mut self,
        who: usize,
        download_id: DownloadId,
        name: String,
        description: FileDescription,
    ) {
        let layout = description.layout;
        let target = self.peers[who].targets.entry(name).or_default();
        target.bytes.resize(layout.size_bytes as usize, 0);
        let verified = |index: &u32| {
            let range = layout.range(*index).unwrap();
            let bytes = &target.bytes[range.start as usize..range.end as usize];
            hash_chunk(layout, *index, bytes) == Some(description.chunk_hashes[*index as usize])
        };
        let present: ChunkRanges = (0..layout.count()).filter(verified).collect();
        let opened = Input::TargetOpened {
            download_id,
            present,
        };
        self.report(who, opened);
    }

    fn write_chunk(
        &mut self,
        who: usize,
        (download_id, index): (DownloadId, u32),
        offset: u64,
        bytes: &[u8],
    ) {
        let target = self.target(who, download_id);
        let offset = offset as usize;
        target.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        target.writes += 1;
        self.report(who, Input::ChunkWritten { download_id, index });
    }
}
