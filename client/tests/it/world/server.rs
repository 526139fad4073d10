//! What the server does with each frame.

use shared::account::PresenceState;
use shared::codec::Packet;
use shared::frame::{Credentials, Hello, Person, SendMessage, ServerInfo, Welcome};
use shared::limits::Limits;
use shared::room::{RoomInfo, RoomKind, RoomOpening};
use shared::{
    ClientFrame, ErrorCode, EventBody, RequestId, Role, RoomEvent, Sequence, ServerFrame,
    TimestampMs,
};

use super::{Cut, Travelling, World, error};

/// The server resumes with at most this many events, so that gaps come up.
const RESUME_EVENTS_MAX: usize = 4;

impl World {
    pub(super) fn serve(&mut self, who: usize, packet: Packet<ClientFrame>) {
        match packet.frame {
            ClientFrame::SendMessage(send) => {
                let current = self.deaf.is_none();
                if current && self.cuts(who, Cut::BeforeWrite) {
                    return self.break_off(who);
                }
                self.store(who, send);
                if current && self.cuts(who, Cut::AfterCommit) {
                    self.disconnect(who);
                }
            }
            // A late one signs in a connection that is gone already.
            ClientFrame::Hello(_) if self.deaf.is_some() => {}
            ClientFrame::Hello(hello) => self.welcome(who, *hello),
            ClientFrame::Ping { request_id } => self.down(who, ServerFrame::Pong { request_id }),
            ClientFrame::ReadHistory {
                request_id,
                before,
                limit,
                ..
            } => self.page(who, request_id, before.unwrap(), limit as usize),
            ClientFrame::SetTyping { .. } => {}
            ClientFrame::MarkRead { sequence, .. } => self.mark(who, sequence),
            // A late one is about a connection that is gone.
            ClientFrame::SetPresence { .. } if self.deaf.is_some() => {}
            ClientFrame::SetPresence { state } => self.peers[who].presence = state,
            ClientFrame::ListMembers { request_id, .. } => self.list_members(who, request_id),
            ClientFrame::SignOut { request_id } => self.end_session_of(who, request_id),
            ClientFrame::BeginUpload(begin) => self.begin_upload(who, begin),
            ClientFrame::PutChunk {
                request_id,
                upload_id,
                index,
                hash,
                ..
            } => self.store_chunk(who, request_id, (upload_id, index), hash, packet.payload),
            ClientFrame::FinishUpload(finish) => self.finish_upload(who, finish),
            ClientFrame::CancelUpload {
                request_id,
                upload_id,
            } => self.cancel_upload(who, request_id, upload_id),
            ClientFrame::ListUploads { request_id } => self.list_uploads(who, request_id),
            ClientFrame::DescribeFile {
                request_id,
                file_id,
            } => self.describe_file(who, request_id, file_id),
            ClientFrame::ReadChunk {
                request_id,
                file_id,
                index,
            } => self.read_chunk(who, request_id, file_id, index),
            ClientFrame::DescribeServer { request_id } => {
                let about = self.accounts.describe(request_id);
                self.down(who, ServerFrame::ServerDescribed(about));
            }
            ClientFrame::DescribeInvitation { request_id, token } => {
                let about = self
                    .accounts
                    .describe_invitation(request_id, token.reveal());
                self.down(who, about);
            }
            frame => panic!("not simulated: {frame:?}"),
        }
    }

    pub(crate) fn down(&mut self, who: usize, frame: ServerFrame) {
        let is_event = matches!(frame, ServerFrame::RoomEvent(_));
        if self.mute || (self.deaf == Some(who) && !is_event) {
            return;
        }
        if self.rng.u8(..100) < self.duplicate_percent {
            self.transmit(who, 1, Travelling::Down(frame.clone().into()));
            if let Some(late) = self.log.get(self.rng.usize(..self.log.len().max(1))) {
                let late = ServerFrame::RoomEvent(late.clone());
                if self.peers[who].person.is_some()
                    && self.peers[who].client.view().rooms.len() == 1
                {
                    self.transmit(who, 1, Travelling::Down(late.into()));
                }
            }
        }
        self.transmit(who, 1, Travelling::Down(frame.into()));
    }

    pub(super) fn welcome(&mut self, who: usize, hello: Hello) {
        let refusal = self.refuse_hello.clone();
        let credentials = match (hello.credentials, &self.peers[who].cookie) {
            (Credentials::SessionCookie, Some(cookie)) => Credentials::SessionToken {
                token: cookie.clone(),
            },
            (credentials, _) => credentials,
        };
        let known = refusal.map_or_else(|| self.accounts.come_in(credentials), Err);
        let person = match known {
            Ok((person, token)) => {
                self.peers[who].session = Some(token);
                person
            }
            Err(mut error) => {
                error.request_id = hello.request_id;
                return self.down(who, ServerFrame::Error(error));
            }
        };
        let resume = hello.resume.filter(|resume| resume.epoch == self.epoch);
        let cursor = resume.and_then(|r| r.rooms.first().map(|c| c.last_sequence.0 as usize));
        let from = cursor
            .unwrap_or(0)
            .max(self.log.len().saturating_sub(RESUME_EVENTS_MAX));
        let last_sequence = Sequence(self.log.len() as u64);
        // Of somebody new everything before is read.
        self.markers.entry(person.id).or_insert(last_sequence);
        let room = RoomInfo {
            members: self.accounts.people.len() as u32,
            joined: true,
            last_sequence: Sequence(self.log.len() as u64),
            ..RoomInfo::new(self.room_id, "lobby".parse().unwrap(), RoomKind::Lobby)
        };
        let welcome = Welcome {
            request_id: hello.request_id,
            protocol: 1,
            server: ServerInfo {
                name: "sim".into(),
                version: "0".into(),
                public_url: None,
                files_url: None,
                http_port: None,
                https: false,
            },
            epoch: self.epoch,
            person: person.clone(),
            role: Role::Member,
            session_id: None,
            session_token: None,
            rooms: vec![RoomOpening {
                read: self.marker(person.id),
                ..RoomOpening::new(room, Sequence(from as u64 + 1))
            }],
            limits: Limits::default(),
            now_ms: TimestampMs(self.now),
        };
        self.peers[who].person = Some(person);
        self.peers[who].presence = PresenceState::Online;
        self.down(who, ServerFrame::Welcome(welcome));
        let missed = self.log[from..].to_vec();
        for event in missed {
            self.down(who, ServerFrame::RoomEvent(event));
        }
    }

    /// Appends an event to the log and sends it to everyone.
    pub(crate) fn publish(&mut self, person: Person, event: EventBody) {
        let event = RoomEvent {
            room_id: self.room_id,
            sequence: Sequence(self.log.len() as u64 + 1),
            at_ms: TimestampMs(self.now),
            person,
            event,
        };
        self.log.push(event.clone());
        for peer in 0..self.peers.len() {
            if self.peers[peer].open && self.greeted(peer) {
                self.down(peer, ServerFrame::RoomEvent(event.clone()));
            }
        }
    }

    fn store(&mut self, who: usize, send: SendMessage) {
        let request_id = send.request_id;
        let for_good = || error(ErrorCode::NotAMember, None);
        let refused = (self.refused_text.as_ref() == Some(&send.text)).then(for_good);
        let refusal = self.refusals.pop_front().flatten().or(refused);
        let rate = self.rate.as_mut().filter(|_| who == 0);
        let refusal = refusal.or_else(|| rate?.refuses(self.now));
        if let Some(mut error) = refusal {
            error.request_id = request_id;
            return self.down(who, ServerFrame::Error(error));
        }
        let Some((attachments, arriving)) = self.carried(&send.attachments) else {
            let mut error = error(ErrorCode::FileNotFound, None);
            error.request_id = request_id;
            return self.down(who, ServerFrame::Error(error));
        };
        let person = self.peers[who].person.clone().unwrap();
        let transaction_id = send.transaction_id.unwrap();
        let key = (person.id, transaction_id);
        let known = self.sent.contains_key(&key);
        let next = (Sequence(self.log.len() as u64 + 1), TimestampMs(self.now));
        let (sequence, at_ms) = *self.sent.entry(key).or_insert(next);
        let room_id = self.room_id;
        let ack = ServerFrame::MessageAccepted {
            request_id,
            transaction_id,
            room_id,
            sequence,
            at_ms,
        };
        let ack_first = self.rng.bool();
        if ack_first {
            self.down(who, ack.clone());
        }
        if !known {
            let body = EventBody::MessageSent {
                transaction_id,
                text: send.text,
                attachments,
                arriving,
            };
            self.publish(person, body);
        }
        if !ack_first {
            self.down(who, ack);
        }
    }

    /// Whether the server has answered the `Hello` of the present connection.
    pub(super) fn greeted(&self, who: usize) -> bool {
        use client::ConnectionState::Online;
        let peer = &self.peers[who];
        let welcome = |(to, connection, packet): &(usize, u64, Travelling)| {
            *to == who
                && *connection == peer.connection
                && matches!(
                    packet,
                    Travelling::Down(Packet {
                        frame: ServerFrame::Welcome(_),
                        ..
                    })
                )
        };
        peer.client.view().connection == Online || self.network.values().any(welcome)
    }

    fn page(&mut self, who: usize, request_id: RequestId, before: Sequence, limit: usize) {
        self.history_reads += 1;
        let end = (before.0 as usize - 1).min(self.log.len());
        let events = self.log[end.saturating_sub(limit)..end].to_vec();
        let room_id = self.room_id;
        self.down(
            who,
            ServerFrame::HistoryPage {
                request_id,
                room_id,
                events,
            },
        );
    }
}
