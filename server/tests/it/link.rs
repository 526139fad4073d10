//! A file with a link that its uploader looks after.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use server::{Config, Server};
use tempfile::TempDir;

use crate::http::{Answer, Uploader, exchange, get};
use crate::peer::{Peer, config};

/// Of the links in tests.
pub(crate) const PASSWORD: &str = "open: the shed";

/// Ann's file, and Ann.
pub(crate) struct Linked {
    pub(crate) server: Server,
    pub(crate) ann: Peer<tokio::net::TcpStream>,
    pub(crate) as_ann: String,
    pub(crate) file: Value,
    pub(crate) link: String,
    _folder: TempDir,
}

impl Linked {
    pub(crate) async fn new(name: &str, media_type: Option<&str>, content: &[u8]) -> Self {
        Self::with(|config| config, name, media_type, content).await
    }

    pub(crate) async fn with(
        change: impl FnOnce(Config) -> Config,
        name: &str,
        media_type: Option<&str>,
        content: &[u8],
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let server = Server::start(change(config(&folder))).await.unwrap();
        let mut ann = Peer::tcp(&server).await;
        let welcome = ann.claim("Ann").await;
        let uploader = Uploader::new(&welcome);
        let file = uploader.upload(&server, name, media_type, content).await;
        Self {
            link: file["link"].as_str().unwrap().to_owned(),
            as_ann: bearer(&welcome),
            server,
            ann,
            file,
            _folder: folder,
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.file["file_id"].as_str().unwrap()
    }

    /// A request about the link, with these fields besides; the link's state, or the error.
    pub(crate) async fn change(&mut self, fields: Value) -> Value {
        let mut request = json!({"type": "change_link", "file_id": self.id(), "access": "anyone"});
        for (name, value) in fields.as_object().unwrap() {
            request[name] = value.clone();
        }
        let reply = self.ann.ask(request).await;
        match reply.get("link") {
            Some(link) => self.without_path(link.clone()),
            None => reply,
        }
    }

    /// The link's state as Ann reads it.
    pub(crate) async fn state(&mut self) -> Value {
        let read = json!({"type": "read_link", "file_id": self.id()});
        let link = self.ann.ask(read).await["link"].clone();
        self.without_path(link)
    }

    /// What changes of a link.
    fn without_path(&self, mut link: Value) -> Value {
        let path = link.as_object_mut().unwrap().remove("path");
        assert_eq!(path, Some(json!(self.link)));
        link
    }

    pub(crate) async fn get(&self, headers: &str) -> Answer {
        get(&self.server, &self.link, headers).await
    }

    pub(crate) async fn head(&self, headers: &str) -> u16 {
        let head = format!("HEAD {} HTTP/1.1\r\n{headers}", self.link);
        exchange(&self.server, &head, b"").await.status
    }
}

pub(crate) fn bearer(welcome: &Value) -> String {
    let token = welcome["session_token"].as_str().unwrap();
    format!("authorization: Bearer {token}")
}

/// The header that `curl -u` sends.
pub(crate) fn basic(password: &str) -> String {
    let credentials = BASE64_STANDARD.encode(format!("whoever:{password}"));
    format!("authorization: Basic {credentials}")
}
