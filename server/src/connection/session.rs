//! A signed-in peer. It owns the cursors: for each room of its person the next sequence that the peer is owed.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use shared::codec::Packet;
use shared::frame::{Hello, Resume, Welcome};
use shared::limits::Limits;
use shared::room::RoomOpening;
use shared::{
    ClientFrame, ErrorCode, ErrorReply, PROTOCOL_VERSION, RoomId, Sequence, ServerFrame,
    SessionToken,
};
use tokio::time::{Instant, Sleep, sleep_until};

use super::deliver::Reply;
use super::membership::Waiting;
use super::{
    Context, Entered, MALFORMED_MAX, Peer, draining_frame, end, invalid_token, is_recoverable,
    refusal,
};
use crate::admission::Admission;
use crate::error;
use crate::hub::{Mailbox, Room};
use crate::payloads::Held;
use crate::store::{Membership, SignedIn, Store};
use crate::transport::{Transport, TransportError};
use crate::wire::Framing;

/// Requests of one connection that may wait for the disk; then it is read no further.
const REPLIES_MAX: usize = 64;
/// A payload that comes more slowly does not count as a sign of life.
const PAYLOAD_BYTES_PER_SECOND_MIN: u64 = 4 << 10;
/// Frames of one connection that are handled before it is written to and others have their turn.
const FRAMES_AT_ONCE: usize = 32;
/// Where a resuming client lacks more events than this, it gets the newest and a gap.
const RESUME_EVENTS_MAX: u64 = 500;
/// Events that a client gets of a room it has nothing of.
const OPENING_EVENTS: u64 = 50;

/// A signed-in peer.
pub(super) struct Connection {
    pub(super) context: Arc<Context>,
    /// Who it is. Boxed, as an idle connection is to be small.
    pub(super) account: Box<SignedIn>,
    pub(super) address: IpAddr,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) cursors: Vec<Cursor>,
    /// Replies to requests that wait for the disk.
    pub(super) replies: FuturesUnordered<BoxFuture<'static, Reply>>,
    /// Sends whose answers will come into the mailbox.
    pub(super) sends: usize,
    /// Payloads in memory for this connection.
    pub(super) payloads: Held,
    /// Frames that go out next.
    pub(super) out: Vec<u8>,
    /// Frames with a payload that go out after them.
    pub(super) large: Vec<Reply>,
    pub(super) limits: Limits,
    /// What comes after the last events of a room that the person is no longer in, in this order.
    pub(super) waiting: VecDeque<Waiting>,
    /// Cursors of rooms that the person is no longer in.
    pub(super) ending: usize,
    /// Too much waits, or the store failed: on reconnecting, the peer resumes.
    pub(super) stalled: bool,
    /// When typing was last passed on, so that one peer cannot make much noise.
    pub(super) typed_at: Option<Instant>,
    malformed: u32,
}

/// Where the peer is in a room's log.
pub(super) struct Cursor {
    pub(super) room: Arc<Room>,
    /// The next sequence that the peer is owed.
    pub(super) next: Sequence,
    /// It is owed nothing from here on: what comes after its person was in the room. [`OPEN_END`] while they are.
    pub(super) until: Sequence,
    /// Comings and goings up to here were known where the cursor began.
    pub(super) known: Sequence,
}

/// Of the cursor of a room that the person is in.
pub(super) const OPEN_END: Sequence = Sequence(u64::MAX);

impl Cursor {
    /// Whether the person is no longer in the room, as far as this connection has heard.
    pub(super) fn is_ending(&self) -> bool {
        self.until != OPEN_END
    }

    /// Whether the peer was given all that it is owed for good.
    pub(super) fn has_ended(&self) -> bool {
        self.next >= self.until
    }
}

/// What a connection wakes up for.
enum Wake {
    /// There is something to write.
    Rung,
    Read(Result<Option<Packet<ClientFrame>>, TransportError>),
    /// Nothing came for as long as the timer ran.
    Silent,
}

impl Connection {
    /// The connection of a peer that has signed in, following its rooms, and the first frame for it.
    pub(super) async fn open(
        context: Arc<Context>,
        entered: Entered,
        hello: Hello,
        peer: Peer,
    ) -> (Box<Self>, Result<Box<Welcome>, Box<ErrorReply>>) {
        let Entered { account, token } = entered;
        let mut connection = Box::new(Self {
            // Before the rooms are listed, so that no change of membership is missed between.
            mailbox: context.hub.enter(&account.person, account.session_id),
            limits: context.limits.clone(),
            context,
            account: Box::new(account),
            address: peer.address,
            cursors: Vec::new(),
            replies: FuturesUnordered::new(),
            sends: 0,
            payloads: Held::default(),
            out: Vec::new(),
            large: Vec::new(),
            waiting: VecDeque::new(),
            ending: 0,
            stalled: false,
            typed_at: None,
            malformed: 0,
        });
        let welcome = connection.welcome(hello, token).await;
        (connection, welcome.map(Box::new).map_err(Box::new))
    }

    /// Serves the peer to its end.
    pub(super) async fn serve(
        mut self: Box<Self>,
        mut transport: Box<Transport>,
        welcome: Result<Box<Welcome>, Box<ErrorReply>>,
        _admission: Arc<Admission>,
    ) {
        self.context.metrics.opened(transport.framing());
        let ended = match welcome {
            Ok(welcome) => {
                self.push(ServerFrame::Welcome(*welcome), transport.framing());
                let listing = self.context.hub.presence_listing();
                self.out
                    .extend_from_slice(listing.framed(transport.framing()));
                let mailbox = self.mailbox.clone();
                let mut running = pin!(self.run(&mut transport));
                // Looked at wherever the connection waits.
                poll_fn(|cx| match mailbox.poll_cut(cx) {
                    Poll::Ready(()) => Poll::Ready(None),
                    Poll::Pending => running.as_mut().poll(cx).map(Some),
                })
                .await
            }
            Err(refusal) => Some(Box::pin(transport.send(&ServerFrame::Error(*refusal))).await),
        };
        self.context.metrics.closed(transport.framing());
        self.leave();
        drop(self);
        // Boxed, as it is large and only the end needs it.
        if let Some(ended) = ended {
            Box::pin(end(*transport, ended)).await;
        }
    }

    fn leave(&self) {
        for cursor in &self.cursors {
            self.context.hub.unfollow(&cursor.room, &self.mailbox);
        }
        if self.context.hub.leave(&self.mailbox) {
            let person = self.account.person.id;
            self.context.marks.left(person, crate::now_ms());
        }
    }

    async fn run(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        if *self.context.draining.borrow() {
            // The hub may have told everyone before this connection was there to hear it.
            return Box::pin(transport.send(&draining_frame())).await;
        }
        let silence = Duration::from_millis(self.limits.silence_timeout_ms);
        let mut heard_at = Instant::now();
        let mut heard_bytes = transport.read_bytes();
        let mut timer = pin!(sleep_until(heard_at + silence));
        self.deliver(transport).await?;
        loop {
            match self.wake(transport, timer.as_mut()).await {
                Wake::Rung => {}
                Wake::Read(read) => {
                    heard_at = Instant::now();
                    heard_bytes = transport.read_bytes();
                    let mut next = Some(read);
                    let mut handled = 0;
                    while let Some(read) = next.filter(|_| !self.mailbox.has_ended()) {
                        match read {
                            // A script may have closed its side behind its last request.
                            Ok(None) => return Box::pin(self.finish(transport)).await,
                            Ok(Some(packet)) => {
                                if let Some(slow) = self.take(packet, transport.framing()) {
                                    // Boxed, so that an idle connection has no room for it.
                                    Box::pin(self.take_slow(slow, transport.framing())).await;
                                }
                            }
                            Err(error) => {
                                if let Err(last) = self.misread(error, transport.framing()) {
                                    Box::pin(self.finish(transport)).await?;
                                    return Err(last);
                                }
                            }
                        }
                        handled += 1;
                        // What is read must be handled, so the limit comes before the read.
                        next = if handled < FRAMES_AT_ONCE && !self.is_busy() {
                            poll_fn(|cx| Poll::Ready(read_now(transport, cx))).await
                        } else {
                            None
                        };
                    }
                }
                Wake::Silent
                    if transport.read_bytes() - heard_bytes >= self.payload_bytes_min() =>
                {
                    // A large chunk comes slowly, but it comes.
                    heard_at = Instant::now();
                    heard_bytes = transport.read_bytes();
                    timer.as_mut().reset(heard_at + silence);
                }
                Wake::Silent if heard_at + silence <= Instant::now() => {
                    let text = "Nothing came for too long; send ping in time.";
                    let late = ErrorReply::new(ErrorCode::TimedOut, text);
                    return Box::pin(transport.send(&ServerFrame::Error(late))).await;
                }
                Wake::Silent => timer.as_mut().reset(heard_at + silence),
            }
            let mail = self.mailbox.take();
            if mail.stalled {
                return Ok(());
            }
            if mail.ended {
                return Box::pin(self.say_ended(transport)).await;
            }
            let draining = mail.draining;
            self.open_mail(mail, transport.framing()).await;
            if self.stalled {
                return Ok(());
            }
            if draining {
                return Box::pin(self.drain(transport)).await;
            }
            let before = Instant::now();
            self.deliver(transport).await?;
            // While a slow peer was written to, nothing was read from it.
            heard_at += before.elapsed();
        }
    }

    /// What must have come of an unfinished payload in the time of silence.
    fn payload_bytes_min(&self) -> u64 {
        self.limits.silence_timeout_ms * PAYLOAD_BYTES_PER_SECOND_MIN / 1000
    }

    /// Whether so much waits for the disk that no more is read.
    fn is_busy(&self) -> bool {
        self.replies.len() + self.sends >= REPLIES_MAX
            || !self.large.is_empty()
            || !self.payloads.has_room()
    }

    async fn wake(&mut self, transport: &mut Transport, mut timer: Pin<&mut Sleep>) -> Wake {
        poll_fn(|cx| self.poll_wake(cx, transport, timer.as_mut())).await
    }

    fn poll_wake(
        &mut self,
        cx: &mut TaskContext<'_>,
        transport: &mut Transport,
        timer: Pin<&mut Sleep>,
    ) -> Poll<Wake> {
        let mut rung = self.mailbox.poll_rung(cx).is_ready();
        while let Poll::Ready(Some(reply)) = self.replies.poll_next_unpin(cx) {
            self.push_reply(reply, transport.framing());
            rung = true;
        }
        if !self.is_busy()
            && let Poll::Ready(read) = transport.poll_read(cx)
        {
            // What the bell was for is looked for after a read as well.
            return Poll::Ready(Wake::Read(read));
        }
        if rung {
            return Poll::Ready(Wake::Rung);
        }
        timer.poll(cx).map(|()| Wake::Silent)
    }

    /// Gives back what takes longer.
    fn take(&mut self, packet: Packet<ClientFrame>, framing: Framing) -> Option<Box<ClientFrame>> {
        self.context.metrics.received();
        if let Some(refusal) = self.not_allowed(&packet.frame) {
            self.push(ServerFrame::Error(refusal), framing);
            return None;
        }
        match self.handle_at_once(packet) {
            Ok(Some(answer)) => self.push(answer, framing),
            Ok(None) => {}
            Err(frame) => return Some(frame),
        }
        None
    }

    async fn take_slow(&mut self, frame: Box<ClientFrame>, framing: Framing) {
        let answer = self.handle(*frame).await;
        // A room that a request opened is announced before the reply to it.
        self.take_changes();
        if let Some(answer) = answer {
            self.waiting.push_back(Waiting::Answer(Box::new(answer)));
        }
        self.settle(framing).await;
    }

    fn misread(&mut self, error: TransportError, framing: Framing) -> Result<(), TransportError> {
        self.malformed += 1;
        match refusal(&error) {
            Some(answer) if is_recoverable(&error) && self.malformed <= MALFORMED_MAX => {
                self.push(answer, framing);
                Ok(())
            }
            Some(_) | None => Err(error),
        }
    }

    /// Waits for what the disk still owes, and writes what is ready.
    async fn finish(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        let framing = transport.framing();
        while self.sends > 0 || !self.replies.is_empty() {
            poll_fn(|cx| {
                let mut ready = self.mailbox.poll_rung(cx).is_ready();
                while let Poll::Ready(Some(reply)) = self.replies.poll_next_unpin(cx) {
                    self.push_reply(reply, framing);
                    ready = true;
                }
                if ready {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            let mail = self.mailbox.take();
            self.open_mail(mail, framing).await;
        }
        self.deliver(transport).await
    }

    /// The session has ended: what was answered before goes out, and nothing new.
    async fn say_ended(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        let out = std::mem::take(&mut self.out);
        transport.write_all(&out).await?;
        transport.send(&ServerFrame::SessionEnded {}).await
    }

    async fn drain(&mut self, transport: &mut Transport) -> Result<(), TransportError> {
        self.finish(transport).await?;
        transport.send(&draining_frame()).await
    }

    async fn welcome(
        &mut self,
        hello: Hello,
        token: Option<SessionToken>,
    ) -> Result<Welcome, ErrorReply> {
        let store = self.context.store.clone();
        // Whoever ended it may have looked for its connections before this one was there.
        let goes_on = store.has_session(self.account.session_id).await;
        if !goes_on.map_err(|failed| error::from_store(hello.request_id, failed))? {
            return Err(invalid_token(hello.request_id));
        }
        let rooms = store.rooms_of(self.account.person.id).await;
        let rooms = rooms.map_err(|failed| error::from_store(hello.request_id, failed))?;
        let infos = rooms.iter().map(|membership| &membership.room);
        let mut read = self.read_markers(hello.request_id, infos).await?;
        let known = known_sequences(hello.resume, &self.context.store);
        self.cursors.reserve_exact(rooms.len());
        let rooms = rooms
            .into_iter()
            .map(|membership| {
                let room_id = membership.room.room_id;
                let known = known.get(&room_id).copied();
                RoomOpening {
                    read: read.remove(&room_id),
                    ..self.follow(membership, known)
                }
            })
            .collect();
        Ok(Welcome {
            request_id: hello.request_id,
            protocol: PROTOCOL_VERSION,
            server: self.context.server.clone(),
            epoch: self.context.store.epoch(),
            person: self.account.person.clone(),
            role: self.account.role,
            session_id: Some(self.account.session_id),
            session_token: token.map(|token| token.reveal()),
            rooms,
            limits: self.limits.clone(),
            now_ms: crate::now_ms(),
        })
    }

    /// Begins to follow a room of which the peer has everything up to `known`.
    pub(super) fn follow(
        &mut self,
        membership: Membership,
        known: Option<Sequence>,
    ) -> RoomOpening {
        let Membership {
            room: info,
            first_sequence,
        } = membership;
        let events_from = first_event(info.last_sequence, known).max(first_sequence);
        let room = self.context.hub.follow(&info, &self.mailbox);
        self.cursors.push(Cursor {
            room,
            next: events_from,
            until: OPEN_END,
            known: info.last_sequence,
        });
        RoomOpening {
            first_sequence,
            ..RoomOpening::new(info, events_from)
        }
    }

    pub(super) fn cursor_of(&self, room: RoomId) -> Option<usize> {
        self.cursors
            .iter()
            .position(|cursor| cursor.room.id() == room)
    }
}

/// What can be read without waiting.
fn read_now(
    transport: &mut Transport,
    cx: &mut TaskContext<'_>,
) -> Option<Result<Option<Packet<ClientFrame>>, TransportError>> {
    match transport.poll_read(cx) {
        Poll::Ready(read) => Some(read),
        Poll::Pending => None,
    }
}

/// What a resuming client has, where its epoch is still the server's.
fn known_sequences(resume: Option<Resume>, store: &Store) -> HashMap<RoomId, Sequence> {
    match resume {
        Some(resume) if resume.epoch == store.epoch() => resume
            .rooms
            .into_iter()
            .map(|room| (room.room_id, room.last_sequence))
            .collect(),
        Some(_) | None => HashMap::new(),
    }
}

/// Where a room's events begin for a client that has everything up to `known`.
fn first_event(last: Sequence, known: Option<Sequence>) -> Sequence {
    match known {
        Some(known) if known <= last && last.0 - known.0 <= RESUME_EVENTS_MAX => known.next(),
        Some(_) | None => Sequence(last.0.saturating_sub(OPENING_EVENTS) + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a call of the function returns takes this many bytes.
    fn output_bytes<A, B, C, D, R>(_: impl FnOnce(A, B, C, D) -> R) -> usize {
        size_of::<R>()
    }

    #[test]
    fn an_idle_connection_takes_little_memory() {
        let bytes = output_bytes(Connection::serve);
        assert!(bytes <= 1280, "{bytes}");
    }

    #[test]
    fn a_client_resumes_where_it_was_or_at_the_newest_page() {
        let first = |last, known: Option<u64>| first_event(Sequence(last), known.map(Sequence)).0;
        assert_eq!(first(0, None), 1);
        assert_eq!(first(1000, None), 951);
        assert_eq!(first(1000, Some(500)), 501);
        assert_eq!(first(1000, Some(1000)), 1001);
        assert_eq!(first(1000, Some(499)), 951, "too far behind");
        assert_eq!(first(1000, Some(1001)), 951, "of another log");
    }
}
