//! Ends an HTTP connection in the middle of an answer, which nothing else can take back.

use std::sync::Arc;

use tokio::sync::Notify;

/// One connection's; every request of it has it as an extension.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<Notify>);

impl Cut {
    /// Ends the connection, whatever its peer still waits for.
    pub(crate) fn cut(&self) {
        self.0.notify_one();
    }

    /// Ready once the connection is to end.
    pub(crate) async fn happened(&self) {
        self.0.notified().await;
    }
}
