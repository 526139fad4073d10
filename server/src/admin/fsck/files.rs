//! Contents, parts of uploads, and what belongs to nothing.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use shared::{ChunkLayout, ContentHash, UploadId};

use super::{Findings, FsckError};
use crate::admin::progress::Progress;
use crate::blobs::{Blobs, Listing, verify};
use crate::files::is_intact;
use crate::store::{Content, Inspection, StoredChunk};

/// What has changed since then may belong to something of which the database is told just now.
const SETTLED: Duration = Duration::from_secs(3);

pub(super) struct FileCheck<'a, 'b> {
    pub(super) inspection: &'a Inspection,
    pub(super) blobs: &'a Blobs,
    pub(super) findings: &'a mut Findings<'b>,
}

impl FileCheck<'_, '_> {
    /// Reads every content.
    pub(super) fn contents(&mut self, contents: &[Content]) -> Result<(), FsckError> {
        let total = contents.iter().map(|content| content.size_bytes).sum();
        let mut progress = Progress::new("checking files", total);
        for &Content { hash, size_bytes } in contents {
            let path = self.blobs.blob_path(hash);
            let read = &mut |bytes| progress.advance(bytes);
            if let Err(fault) = verify(&path, hash, size_bytes, read)
                && self.inspection.has_content(hash)?
            {
                let names = self.inspection.names_of(hash)?;
                let names = names.join(", ");
                let finding = format!("{} {fault}; it is {names}", path.display());
                self.findings.add(&finding);
            }
        }
        Ok(())
    }

    /// Reads what the server has flushed of each part. What it has not, it verifies itself before it counts on it.
    pub(super) fn uploads(&mut self, uploads: &[(UploadId, u64)]) -> Result<(), FsckError> {
        let mut progress = Progress::new("checking unfinished uploads", uploads.len() as u64);
        for &(upload_id, size_bytes) in uploads {
            let chunks = self.inspection.flushed_chunks(upload_id)?;
            let part = File::open(self.blobs.part_path(upload_id));
            let layout = ChunkLayout::for_size(size_bytes);
            let is_damaged = |chunk: &StoredChunk| match (&part, layout) {
                (Ok(part), Some(layout)) => {
                    !is_intact(part, layout, chunk.index, chunk.hash).unwrap_or_default()
                }
                (_, _) => true,
            };
            let damaged: Vec<StoredChunk> = chunks.into_iter().filter(is_damaged).collect();
            if !damaged.is_empty() {
                self.damaged_chunks(upload_id, &damaged)?;
            }
            progress.advance(1);
        }
        Ok(())
    }

    /// Those that the database still says to be there.
    fn damaged_chunks(
        &mut self,
        upload_id: UploadId,
        damaged: &[StoredChunk],
    ) -> Result<(), FsckError> {
        if !self.inspection.is_unfinished(upload_id)? {
            return Ok(());
        }
        let path = self.blobs.part_path(upload_id);
        for now in self.inspection.flushed_chunks(upload_id)? {
            let same = |chunk: &&StoredChunk| chunk.index == now.index && chunk.hash == now.hash;
            if damaged.iter().any(|chunk| same(&chunk)) {
                let index = now.index;
                let finding = format!("{} has not what chunk {index} was", path.display());
                self.findings.add(&finding);
            }
        }
        Ok(())
    }

    /// What was listed and belongs to nothing, neither then nor now.
    pub(super) fn orphans(
        &mut self,
        listing: Listing,
        contents: &[Content],
        uploads: &[(UploadId, u64)],
    ) -> Result<(), FsckError> {
        let known: HashSet<ContentHash> = contents.iter().map(|content| content.hash).collect();
        for content in listing.contents {
            let path = self.blobs.blob_path(content);
            if !known.contains(&content)
                && is_there_settled(&path)
                && !self.inspection.has_content(content)?
            {
                self.orphan(&path, "no file has this content");
            }
        }
        let known: HashSet<UploadId> = uploads.iter().map(|(upload_id, _)| *upload_id).collect();
        for upload_id in listing.parts {
            let path = self.blobs.part_path(upload_id);
            if !known.contains(&upload_id)
                && is_there_settled(&path)
                && !self.inspection.is_unfinished(upload_id)?
            {
                self.orphan(&path, "no upload needs this part");
            }
        }
        for path in listing.unfinished {
            self.orphan(&path, "left by a restore that was cut short");
        }
        for path in listing.unknown {
            if is_there_settled(&path) {
                self.orphan(&path, "the server has nothing of this name");
            }
        }
        Ok(())
    }

    fn orphan(&mut self, path: &Path, why: &str) {
        self.findings
            .add(&format!("{} is an orphan: {why}", path.display()));
    }
}

/// Whether the file is there, once its last change is some seconds ago.
fn is_there_settled(path: &Path) -> bool {
    let Some(changed) = changed_at(path) else {
        return false;
    };
    let age = SystemTime::now().duration_since(changed);
    // A change in the future says nothing.
    let rest = age.map_or(Duration::ZERO, |age| SETTLED.saturating_sub(age));
    sleep(rest);
    rest.is_zero() || path.exists()
}

/// Also when it got its name, unlike the time of the last writing.
fn changed_at(path: &Path) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = fs::metadata(path).ok()?.ctime();
    let since = Duration::from_secs(u64::try_from(seconds).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}
