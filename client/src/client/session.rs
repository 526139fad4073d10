//! Connecting, greeting, and everything that is due at a time.

use shared::frame::{Hello, Resume, RoomCursor};
use shared::{ClientFrame, ErrorCode, ErrorReply, PROTOCOL_VERSION, RoomId, TimestampMs};

use crate::api::{Change, Output, Ticket};
use crate::client::Client;
use crate::connection::{ConnectionState, Due};
use crate::view::Room;

impl Client {
    pub(crate) fn connect_now(&mut self, now: TimestampMs) -> Ticket {
        if matches!(self.view.connection, ConnectionState::Waiting { .. }) {
            self.connect(now);
        }
        Ticket::Done
    }

    pub(crate) fn greet(&mut self, now: TimestampMs) {
        if self.view.connection != ConnectionState::Connecting {
            return self.inquire(now);
        }
        let Some(credentials) = self.credentials() else {
            return;
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
        self.send(ClientFrame::Hello(Box::new(hello)), now);
        self.timers.asked(now);
    }

    /// Closes the connection and comes back later.
    pub(crate) fn give_up(&mut self, reason: String, now: TimestampMs) {
        self.output(Output::Disconnect);
        self.disconnected(reason, now);
    }

    pub(crate) fn disconnected(&mut self, reason: String, now: TimestampMs) {
        match self.view.connection {
            ConnectionState::SignedOut { .. } => {
                self.leaving = None;
                return self.inquiry_ended(&reason);
            }
            ConnectionState::Waiting { .. } => return,
            ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => {}
        }
        self.end_connection(now);
        let until = self.timers.retry_at(now, &mut self.rng);
        self.set_state(ConnectionState::Waiting { until, reason });
    }

    pub(crate) fn end_connection(&mut self, now: TimestampMs) {
        self.timers.heard(now);
        self.view.outbox.disconnected();
        self.transfers_disconnected();
        self.typing_sent.clear();
        self.told_marks.disconnected();
        self.members_asked.clear();
        for (_, room) in &mut self.view.rooms {
            room.reading_history = false;
        }
        let ended = ErrorReply::new(ErrorCode::TimedOut, "The connection ended. Try again.");
        self.fail_requests(&ended);
    }

    pub(crate) fn timeout(&mut self, now: TimestampMs) {
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
        self.leaving_timeout(now);
        self.inquiry_timeout(now);
        self.expire_typing(now);
        self.tell_marks(now);
        self.persist_timeout(now);
        self.view.outbox.timeout(now);
        self.uploads_timeout(now);
        self.downloads_timeout(now);
        self.flush(now);
    }

    pub(crate) fn expire_typing(&mut self, now: TimestampMs) {
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
}
