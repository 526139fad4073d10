//! The state machine: commands and inputs go in here, outputs are queued here.

use std::collections::VecDeque;

use litemap::LiteMap;
use shared::account::PresenceState;
use shared::room::CreateRoom;
use shared::{ClientFrame, Epoch, RequestId, RoomId, RoomRef, Secret, Sequence, TimestampMs};

use crate::api::{Change, Command, CommandError, Config, Entry, Input, Output, Ticket};
use crate::client::inquiry::Inquiry;
use crate::connection::{ConnectionState, Timers};
use crate::outbox::Outbox;
use crate::reading::ToldMarks;
use crate::snapshot::Snapshot;
use crate::transfer::Transfers;
use crate::view::View;

mod downloads;
mod elsewhere;
mod entry;
mod inquiry;
mod requests;
mod session;
mod transfers;
mod uploads;

/// What can be done without is stored at most this often.
const PERSIST_EVERY_MS: u64 = 1_000;

/// One person's session on one server.
#[derive(Debug)]
pub struct Client {
    pub(crate) config: Config,
    pub(crate) view: View,
    /// What one comes back with. Where the session is a cookie, only until the server has set it.
    pub(crate) token: Option<Secret>,
    /// The driver's requests carry the session.
    pub(crate) cookie: bool,
    /// The server is being told that the session is over, by this request and until then at the longest.
    pub(crate) leaving: Option<(RequestId, TimestampMs)>,
    pub(crate) inquiry: Option<Inquiry>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) last_read: LiteMap<RoomId, Sequence>,
    pub(crate) told_marks: ToldMarks,
    /// Whose members were asked for on this connection.
    pub(crate) members_asked: LiteMap<RoomId, ()>,
    pub(crate) timers: Timers,
    /// Requests that were not answered, and the page of history asked for: its room and its end.
    pub(crate) requests: LiteMap<RequestId, Option<(RoomId, Sequence)>>,
    pub(crate) transfers: Transfers,
    pub(crate) rng: fastrand::Rng,
    pub(crate) last_request: RequestId,
    pub(crate) typing_sent: LiteMap<RoomId, TimestampMs>,
    /// The room that a person looks at.
    pub(crate) shown_room: Option<RoomId>,
    /// When the snapshot was last stored, and when it is to be stored next.
    persisted_at: TimestampMs,
    persist_at: Option<TimestampMs>,
    outputs: VecDeque<Output>,
}

impl Client {
    /// Goes on from `restored` (the default for the first time). `seed` should be random: ids come from it.
    pub fn new(config: Config, restored: Snapshot, seed: u64, now: TimestampMs) -> Self {
        let config_by_cookie = config.session_by_cookie;
        let mut client = Self {
            config,
            view: View {
                person: restored.person,
                entry: restored.claim.map(|name| Entry::Guest { name }),
                unconfirmed: restored.unconfirmed,
                outbox: Outbox::restore(restored.outbox),
                attention: PresenceState::Online,
                ..View::default()
            },
            token: restored.session_token.map(Secret::from),
            cookie: restored.cookie && config_by_cookie,
            leaving: None,
            inquiry: None,
            epoch: restored.epoch,
            last_read: restored.last_read,
            told_marks: ToldMarks::default(),
            members_asked: LiteMap::new(),
            timers: Timers::new(now),
            requests: LiteMap::new(),
            transfers: Transfers::default(),
            rng: fastrand::Rng::with_seed(seed),
            last_request: RequestId(0),
            typing_sent: LiteMap::new(),
            shown_room: None,
            persisted_at: TimestampMs(0),
            persist_at: None,
            outputs: VecDeque::new(),
        };
        client.restore_uploads(restored.uploads);
        client.restore_downloads(restored.downloads);
        if client.token.is_some() || client.cookie {
            client.connect(now);
        } else {
            client.view.connection = ConnectionState::SignedOut { reason: None };
        }
        client
    }

    /// The secret of the session, for what does not travel over the connection (`Authorization: Bearer …`). Where the
    /// session is a cookie there is none.
    pub fn session_token(&self) -> Option<&str> {
        let token = self.token.as_ref();
        token
            .filter(|_| !self.config.session_by_cookie)
            .map(Secret::reveal)
    }

    /// Whether the server is being told that the session is over, though nothing of it is shown any more. It takes
    /// a few seconds at most; a program that ends should wait for it.
    pub fn is_leaving(&self) -> bool {
        self.leaving.is_some()
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
        let marks = self.told_marks.poll_timeout();
        let transfers = self.transfers.poll_timeout();
        let leaving = self.leaving.map(|(_, until)| until);
        let inquiry = self.inquiry.as_ref().map(|inquiry| inquiry.until);
        [
            connection, outbox, typing, marks, transfers, leaving, inquiry,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does what a person wants, or refuses and changes nothing.
    pub fn command(&mut self, command: Command, now: TimestampMs) -> Result<Ticket, CommandError> {
        match command {
            Command::SignIn {
                entry,
                session_token,
            } => self.sign_in(entry, &session_token, now),
            Command::SignOut => Ok(self.sign_out(now)),
            Command::ConnectNow => Ok(self.connect_now(now)),
            Command::SendMessage {
                room_id,
                text,
                attachments,
            } => self.send_message(room_id, text, attachments, now),
            Command::RetryMessage { transaction_id } => self.retry(transaction_id, now),
            Command::DeleteMessage { transaction_id } => self.delete(transaction_id, now),
            Command::CreateRoom { name, topic } => self.request(now, None, |request_id| {
                ClientFrame::CreateRoom(CreateRoom {
                    request_id,
                    name,
                    topic,
                    ..CreateRoom::default()
                })
            }),
            Command::JoinRoom { room } => self.request(now, None, |request_id| {
                ClientFrame::JoinRoom { request_id, room }
            }),
            Command::LeaveRoom { room_id } => self.request(now, None, |request_id| {
                let room = RoomRef::Id(room_id);
                ClientFrame::LeaveRoom { request_id, room }
            }),
            Command::Ask(frame) => self.ask_server(*frame, now),
            Command::ListRooms => self.request(now, None, |request_id| ClientFrame::ListRooms {
                request_id,
            }),
            Command::ListMembers { room_id } => self.request(now, None, |request_id| {
                let room = RoomRef::Id(room_id);
                ClientFrame::ListMembers { request_id, room }
            }),
            Command::ReadHistory { room_id, before } => self.read_history(room_id, before, now),
            Command::ShowRoom { room_id } => Ok(self.show_room(room_id, now)),
            Command::MarkRead { room_id, up_to } => self.mark_read(room_id, up_to, now),
            Command::SetPresence { state } => Ok(self.set_presence(state, now)),
            Command::SetTyping { room_id, typing } => self.set_typing(room_id, typing, now),
            Command::BeginUpload {
                name,
                size_bytes,
                media_type,
                source,
            } => self.begin_upload(name, size_bytes, media_type, source, now),
            Command::ResumeUpload { upload_id, source } => {
                self.resume_upload(upload_id, source, now)
            }
            Command::CancelUpload { upload_id } => self.cancel_upload(upload_id, now),
            Command::Download {
                file_id,
                target,
                keep,
            } => Ok(self.download(file_id, target, keep, now)),
            Command::CancelDownload { download_id } => self.cancel_download(download_id, now),
        }
    }

    /// Takes note of what happened outside.
    pub fn handle_input(&mut self, input: Input, now: TimestampMs) {
        match input {
            Input::Connected => self.greet(now),
            Input::SessionOpened(opened) => self.session_opened(opened, now),
            Input::SessionRefused(error) => self.session_refused(error, now),
            Input::Frame(packet) => self.receive(packet, now),
            Input::Disconnected { reason } => self.disconnected(reason, now),
            Input::Timeout => self.timeout(now),
            Input::ChunkProgress {
                request_id,
                sent_bytes,
            } => self.chunk_progress(request_id, sent_bytes, now),
            Input::SourceFailed { upload_id, reason } => self.source_failed(upload_id, reason, now),
            Input::ReadProgress {
                request_id,
                received_bytes,
            } => self.read_progress(request_id, received_bytes, now),
            Input::TargetOpened {
                download_id,
                present,
            } => self.target_opened(download_id, &present, now),
            Input::ChunkWritten { download_id, index } => {
                self.chunk_written(download_id, index, now);
            }
            Input::TargetFinished { download_id, path } => {
                self.target_finished(download_id, path, now);
            }
            Input::TargetFailed {
                download_id,
                reason,
            } => self.target_failed(download_id, reason, now),
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

    /// Stores the snapshot, but not more often than once a second: what is new in it can be done without.
    pub(crate) fn persist_soon(&mut self, now: TimestampMs) {
        if now.since_ms(self.persisted_at) >= PERSIST_EVERY_MS {
            self.persisted_at = now;
            self.persist();
        } else {
            let at = self.persisted_at.plus_ms(PERSIST_EVERY_MS);
            self.persist_at.get_or_insert(at);
        }
    }

    /// Stores what was put off.
    pub(crate) fn persist_timeout(&mut self, now: TimestampMs) {
        if self.persist_at.is_some_and(|at| at <= now) {
            self.persist_soon(now);
        }
    }

    pub(crate) fn persist(&mut self) {
        self.persist_at = None;
        let snapshot = Snapshot {
            session_token: self.token_to_store(),
            cookie: self.cookie,
            claim: self.claim(),
            unconfirmed: self.view.unconfirmed && !self.config.session_by_cookie,
            uploads: self.uploads_to_store(),
            downloads: self.downloads_to_store(),
            person: self.view.person.clone(),
            epoch: self.epoch,
            outbox: self.view.outbox.to_store(),
            last_read: self.last_read.clone(),
        };
        self.output(Output::Persist(snapshot));
    }

    /// Where the session is to be a cookie, the browser alone knows whether what nobody saw the end of came through.
    fn token_to_store(&self) -> Option<String> {
        let unseen = self.config.session_by_cookie && self.view.unconfirmed;
        let token = self.token.as_ref().filter(|_| !unseen);
        token.map(|token| token.reveal().to_owned())
    }

    /// The name that is being claimed. What holds a password is not stored.
    fn claim(&self) -> Option<String> {
        self.token.as_ref()?;
        match &self.view.entry {
            Some(Entry::Guest { name }) => Some(name.clone()),
            Some(Entry::Account { .. } | Entry::NewAccount { .. } | Entry::NewPassword { .. })
            | None => None,
        }
    }

    pub(crate) fn set_state(&mut self, state: ConnectionState) {
        self.view.connection = state;
        self.changed(Change::Connection);
    }

    pub(crate) fn next_request_id(&mut self) -> RequestId {
        self.last_request.0 += 1;
        self.last_request
    }
}
