//! What the disk has lost of contents: it is counted, logged and told to admins, once for each chunk.

use std::sync::Arc;

use shared::ContentHash;
use tokio::runtime::Handle;

use crate::metrics::Metrics;
use crate::store::Store;

/// Clones tell the same.
#[derive(Clone)]
pub(super) struct Damages {
    store: Store,
    metrics: Arc<Metrics>,
}

impl Damages {
    pub(super) fn new(store: Store, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    /// A chunk was read and is not what was stored. Tells so in the background; to be called by a job of a runtime.
    pub(super) fn found(&self, content: ContentHash, index: u32) {
        self.metrics.damaged();
        let store = self.store.clone();
        Handle::current().spawn(async move {
            match store.note_damage(content, index, crate::now_ms()).await {
                // Nobody has it any more.
                Ok(files) if files.is_empty() => {}
                Ok(files) => {
                    let files: Vec<String> = files.iter().map(ToString::to_string).collect();
                    let files = files.join(" ");
                    tracing::error!(%content, index, %files, "the disk has lost a part of a file");
                }
                Err(error) => tracing::error!(%error, %content, index, "a damage was not noted"),
            }
        });
    }

    /// The scrub has read this much.
    pub(super) fn scrubbed(&self, bytes: u64) {
        self.metrics.scrubbed(bytes);
    }
}
