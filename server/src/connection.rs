//! One connection from its first frame to its last, whatever carries it.
//!
//! It owns the cursors: for each room of its person the next sequence that the peer is owed. What the log
//! holds from there on is gathered into one write, and while the transport is busy more gathers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use shared::codec::DecodeError;
use shared::frame::{Credentials, Hello, Person, Resume, RoomOpening, ServerInfo, Welcome};
use shared::limits::{HISTORY_PAGE_EVENTS_MAX, Limits};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, PROTOCOL_VERSION, RequestId, RoomId, Sequence, ServerFrame,
    SessionToken,
};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::error;
use crate::files::Files;
use crate::hub::{Hub, MembershipChange, TailRead};
use crate::listen::drain_begins;
use crate::payloads::Held;
use crate::store::Store;
use crate::transport::{Outgoing, Transport, TransportError};

mod files;
mod requests;

/// A peer must have signed in by then.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Lines that are not frames which a peer may send before it is taken for something else.
const MALFORMED_MAX: u32 = 20;
/// Requests of one connection that may wait for the disk; then it is read no further.
const REPLIES_MAX: usize = 64;
/// Where a resuming client lacks more events than this, it gets the newest and a gap.
const RESUME_EVENTS_MAX: u64 = 500;
/// Events that a client gets of a room it has nothing of.
const OPENING_EVENTS: u64 = 50;
/// After a drain, clients come back spread over this time at least.
const RECONNECT_AFTER_MS: u64 = 1_000;

/// What every connection shares.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) files: Arc<Files>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) server_name: String,
    pub(crate) connections: AtomicU64,
    /// True once the server is stopping.
    pub(crate) draining: watch::Receiver<bool>,
}

/// Serves one peer until it leaves, breaks the rules, or the server stops.
pub(crate) async fn serve<T: Transport>(context: Arc<Context>, mut transport: T) {
    let reason = match timeout(HELLO_TIMEOUT, sign_in(&context, &mut transport)).await {
        Ok(Ok(Some((hello, person, token)))) => {
            let number = context.connections.fetch_add(1, Ordering::Relaxed);
            let mut connection = Connection::new(context, number, person);
            let ended = connection.run(&mut transport, hello, token).await;
            connection.leave();
            ended
        }
        Ok(Ok(None)) => Ok(()),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let late = ErrorReply::new(ErrorCode::TimedOut, "No valid hello came in time.");
            transport.write(&[ServerFrame::Error(late).into()]).await
        }
    };
    if let Err(error) = reason {
        tracing::debug!(%error, "connection ended");
    }
    transport.close().await;
}

/// The answer to bytes that are not a frame.
fn not_a_frame(error: &DecodeError) -> ServerFrame {
    let code = match error {
        DecodeError::Malformed(_)
        | DecodeError::MalformedWithPayload(_)
        | DecodeError::PayloadLength { .. } => ErrorCode::MalformedFrame,
        DecodeError::LineTooLong { .. } | DecodeError::PayloadTooLong { .. } => {
            ErrorCode::FrameTooLarge
        }
    };
    ServerFrame::Error(ErrorReply::new(code, error.to_string()))
}

/// Reads until somebody has signed in; `None` where the peer left or was refused for good.
async fn sign_in<T: Transport>(
    context: &Context,
    transport: &mut T,
) -> Result<Option<(Hello, Person, Option<String>)>, TransportError> {
    for _ in 0..MALFORMED_MAX {
        let refusal = match transport.read().await {
            Ok(None) => return Ok(None),
            Ok(Some(packet)) => match packet.frame {
                ClientFrame::Hello(hello) => match authenticate(context, &hello).await {
                    Ok((person, token)) => return Ok(Some((hello, person, token))),
                    Err(refusal) => ServerFrame::Error(refusal),
                },
                _other => ServerFrame::Error(ErrorReply::new(
                    ErrorCode::NotSignedIn,
                    "Sign in first: {\"type\":\"hello\",\"protocol\":1,\"credentials\":{\"type\":\"claim_name\",\"name\":\"…\"}}",
                )),
            },
            Err(TransportError::Decode(error)) => {
                transport.write(&[not_a_frame(&error).into()]).await?;
                if error.is_recoverable() {
                    continue;
                }
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        transport.write(&[refusal.into()]).await?;
    }
    Ok(None)
}

async fn authenticate(
    context: &Context,
    hello: &Hello,
) -> Result<(Person, Option<String>), ErrorReply> {
    let request_id = hello.request_id;
    if hello.protocol != PROTOCOL_VERSION {
        let message =
            format!("This server speaks protocol {PROTOCOL_VERSION}; update the older side.");
        return Err(error::reply(
            request_id,
            ErrorCode::UnsupportedProtocol,
            message,
        ));
    }
    match &hello.credentials {
        Credentials::ClaimName {
            name,
            session_token,
        } => {
            let name = name
                .parse()
                .map_err(|bad| error::bad_name(request_id, &bad))?;
            let token = match session_token {
                Some(chosen) => chosen.clone(),
                None => SessionToken::from_random(crate::store::random()),
            };
            let claimed = context
                .store
                .claim_name(name, &token.reveal(), crate::now_ms())
                .await;
            claimed
                .map(|person| (person, Some(token.reveal())))
                .map_err(|failed| error::from_store(request_id, failed))
        }
        Credentials::SessionToken { token } => match context.store.sign_in(token).await {
            Ok(Some(person)) => Ok((person, None)),
            Ok(None) => Err(error::reply(
                request_id,
                ErrorCode::InvalidToken,
                "This session is not valid any more; choose a name to start a new one.",
            )),
            Err(failed) => Err(error::from_store(request_id, failed)),
        },
        Credentials::Unknown => Err(error::reply(
            request_id,
            ErrorCode::InvalidArgument,
            "This server knows the credentials claim_name and session_token.",
        )),
    }
}

/// A signed-in peer.
struct Connection {
    context: Arc<Context>,
    number: u64,
    person: Person,
    bell: Arc<Notify>,
    changes: mpsc::Receiver<MembershipChange>,
    /// The next sequence that the peer is owed of each room.
    cursors: HashMap<RoomId, Sequence>,
    /// Replies to requests that wait for the disk.
    replies: FuturesUnordered<BoxFuture<'static, Outgoing>>,
    /// Payloads in memory for this connection.
    payloads: Held,
    limits: Limits,
}

impl Connection {
    fn new(context: Arc<Context>, number: u64, person: Person) -> Self {
        let changes = context.hub.follow_person(person.id, number);
        Self {
            context,
            number,
            person,
            bell: Arc::default(),
            changes,
            cursors: HashMap::new(),
            replies: FuturesUnordered::new(),
            payloads: Held::default(),
            limits: Limits::default(),
        }
    }

    fn leave(&self) {
        self.context
            .hub
            .unfollow_person(self.person.id, self.number);
        for room in self.cursors.keys() {
            self.context.hub.unfollow_room(*room, self.number);
        }
    }

    async fn run<T: Transport>(
        &mut self,
        transport: &mut T,
        hello: Hello,
        token: Option<String>,
    ) -> Result<(), TransportError> {
        match self.welcome(hello, token).await {
            Ok(welcome) => {
                transport
                    .write(&[ServerFrame::Welcome(welcome).into()])
                    .await?
            }
            Err(refusal) => return transport.write(&[ServerFrame::Error(refusal).into()]).await,
        }
        self.bell.notify_one();
        let bell = self.bell.clone();
        let mut draining = self.context.draining.clone();
        let silence = Duration::from_millis(self.limits.silence_timeout_ms);
        let mut deadline = Instant::now() + silence;
        let mut malformed = 0;
        loop {
            tokio::select! {
                packet = transport.read(), if self.replies.len() < REPLIES_MAX && self.payloads.has_room() => {
                    deadline = Instant::now() + silence;
                    let answer = match packet {
                        Ok(None) => return Ok(()),
                        Ok(Some(packet)) => self.handle(packet).await.map(Outgoing::from),
                        Err(TransportError::Decode(error)) => {
                            malformed += 1;
                            let answer = not_a_frame(&error).into();
                            if !error.is_recoverable() || malformed > MALFORMED_MAX {
                                return transport.write(&[answer]).await;
                            }
                            Some(answer)
                        }
                        Err(error) => return Err(error),
                    };
                    // A room that a request opened is announced before the reply to it.
                    let mut frames = Vec::new();
                    while let Ok(change) = self.changes.try_recv() {
                        frames.push(self.apply(change).into());
                    }
                    frames.extend(answer);
                    if !frames.is_empty() {
                        transport.write(&frames).await?;
                    }
                }
                Some(reply) = self.replies.next() => {
                    let mut frames = vec![reply];
                    while let Some(Some(reply)) = self.replies.next().now_or_never() {
                        frames.push(reply);
                    }
                    transport.write(&frames).await?;
                }
                change = self.changes.recv() => match change {
                    Some(change) => {
                        let frame = self.apply(change);
                        transport.write(&[frame.into()]).await?;
                    }
                    // The hub gave this connection up as stalled; on reconnecting it resumes.
                    None => return Ok(()),
                },
                () = bell.notified() => self.deliver(transport).await?,
                () = drain_begins(&mut draining) => {
                    while let Some(reply) = self.replies.next().await {
                        transport.write(&[reply]).await?;
                    }
                    let frame = ServerFrame::Draining { reconnect_after_ms: RECONNECT_AFTER_MS };
                    return transport.write(&[frame.into()]).await;
                }
                () = sleep_until(deadline) => {
                    let frame = ErrorReply::new(ErrorCode::TimedOut, "Nothing came for too long; send ping in time.");
                    return transport.write(&[ServerFrame::Error(frame).into()]).await;
                }
            }
        }
    }

    async fn welcome(
        &mut self,
        hello: Hello,
        token: Option<String>,
    ) -> Result<Welcome, ErrorReply> {
        let store = self.context.store.clone();
        let rooms = store.rooms_of(self.person.id).await;
        let rooms = rooms.map_err(|failed| error::from_store(hello.request_id, failed))?;
        let known = known_sequences(hello.resume, &self.context.store);
        let rooms = rooms
            .into_iter()
            .map(|room| {
                let events_from =
                    first_event(room.last_sequence, known.get(&room.room_id).copied());
                self.follow(room.room_id, events_from);
                RoomOpening { room, events_from }
            })
            .collect();
        Ok(Welcome {
            request_id: hello.request_id,
            protocol: PROTOCOL_VERSION,
            server: ServerInfo {
                name: self.context.server_name.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            epoch: self.context.store.epoch(),
            person: self.person.clone(),
            session_token: token,
            rooms,
            limits: self.limits.clone(),
            now_ms: crate::now_ms(),
        })
    }

    fn follow(&mut self, room: RoomId, next: Sequence) {
        self.context.hub.follow_room(room, self.number, &self.bell);
        self.cursors.insert(room, next);
        // What was committed before the bell was hung is found by looking once.
        self.bell.notify_one();
    }

    fn apply(&mut self, change: MembershipChange) -> ServerFrame {
        match change {
            MembershipChange::Entered(opening) => {
                self.follow(opening.room.room_id, opening.events_from);
                ServerFrame::RoomEntered { room: opening }
            }
            MembershipChange::Exited(room_id) => {
                self.context.hub.unfollow_room(room_id, self.number);
                self.cursors.remove(&room_id);
                ServerFrame::RoomExited { room_id }
            }
        }
    }

    /// Writes everything that the peer is owed: from the tails, or from the store where it is far behind.
    async fn deliver<T: Transport>(&mut self, transport: &mut T) -> Result<(), TransportError> {
        let mut gathered = Vec::new();
        let rooms: Vec<RoomId> = self.cursors.keys().copied().collect();
        for room in rooms {
            while let Some(next) = self.cursors.get(&room).copied() {
                match self.context.hub.read(room, next) {
                    TailRead::Lines { lines, next } => {
                        gathered.extend(lines.into_iter().map(Outgoing::from));
                        self.cursors.insert(room, next);
                        break;
                    }
                    TailRead::Behind => {
                        let page = self
                            .context
                            .store
                            .read_page(room, next, HISTORY_PAGE_EVENTS_MAX)
                            .await;
                        let page = match page {
                            Ok(page) => page,
                            Err(failed) => {
                                // Closing is the way to be told again: the peer resumes from what it has.
                                let refusal = error::from_store(RequestId::default(), failed);
                                return transport
                                    .write(&[ServerFrame::Error(refusal).into()])
                                    .await;
                            }
                        };
                        let Some(last) = page.last() else { break };
                        self.cursors.insert(room, last.sequence.next());
                        let frames: Vec<Outgoing> = page
                            .into_iter()
                            .map(|event| ServerFrame::RoomEvent(event).into())
                            .collect();
                        transport.write(&frames).await?;
                    }
                }
            }
        }
        if gathered.is_empty() {
            Ok(())
        } else {
            transport.write(&gathered).await
        }
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
