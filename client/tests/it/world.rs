//! A server in memory, a network with latency and faults, and drivers that can crash.

use std::collections::{BTreeMap, HashMap};

use client::{Client, Command, Config, Input, Output, Snapshot};
use shared::frame::{
    ClientInfo, Credentials, Hello, Person, RoomInfo, RoomKind, RoomOpening, SendMessage,
    ServerInfo, Welcome,
};
use shared::limits::Limits;
use shared::{
    ClientFrame, Epoch, ErrorCode, ErrorReply, EventBody, PersonId, RequestId, RoomEvent, RoomId,
    Sequence, ServerFrame, SessionToken, TimestampMs, TransactionId,
};

/// The server resumes with at most this many events, so that gaps come up.
const RESUME_EVENTS_MAX: usize = 4;

/// When the connection of a client breaks, seen from its next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    BeforeWrite,
    AfterCommit,
    AfterAck,
}

pub(crate) enum Packet {
    Open,
    Up(ClientFrame),
    Down(ServerFrame),
}

pub(crate) struct Peer {
    pub(crate) client: Client,
    pub(crate) stored: Snapshot,
    pub(crate) cut: Option<Cut>,
    config: Config,
    /// Counts connections; packets of another one are lost.
    connection: u64,
    open: bool,
    person: Option<Person>,
    arrives: [u64; 2],
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rng: fastrand::Rng,
    pub(crate) peers: Vec<Peer>,
    pub(crate) log: Vec<RoomEvent>,
    pub(crate) room_id: RoomId,
    pub(crate) duplicate_percent: u8,
    pub(crate) refuse_next: Option<ErrorReply>,
    pub(crate) history_reads: usize,
    epoch: Epoch,
    sent: HashMap<(PersonId, TransactionId), (Sequence, TimestampMs)>,
    network: BTreeMap<(u64, u64), (usize, u64, Packet)>,
    packets: u64,
}

impl World {
    pub(crate) fn new(seed: u64, clients: usize) -> Self {
        let start = TimestampMs(1_000_000);
        let mut world = Self {
            now: start.0,
            rng: fastrand::Rng::with_seed(seed),
            peers: Vec::new(),
            log: Vec::new(),
            room_id: RoomId::from_parts(start, [1; 10]),
            duplicate_percent: 0,
            refuse_next: None,
            history_reads: 0,
            epoch: Epoch::from_parts(start, [2; 10]),
            sent: HashMap::new(),
            network: BTreeMap::new(),
            packets: 0,
        };
        for index in 0..clients {
            let mut config = Config::new(ClientInfo::default());
            config.page_events = 3;
            let client = Client::new(
                config.clone(),
                Snapshot::default(),
                world.rng.u64(..),
                start,
            );
            world.peers.push(Peer {
                client,
                stored: Snapshot::default(),
                cut: None,
                config,
                connection: 0,
                open: false,
                person: None,
                arrives: [0; 2],
            });
            let sign_in = Command::SignIn {
                name: format!("p{index}"),
                session_token: SessionToken::from_random([index as u8; 32]),
            };
            world.peers[index].client.command(sign_in, start).unwrap();
            world.drain(index);
        }
        world.run(2_000);
        world
    }

    pub(crate) fn say(&mut self, who: usize, text: &str) {
        let command = Command::SendMessage {
            room_id: self.room_id,
            text: text.into(),
            attachments: Vec::new(),
        };
        self.peers[who]
            .client
            .command(command, TimestampMs(self.now))
            .unwrap();
        self.drain(who);
    }

    pub(crate) fn disconnect(&mut self, who: usize) {
        self.peers[who].connection += 1;
        self.peers[who].open = false;
        self.input(
            who,
            Input::Disconnected {
                reason: "cut".into(),
            },
        );
    }

    /// The process dies and starts again with what it stored.
    pub(crate) fn crash(&mut self, who: usize) {
        let seed = self.rng.u64(..);
        let peer = &mut self.peers[who];
        peer.connection += 1;
        peer.open = false;
        peer.client = Client::new(
            peer.config.clone(),
            peer.stored.clone(),
            seed,
            TimestampMs(self.now),
        );
        self.drain(who);
    }

    pub(crate) fn restart_server(&mut self) {
        for who in 0..self.peers.len() {
            if self.peers[who].open {
                self.disconnect(who);
            }
        }
    }

    /// The server comes back from a backup that ends after `kept` events.
    pub(crate) fn restore_backup(&mut self, kept: usize) {
        self.log.truncate(kept);
        self.sent
            .retain(|_, (sequence, _)| sequence.0 <= kept as u64);
        self.epoch = Epoch::from_parts(TimestampMs(self.now), [3; 10]);
        self.restart_server();
    }

    pub(crate) fn input(&mut self, who: usize, input: Input) {
        self.peers[who]
            .client
            .handle_input(input, TimestampMs(self.now));
        self.drain(who);
    }

    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        loop {
            let timer =
                |(who, peer): (usize, &Peer)| peer.client.poll_timeout().map(|at| (at.0, who));
            let timer = self.peers.iter().enumerate().filter_map(timer).min();
            let packet = self.network.keys().next().copied();
            let at = [timer.map(|t| t.0), packet.map(|p| p.0)]
                .into_iter()
                .flatten()
                .min();
            let Some(at) = at.filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            if let Some(key) = packet.filter(|key| key.0 <= at) {
                let (who, connection, packet) = self.network.remove(&key).unwrap();
                if self.peers[who].connection == connection {
                    self.arrive(who, packet);
                }
            } else {
                self.input(timer.unwrap().1, Input::Timeout);
            }
        }
        self.now = end;
    }

    /// Everyone shows the server's log and nothing else.
    pub(crate) fn assert_converged(&mut self) {
        // A late frame just before the end would open a gap that there is no time to fill.
        self.duplicate_percent = 0;
        self.run(300_000);
        for (who, peer) in self.peers.iter().enumerate() {
            let view = peer.client.view();
            let room = &view.rooms[&self.room_id];
            let shown: Vec<_> = room.timeline.events().cloned().collect();
            let from = self.log.len() - shown.len().min(self.log.len());
            assert!(
                shown == self.log[from..],
                "client {who} {:?} reading {} gaps {:?} of {} at {}",
                view.connection,
                room.reading_history,
                room.timeline.gaps(),
                self.log.len(),
                shown.len()
            );
            assert!(
                !shown.is_empty() || self.log.is_empty(),
                "client {who} shows nothing"
            );
            assert_eq!(view.pending(self.room_id).count(), 0, "client {who}");
            assert!(peer.stored.outbox.is_empty(), "client {who}");
        }
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |event: &RoomEvent| match &event.event {
            EventBody::MessageSent { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.log.iter().filter_map(text).collect()
    }

    fn drain(&mut self, who: usize) {
        while let Some(output) = self.peers[who].client.poll_output() {
            match output {
                Output::Connect => {
                    self.peers[who].connection += 1;
                    self.transmit(who, 0, Packet::Open);
                }
                Output::Send(frame) => {
                    if let ClientFrame::SendMessage(send) = &frame {
                        let stored = &self.peers[who].stored.outbox;
                        let id = send.transaction_id.unwrap();
                        assert!(
                            stored.iter().any(|m| m.transaction_id == id),
                            "sent before stored"
                        );
                    }
                    self.transmit(who, 0, Packet::Up(frame));
                }
                Output::Disconnect => {
                    self.peers[who].connection += 1;
                    self.peers[who].open = false;
                }
                Output::Persist(snapshot) => self.peers[who].stored = snapshot,
                Output::Changed(_) => {}
                other => panic!("not simulated: {other:?}"),
            }
        }
    }

    /// Latency varies; order within a connection and direction holds.
    fn transmit(&mut self, who: usize, direction: usize, packet: Packet) {
        let latency = self.rng.u64(5..200);
        let peer = &mut self.peers[who];
        let at = peer.arrives[direction].max(self.now + latency);
        peer.arrives[direction] = at;
        self.packets += 1;
        self.network
            .insert((at, self.packets), (who, peer.connection, packet));
    }

    fn down(&mut self, who: usize, frame: ServerFrame) {
        if self.rng.u8(..100) < self.duplicate_percent {
            self.transmit(who, 1, Packet::Down(frame.clone()));
            if let Some(late) = self.log.get(self.rng.usize(..self.log.len().max(1))) {
                let late = ServerFrame::RoomEvent(late.clone());
                if self.peers[who].person.is_some()
                    && self.peers[who].client.view().rooms.len() == 1
                {
                    self.transmit(who, 1, Packet::Down(late));
                }
            }
        }
        self.transmit(who, 1, Packet::Down(frame));
    }

    fn arrive(&mut self, who: usize, packet: Packet) {
        match packet {
            Packet::Open => {
                self.peers[who].open = true;
                self.input(who, Input::Connected);
            }
            Packet::Down(frame) => {
                let ack = matches!(frame, ServerFrame::MessageAccepted { .. });
                self.input(who, Input::Frame(frame.into()));
                if ack
                    && self.peers[who]
                        .cut
                        .take_if(|cut| *cut == Cut::AfterAck)
                        .is_some()
                {
                    self.disconnect(who);
                }
            }
            Packet::Up(ClientFrame::SendMessage(send)) => {
                if self.peers[who]
                    .cut
                    .take_if(|cut| *cut == Cut::BeforeWrite)
                    .is_some()
                {
                    return self.disconnect(who);
                }
                self.store(who, send);
                if self.peers[who]
                    .cut
                    .take_if(|cut| *cut == Cut::AfterCommit)
                    .is_some()
                {
                    self.disconnect(who);
                }
            }
            Packet::Up(ClientFrame::Hello(hello)) => self.welcome(who, hello),
            Packet::Up(ClientFrame::Ping { request_id }) => {
                self.down(who, ServerFrame::Pong { request_id });
            }
            Packet::Up(ClientFrame::ReadHistory {
                request_id,
                before,
                limit,
                ..
            }) => {
                self.page(who, request_id, before.unwrap(), limit as usize);
            }
            Packet::Up(frame) => panic!("not simulated: {frame:?}"),
        }
    }

    fn welcome(&mut self, who: usize, hello: Hello) {
        let name = match hello.credentials {
            Credentials::ClaimName { name, .. } => name,
            Credentials::SessionToken { token } => token,
            Credentials::Unknown => panic!("no credentials"),
        };
        let id = PersonId::from_parts(TimestampMs(1), [who as u8; 10]);
        let person = Person {
            id,
            name: name.clone(),
        };
        let resume = hello.resume.filter(|resume| resume.epoch == self.epoch);
        let cursor = resume.and_then(|r| r.rooms.first().map(|c| c.last_sequence.0 as usize));
        let from = cursor
            .unwrap_or(0)
            .max(self.log.len().saturating_sub(RESUME_EVENTS_MAX));
        let room = RoomInfo {
            room_id: self.room_id,
            name: "lobby".parse().unwrap(),
            topic: String::new(),
            kind: RoomKind::Lobby,
            members: 1,
            joined: true,
            last_sequence: Sequence(self.log.len() as u64),
        };
        let welcome = Welcome {
            request_id: hello.request_id,
            protocol: 1,
            server: ServerInfo {
                name: "sim".into(),
                version: "0".into(),
            },
            epoch: self.epoch,
            person: person.clone(),
            session_token: Some(name),
            rooms: vec![RoomOpening {
                room,
                events_from: Sequence(from as u64 + 1),
            }],
            limits: Limits::default(),
            now_ms: TimestampMs(self.now),
        };
        self.peers[who].person = Some(person);
        self.down(who, ServerFrame::Welcome(welcome));
        let missed = self.log[from..].to_vec();
        for event in missed {
            self.down(who, ServerFrame::RoomEvent(event));
        }
    }

    fn store(&mut self, who: usize, send: SendMessage) {
        let request_id = send.request_id;
        if let Some(mut error) = self.refuse_next.take() {
            error.request_id = request_id;
            return self.down(who, ServerFrame::Error(error));
        }
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
                attachments: vec![],
            };
            let event = RoomEvent {
                room_id,
                sequence,
                at_ms,
                person,
                event: body,
            };
            self.log.push(event.clone());
            for peer in 0..self.peers.len() {
                if self.peers[peer].open && self.greeted(peer) {
                    self.down(peer, ServerFrame::RoomEvent(event.clone()));
                }
            }
        }
        if !ack_first {
            self.down(who, ack);
        }
    }

    /// Whether the server has answered the `Hello` of the present connection.
    fn greeted(&self, who: usize) -> bool {
        use client::ConnectionState::Online;
        let peer = &self.peers[who];
        let welcome = |(to, connection, packet): &(usize, u64, Packet)| {
            *to == who
                && *connection == peer.connection
                && matches!(packet, Packet::Down(ServerFrame::Welcome(_)))
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

pub(crate) fn error(code: ErrorCode, retry_after_ms: Option<u64>) -> ErrorReply {
    ErrorReply {
        retry_after_ms,
        ..ErrorReply::new(code, "no")
    }
}
