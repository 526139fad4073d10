//! The state machine: commands and inputs go in here, outputs are queued here.

use std::collections::{BTreeMap, VecDeque};

use shared::frame::{Credentials, Hello, Resume, RoomCursor};
use shared::{
    ClientFrame, Epoch, ErrorCode, ErrorReply, PROTOCOL_VERSION, RequestId, RoomId, RoomRef,
    Sequence, SessionToken, TimestampMs, TransactionId,
};

use crate::api::{Change, Command, CommandError, Config, Input, Output, Ticket};
use crate::connection::{ConnectionState, Due, Timers};
use crate::outbox::{Delivery, Outbox, PendingMessage};
use crate::snapshot::Snapshot;
use crate::transfer::PendingAttachment;
use crate::view::{Room, View};

/// `SetTyping` is repeated at most this often while it lasts.
const TYPING_REPEAT_MS: u64 = 3_000;

/// One person's session on one server.
#[derive(Debug)]
pub struct Client {
    pub(crate) config: Config,
    pub(crate) view: View,
    pub(crate) token: Option<String>,
    /// The name that is being claimed with the token.
    pub(crate) claim: Option<String>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) last_read: BTreeMap<RoomId, Sequence>,
    pub(crate) timers: Timers,
    /// Requests that were not answered, and the page of history asked for: its room and its end.
    pub(crate) requests: BTreeMap<RequestId, Option<(RoomId, Sequence)>>,
    pub(crate) rng: fastrand::Rng,
    last_request: RequestId,
    typing_sent: BTreeMap<RoomId, TimestampMs>,
    outputs: VecDeque<Output>,
}

impl Client {
    /// Goes on from `restored` (the default for the first time). `seed` should be random: ids come from it.
    pub fn new(config: Config, restored: Snapshot, seed: u64, now: TimestampMs) -> Self {
        let mut client = Self {
            config,
            view: View {
                person: restored.person,
                outbox: Outbox::restore(restored.outbox),
                ..View::default()
            },
            token: restored.session_token,
            claim: restored.claim,
            epoch: restored.epoch,
            last_read: restored.last_read,
            timers: Timers::new(now),
            requests: BTreeMap::new(),
            rng: fastrand::Rng::with_seed(seed),
            last_request: RequestId(0),
            typing_sent: BTreeMap::new(),
            outputs: VecDeque::new(),
        };
        if client.token.is_some() {
            client.connect(now);
        } else {
            client.view.connection = ConnectionState::SignedOut { reason: None };
        }
        client
    }

    /// The secret of the session, for what does not travel over the connection (`Authorization: Bearer …`).
    pub fn session_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// What a screen shows.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The next thing to do; to be asked until it is `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<TimestampMs> {
        let connection = self.timers.next(&self.view.connection).map(|(at, _)| at);
        let outbox = self.view.outbox.poll_timeout();
        let typing = self
            .view
            .rooms
            .values()
            .flat_map(|room| room.typing.values());
        let typing = typing.map(|(_, until)| *until).min();
        [connection, outbox, typing].into_iter().flatten().min()
    }

    /// Does what a person wants, or refuses and changes nothing.
    pub fn command(&mut self, command: Command, now: TimestampMs) -> Result<Ticket, CommandError> {
        match command {
            Command::SignIn {
                name,
                session_token,
            } => self.sign_in(name, &session_token, now),
            Command::SignOut => {
                self.sign_out(None, now);
                Ok(Ticket::Done)
            }
            Command::ConnectNow => Ok(self.connect_now(now)),
            Command::SendMessage {
                room_id,
                text,
                attachments,
            } => self.send_message(room_id, text, attachments, now),
            Command::RetryMessage { transaction_id } => self.retry(transaction_id, now),
            Command::DeleteMessage { transaction_id } => self.delete(transaction_id),
            Command::CreateRoom { name, topic } => {
                self.request(now, None, |request_id| ClientFrame::CreateRoom {
                    request_id,
                    name,
                    topic,
                })
            }
            Command::JoinRoom { room } => self.request(now, None, |request_id| {
                ClientFrame::JoinRoom { request_id, room }
            }),
            Command::LeaveRoom { room_id } => self.request(now, None, |request_id| {
                let room = RoomRef::Id(room_id);
                ClientFrame::LeaveRoom { request_id, room }
            }),
            Command::ListRooms => self.request(now, None, |request_id| ClientFrame::ListRooms {
                request_id,
            }),
            Command::ListMembers { room_id } => self.request(now, None, |request_id| {
                let room = RoomRef::Id(room_id);
                ClientFrame::ListMembers { request_id, room }
            }),
            Command::ReadHistory { room_id, before } => self.read_history(room_id, before, now),
            Command::MarkRead { room_id, up_to } => self.mark_read(room_id, up_to),
            Command::SetTyping { room_id, typing } => self.set_typing(room_id, typing, now),
            Command::BeginUpload { .. }
            | Command::ResumeUpload { .. }
            | Command::CancelUpload { .. }
            | Command::Download { .. }
            | Command::CancelDownload { .. } => Err(CommandError::NoSuchTransfer),
        }
    }

    /// Takes note of what happened outside.
    pub fn handle_input(&mut self, input: Input, now: TimestampMs) {
        match input {
            Input::Connected => self.greet(now),
            Input::Frame(packet) => self.receive(packet.frame, now),
            Input::Disconnected { reason } => self.disconnected(reason, now),
            Input::Timeout => self.timeout(now),
            Input::ChunkProgress { .. }
            | Input::SourceFailed { .. }
            | Input::TargetOpened { .. }
            | Input::ChunkWritten { .. }
            | Input::TargetFinished { .. }
            | Input::TargetFailed { .. } => {}
        }
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn changed(&mut self, change: Change) {
        self.outputs.push_back(Output::Changed(change));
    }

    pub(crate) fn send(&mut self, frame: ClientFrame, now: TimestampMs) {
        self.timers.sent(now);
        self.outputs.push_back(Output::Send(frame));
    }

    pub(crate) fn persist(&mut self) {
        let snapshot = Snapshot {
            session_token: self.token.clone(),
            claim: self.claim.clone(),
            uploads: Vec::new(),
            person: self.view.person.clone(),
            epoch: self.epoch,
            outbox: self.view.outbox.to_store(),
            last_read: self.last_read.clone(),
        };
        self.output(Output::Persist(snapshot));
    }

    pub(crate) fn set_state(&mut self, state: ConnectionState) {
        self.view.connection = state;
        self.changed(Change::Connection);
    }

    fn next_request_id(&mut self) -> RequestId {
        self.last_request.0 += 1;
        self.last_request
    }

    fn connect(&mut self, now: TimestampMs) {
        self.set_state(ConnectionState::Connecting);
        self.timers.asked(now);
        self.output(Output::Connect);
    }

    fn connect_now(&mut self, now: TimestampMs) -> Ticket {
        if matches!(self.view.connection, ConnectionState::Waiting { .. }) {
            self.connect(now);
        }
        Ticket::Done
    }

    fn sign_in(
        &mut self,
        name: String,
        session_token: &SessionToken,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        if !matches!(self.view.connection, ConnectionState::SignedOut { .. }) {
            return Err(CommandError::SignedIn);
        }
        self.token = Some(session_token.reveal());
        self.claim = Some(name);
        self.persist();
        self.connect(now);
        Ok(Ticket::Done)
    }

    fn greet(&mut self, now: TimestampMs) {
        if self.view.connection != ConnectionState::Connecting {
            return;
        }
        let credentials = match (&self.token, &self.claim) {
            (Some(token), None) => Credentials::SessionToken {
                token: token.clone(),
            },
            (Some(token), Some(name)) => Credentials::ClaimName {
                name: name.clone(),
                session_token: token.parse().ok(),
            },
            (None, _) => return self.sign_out(None, now),
        };
        let cursor = |(room_id, room): (&RoomId, &Room)| {
            let last_sequence = room.timeline.last_sequence()?;
            Some(RoomCursor {
                room_id: *room_id,
                last_sequence,
            })
        };
        let rooms = self.view.rooms.iter().filter_map(cursor).collect();
        let resume = self.epoch.map(|epoch| Resume { epoch, rooms });
        let request_id = self.next_request_id();
        let hello = Hello {
            request_id,
            protocol: PROTOCOL_VERSION,
            client: self.config.client.clone(),
            credentials,
            resume,
        };
        self.set_state(ConnectionState::Greeting { request_id });
        self.send(ClientFrame::Hello(hello), now);
        self.timers.asked(now);
    }

    /// Closes the connection and waits for another name; the outbox stays.
    pub(crate) fn sign_out(&mut self, reason: Option<String>, now: TimestampMs) {
        self.output(Output::Disconnect);
        self.end_connection(now);
        self.token = None;
        self.claim = None;
        self.set_state(ConnectionState::SignedOut { reason });
        self.persist();
    }

    /// Closes the connection and comes back later.
    pub(crate) fn give_up(&mut self, reason: String, now: TimestampMs) {
        self.output(Output::Disconnect);
        self.disconnected(reason, now);
    }

    fn disconnected(&mut self, reason: String, now: TimestampMs) {
        match self.view.connection {
            ConnectionState::SignedOut { .. } | ConnectionState::Waiting { .. } => return,
            ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => {}
        }
        self.end_connection(now);
        let until = self.timers.retry_at(now, &mut self.rng);
        self.set_state(ConnectionState::Waiting { until, reason });
    }

    fn end_connection(&mut self, now: TimestampMs) {
        self.timers.heard(now);
        self.view.outbox.disconnected();
        self.typing_sent.clear();
        for room in self.view.rooms.values_mut() {
            room.reading_history = false;
        }
        for (request_id, _) in std::mem::take(&mut self.requests) {
            let mut error =
                ErrorReply::new(ErrorCode::TimedOut, "The connection ended. Try again.");
            error.request_id = request_id;
            self.changed(Change::RequestFailed { request_id, error });
        }
    }

    fn timeout(&mut self, now: TimestampMs) {
        match self.timers.next(&self.view.connection) {
            Some((at, Due::Connect)) if at <= now => self.connect(now),
            Some((at, Due::GiveUp)) if at <= now => {
                self.give_up("The server does not answer.".into(), now);
            }
            Some((at, Due::Ping)) if at <= now => {
                let request_id = self.next_request_id();
                self.send(ClientFrame::Ping { request_id }, now);
                self.timers.asked(now);
            }
            Some((_, Due::Connect | Due::GiveUp | Due::Ping)) | None => {}
        }
        self.expire_typing(now);
        self.flush(now);
    }

    fn expire_typing(&mut self, now: TimestampMs) {
        let mut expired = Vec::new();
        for (room_id, room) in &mut self.view.rooms {
            let before = room.typing.len();
            room.typing.retain(|_, (_, until)| *until > now);
            if room.typing.len() != before {
                expired.push(*room_id);
            }
        }
        for room_id in expired {
            self.changed(Change::Typing(room_id));
        }
    }

    /// Writes what the outbox has ready.
    pub(crate) fn flush(&mut self, now: TimestampMs) {
        if self.view.connection != ConnectionState::Online {
            // A held outbox must not keep a timer that nothing can serve.
            self.view.outbox.disconnected();
            return;
        }
        let last = &mut self.last_request;
        let frames = self.view.outbox.take_ready(now, || {
            last.0 += 1;
            *last
        });
        for frame in frames {
            self.send(frame, now);
        }
    }

    fn send_message(
        &mut self,
        room_id: RoomId,
        text: String,
        attachments: Vec<PendingAttachment>,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let limits = &self.view.limits;
        if text.trim().is_empty() && attachments.is_empty() {
            return Err(CommandError::MessageEmpty);
        }
        if text.len() > limits.text_bytes_max {
            let bytes_max = limits.text_bytes_max;
            return Err(CommandError::TextTooLong { bytes_max });
        }
        if attachments.len() > limits.attachments_max {
            let count_max = limits.attachments_max;
            return Err(CommandError::TooManyAttachments { count_max });
        }
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let transaction_id = TransactionId::from_parts(now, random);
        self.view.outbox.push(PendingMessage {
            transaction_id,
            room_id,
            text,
            attachments,
            written_at_ms: now,
            delivery: Delivery::Queued,
        });
        self.typing_sent.remove(&room_id);
        self.outbox_changed(room_id, now);
        Ok(Ticket::Message(transaction_id))
    }

    /// Stores the outbox, and only then sends from it.
    pub(crate) fn outbox_changed(&mut self, room_id: RoomId, now: TimestampMs) {
        self.persist();
        self.changed(Change::Timeline(room_id));
        self.flush(now);
    }

    fn retry(&mut self, id: TransactionId, now: TimestampMs) -> Result<Ticket, CommandError> {
        let room_id = self.view.outbox.retry(id).ok_or(CommandError::NotFailed)?;
        self.outbox_changed(room_id, now);
        Ok(Ticket::Message(id))
    }

    fn delete(&mut self, id: TransactionId) -> Result<Ticket, CommandError> {
        let message = self.view.outbox.remove_failed(id);
        let message = message.ok_or(CommandError::NotFailed)?;
        self.persist();
        self.changed(Change::Timeline(message.room_id));
        Ok(Ticket::Done)
    }

    fn request(
        &mut self,
        now: TimestampMs,
        page: Option<(RoomId, Sequence)>,
        frame: impl FnOnce(RequestId) -> ClientFrame,
    ) -> Result<Ticket, CommandError> {
        if self.view.connection != ConnectionState::Online {
            return Err(CommandError::Offline);
        }
        let request_id = self.next_request_id();
        self.requests.insert(request_id, page);
        self.send(frame(request_id), now);
        Ok(Ticket::Request(request_id))
    }

    pub(crate) fn read_history(
        &mut self,
        room_id: RoomId,
        before: Option<Sequence>,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let room = self
            .view
            .rooms
            .get(&room_id)
            .ok_or(CommandError::NotAMember)?;
        if room.reading_history {
            return Err(CommandError::ReadingAlready);
        }
        let Some(before) = before.or_else(|| room.timeline.older_before()) else {
            return Ok(Ticket::Done);
        };
        let limit = self.config.page_events;
        let ticket = self.request(now, Some((room_id, before)), |request_id| {
            ClientFrame::ReadHistory {
                request_id,
                room: room_id.into(),
                before: Some(before),
                limit,
            }
        })?;
        if let Some(room) = self.view.rooms.get_mut(&room_id) {
            room.reading_history = true;
        }
        Ok(ticket)
    }

    fn mark_read(&mut self, room_id: RoomId, up_to: Sequence) -> Result<Ticket, CommandError> {
        let room = self
            .view
            .rooms
            .get_mut(&room_id)
            .ok_or(CommandError::NotAMember)?;
        let up_to = up_to.min(room.info.last_sequence);
        if up_to > room.last_read {
            room.last_read = up_to;
            self.last_read.insert(room_id, up_to);
            self.persist();
            self.changed(Change::Unread(room_id));
        }
        Ok(Ticket::Done)
    }

    fn set_typing(
        &mut self,
        room_id: RoomId,
        typing: bool,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let sent = self.typing_sent.get(&room_id);
        let needed = match sent {
            Some(at) => !typing || now.since_ms(*at) >= TYPING_REPEAT_MS,
            None => typing,
        };
        if needed && self.view.connection == ConnectionState::Online {
            if typing {
                self.typing_sent.insert(room_id, now);
            } else {
                self.typing_sent.remove(&room_id);
            }
            let room = room_id.into();
            self.send(ClientFrame::SetTyping { room, typing }, now);
        }
        Ok(Ticket::Done)
    }
}
