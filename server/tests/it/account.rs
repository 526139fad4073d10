//! What tests of accounts share: credentials, the owner's link, and codes.

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use server::Server;
use sha1::Sha1;

use crate::peer::Peer;

/// A password that nobody minds.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) fn sign_in(name: &str, password: &str) -> Value {
    json!({"type": "sign_in", "name": name, "password": password})
}

pub(crate) fn sign_up(name: &str, invitation: Option<&str>) -> Value {
    json!({"type": "sign_up", "name": name, "password": PASSWORD, "invitation": invitation})
}

pub(crate) fn with_token(mut credentials: Value, token: &str) -> Value {
    credentials["session_token"] = json!(token);
    credentials
}

pub(crate) fn by_token(welcome: &Value) -> Value {
    json!({"type": "session_token", "token": welcome["session_token"]})
}

/// A token as clients choose them.
pub(crate) fn token(seed: char) -> String {
    seed.to_string().repeat(42) + "A"
}

/// Somebody who is signed in.
pub(crate) struct Signed {
    pub(crate) peer: Peer,
    pub(crate) welcome: Value,
}

impl Signed {
    /// Makes an account over TCP.
    pub(crate) async fn up(server: &Server, name: &str, invitation: Option<&str>) -> Self {
        Self::with(Peer::tcp(server).await, &sign_up(name, invitation)).await
    }

    pub(crate) async fn with(mut peer: Peer, credentials: &Value) -> Self {
        let welcome = peer.enter(credentials).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        Self { peer, welcome }
    }

    /// The server's first, by the link that it prints.
    pub(crate) async fn owner(server: &Server) -> Self {
        let link = server.owners_link().unwrap();
        let owner = Self::up(server, "Olga", Some(link.reveal())).await;
        assert_eq!(owner.welcome["role"], "owner");
        owner
    }

    /// Another connection by the same session.
    pub(crate) async fn again(&self, mut peer: Peer) -> Self {
        let welcome = peer.enter(&by_token(&self.welcome)).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        Self { peer, welcome }
    }

    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        self.peer.ask(request).await
    }

    /// The code of a refusal.
    pub(crate) async fn code(&mut self, request: Value) -> String {
        let reply = self.ask(request).await;
        assert_eq!(reply["type"], "error", "{reply}");
        reply["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn done(&mut self, request: Value) {
        let reply = self.ask(request).await;
        assert_eq!(reply["type"], "done", "{reply}");
    }

    pub(crate) fn id(&self) -> &Value {
        &self.welcome["person"]["id"]
    }

    pub(crate) fn session(&self) -> &Value {
        &self.welcome["session_id"]
    }

    /// An invitation to the server, or what is asked for; its token.
    pub(crate) async fn invite(&mut self, with: Value) -> String {
        let mut request = json!({"type": "create_invitation"});
        for (key, value) in with.as_object().unwrap() {
            request[key] = value.clone();
        }
        let made = self.ask(request).await;
        assert_eq!(made["type"], "invitation_created", "{made}");
        made["token"].as_str().unwrap().to_owned()
    }
}

/// The code of a session's refusal, where there is one.
pub(crate) async fn refused(mut peer: Peer, credentials: &Value) -> String {
    let refusal = peer.enter(credentials).await;
    assert_eq!(refusal["type"], "error", "{refusal}");
    refusal["code"].as_str().unwrap().to_owned()
}

/// What an authenticator shows so many steps from now, for a secret as it is typed.
pub(crate) fn code(secret: &Value, steps: i64) -> String {
    let mut bits = 0_u64;
    let mut count = 0;
    let mut key = Vec::new();
    for letter in secret.as_str().unwrap().bytes() {
        let five = match letter {
            b'A'..=b'Z' => letter - b'A',
            digit => digit - b'2' + 26,
        };
        (bits, count) = ((bits << 5) | u64::from(five), count + 5);
        if count >= 8 {
            count -= 8;
            key.push((bits >> count) as u8);
        }
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let step = (now.as_secs() / 30).saturating_add_signed(steps);
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let at = usize::from(mac[19] & 15);
    let word = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7FFF_FFFF;
    format!("{:06}", word % 1_000_000)
}
