//! The server's life is taken again and again under load. What it had acknowledged is compared with a ledger that
//! is kept outside of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const KILLS: u64 = 50;
const SENDERS: usize = 4;
/// Messages of one sender that may be unacknowledged.
const WINDOW: usize = 16;
/// The server is killed at the latest after this many acknowledgements of one life.
const ACKNOWLEDGEMENTS_MAX: u64 = 120;
/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the outside knows: each acknowledged message, and each event as some reader saw it.
#[derive(Default)]
struct Ledger {
    acknowledged: Mutex<HashMap<String, (u64, String)>>,
    seen: Mutex<BTreeMap<u64, String>>,
    count: AtomicU64,
    done: AtomicBool,
}

impl Ledger {
    fn acknowledge(&self, transaction_id: &str, sequence: u64, text: &str) {
        let entry = (sequence, text.to_owned());
        let before = self
            .acknowledged
            .lock()
            .unwrap()
            .insert(transaction_id.to_owned(), entry.clone());
        assert!(before.is_none_or(|before| before == entry), "{entry:?}");
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// An event that was seen once stays as it was.
    fn see(&self, event: &Value) {
        let sequence = event["sequence"].as_u64().unwrap();
        let text = event.to_string();
        let before = self.seen.lock().unwrap().insert(sequence, text.clone());
        assert!(before.is_none_or(|before| before == text), "{text}");
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

#[test]
fn nothing_acknowledged_is_lost_doubled_or_moved_by_fifty_kills() {
    let folder = TempDir::new().unwrap();
    let ports = free_ports();
    let ledger = Arc::new(Ledger::default());
    let mut server = start(folder.path(), ports);
    let people: Vec<_> = (0..SENDERS)
        .map(|number| {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || Sender::new(number, ports.1, ledger).run())
        })
        .collect();
    let reader = thread::spawn({
        let ledger = Arc::clone(&ledger);
        move || read_along(ports.1, &ledger)
    });
    let mut rng = fastrand::Rng::with_seed(4);
    for kill in 0..KILLS {
        let enough = ledger.count.load(Ordering::Relaxed) + rng.u64(1..ACKNOWLEDGEMENTS_MAX);
        let begun = Instant::now();
        while ledger.count.load(Ordering::Relaxed) < enough {
            assert!(begun.elapsed() < PATIENCE, "no progress before kill {kill}");
            thread::sleep(Duration::from_micros(rng.u64(50..2_000)));
        }
        drop(server);
        server = start(folder.path(), ports);
    }
    ledger.done.store(true, Ordering::Relaxed);
    let sent: Vec<Vec<String>> = people.into_iter().map(|p| p.join().unwrap()).collect();
    reader.join().unwrap();
    check(&ledger, &sent, &whole_log(ports.1));
    drop(server);
}

fn check(ledger: &Ledger, sent: &[Vec<String>], log: &[Value]) {
    let acknowledged = ledger.acknowledged.lock().unwrap();
    let all: usize = sent.iter().map(Vec::len).sum();
    assert!(all as u64 > KILLS, "hardly anything was sent: {all}");
    assert_eq!(acknowledged.len(), all, "in the end all is acknowledged");
    assert_eq!(log.len(), all, "nothing lost, nothing doubled");
    let mut places = HashMap::new();
    for (index, event) in log.iter().enumerate() {
        let sequence = event["sequence"].as_u64().unwrap();
        assert_eq!(sequence, index as u64 + 1, "a gap");
        let id = event["event"]["transaction_id"].as_str().unwrap();
        let text = event["event"]["text"].as_str().unwrap();
        assert_eq!(acknowledged.get(id), Some(&(sequence, text.to_owned())));
        places.insert(id, sequence);
    }
    for ids in sent {
        let order: Vec<u64> = ids.iter().map(|id| places[id.as_str()]).collect();
        assert!(order.is_sorted(), "a sender's messages changed order");
    }
    for (sequence, text) in ledger.seen.lock().unwrap().iter() {
        assert_eq!(log[*sequence as usize - 1].to_string(), *text);
    }
}

/// Two ports that were free a moment ago; they stay the same over all lives of the server.
pub(crate) fn free_ports() -> (u16, u16) {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (http, tcp) = (bind(), bind());
    let port = |listener: &std::net::TcpListener| listener.local_addr().unwrap().port();
    (port(&http), port(&tcp))
}

/// A server that dies with the test.
pub(crate) struct Life(pub(crate) Child);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub(crate) fn start(folder: &Path, (http, tcp): (u16, u16)) -> Life {
    let server = Command::new(env!("CARGO_BIN_EXE_chinwag-server"))
        .args(["--http", &format!("127.0.0.1:{http}")])
        .args(["--tcp", &format!("127.0.0.1:{tcp}")])
        .args(["--rate-limit", "off", "--guests", "on"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn();
    Life(server.unwrap())
}

/// One connection over its whole life; every failure means that it ended.
struct Line {
    reader: BufReader<TcpStream>,
}

impl Line {
    /// Signs in, once there is a server; `None` where it went away meanwhile.
    fn open(port: u16, token: &str, name: &str, resume: Option<(&Value, u64)>) -> (Self, Value) {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{name} cannot sign in");
            if let Some(opened) = Self::try_open(port, token, name, resume) {
                return opened;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn try_open(
        port: u16,
        token: &str,
        name: &str,
        resume: Option<(&Value, u64)>,
    ) -> Option<(Self, Value)> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut line = Self {
            reader: BufReader::new(stream),
        };
        let credentials = json!({"type": "claim_name", "name": name, "session_token": token});
        let mut hello = json!({"type": "hello", "protocol": 1, "credentials": credentials});
        if let Some((welcome, last_sequence)) = resume {
            let room_id = &welcome["rooms"][0]["room"]["room_id"];
            let rooms = json!([{"room_id": room_id, "last_sequence": last_sequence}]);
            hello["resume"] = json!({"epoch": welcome["epoch"], "rooms": rooms});
        }
        line.send(&hello)?;
        let welcome = line.read()?;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        Some((line, welcome))
    }

    fn send(&mut self, frame: &Value) -> Option<()> {
        let line = format!("{frame}\n");
        self.reader.get_mut().write_all(line.as_bytes()).ok()
    }

    fn read(&mut self) -> Option<Value> {
        let mut line = String::new();
        // A line that was cut off in the middle counts as never sent.
        let read = self.reader.read_line(&mut line).ok()?;
        (read > 0 && line.ends_with('\n')).then(|| serde_json::from_str(&line).unwrap())
    }
}

/// 43 characters of base64url, another for each number.
fn token(number: usize) -> String {
    format!("{number:A>42}A")
}

/// Sends until the ledger is done, then until all is acknowledged.
struct Sender {
    number: usize,
    port: u16,
    ledger: Arc<Ledger>,
    /// In the order in which they were first sent.
    sent: Vec<String>,
    /// Indices into `sent`. Acknowledgements may come in any order.
    unacknowledged: BTreeSet<usize>,
}

impl Sender {
    fn new(number: usize, port: u16, ledger: Arc<Ledger>) -> Self {
        Self {
            number,
            port,
            ledger,
            sent: Vec::new(),
            unacknowledged: BTreeSet::new(),
        }
    }

    fn run(mut self) -> Vec<String> {
        while !(self.ledger.is_done() && self.unacknowledged.is_empty()) {
            let name = format!("sender {}", self.number);
            let (mut line, _) = Line::open(self.port, &token(self.number), &name, None);
            // The end of the connection is expected; what matters is what was acknowledged.
            let _ = self.talk(&mut line);
        }
        self.sent
    }

    /// Repeats what is unacknowledged, in order, then goes on with new messages.
    fn talk(&mut self, line: &mut Line) -> Option<()> {
        for index in self.unacknowledged.clone() {
            line.send(&self.message(index))?;
        }
        loop {
            while !self.ledger.is_done() && self.unacknowledged.len() < WINDOW {
                let (number, index) = (self.number, self.sent.len());
                self.sent
                    .push(format!("01935a00-0000-7000-8{number:03x}-{index:012x}"));
                self.unacknowledged.insert(index);
                line.send(&self.message(index))?;
            }
            if self.unacknowledged.is_empty() {
                return Some(());
            }
            let frame = line.read()?;
            match frame["type"].as_str() {
                Some("message_accepted") => {
                    let index = frame["request_id"].as_u64().unwrap() as usize - 1;
                    let id = &self.sent[index];
                    assert_eq!(frame["transaction_id"], **id);
                    let sequence = frame["sequence"].as_u64().unwrap();
                    self.ledger.acknowledge(id, sequence, &self.text(index));
                    self.unacknowledged.remove(&index);
                }
                Some("error") => panic!("refused: {frame}"),
                _ => {}
            }
        }
    }

    fn text(&self, index: usize) -> String {
        format!("{} of {}", index, self.number)
    }

    fn message(&self, index: usize) -> Value {
        json!({
            "type": "send_message", "room": "lobby", "request_id": index + 1,
            "transaction_id": self.sent[index], "text": self.text(index),
        })
    }
}

/// Follows the lobby over all lives, resuming where it was, and fails on a gap.
fn read_along(port: u16, ledger: &Ledger) {
    let (mut known, mut last) = (None::<Value>, 0);
    while !ledger.is_done() {
        let resume = known.as_ref().map(|welcome| (welcome, last));
        let (mut line, welcome) = Line::open(port, &token(99), "reader", resume);
        if let Some(known) = &known {
            assert_eq!(welcome["epoch"], known["epoch"]);
        }
        let from = welcome["rooms"][0]["events_from"].as_u64().unwrap();
        assert!(
            from == last + 1 || last == 0,
            "resumes at {from} after {last}"
        );
        last = from - 1;
        known = Some(welcome);
        while !ledger.is_done()
            && let Some(frame) = line.read()
        {
            if frame["type"] == "room_event" {
                assert_eq!(frame["sequence"].as_u64(), Some(last + 1), "{frame}");
                last += 1;
                ledger.see(&without_type(frame));
            }
        }
    }
}

/// As it stands in a page of history.
fn without_type(mut frame: Value) -> Value {
    frame.as_object_mut().unwrap().remove("type");
    frame
}

fn whole_log(port: u16) -> Vec<Value> {
    let (mut line, _) = Line::open(port, &token(100), "auditor", None);
    let mut log: Vec<Value> = Vec::new();
    loop {
        let mut request = json!({"type": "read_history", "room": "lobby", "limit": 200});
        if let Some(first) = log.first() {
            request["before"] = first["sequence"].clone();
        }
        line.send(&request).unwrap();
        let page = loop {
            let frame = line.read().unwrap();
            if frame["type"] == "history_page" {
                break frame["events"].as_array().unwrap().clone();
            }
        };
        if page.is_empty() {
            return log;
        }
        log.splice(0..0, page);
    }
}
