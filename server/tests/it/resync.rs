//! Clients of a server that is replaced by its backup: the real client core, as its native driver runs it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use client::{Command, Config, ConnectionState, Entry, PendingAttachment, Snapshot, Ticket, View};
use native::source::LocalFile;
use native::{Changes, Handle, Settings, Trust};
use serde_json::Value;
use server::Server;
use shared::frame::ClientInfo;
use shared::{RoomEvent, SessionToken};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::operator::run;
use crate::peer::config;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Person {
    pub(crate) handle: Handle,
    changes: Changes,
}

impl Person {
    /// Claims the name.
    pub(crate) async fn new(server: SocketAddr, name: &str) -> Self {
        let settings = Settings {
            server: server.to_string().parse().unwrap(),
            trust: Trust::default(),
            core: Config::new(ClientInfo::default()),
        };
        let (handle, changes) = native::spawn(settings, Snapshot::default(), None);
        let mut person = Self { handle, changes };
        person.command(Command::SignIn {
            entry: Entry::Guest {
                name: name.to_owned(),
            },
            session_token: SessionToken::from_random(native::random()),
        });
        person.wait("online", is_online).await;
        person
    }

    pub(crate) fn command(&self, command: Command) -> Ticket {
        self.handle.command(command).unwrap()
    }

    pub(crate) async fn wait(&mut self, what: &str, fits: impl Fn(&View) -> bool) {
        let waiting = async {
            while !self.handle.with_view(&fits) {
                self.changes.next().await.unwrap();
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            let view = self.handle.with_view(|view| format!("{view:#?}"));
            panic!("not {what}: {view}");
        }
    }

    pub(crate) fn say(&self, text: &str, attachments: Vec<PendingAttachment>) {
        let room_id = self
            .handle
            .with_view(|view| *view.rooms.keys().next().unwrap());
        self.command(Command::SendMessage {
            room_id,
            text: text.to_owned(),
            attachments,
        });
    }

    pub(crate) fn begin_upload(&self, path: &Path) -> PendingAttachment {
        let file = LocalFile::find(path).unwrap();
        let begin = Command::BeginUpload {
            name: file.name,
            size_bytes: file.size_bytes,
            media_type: file.media_type,
            source: file.source,
        };
        match self.command(begin) {
            Ticket::Upload(upload_id) => PendingAttachment::Upload { upload_id },
            other => panic!("{other:?}"),
        }
    }

    /// What it shows of the lobby; no gap may be in it.
    pub(crate) fn events(&self) -> Vec<RoomEvent> {
        self.handle.with_view(|view| {
            let timeline = &view.rooms.values().next().unwrap().timeline;
            assert!(timeline.gaps().is_empty());
            timeline.events().cloned().collect()
        })
    }
}

pub(crate) fn is_online(view: &View) -> bool {
    view.connection == ConnectionState::Online
}

pub(crate) fn is_idle(view: &View) -> bool {
    is_online(view) && view.outbox.messages().is_empty()
}

pub(crate) fn texts(events: &[RoomEvent]) -> Vec<&str> {
    let messages = events.iter().filter(|event| event.event.is_message());
    messages.map(|event| event.event.text()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_go_on_with_a_restored_server_by_themselves() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(config(&folder)).await.unwrap();
    let (http, tcp) = (server.http_address(), server.tcp_address());
    let (mut ann, mut bob) = (Person::new(tcp, "Ann").await, Person::new(tcp, "Bob").await);
    for number in 0..5 {
        ann.say(&format!("before {number}"), Vec::new());
    }
    ann.wait("all sent", is_idle).await;
    run(&folder, &["backup", "backup"]).await.assert_clean();

    // The backup has nothing of this.
    ann.say("after", Vec::new());
    bob.say("after as well", Vec::new());
    let content = folder.path().join("a.bin");
    std::fs::write(&content, crate::http::bytes(3 << 20)).unwrap();
    let finished = ann.begin_upload(&content);
    let is_finished = |view: &View| view.uploads.values().all(|upload| upload.file().is_some());
    ann.wait("uploaded", is_finished).await;
    // A message goes before its file where that takes longer, which another event tells.
    let has_seven = |view: &View| {
        let timeline = &view.rooms.values().next().unwrap().timeline;
        let messages = timeline.events().filter(|event| event.event.is_message());
        let is_whole = |event: &RoomEvent| event.event.arriving().is_empty();
        is_idle(view) && timeline.events().all(is_whole) && messages.count() == 7
    };
    ann.wait("in step", has_seven).await;
    bob.wait("in step", has_seven).await;
    server.stop().await;
    for person in [&mut ann, &mut bob] {
        person.wait("offline", |view| !is_online(view)).await;
    }
    ann.say("unsent, with a file", vec![finished]);
    ann.say("unsent", Vec::new());

    let restored = ["--data-dir", "data-2", "--uploads-dir", "uploads-2"];
    let restore = [&["restore", "backup"], &restored[..]].concat();
    run(&folder, &restore).await.assert_clean();
    let mut config = config(&folder);
    (config.http, config.tcp) = (http, tcp);
    config.data_dir = folder.path().join("data-2");
    config.uploads_dir = folder.path().join("uploads-2");
    let server = Server::start(config).await.unwrap();
    ann.wait("all sent", is_idle).await;
    bob.wait("in step", has_seven).await;
    ann.wait("in step", has_seven).await;
    let events = bob.events();
    assert_eq!(ann.events(), events);
    let mut said = texts(&events);
    assert_eq!(
        said[..5],
        ["before 0", "before 1", "before 2", "before 3", "before 4"]
    );
    // A message does not wait for another one's file.
    said[5..].sort_unstable();
    assert_eq!(said[5..], ["unsent", "unsent, with a file"]);
    let export = ["export", "lobby", "--format", "json"];
    let log = run(&folder, &[&export[..], &restored].concat()).await.out;
    let log: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(log.len(), events.len());
    for (line, event) in log.iter().zip(&events) {
        let mut shown = serde_json::to_value(event).unwrap();
        shown["type"] = "room_event".into();
        assert_eq!(*line, shown);
    }
    server.stop().await;
    run(&folder, &[&["fsck"], &restored[..]].concat())
        .await
        .assert_clean();
}
