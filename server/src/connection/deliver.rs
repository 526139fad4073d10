//! Writing to a signed-in peer: replies, what came into its mailbox, and the events that it is owed, gathered into
//! one write. While the transport is busy more gathers.

use std::cell::RefCell;
use std::mem;

use shared::limits::HISTORY_PAGE_EVENTS_MAX;
use shared::{ErrorReply, RequestId, Sequence, ServerFrame, codec};

use super::session::Connection;
use crate::error;
use crate::files::Grant;
use crate::hub::{Mail, SendAnswer, TailRead};
use crate::transport::{Outgoing, Transport, TransportError};
use crate::wire::{self, Framing};

/// About what one write gathers of events, so that a peer that is far behind costs little memory.
const GATHER_BYTES_MAX: usize = 256 << 10;
/// A payload up to here is copied behind the frames that go out with it.
const SMALL_PAYLOAD_BYTES_MAX: usize = 16 << 10;
/// What a thread keeps of the memory that it gathers in.
const SCRATCH_BYTES_MAX: usize = 1 << 20;

thread_local! {
    /// Between two polls nothing is in it: what a peer does not take at once becomes the connection's own.
    static SCRATCH: RefCell<Gathered> = RefCell::default();
}

/// The reply to a request that waited for the disk.
pub(super) struct Reply {
    pub(super) outgoing: Outgoing,
    /// Without it, the payload may not be sent.
    pub(super) grant: Option<Box<Grant>>,
}

impl From<ServerFrame> for Reply {
    fn from(frame: ServerFrame) -> Self {
        Self {
            outgoing: frame.into(),
            grant: None,
        }
    }
}

/// Frames on their way out.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    /// The runs of events among them, at the end.
    runs: Vec<Run>,
}

/// Events of one room, one after another.
struct Run {
    cursor: usize,
    first: Sequence,
    start: usize,
    end: usize,
}

/// What there is to do after a gathered write.
enum Then {
    Nothing,
    /// There was more than goes into one write.
    GoOn,
    /// The peer did not take all of it.
    Wait,
    /// This cursor is older than its room's tail.
    ReadStore(usize),
    /// The person came into a room or is gone from one, so that no event was taken out of a tail.
    Changed,
}

impl Connection {
    pub(super) fn push(&mut self, frame: ServerFrame, framing: Framing) {
        wire::push_line(&mut self.out, &codec::encode_line(&frame), framing);
    }

    pub(super) fn push_reply(&mut self, reply: Reply, framing: Framing) {
        if reply.outgoing.payload.len() > SMALL_PAYLOAD_BYTES_MAX {
            self.large.push(reply);
        } else {
            let outgoing = reply.outgoing;
            outgoing.push_head(&mut self.out, framing);
            self.out.extend_from_slice(&outgoing.payload);
        }
    }

    /// Turns what came into the mailbox into frames.
    pub(super) async fn open_mail(&mut self, mail: Mail, framing: Framing) {
        if !mail.changes.is_empty() {
            self.wait_with(mail.changes);
            Box::pin(self.settle(framing)).await;
        }
        for (room, frame) in mail.read_markers {
            if !self.is_in(room) {
                continue;
            }
            self.out.extend_from_slice(frame.framed(framing));
        }
        if let Some(account) = mail.account {
            self.account_changed(*account, framing);
        }
        for answer in mail.answers {
            self.sends -= 1;
            self.push(answered(answer), framing);
        }
        if mail.presence_lost {
            let listing = self.context.hub.presence_listing();
            self.out.extend_from_slice(listing.framed(framing));
        }
        for (room, frame) in mail.ephemeral {
            // Of a room that the person is no longer in, it is none of their business.
            if room.is_none_or(|room| self.is_in(room)) {
                self.out.extend_from_slice(frame.framed(framing));
            }
        }
    }

    /// Writes everything that the peer is owed: from the tails, or from the store where it is far behind.
    pub(super) async fn deliver(
        &mut self,
        transport: &mut Transport,
    ) -> Result<(), TransportError> {
        loop {
            match self.write_gathered(transport)? {
                Then::Nothing if self.tell_ended(transport.framing()) => {
                    Box::pin(self.settle(transport.framing())).await;
                }
                Then::Changed => {
                    self.take_changes();
                    Box::pin(self.settle(transport.framing())).await;
                }
                Then::Nothing if self.large.is_empty() => return Ok(()),
                Then::Nothing => Box::pin(self.write_large(transport)).await?,
                Then::GoOn => tokio::task::yield_now().await,
                Then::Wait => Box::pin(self.write_rest(transport)).await?,
                Then::ReadStore(cursor) => {
                    Box::pin(self.write_page(cursor, transport)).await?;
                }
            }
        }
    }

    /// Gathers and writes as much as can be without waiting.
    fn write_gathered(&mut self, transport: &mut Transport) -> Result<Then, TransportError> {
        SCRATCH.with_borrow_mut(|gathered| {
            gathered.bytes.clear();
            gathered.runs.clear();
            gathered.bytes.append(&mut self.out);
            self.out = Vec::new();
            let then = self.gather(transport.framing(), gathered);
            let then = if self.write(gathered, transport)? {
                then
            } else {
                Then::Wait
            };
            gathered.bytes.shrink_to(SCRATCH_BYTES_MAX);
            Ok(then)
        })
    }

    fn gather(&mut self, framing: Framing, gathered: &mut Gathered) -> Then {
        let mut then = Then::Nothing;
        for (index, cursor) in self.cursors.iter_mut().enumerate() {
            if cursor.has_ended() {
                continue;
            }
            let start = gathered.bytes.len();
            let Some(bytes_max) = GATHER_BYTES_MAX.checked_sub(start) else {
                then = Then::GoOn;
                break;
            };
            let (next, until, out) = (cursor.next, cursor.until, &mut gathered.bytes);
            match cursor.room.read(next, until, framing, bytes_max, out) {
                TailRead::Nothing => {}
                TailRead::Copied { next, more } => {
                    gathered.runs.push(Run {
                        cursor: index,
                        first: cursor.next,
                        start,
                        end: gathered.bytes.len(),
                    });
                    cursor.next = next;
                    if more {
                        then = Then::GoOn;
                    }
                }
                TailRead::Behind => then = Then::ReadStore(index),
            }
        }
        if self.mailbox.has_changes() {
            // What was read may come after the end of the person's time in its room.
            self.put_back(gathered);
            return Then::Changed;
        }
        then
    }

    /// As if no event had been gathered.
    fn put_back(&mut self, gathered: &mut Gathered) {
        for run in gathered.runs.drain(..).rev() {
            self.cursors[run.cursor].next = run.first;
            gathered.bytes.truncate(run.start);
        }
    }

    /// Whether the peer took all of it. Of what it did not take, the connection keeps no more than it must: whole
    /// events are owed again.
    fn write(
        &mut self,
        gathered: &mut Gathered,
        transport: &mut Transport,
    ) -> Result<bool, TransportError> {
        if gathered.bytes.is_empty() {
            return Ok(true);
        }
        let written = transport.try_write(&gathered.bytes)?;
        let all = gathered.bytes.len();
        // What comes before the events is not to be had again.
        let mut kept = gathered
            .runs
            .first()
            .map_or(all, |run| run.start)
            .max(written);
        let mut delivered = 0;
        for run in &gathered.runs {
            let cursor = &mut self.cursors[run.cursor];
            if run.end > written {
                let (mut at, mut sequence) = (run.start, run.first);
                while at < written {
                    at += wire::frame_end(&gathered.bytes[at..run.end], transport.framing());
                    sequence = sequence.next();
                    kept = kept.max(at);
                }
                cursor.next = sequence;
            }
            delivered += cursor.next.0 - run.first.0;
        }
        if written < all {
            self.out = gathered.bytes[written..kept].to_vec();
        }
        self.context.metrics.wrote(written, delivered);
        Ok(written == all)
    }

    /// Waits until the peer takes more, and has taken what it has begun to take.
    async fn write_rest(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        transport.writable().await?;
        let rest = mem::take(&mut self.out);
        self.context.metrics.wrote(rest.len(), 0);
        transport.write_all(&rest).await
    }

    /// Fails where the person may no longer have what is being written: a frame that was begun cannot be taken back,
    /// so that the connection ends in the middle of it.
    async fn write_large(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        for Reply { outgoing, grant } in mem::take(&mut self.large) {
            let mut head = Vec::new();
            outgoing.push_head(&mut head, transport.framing());
            let bytes = head.len() + outgoing.payload.len();
            self.context.metrics.wrote(bytes, 0);
            let writing = async {
                transport.write_all(&head).await?;
                transport.write_all(&outgoing.payload).await
            };
            match grant {
                Some(grant) => write_granted(*grant, writing).await?,
                None => writing.await?,
            }
        }
        Ok(())
    }

    /// Writes a page of the store.
    async fn write_page(
        &mut self,
        cursor: usize,
        transport: &mut Transport,
    ) -> Result<(), TransportError> {
        let Some((room, next)) = self
            .cursors
            .get(cursor)
            .map(|at| (at.room.clone(), at.next))
        else {
            return Ok(());
        };
        let store = &self.context.store;
        let page = store
            .read_page(room.id(), next, HISTORY_PAGE_EVENTS_MAX)
            .await;
        let mut page = match page {
            Ok(page) => page,
            Err(failed) => {
                // Closing is the way to be told again: the peer resumes from what it has.
                let refusal: ErrorReply = error::from_store(RequestId::default(), failed);
                transport.send(&ServerFrame::Error(refusal)).await?;
                return Err(std::io::Error::other("the store could not be read").into());
            }
        };
        self.cut_page(cursor, &mut page);
        let Some(last) = page.last() else {
            room.nothing_from(next);
            return Ok(());
        };
        let mut gathered = Gathered::default();
        self.cursors[cursor].next = last.sequence.next();
        for event in page {
            let line = codec::encode_line(&ServerFrame::RoomEvent(event));
            wire::push_line(&mut gathered.bytes, &line, transport.framing());
        }
        gathered.runs.push(Run {
            cursor,
            first: next,
            start: 0,
            end: gathered.bytes.len(),
        });
        if self.write(&mut gathered, transport)? {
            return Ok(());
        }
        drop(gathered);
        self.write_rest(transport).await
    }
}

/// Writes for as long as the grant is good.
async fn write_granted(
    mut grant: Grant,
    writing: impl Future<Output = Result<(), TransportError>>,
) -> Result<(), TransportError> {
    if grant.is_doubtful() && !grant.is_good().await {
        return Err(TransportError::Withdrawn);
    }
    tokio::select! {
        written = writing => written,
        () = grant.ended() => Err(TransportError::Withdrawn),
    }
}

/// The reply to a send.
fn answered(answer: SendAnswer) -> ServerFrame {
    match answer.result {
        Ok(appended) => ServerFrame::MessageAccepted {
            request_id: answer.request_id,
            transaction_id: answer.transaction_id,
            room_id: answer.room,
            sequence: appended.event.sequence,
            at_ms: appended.event.at_ms,
        },
        Err(failed) => ServerFrame::Error(error::from_store(answer.request_id, failed)),
    }
}
