//! A server in memory, a network with latency and faults, and drivers that can crash.

mod accounts;
mod checks;
mod driver;
mod files;
mod rate;
mod reading;
mod server;

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use client::{Change, Client, Command, Config, Entry, Input, Snapshot, Ticket};
use shared::account::PresenceState;
use shared::account::{OpenSession, SessionOpened};
use shared::codec::Packet;
use shared::frame::{ClientInfo, Person};
use shared::{
    ClientFrame, Epoch, ErrorCode, ErrorReply, PersonId, RequestId, RoomEvent, RoomId, Sequence,
    ServerFrame, SessionToken, TimestampMs, TransactionId, UploadId,
};

pub(crate) use accounts::Accounts;
pub(crate) use driver::Target;
pub(crate) use files::{Files, content};
pub(crate) use rate::Rate;

/// When the connection of a client breaks, seen from its next message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    BeforeWrite,
    AfterCommit,
    AfterAck,
}

enum Travelling {
    Open,
    Up(Packet<ClientFrame>),
    /// From a connection that its client has given up already.
    Stale(Packet<ClientFrame>),
    Down(Packet<ServerFrame>),
    /// `POST /api/session` and what it led to.
    Post(OpenSession),
    Posted(Result<(SessionOpened, String), ErrorReply>),
    /// From the driver's own disk, to the process of this number.
    Local(u64, Input),
}

pub(crate) struct Peer {
    pub(crate) client: Client,
    /// What the server was told on this connection.
    pub(crate) presence: PresenceState,
    pub(crate) stored: Snapshot,
    pub(crate) cut: Option<Cut>,
    /// The connection breaks in place of the packet that comes after so many others, in either direction.
    pub(crate) cut_after: Option<usize>,
    /// What outlives the process, by the name that uploads have as their source.
    pub(crate) disk: BTreeMap<String, Bytes>,
    /// Every frame that it sent.
    pub(crate) sent: Vec<ClientFrame>,
    /// Chunks that the core asked to be put, and the answers that it got.
    puts: usize,
    put_answers: usize,
    /// The last one that it asked to be put.
    pub(crate) last_put: Option<RequestId>,
    /// How often the snapshot was stored.
    pub(crate) persists: usize,
    /// What the core announced.
    pub(crate) changes: Vec<Change>,
    /// When the core asked for a connection, ms.
    pub(crate) connects: Vec<u64>,
    /// What dies with the process.
    pub(crate) memory: BTreeMap<UploadId, Bytes>,
    /// What downloads wrote, by the name of the target. It outlives the process too.
    pub(crate) targets: BTreeMap<String, Target>,
    config: Config,
    /// Counts processes.
    process: u64,
    /// Counts connections; packets of another one are lost.
    connection: u64,
    pub(crate) open: bool,
    pub(crate) person: Option<Person>,
    /// The token by which the present connection is signed in.
    session: Option<String>,
    /// The browser's cookie, which the core never sees.
    pub(crate) cookie: Option<String>,
    arrives: [u64; 2],
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rng: fastrand::Rng,
    pub(crate) peers: Vec<Peer>,
    pub(crate) log: Vec<RoomEvent>,
    pub(crate) room_id: RoomId,
    pub(crate) duplicate_percent: u8,
    /// Of a packet on its way.
    pub(crate) latency_ms_max: u64,
    /// How the server answers the next messages, one after another; `None` is as it should.
    pub(crate) refusals: VecDeque<Option<ErrorReply>>,
    /// How many messages it takes of the first peer.
    pub(crate) rate: Option<Rate>,
    /// How it answers every `hello`.
    pub(crate) refuse_hello: Option<ErrorReply>,
    /// It reads, and says nothing.
    pub(crate) mute: bool,
    /// Text that the server refuses for good.
    pub(crate) refused_text: Option<String>,
    pub(crate) accounts: Accounts,
    /// Whose packets are served without their connection.
    deaf: Option<usize>,
    pub(crate) history_reads: usize,
    /// How far everyone has read, and how often somebody said so.
    pub(crate) markers: BTreeMap<PersonId, Sequence>,
    pub(crate) marks: usize,
    pub(crate) files: Files,
    epoch: Epoch,
    sent: HashMap<(PersonId, TransactionId), (Sequence, TimestampMs)>,
    network: BTreeMap<(u64, u64), (usize, u64, Travelling)>,
    packets: u64,
}

impl Peer {
    /// Chunks that the core asked to be put and that were not answered.
    pub(crate) fn chunks_on_their_way(&self) -> usize {
        self.puts - self.put_answers
    }
}

impl World {
    /// Everyone is signed in.
    pub(crate) fn new(seed: u64, clients: usize) -> Self {
        let mut world = Self::empty(seed);
        for index in 0..clients {
            world.add_peer();
            world.sign_in(index);
        }
        world.run(2_000);
        world
    }

    /// Nobody is there.
    pub(crate) fn empty(seed: u64) -> Self {
        let start = TimestampMs(1_000_000);
        Self {
            now: start.0,
            rng: fastrand::Rng::with_seed(seed),
            peers: Vec::new(),
            log: Vec::new(),
            room_id: RoomId::from_parts(start, [1; 10]),
            duplicate_percent: 0,
            latency_ms_max: 200,
            refusals: VecDeque::new(),
            rate: None,
            refuse_hello: None,
            mute: false,
            refused_text: None,
            accounts: Accounts::default(),
            deaf: None,
            history_reads: 0,
            markers: BTreeMap::new(),
            marks: 0,
            files: Files::default(),
            epoch: Epoch::from_parts(start, [2; 10]),
            sent: HashMap::new(),
            network: BTreeMap::new(),
            packets: 0,
        }
    }

    pub(crate) fn sign_in(&mut self, who: usize) {
        self.sign_in_with(who, who);
    }

    /// With the name and the token of this number.
    fn sign_in_with(&mut self, who: usize, number: usize) {
        let sign_in = Command::SignIn {
            entry: Entry::Guest {
                name: format!("p{number}"),
            },
            session_token: SessionToken::from_random([number as u8; 32]),
        };
        self.command(who, sign_in);
    }

    /// Signed out.
    pub(crate) fn add_peer(&mut self) {
        self.add_peer_with(|_| {});
    }

    pub(crate) fn add_peer_with(&mut self, configure: impl FnOnce(&mut Config)) {
        let mut config = Config::new(ClientInfo::default());
        config.page_events = 3;
        configure(&mut config);
        let now = TimestampMs(self.now);
        let seed = self.rng.u64(..);
        self.peers.push(Peer {
            client: Client::new(config.clone(), Snapshot::default(), seed, now),
            stored: Snapshot::default(),
            cut: None,
            cut_after: None,
            disk: BTreeMap::new(),
            sent: Vec::new(),
            changes: Vec::new(),
            persists: 0,
            puts: 0,
            last_put: None,
            put_answers: 0,
            connects: Vec::new(),
            memory: BTreeMap::new(),
            targets: BTreeMap::new(),
            process: 0,
            config,
            connection: 0,
            open: false,
            person: None,
            presence: PresenceState::Offline,
            session: None,
            cookie: None,
            arrives: [0; 2],
        });
    }

    /// Gives a command that is not refused.
    pub(crate) fn command(&mut self, who: usize, command: Command) -> Ticket {
        let now = TimestampMs(self.now);
        let ticket = self.peers[who].client.command(command, now).unwrap();
        self.drain(who);
        ticket
    }

    pub(crate) fn say(&mut self, who: usize, text: &str) {
        let command = Command::SendMessage {
            room_id: self.room_id,
            text: text.into(),
            attachments: Vec::new(),
        };
        self.command(who, command);
    }

    /// The connection breaks. What was sent on it may still arrive.
    pub(crate) fn disconnect(&mut self, who: usize) {
        let mut arrives = self.rng.usize(..4);
        for (to, connection, packet) in self.network.values_mut() {
            let up = matches!(packet, Travelling::Up(_));
            if *to == who && *connection == self.peers[who].connection && up && arrives > 0 {
                arrives -= 1;
                if let Travelling::Up(late) = std::mem::replace(packet, Travelling::Open) {
                    *packet = Travelling::Stale(late);
                }
            }
        }
        self.break_off(who);
    }

    /// The connection breaks, with all that was on its way.
    pub(crate) fn break_off(&mut self, who: usize) {
        self.peers[who].connection += 1;
        self.peers[who].open = false;
        let reason = "cut".into();
        self.input(who, Input::Disconnected { reason });
    }

    /// The process dies and starts again with what it stored.
    pub(crate) fn crash(&mut self, who: usize) {
        let seed = self.rng.u64(..);
        let peer = &mut self.peers[who];
        peer.connection += 1;
        peer.open = false;
        peer.memory.clear();
        let text = serde_json::to_string(&peer.stored).unwrap();
        let stored: Snapshot = serde_json::from_str(&text).unwrap();
        assert!(
            stored == peer.stored,
            "the snapshot changes when it is stored"
        );
        peer.process += 1;
        peer.client = Client::new(peer.config.clone(), stored, seed, TimestampMs(self.now));
        self.drain(who);
    }

    /// Another version of the program starts with what is stored.
    pub(crate) fn reconfigure(&mut self, who: usize, configure: impl FnOnce(&mut Config)) {
        configure(&mut self.peers[who].config);
        self.crash(who);
    }

    pub(crate) fn restart_server(&mut self) {
        self.network
            .retain(|_, (_, _, packet)| !matches!(packet, Travelling::Stale(_)));
        for who in 0..self.peers.len() {
            if self.peers[who].open {
                self.break_off(who);
            }
        }
    }

    /// The server comes back from a backup that ends after `kept` events.
    pub(crate) fn restore_backup(&mut self, kept: usize) {
        self.log.truncate(kept);
        for read in self.markers.values_mut() {
            *read = Sequence(kept as u64).min(*read);
        }
        self.sent
            .retain(|_, (sequence, _)| sequence.0 <= kept as u64);
        self.epoch = Epoch::from_parts(TimestampMs(self.now), [3; 10]);
        self.restart_server();
    }

    pub(crate) fn input(&mut self, who: usize, input: Input) {
        let now = TimestampMs(self.now);
        self.peers[who].client.handle_input(input, now);
        self.drain(who);
    }

    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        loop {
            let timer =
                |(who, peer): (usize, &Peer)| peer.client.poll_timeout().map(|at| (at.0, who));
            let timer = self.peers.iter().enumerate().filter_map(timer).min();
            let packet = self.network.keys().next().copied();
            let at = [timer.map(|t| t.0), packet.map(|p| p.0)];
            let at = at.into_iter().flatten().min();
            let Some(at) = at.filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            if let Some(key) = packet.filter(|key| key.0 <= at) {
                let (who, connection, packet) = self.network.remove(&key).unwrap();
                self.deliver(who, connection, packet);
            } else {
                self.input(timer.unwrap().1, Input::Timeout);
            }
        }
        self.now = end;
    }

    fn deliver(&mut self, who: usize, connection: u64, packet: Travelling) {
        let current = self.peers[who].connection == connection;
        match packet {
            Travelling::Local(process, input) => {
                if self.peers[who].process == process {
                    self.input(who, input);
                }
            }
            Travelling::Stale(packet) => {
                self.deaf = Some(who);
                self.serve(who, packet);
                self.deaf = None;
            }
            // Its answer has nowhere to go.
            Travelling::Post(open) if !current => drop(self.accounts.come_in(open.credentials)),
            Travelling::Open | Travelling::Up(_) | Travelling::Down(_) | Travelling::Posted(_)
                if !current => {}
            // What comes after a packet that is lost is lost too.
            Travelling::Up(_) | Travelling::Post(_) if self.is_cut(who) => self.break_off(who),
            Travelling::Open | Travelling::Down(_) | Travelling::Posted(_) if self.is_cut(who) => {
                self.disconnect(who);
            }
            Travelling::Post(open) => self.post_session(who, open),
            Travelling::Posted(answer) => self.session_posted(who, answer),
            Travelling::Open => {
                self.peers[who].open = true;
                self.input(who, Input::Connected);
            }
            Travelling::Up(packet) => self.serve(who, packet),
            Travelling::Down(packet) => {
                let ack = matches!(packet.frame, ServerFrame::MessageAccepted { .. });
                let stored = matches!(packet.frame, ServerFrame::ChunkStored { .. });
                self.peers[who].put_answers += usize::from(stored);
                self.input(who, Input::Frame(packet));
                if ack && self.cuts(who, Cut::AfterAck) {
                    self.disconnect(who);
                }
            }
        }
    }

    /// Whether the connection breaks in place of the next packet.
    fn is_cut(&mut self, who: usize) -> bool {
        match &mut self.peers[who].cut_after {
            Some(0) => {
                self.peers[who].cut_after = None;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    fn cuts(&mut self, who: usize, here: Cut) -> bool {
        self.peers[who].cut.take_if(|cut| *cut == here).is_some()
    }

    /// Latency varies; order within a connection and direction holds.
    fn transmit(&mut self, who: usize, direction: usize, packet: Travelling) {
        let latency = self.rng.u64(5..self.latency_ms_max);
        let peer = &mut self.peers[who];
        let at = peer.arrives[direction].max(self.now + latency);
        peer.arrives[direction] = at;
        self.packets += 1;
        self.network
            .insert((at, self.packets), (who, peer.connection, packet));
    }
}

pub(crate) fn error(code: ErrorCode, retry_after_ms: Option<u64>) -> ErrorReply {
    ErrorReply {
        retry_after_ms,
        ..ErrorReply::new(code, "no")
    }
}
