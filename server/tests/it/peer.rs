//! A server on free ports in a folder of its own, and a peer that speaks JSON lines to it.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use server::config::RateLimit;
use server::{Config, Server};
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;
use tungstenite::client::IntoClientRequest as _;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config(folder: &TempDir) -> Config {
    let loopback = "127.0.0.1:0".parse().unwrap();
    Config {
        http: loopback,
        tcp: loopback,
        data_dir: folder.path().join("data"),
        uploads_dir: folder.path().join("uploads"),
        name: "Test".to_owned(),
        connections_max: 100,
        guests: Some(true),
        rate_limit: RateLimit::OFF,
        ..Config::default()
    }
}

pub(crate) async fn start(folder: &TempDir) -> Server {
    Server::start(config(folder)).await.unwrap()
}

pub(crate) enum Peer<S = TcpStream> {
    Tcp(BufReader<S>),
    WebSocket(Box<WebSocketStream<S>>),
}

impl Peer {
    pub(crate) async fn tcp(server: &Server) -> Self {
        Self::Tcp(BufReader::new(
            TcpStream::connect(server.tcp_address()).await.unwrap(),
        ))
    }

    pub(crate) async fn websocket(server: &Server) -> Self {
        let stream = TcpStream::connect(server.http_address()).await.unwrap();
        let request = format!("ws://{}/ws", server.http_address())
            .into_client_request()
            .unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .unwrap();
        Self::WebSocket(Box::new(socket))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) async fn send_raw(&mut self, text: &str) {
        match self {
            Self::Tcp(stream) => stream
                .write_all(format!("{text}\n").as_bytes())
                .await
                .unwrap(),
            Self::WebSocket(socket) => socket.send(Message::text(text)).await.unwrap(),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(&frame.to_string()).await;
    }

    /// A frame with the payload that it states.
    pub(crate) async fn send_payload(&mut self, frame: Value, payload: &[u8]) {
        let bytes = [format!("{frame}\n").as_bytes(), payload].concat();
        match self {
            Self::Tcp(stream) => stream.write_all(&bytes).await.unwrap(),
            Self::WebSocket(socket) => socket.send(Message::binary(bytes)).await.unwrap(),
        }
    }

    /// The stream below, for what no well-behaved peer would write.
    pub(crate) fn raw(&mut self) -> &mut S {
        match self {
            Self::Tcp(stream) => stream.get_mut(),
            Self::WebSocket(socket) => socket.get_mut(),
        }
    }

    /// The bytes that carry this frame with a payload. On a WebSocket they are masked with zeros (RFC 6455, 5.2).
    pub(crate) fn binary(&self, frame: &[u8]) -> Vec<u8> {
        match self {
            Self::Tcp(_) => frame.to_vec(),
            Self::WebSocket(_) => {
                let length = (frame.len() as u64).to_be_bytes();
                [&[0x82, 0xFF], &length[..], &[0; 4], frame].concat()
            }
        }
    }

    /// The next frame; `None` once the server has closed.
    pub(crate) async fn read(&mut self) -> Option<Value> {
        Some(self.read_payload().await?.0)
    }

    /// The next frame and its payload; `None` once the server has closed.
    pub(crate) async fn read_payload(&mut self) -> Option<(Value, Vec<u8>)> {
        let read = timeout(PATIENCE, async {
            match self {
                Self::Tcp(stream) => {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.ok()?;
                    let frame: Value = serde_json::from_str(&line).ok()?;
                    let mut payload =
                        vec![0; frame["payload_bytes"].as_u64().unwrap_or(0) as usize];
                    stream.read_exact(&mut payload).await.ok()?;
                    Some((frame, payload))
                }
                Self::WebSocket(socket) => match socket.next().await? {
                    Ok(Message::Text(text)) => Some((serde_json::from_str(&text).ok()?, vec![])),
                    Ok(Message::Binary(bytes)) => {
                        let end = bytes.iter().position(|byte| *byte == b'\n')?;
                        let frame = serde_json::from_slice(&bytes[..end]).ok()?;
                        Some((frame, bytes[end + 1..].to_vec()))
                    }
                    _ => None,
                },
            }
        });
        read.await.expect("an answer in time")
    }

    /// The next frame that is not about presence, typing or uploads on their way, which come when they like.
    pub(crate) async fn read_lasting(&mut self) -> Value {
        loop {
            let frame = self.read().await.expect("the connection goes on");
            let kind = frame["type"].as_str().unwrap_or_default();
            let passing = [
                "typing_changed",
                "upload_begun",
                "upload_progressed",
                "upload_ended",
            ];
            if !kind.starts_with("presence_") && !passing.contains(&kind) {
                return frame;
            }
        }
    }

    /// Reads on to the next frame of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        self.expect_payload(kind).await.0
    }

    /// Reads on to the next frame of this type, with its payload.
    pub(crate) async fn expect_payload(&mut self, kind: &str) -> (Value, Vec<u8>) {
        loop {
            let (frame, payload) = self.read_payload().await.expect("the connection goes on");
            if frame["type"] == kind {
                return (frame, payload);
            }
        }
    }

    /// Signs in under a free name and returns the welcome.
    pub(crate) async fn claim(&mut self, name: &str) -> Value {
        let credentials = json!({"type": "claim_name", "name": name});
        self.send(json!({"type": "hello", "protocol": 1, "credentials": credentials}))
            .await;
        self.expect("welcome").await
    }

    /// Says hello with these credentials; the welcome, or the refusal.
    pub(crate) async fn enter(&mut self, credentials: &Value) -> Value {
        self.send(
            json!({"type": "hello", "protocol": 1, "credentials": credentials,
            "client": {"name": "chinwag-test", "version": "7"}}),
        )
        .await;
        loop {
            let frame = self.read().await.expect("an answer");
            if frame["type"] == "welcome" || frame["type"] == "error" {
                return frame;
            }
        }
    }

    /// The reply to a request, or its error.
    pub(crate) async fn ask(&mut self, mut request: Value) -> Value {
        request["request_id"] = json!(77);
        self.send(request).await;
        loop {
            let frame = self.read().await.expect("the connection goes on");
            if frame["request_id"] == 77 {
                return frame;
            }
        }
    }

    /// Signs in with a token, having everything up to `last_sequence` of the lobby.
    pub(crate) async fn resume(&mut self, welcome: &Value, last_sequence: u64) -> Value {
        let credentials = json!({"type": "session_token", "token": welcome["session_token"]});
        let room = &welcome["rooms"][0]["room"]["room_id"];
        let rooms = json!([{"room_id": room, "last_sequence": last_sequence}]);
        let resume = json!({"epoch": welcome["epoch"], "rooms": rooms});
        self.send(json!({
            "type": "hello", "protocol": 1, "credentials": credentials, "resume": resume
        }))
        .await;
        self.expect("welcome").await
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(json!({"type": "send_message", "room": "lobby", "text": text}))
            .await;
    }

    /// The next message's sequence and text.
    pub(crate) async fn hear(&mut self) -> (u64, String) {
        loop {
            let event = self.expect("room_event").await;
            if event["event"]["type"] == "message_sent" {
                let text = event["event"]["text"].as_str().unwrap().to_owned();
                return (event["sequence"].as_u64().unwrap(), text);
            }
        }
    }
}
