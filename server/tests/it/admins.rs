//! People who look after a server, as tests have them.

use rusqlite::Connection;
use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::peer::Peer;

/// A peer that has signed in.
pub(crate) struct Somebody {
    pub(crate) peer: Peer,
    pub(crate) welcome: Value,
}

impl Somebody {
    /// Claims the name, is made this, and signs in as such.
    pub(crate) async fn new(folder: &TempDir, server: &Server, name: &str, role: &str) -> Self {
        let welcome = Peer::tcp(server).await.claim(name).await;
        let db = Connection::open(folder.path().join("data/chinwag.db")).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        let appointed = db.execute("UPDATE people SET role = ?2 WHERE name = ?1", [name, role]);
        assert_eq!(appointed.unwrap(), 1);
        let mut peer = Peer::tcp(server).await;
        let token = welcome["session_token"].clone();
        let again = peer.resume(&welcome, 0).await;
        assert_eq!(again["role"].as_str().unwrap_or("member"), role);
        let mut welcome = again;
        welcome["session_token"] = token;
        Self { peer, welcome }
    }

    pub(crate) fn id(&self) -> Value {
        self.welcome["person"]["id"].clone()
    }

    /// The reply to a request, or its error.
    pub(crate) async fn ask(&mut self, mut request: Value) -> Value {
        request["request_id"] = json!(77);
        self.peer.send(request).await;
        loop {
            let frame = self.peer.read().await.expect("the connection goes on");
            if frame["request_id"] == 77 {
                return frame;
            }
        }
    }

    /// What becomes of a request that is refused.
    pub(crate) async fn code(&mut self, request: Value) -> String {
        let reply = self.ask(request).await;
        assert_eq!(reply["type"], "error", "{reply}");
        reply["code"].as_str().unwrap().to_owned()
    }

    /// A request that is done.
    pub(crate) async fn done(&mut self, request: Value) {
        let reply = self.ask(request).await;
        assert_eq!(reply["type"], "done", "{reply}");
    }

    /// What the audit log says was done since the server's start, the newest first, by whom, and to what.
    pub(crate) async fn audit(&mut self) -> Vec<(String, String, String)> {
        let page = self.ask(json!({"type": "read_audit_log"})).await;
        let entries = page["entries"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        entries
            // Test servers let guests in, which the first start says.
            .filter(|entry| entry["subject"] != "guests: on")
            .map(|entry| {
                let by = text(&entry["person"]["name"]);
                (by, text(&entry["action"]), text(&entry["subject"]))
            })
            // As every server here is started.
            .filter(|entry| entry.2 != "guests: on")
            .collect()
    }
}
