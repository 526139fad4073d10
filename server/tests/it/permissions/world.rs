//! A server with somebody of every kind on it.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use server::Server;
use shared::{Role, RoomRole, Scope, SessionToken};
use tempfile::TempDir;

use super::samples::Route;
use crate::admins::Somebody;
use crate::http::{Uploader, exchange};
use crate::peer::{Peer, start};

/// Sessions that each of them has; every transport uses one, and what ends a session another one.
const SESSIONS: u8 = 8;

/// Whom the table speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Principal {
    Person(Role),
    /// With a token of this scope alone.
    Bot(Scope),
    /// A person who is this in both rooms, or in neither; all others are owners.
    Standing(Role, Option<RoomRole>),
    Nobody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Tcp,
    WebSocket,
}

impl Principal {
    pub(super) const ALL: [Self; 8] = [
        Self::Person(Role::Owner),
        Self::Person(Role::Admin),
        Self::Person(Role::Member),
        Self::Person(Role::Guest),
        Self::Bot(Scope::Read),
        Self::Bot(Scope::Send),
        Self::Bot(Scope::Rooms),
        Self::Nobody,
    ];

    pub(super) const STANDINGS: [Self; 7] = [
        Self::Standing(Role::Member, None),
        Self::Standing(Role::Member, Some(RoomRole::Member)),
        Self::Standing(Role::Member, Some(RoomRole::Moderator)),
        Self::Standing(Role::Member, Some(RoomRole::Owner)),
        Self::Standing(Role::Guest, Some(RoomRole::Moderator)),
        Self::Standing(Role::Admin, Some(RoomRole::Member)),
        Self::Standing(Role::Admin, None),
    ];

    fn name(self) -> String {
        format!("{self:?}")
            .replace(['(', ')'], " ")
            .trim()
            .to_owned()
    }

    fn standing(self) -> Option<RoomRole> {
        match self {
            Self::Standing(_, standing) => standing,
            Self::Person(_) | Self::Bot(_) => Some(RoomRole::Owner),
            Self::Nobody => None,
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Person(role) | Self::Standing(role, _) => role,
            Self::Bot(_) => Role::Bot,
            Self::Nobody => Role::Unknown,
        }
    }

    /// Of one of its sessions.
    fn token(self, session: u8) -> String {
        let mut all = Self::ALL.iter().chain(&Self::STANDINGS);
        let number = all.position(|it| *it == self).unwrap();
        SessionToken::from_random([number as u8 * SESSIONS + session; 32]).reveal()
    }
}

pub(super) struct World {
    folder: TempDir,
    server: Server,
    peers: HashMap<(Principal, Transport), Peer>,
    sessions_used: HashMap<Principal, u8>,
    /// Where samples are asked for: `den`, which is public, or `nook`, which is private.
    pub(super) room: &'static str,
    /// Somebody whose rooms these are, and whose messages and files are there.
    pub(super) rita: Somebody,
    pub(super) file: Value,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        let mut rita = Somebody::new(&folder, &server, "Rita", "owner").await;
        for (name, kind) in [("den", "public"), ("nook", "private")] {
            let request = json!({"type": "create_room", "name": name, "kind": kind});
            assert_eq!(rita.ask(request).await["type"], "room_joined");
        }
        let uploader = Uploader::new(&rita.welcome);
        let file = uploader.upload(&server, "a.txt", None, b"hello").await;
        let db = Connection::open(folder.path().join("data/chinwag.db")).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        for principal in Principal::ALL.into_iter().chain(Principal::STANDINGS) {
            if principal != Principal::Nobody {
                insert(&db, principal);
            }
        }
        Self {
            folder,
            server,
            peers: HashMap::new(),
            sessions_used: HashMap::new(),
            room: "den",
            rita,
            file,
        }
    }

    pub(super) async fn stop(self) {
        drop(self.peers);
        self.server.stop().await;
        drop(self.folder);
    }

    /// The sequence of a new message of Rita's.
    pub(super) async fn say_as_rita(&mut self) -> u64 {
        let request = json!({"type": "send_message", "room": self.room, "text": "mine"});
        let accepted = self.rita.ask(request).await;
        accepted["sequence"].as_u64().unwrap()
    }

    /// What the request is answered by: an error's code, or none.
    pub(super) async fn ask(
        &mut self,
        principal: Principal,
        transport: Transport,
        frame: &Value,
    ) -> Option<String> {
        let ends = frame["type"] == "sign_out";
        let key = (principal, transport);
        let mut peer = match self.peers.remove(&key) {
            Some(peer) if !ends => peer,
            known => {
                self.peers.extend(known.map(|known| (key, known)));
                self.sign_in(principal, transport).await
            }
        };
        let code = answer(&mut peer, frame).await;
        // Whoever is nobody may try only so often, and whoever has signed out is nobody.
        if principal != Principal::Nobody && !ends {
            self.peers.insert(key, peer);
        }
        code
    }

    async fn sign_in(&mut self, principal: Principal, transport: Transport) -> Peer {
        let mut peer = match transport {
            Transport::Tcp => Peer::tcp(&self.server).await,
            Transport::WebSocket => Peer::websocket(&self.server).await,
        };
        if principal != Principal::Nobody {
            let credentials = json!({"type": "session_token", "token": self.next_token(principal)});
            peer.send(json!({"type": "hello", "protocol": 1, "credentials": credentials}))
                .await;
            peer.expect("welcome").await;
        }
        peer
    }

    /// Of a session that nothing has used yet.
    fn next_token(&mut self, principal: Principal) -> String {
        let used = self.sessions_used.entry(principal).or_default();
        *used += 1;
        assert!(*used <= SESSIONS);
        principal.token(*used - 1)
    }

    /// What the request is answered by over HTTP.
    pub(super) async fn ask_http(&mut self, principal: Principal, route: &Route) -> Option<String> {
        let session = match (route.method, route.path.as_str()) {
            ("DELETE", "/api/session") => SESSIONS - 2,
            (_, _) => SESSIONS - 1,
        };
        let answer = self.send(principal, session, route).await;
        (answer.status >= 400).then(|| answer.code())
    }

    pub(super) async fn status(
        &mut self,
        principal: Principal,
        method: &'static str,
        path: &str,
    ) -> u16 {
        let route = Route {
            method,
            path: path.to_owned(),
            body: Value::Null,
        };
        self.send(principal, SESSIONS - 1, &route).await.status
    }

    async fn send(&self, principal: Principal, session: u8, route: &Route) -> crate::http::Answer {
        let body = match &route.body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut head = format!(
            "{} {} HTTP/1.1\r\ncontent-length: {}",
            route.method,
            route.path,
            body.len()
        );
        if principal != Principal::Nobody {
            let token = principal.token(session);
            head += &format!("\r\nauthorization: Bearer {token}");
        }
        exchange(&self.server, &head, body.as_bytes()).await
    }
}

/// A row of people with sessions, and what they are in the rooms.
fn insert(db: &Connection, principal: Principal) {
    let id: [u8; 16] = blake3::hash(principal.name().as_bytes()).as_bytes()[..16]
        .try_into()
        .unwrap();
    db.execute(
        "INSERT INTO people (id, name, name_key, created_ms, role) VALUES (?1, ?2, ?2, 1, ?3)",
        params![id, principal.name(), principal.role().as_str()],
    )
    .unwrap();
    let scopes = match principal {
        Principal::Bot(scope) => Some(json!([scope]).to_string()),
        Principal::Person(_) | Principal::Standing(..) | Principal::Nobody => None,
    };
    for session in 0..SESSIONS {
        let token = principal.token(session);
        db.execute(
            "INSERT INTO sessions (token_hash, person_id, created_ms, id, scopes)
             VALUES (?1, ?2, 1, randomblob(16), ?3)",
            params![blake3::hash(token.as_bytes()).as_bytes(), id, scopes],
        )
        .unwrap();
    }
    let Some(standing) = principal.standing() else {
        return;
    };
    for room in ["den", "nook"] {
        let joined = db.execute(
            "INSERT INTO members (room_id, person_id, joined_ms, role) SELECT id, ?1, 1, ?2 FROM rooms WHERE name = ?3",
            params![id, standing.as_str(), room],
        );
        assert_eq!(joined.unwrap(), 1);
    }
}

/// The code that the request is refused with. What is not answered is refused before the next request, if at all.
async fn answer(peer: &mut Peer, frame: &Value) -> Option<String> {
    const ASKED: u64 = 1;
    const AFTER: u64 = 2;
    let mut request = frame.clone();
    let is_answered =
        !["set_typing", "mark_read", "set_presence"].contains(&frame["type"].as_str().unwrap());
    if is_answered {
        request["request_id"] = json!(ASKED);
    }
    peer.send(request).await;
    if !is_answered {
        peer.send(json!({"type": "ping", "request_id": AFTER}))
            .await;
    }
    let mut code = None;
    loop {
        let Some(answer) = peer.read().await else {
            panic!("{frame} ended the connection");
        };
        let is_error = answer["type"] == "error";
        let id = answer["request_id"].as_u64().unwrap_or_default();
        if is_error && id != AFTER {
            code = answer["code"].as_str().map(str::to_owned);
        }
        // Whoever has not signed in is not told what of theirs is refused.
        if id == ASKED || id == AFTER || code.as_deref() == Some("not_signed_in") {
            return code;
        }
    }
}
