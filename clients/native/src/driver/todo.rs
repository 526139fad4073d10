//! What the core asked for and was not done yet.

use client::{Output, Snapshot};

use crate::handle::Shared;

#[derive(Default)]
pub(super) struct Todo {
    /// To be stored before anything else is done.
    pub(super) newest: Option<Snapshot>,
    pub(super) others: Vec<Output>,
}

impl Todo {
    pub(super) fn collect(&mut self, shared: &Shared) {
        let mut client = shared.client();
        while let Some(output) = client.poll_output() {
            match output {
                Output::Persist(snapshot) => self.newest = Some(snapshot),
                other => self.others.push(other),
            }
        }
    }

    /// What changes meanwhile is announced.
    pub(super) async fn wait_until_tried_again(&mut self, shared: &Shared) {
        while !shared.tries_again() {
            self.collect(shared);
            self.others.retain(|output| {
                if let Output::Changed(change) = output {
                    shared.announce(change.clone());
                    return false;
                }
                true
            });
            shared.commanded.notified().await;
        }
    }
}
