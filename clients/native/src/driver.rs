//! Carries out what the core asks for and tells it what happened.

mod todo;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use client::{Client, DownloadId, Input, Output, Snapshot};
use shared::codec::{Packet, encode_line};
use shared::file::FileDescription;
use shared::{ChunkLayout, ChunkRanges, ClientFrame, RequestId, ServerFrame, UploadId};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::sleep_until;

use self::todo::Todo;
use crate::address::ServerAddress;
use crate::clock::Clock;
use crate::connection::{Connection, Failure, Outgoing};
use crate::handle::{Changes, Handle, Shared};
use crate::profile::{ProfileError, Storage};
use crate::source::{Source, SourceError};
use crate::target::{Target, TargetError};
use crate::tls::{Secured, Trust};

/// Events that wait for the driver; a connection with more to say waits.
const EVENTS_MAX: usize = 256;

/// What a driver is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    pub server: ServerAddress,
    /// What makes it the right one.
    pub trust: Trust,
    pub core: client::Config,
}

/// What the driver's tasks report. Of a connection that is not the present one, nothing counts.
#[derive(Debug)]
pub(crate) enum Event {
    Opened {
        number: u64,
        secured: Secured,
    },
    Received {
        number: u64,
        packet: Packet<ServerFrame>,
    },
    Closed {
        number: u64,
        failure: Failure,
    },
    Progress {
        number: u64,
        request_id: RequestId,
        sent_bytes: u64,
    },
    /// A chunk is ready to be written to the connection that it was asked for on.
    ChunkRead {
        number: u64,
        chunk: Outgoing,
    },
    TargetReady {
        download_id: DownloadId,
        target: Arc<Target>,
        present: ChunkRanges,
    },
    Happened(Input),
}

/// Starts a driver on the present tokio runtime. It goes on from `restored` and connects as soon as there is a
/// session. Without `storage` nothing outlives the process.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(
    settings: Settings,
    restored: Snapshot,
    storage: Option<Box<dyn Storage>>,
) -> (Handle, Changes) {
    let clock = Clock::start();
    let seed = u64::from_le_bytes(crate::random());
    let client = Client::new(settings.core, restored, seed, clock.now());
    let shared = Arc::new(Shared::new(client, clock));
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let driver = Driver {
        shared: shared.clone(),
        server: settings.server,
        trust: settings.trust,
        storage,
        sender,
        events,
        connection: None,
        connections: 0,
        sources: HashMap::new(),
        targets: HashMap::new(),
    };
    tokio::spawn(driver.run());
    let changes = Changes {
        shared: shared.clone(),
    };
    (Handle::new(shared), changes)
}

struct Driver {
    shared: Arc<Shared>,
    server: ServerAddress,
    trust: Trust,
    storage: Option<Box<dyn Storage>>,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    connection: Option<Connection>,
    connections: u64,
    sources: HashMap<UploadId, Arc<Source>>,
    /// `None` while it is being opened.
    targets: HashMap<DownloadId, Option<Arc<Target>>>,
}

impl Driver {
    async fn run(mut self) {
        let shared = self.shared.clone();
        self.serve().await;
        shared.stopped();
    }

    async fn serve(&mut self) {
        let mut events = Vec::with_capacity(EVENTS_MAX);
        loop {
            if !self.carry_out().await {
                return;
            }
            if self.shared.handles_gone() {
                // What was commanded last is stored before the end.
                let stored = self.carry_out().await;
                if !stored || !self.shared.client().is_leaving() {
                    return;
                }
            }
            let due = self.shared.client().poll_timeout();
            let due = self.shared.clock.instant(due);
            tokio::select! {
                () = self.shared.commanded.notified() => {}
                _ = self.events.recv_many(&mut events, EVENTS_MAX) => {
                    for event in events.drain(..) {
                        self.take(event);
                    }
                }
                () = sleep_until(due) => self.input(Input::Timeout),
            }
        }
    }

    fn input(&self, input: Input) {
        self.shared
            .client()
            .handle_input(input, self.shared.clock.now());
    }

    fn take(&mut self, event: Event) {
        let present = self.connection.as_ref().map(|connection| connection.number);
        match event {
            Event::Opened { number, secured } if Some(number) == present => {
                self.shared.opened(secured);
                self.input(Input::Connected);
            }
            Event::Received { number, packet } if Some(number) == present => {
                self.input(Input::Frame(packet));
            }
            Event::Closed { number, failure } if Some(number) == present => {
                self.connection = None;
                let reason = failure.reason.clone();
                self.shared.failed(failure);
                self.input(Input::Disconnected { reason });
            }
            Event::Progress {
                number,
                request_id,
                sent_bytes,
            } if Some(number) == present => self.input(Input::ChunkProgress {
                request_id,
                sent_bytes,
            }),
            Event::ChunkRead { number, chunk } if Some(number) == present => self.write(chunk),
            Event::Opened { .. }
            | Event::Received { .. }
            | Event::Closed { .. }
            | Event::Progress { .. }
            | Event::ChunkRead { .. } => {}
            Event::TargetReady {
                download_id,
                target,
                present,
            } => {
                // Released meanwhile where there is no place for it.
                if let Some(place) = self.targets.get_mut(&download_id) {
                    *place = Some(target);
                    self.input(Input::TargetOpened {
                        download_id,
                        present,
                    });
                }
            }
            Event::Happened(input) => {
                if let Input::SourceFailed { upload_id, .. } = input {
                    // To be opened anew should the upload be resumed: perhaps from another place.
                    self.sources.remove(&upload_id);
                }
                self.input(input);
            }
        }
    }

    /// Does all that the core asks for. The newest snapshot is stored before anything else is done: it holds all
    /// that the earlier ones hold, so that many messages cost one write. Where it cannot be stored, nothing else is
    /// done until somebody wants that tried again. Whether to go on.
    async fn carry_out(&mut self) -> bool {
        let mut todo = Todo::default();
        let mut stuck = false;
        loop {
            todo.collect(&self.shared);
            if todo.newest.is_none() && todo.others.is_empty() {
                return true;
            }
            if let Some(snapshot) = &todo.newest
                && let Err(error) = self.persist(snapshot.clone()).await
            {
                let over = self.shared.handles_gone();
                self.shared.stuck(error);
                if over {
                    return false;
                }
                stuck = true;
                todo.wait_until_tried_again(&self.shared).await;
                continue;
            }
            todo.newest = None;
            if std::mem::take(&mut stuck) {
                self.shared.unstuck();
            }
            for output in todo.others.drain(..) {
                self.carry_out_one(output);
            }
        }
    }

    async fn persist(&mut self, snapshot: Snapshot) -> Result<(), ProfileError> {
        let Some(mut storage) = self.storage.take() else {
            return Ok(());
        };
        let stored = spawn_blocking(move || {
            let stored = storage.store(&snapshot);
            (storage, stored)
        });
        let (storage, stored) = stored.await.expect("storing does not panic");
        self.storage = Some(storage);
        stored
    }

    fn carry_out_one(&mut self, output: Output) {
        match output {
            Output::Connect => {
                self.connections += 1;
                let (server, trust) = (self.server.clone(), self.trust.clone());
                let opening =
                    Connection::open(server, trust, self.connections, self.sender.clone());
                self.connection = Some(opening);
            }
            Output::Send(frame) => self.write(Outgoing::Line(encode_line(&frame))),
            Output::Disconnect => {
                self.connection = None;
                self.shared.given_up();
            }
            Output::Persist(_) => unreachable!("snapshots are stored first"),
            Output::Changed(change) => self.shared.announce(change),
            Output::PutChunk {
                request_id,
                upload_id,
                layout,
                index,
            } => self.read_chunk(request_id, upload_id, layout, index),
            Output::ReleaseSource { upload_id } => drop(self.sources.remove(&upload_id)),
            Output::OpenTarget {
                download_id,
                target,
                description,
            } => self.open_target(download_id, target, *description),
            Output::WriteChunk {
                download_id,
                index,
                offset,
                bytes,
            } => self.write_chunk(download_id, index, offset, bytes),
            Output::FinishTarget { download_id } => self.finish_target(download_id),
            // Native sessions are tokens.
            Output::OpenSession(_) | Output::CloseSession => {}
            Output::ReleaseTarget { download_id } => drop(self.targets.remove(&download_id)),
        }
    }

    fn write(&self, outgoing: Outgoing) {
        if let Some(connection) = &self.connection {
            // Refused only where the connection has ended, which its task reports.
            let _ = connection.writer.send(outgoing);
        }
    }

    fn read_chunk(
        &mut self,
        request_id: RequestId,
        upload_id: UploadId,
        layout: ChunkLayout,
        index: u32,
    ) {
        let Some(number) = self.connection.as_ref().map(|open| open.number) else {
            return;
        };
        let word = {
            let client = self.shared.client();
            let upload = client.view().uploads.get(&upload_id);
            upload.map(|upload| upload.source.clone())
        };
        let known = self.sources.get(&upload_id).cloned();
        let opened = match (known, word) {
            (Some(source), _) => Ok(source),
            (None, Some(word)) => Source::open(&word).map(Arc::new),
            (None, None) => Err(SourceError::NoPlace),
        };
        let source = match opened {
            Ok(source) => source,
            Err(error) => {
                return self.input(Input::SourceFailed {
                    upload_id,
                    reason: error.to_string(),
                });
            }
        };
        self.sources.insert(upload_id, source.clone());
        self.in_background(move || match source.read(layout, index) {
            Ok((payload, hash)) => {
                let frame = ClientFrame::PutChunk {
                    request_id,
                    upload_id,
                    index,
                    hash: Some(hash),
                    payload_bytes: u32::try_from(payload.len())
                        .expect("a chunk has at most 32 MiB"),
                };
                let line = encode_line(&frame);
                Event::ChunkRead {
                    number,
                    chunk: Outgoing::Chunk {
                        request_id,
                        line,
                        payload,
                    },
                }
            }
            Err(error) => Event::Happened(Input::SourceFailed {
                upload_id,
                reason: error.to_string(),
            }),
        });
    }

    fn open_target(&mut self, download_id: DownloadId, word: String, what: FileDescription) {
        self.targets.insert(download_id, None);
        self.in_background(move || match Target::open(word.as_ref(), &what) {
            Ok((target, present)) => Event::TargetReady {
                download_id,
                target: Arc::new(target),
                present,
            },
            Err(error) => target_failed(download_id, &error),
        });
    }

    fn write_chunk(&mut self, download_id: DownloadId, index: u32, offset: u64, bytes: Bytes) {
        let Some(Some(target)) = self.targets.get(&download_id).cloned() else {
            return;
        };
        self.in_background(move || match target.write(&bytes, offset) {
            Ok(()) => Event::Happened(Input::ChunkWritten { download_id, index }),
            Err(error) => target_failed(download_id, &error),
        });
    }

    fn finish_target(&mut self, download_id: DownloadId) {
        let Some(Some(target)) = self.targets.remove(&download_id) else {
            return;
        };
        self.in_background(move || match target.finish() {
            Ok(path) => Event::Happened(Input::TargetFinished {
                download_id,
                path: path.to_string_lossy().into_owned(),
            }),
            Err(error) => target_failed(download_id, &error),
        });
    }

    /// Does what blocks beside the driver and reports it.
    fn in_background(&self, work: impl FnOnce() -> Event + Send + 'static) {
        let sender = self.sender.clone();
        spawn_blocking(move || {
            // Refused only where the driver has ended.
            let _ = sender.blocking_send(work());
        });
    }
}

fn target_failed(download_id: DownloadId, error: &TargetError) -> Event {
    Event::Happened(Input::TargetFailed {
        download_id,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
