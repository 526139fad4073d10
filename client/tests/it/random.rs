//! Several clients, every fault, many seeds.

use std::collections::BTreeMap;

use bytes::Bytes;
use client::{Command, DownloadPhase, Ticket, UploadPhase};
use shared::{EventBody, FileId, PersonId, UploadId};

use crate::world::{Cut, World, content};

/// What was written, by text, with the contents of its files in their order.
type Written = BTreeMap<String, Vec<Bytes>>;

/// One walk through all that can happen.
struct Walk {
    world: World,
    written: Written,
    /// Of uploads whose bytes die with the process.
    in_memory: BTreeMap<(usize, UploadId), Bytes>,
    /// Files that are being fetched: who, what, and where it goes.
    fetched: Vec<(usize, FileId, String)>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, 4);
        world.duplicate_percent = 10;
        world.files.corrupt_percent = 3;
        Self {
            world,
            written: Written::new(),
            in_memory: BTreeMap::new(),
            fetched: Vec::new(),
        }
    }

    fn step(&mut self, step: usize) {
        let who = self.world.rng.usize(..4);
        match self.world.rng.u8(..17) {
            0..6 => {
                self.world.say(who, &step.to_string());
                self.written.insert(step.to_string(), Vec::new());
            }
            6 | 7 => self.say_with_files(who, step),
            8 => self.world.disconnect(who),
            9 => self.crash(who),
            10 => self.world.peers[who].cut = Some(Cut::BeforeWrite),
            11 => self.world.peers[who].cut = Some(Cut::AfterCommit),
            12 => self.world.peers[who].cut = Some(Cut::AfterAck),
            13 => {
                let packets = self.world.rng.usize(..20);
                self.world.peers[who].cut_after = Some(packets);
            }
            14 => self.world.files.full_until = self.world.now + self.world.rng.u64(..5_000),
            15 => self.fetch(who),
            _ => self.world.restart_server(),
        }
        let pause = self.world.rng.u64(..1_500);
        self.world.run(pause);
    }

    fn say_with_files(&mut self, who: usize, step: usize) {
        let mut contents = Vec::new();
        let mut uploads = Vec::new();
        for _ in 0..self.world.rng.usize(1..4) {
            let size = [0, 1, 70_000, 1 << 20, (2 << 20) + 5][self.world.rng.usize(..5)];
            let bytes = content(self.world.rng.u64(..1_000), size);
            let on_disk = self.world.rng.u8(..4) > 0;
            let upload_id = self.world.upload(who, bytes.clone(), on_disk);
            if !on_disk {
                self.in_memory.insert((who, upload_id), bytes.clone());
            }
            contents.push(bytes);
            uploads.push(upload_id);
        }
        self.world.say_with(who, &step.to_string(), &uploads);
        self.written.insert(step.to_string(), contents);
    }

    fn fetch(&mut self, who: usize) {
        let files: Vec<FileId> = self.world.files.files.keys().copied().collect();
        if files.is_empty() {
            return;
        }
        let file_id = files[self.world.rng.usize(..files.len())];
        let target = format!("target-{}", self.fetched.len());
        self.fetched.push((who, file_id, target.clone()));
        let ticket = self.world.command(
            who,
            Command::Download {
                file_id,
                target,
                keep: false,
            },
        );
        assert!(matches!(ticket, Ticket::Download(_)));
    }

    fn crash(&mut self, who: usize) {
        self.world.crash(who);
        for (of, file_id, target) in &self.fetched {
            let done = self.world.peers[who].targets.get(target);
            if *of == who && !done.is_some_and(|target| target.finished) {
                let (file_id, target) = (*file_id, target.clone());
                self.world.command(
                    who,
                    Command::Download {
                        file_id,
                        target,
                        keep: false,
                    },
                );
            }
        }
    }

    /// No more faults; people do what only they can.
    fn settle(&mut self) {
        for peer in &mut self.world.peers {
            peer.cut = None;
            peer.cut_after = None;
        }
        self.world.files.corrupt_percent = 0;
        for _ in 0..2 {
            self.world.run(100_000);
            for ((who, upload_id), bytes) in &self.in_memory {
                let (who, upload_id) = (*who, *upload_id);
                let shown = self.world.peers[who].client.view().uploads.get(&upload_id);
                let phase = shown.map(|shown| shown.phase.clone());
                if phase == Some(UploadPhase::SourceMissing) {
                    self.world.peers[who]
                        .memory
                        .insert(upload_id, bytes.clone());
                    let source = String::new();
                    let resume = Command::ResumeUpload { upload_id, source };
                    self.world.command(who, resume);
                }
            }
        }
    }

    fn assert_right(&mut self) {
        self.world.assert_converged();
        let mut stored = Written::new();
        for event in &self.world.log {
            if let EventBody::MessageSent {
                text, attachments, ..
            } = &event.event
            {
                let file = |info: &shared::FileInfo| {
                    Bytes::from(self.world.files.files[&info.file_id].content())
                };
                let contents = attachments.iter().map(file).collect();
                assert!(stored.insert(text.clone(), contents).is_none(), "doubled");
            }
        }
        assert!(stored == self.written, "lost or changed");
        self.assert_in_order();
        for peer in &self.world.peers {
            assert!(peer.client.view().uploads.is_empty(), "all are attached");
            assert!(peer.stored.uploads.is_empty());
            for download in peer.client.view().downloads.values() {
                let phase = &download.phase;
                assert!(matches!(phase, DownloadPhase::Finished { .. }), "{phase:?}");
            }
        }
        for (who, file_id, target) in &self.fetched {
            let target = &self.world.peers[*who].targets[target];
            assert!(target.finished && target.bytes == self.world.files.files[file_id].content());
        }
    }
}

impl Walk {
    /// What people wrote without files stands in the order in which they wrote it.
    fn assert_in_order(&self) {
        let mut last: BTreeMap<PersonId, usize> = BTreeMap::new();
        for event in &self.world.log {
            if let EventBody::MessageSent {
                text, attachments, ..
            } = &event.event
                && attachments.is_empty()
            {
                let step: usize = text.parse().unwrap();
                let before = last.insert(event.person.id, step);
                assert!(before < Some(step), "{step} after {before:?}");
            }
        }
    }
}

#[test]
fn everything_converges_under_random_faults() {
    for seed in 0..100 {
        let result = std::panic::catch_unwind(|| {
            let mut walk = Walk::new(seed);
            for step in 0..100 {
                walk.step(step);
            }
            walk.settle();
            walk.assert_right();
        });
        assert!(result.is_ok(), "seed {seed}");
    }
}
