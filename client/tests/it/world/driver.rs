//! What a driver does with the core's outputs.

use bytes::Bytes;
use client::{Input, Output, UploadPhase};
use shared::codec::Packet;
use shared::content::hash_chunk;
use shared::{ChunkLayout, ClientFrame, RequestId, TimestampMs, UploadId};

use super::{Travelling, World};

impl World {
    pub(super) fn drain(&mut self, who: usize) {
        while let Some(output) = self.peers[who].client.poll_output() {
            match output {
                Output::Connect => {
                    self.peers[who].connection += 1;
                    self.transmit(who, 0, Travelling::Open);
                }
                Output::Send(frame) => {
                    self.assert_stored(who, &frame);
                    self.transmit(who, 0, Travelling::Up(frame.into()));
                }
                Output::Disconnect => {
                    self.peers[who].connection += 1;
                    self.peers[who].open = false;
                }
                Output::Persist(snapshot) => self.peers[who].stored = snapshot,
                Output::Changed(_) => {}
                Output::PutChunk {
                    request_id,
                    upload_id,
                    layout,
                    index,
                } => self.put_chunk(who, request_id, upload_id, layout, index),
                Output::ReleaseSource { upload_id } => {
                    self.peers[who].memory.remove(&upload_id);
                }
                other => panic!("not simulated: {other:?}"),
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
}
