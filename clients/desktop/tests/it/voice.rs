//! Somebody else in the lobby, who speaks plain lines of JSON over TCP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use shared::{SessionToken, TimestampMs, TransactionId};
use testing::World;

pub(crate) struct Voice {
    stream: BufReader<TcpStream>,
    requests: u64,
}

impl Voice {
    /// Signs in under a new name.
    pub(crate) fn of(world: &World, name: &str) -> Self {
        let stream = TcpStream::connect(world.tcp()).unwrap();
        let mut voice = Self {
            stream: BufReader::new(stream),
            requests: 0,
        };
        let token = SessionToken::from_random(native::random());
        let credentials =
            json!({ "type": "claim_name", "name": name, "session_token": token.reveal() });
        voice.request(&json!({ "type": "hello", "protocol": 1, "credentials": credentials }));
        voice.answers(1);
        voice
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.say_all([text.to_owned()]);
    }

    /// Says many things without a pause; they are stored when this returns.
    pub(crate) fn say_all(&mut self, texts: impl IntoIterator<Item = String>) {
        let mut count = 0;
        for text in texts {
            let id = TransactionId::from_parts(TimestampMs(self.requests), native::random());
            self.request(&json!({
                "type": "send_message", "room": "lobby", "transaction_id": id, "text": text,
            }));
            count += 1;
            // Nobody may owe the server more answers than it keeps for them.
            if count == 32 {
                self.answers(count);
                count = 0;
            }
        }
        self.answers(count);
    }

    fn request(&mut self, frame: &Value) {
        self.requests += 1;
        let mut frame = frame.clone();
        frame["request_id"] = self.requests.into();
        let line = format!("{frame}\n");
        self.stream.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// Waits for the next so many answers, none of which may be an error.
    fn answers(&mut self, count: usize) {
        let mut left = count;
        while left > 0 {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "it is over");
            let frame: Value = serde_json::from_str(&line).unwrap();
            assert_ne!(frame["type"], "error", "{line}");
            left -= usize::from(frame.get("request_id").is_some());
        }
    }
}
