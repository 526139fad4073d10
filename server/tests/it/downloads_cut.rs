//! Downloads that are running when their reader loses what lets them: they end at once, on every transport, however
//! little the reader takes of them; those of others go on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::account::{PASSWORD, Signed, sign_in};
use crate::http::{Uploader, bytes, get, open_connections};
use crate::peer::{Peer, config};

/// A download that may not go on is over by then.
const AT_ONCE: Duration = Duration::from_secs(1);
/// A connection that was told of its session's end, as none of its frames was half written, is kept to hear of it.
const GOODBYE: Duration = Duration::from_secs(1);
/// Far more than lies in sockets on its way.
const CHUNKS: usize = 24;
/// Of every chunk.
const CHUNK_BYTES: usize = 1 << 20;
/// What is read of an answer over HTTP to know that it has begun.
const BEGUN_BYTES: usize = 4096;

/// A room with a file that is for its members, Olga's.
struct Scene {
    server: Server,
    olga: Signed,
    file: Value,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let config = Config {
            registration: Some(Registration::Open),
            ..config(&folder)
        };
        let server = Server::start(config).await.unwrap();
        let mut olga = Signed::owner(&server).await;
        let uploader = Uploader::new(&olga.welcome);
        let content = bytes(CHUNKS * CHUNK_BYTES);
        let file = uploader.upload(&server, "big.bin", None, &content).await;
        let id = &file["file_id"];
        olga.ask(json!({"type": "create_room", "name": "den"}))
            .await;
        olga.ask(json!({"type": "send_message", "room": "den", "attachments": [id]}))
            .await;
        let members = json!({"type": "change_link", "file_id": id, "access": "members"});
        assert_eq!(olga.ask(members).await["type"], "link_described");
        Self {
            server,
            olga,
            file,
            _folder: folder,
        }
    }

    /// Somebody who is in the room.
    async fn member(&self, name: &str) -> Signed {
        let mut member = Signed::up(&self.server, name, None).await;
        let joined = member.ask(json!({"type": "join_room", "room": "den"}));
        assert_eq!(joined.await["type"], "room_joined");
        member
    }

    /// A download by each transport, of which the reader takes the beginning and then nothing.
    async fn downloads(&self, reader: &Signed) -> Vec<Download> {
        let mut peers = vec![
            reader.again(Peer::tcp(&self.server).await).await.peer,
            reader.again(Peer::websocket(&self.server).await).await.peer,
        ];
        let id = &self.file["file_id"];
        for peer in &mut peers {
            for index in 0..CHUNKS {
                let read = json!({"type": "read_chunk", "request_id": index + 1, "file_id": id, "index": index});
                peer.send(read).await;
            }
            peer.expect_payload("chunk_read").await;
        }
        let link = self.file["link"].as_str().unwrap();
        let head = Uploader::new(&reader.welcome).head("GET", link, "");
        let address = self.server.http_address();
        let head = format!("{head}host: {address}\r\nconnection: close\r\n\r\n");
        let mut http = TcpStream::connect(address).await.unwrap();
        http.write_all(head.as_bytes()).await.unwrap();
        let mut begun = [0; BEGUN_BYTES];
        http.read_exact(&mut begun).await.unwrap();
        assert!(begun.starts_with(b"HTTP/1.1 200 "));
        let peers = peers.into_iter().map(Download::Frames);
        peers.chain([Download::Http(http)]).collect()
    }

    /// Waits until no more connections are open than before the downloads began.
    async fn expect_cut(&self, before: u64, lost: Instant, way: &str) {
        while let open = open_connections(&self.server).await
            && open > before
        {
            let late = lost.elapsed();
            assert!(
                late < AT_ONCE + GOODBYE,
                "{way}: {open} > {before} after {late:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether a link, and a chunk where somebody is connected, is there for the reader.
    async fn is_there(&self, reader: &mut Signed) -> bool {
        let token = reader.welcome["session_token"].as_str().unwrap();
        let headers = format!("authorization: Bearer {token}\r\nrange: bytes=0-99");
        let link = self.file["link"].as_str().unwrap();
        let status = get(&self.server, link, &headers).await.status;
        let id = &self.file["file_id"];
        let read = json!({"type": "read_chunk", "file_id": id, "index": 0});
        let is_read = reader.ask(read).await["type"] == "chunk_read";
        assert_eq!(is_read, status == 206, "{status}");
        is_read
    }
}

enum Download {
    Frames(Peer),
    Http(TcpStream),
}

impl Download {
    /// Takes all that still comes; whether that is the whole file.
    async fn takes_all(self) -> bool {
        match self {
            Self::Frames(mut peer) => {
                let mut chunks = 1;
                while chunks < CHUNKS {
                    match peer.read_payload().await {
                        Some((frame, _)) if frame["type"] == "chunk_read" => chunks += 1,
                        Some(_) => {}
                        None => return false,
                    }
                }
                true
            }
            Self::Http(mut stream) => {
                let mut rest = Vec::new();
                let ended = stream.read_to_end(&mut rest).await;
                ended.is_ok() && BEGUN_BYTES + rest.len() > CHUNKS * CHUNK_BYTES
            }
        }
    }
}

#[tokio::test]
async fn whoever_s_session_ends_gets_no_more_of_what_they_download() {
    let scene = Scene::new().await;
    let mut reader = scene.member("Bob").await;
    let mut removed = scene.member("Cy").await;
    for way in ["revoked", "signed out", "removed"] {
        let second = Peer::tcp(&scene.server).await;
        let mut second = Signed::with(second, &sign_in("Bob", PASSWORD)).await;
        let before = open_connections(&scene.server).await;
        let downloads = match way {
            "removed" => scene.downloads(&removed).await,
            _ => scene.downloads(&second).await,
        };
        assert!(open_connections(&scene.server).await > before, "{way}");
        match way {
            "revoked" => {
                let others = json!({"type": "end_sessions", "all_others": true});
                reader.done(others).await;
            }
            "signed out" => second.done(json!({"type": "sign_out"})).await,
            _removed => {
                let remove = json!({"type": "remove_person", "person_id": removed.id()});
                let mut olga = scene.olga.again(Peer::tcp(&scene.server).await).await;
                olga.done(remove).await;
                while removed.peer.read().await.is_some() {}
            }
        }
        scene.expect_cut(before, Instant::now(), way).await;
        for download in downloads {
            assert!(!download.takes_all().await, "{way}");
        }
    }
    assert!(scene.is_there(&mut reader).await, "his first session");
    scene.server.stop().await;
}

#[tokio::test]
async fn whoever_loses_the_room_gets_no_more_of_its_files_and_others_do() {
    let mut scene = Scene::new().await;
    let mut stays = scene.member("Ann").await;
    for way in ["leaves", "is removed", "is banned", "the link is revoked"] {
        let mut reader = scene.member(&way.replace(' ', "-")).await;
        let before = open_connections(&scene.server).await;
        let downloads = scene.downloads(&reader).await;
        let others = scene.downloads(&stays).await;
        let with_others = open_connections(&scene.server).await;
        assert_eq!(with_others, before + 6, "{way}");
        let room = json!({"room": "den", "person_id": reader.id()});
        match way {
            "leaves" => {
                reader
                    .done(json!({"type": "leave_room", "room": "den"}))
                    .await;
            }
            "the link is revoked" => {
                let id = &scene.file["file_id"];
                let revoke = json!({"type": "change_link", "file_id": id, "access": "revoked"});
                assert_eq!(scene.olga.ask(revoke).await["type"], "link_described");
            }
            _taken_out => {
                let mut remove = room;
                remove["type"] = json!("remove_member");
                remove["ban"] = json!(way == "is banned");
                scene.olga.done(remove).await;
            }
        }
        let lost = Instant::now();
        let goes_on = way != "the link is revoked";
        let left = if goes_on { before + 3 } else { before };
        scene.expect_cut(left, lost, way).await;
        for download in downloads {
            assert!(!download.takes_all().await, "{way}");
        }
        for other in others {
            assert_eq!(other.takes_all().await, goes_on, "{way}");
        }
        assert!(!scene.is_there(&mut reader).await, "{way}");
        assert_eq!(scene.is_there(&mut stays).await, goes_on, "{way}");
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn a_link_that_ends_cuts_whoever_downloads_by_it() {
    let mut scene = Scene::new().await;
    let reader = scene.member("Bob").await;
    let before = open_connections(&scene.server).await;
    let downloads = scene.downloads(&reader).await;
    let id = &scene.file["file_id"];
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let end = now + Duration::from_millis(300);
    let soon = json!({"type": "change_link", "file_id": id, "access": "anyone", "expires_at_ms": end.as_millis() as u64});
    assert_eq!(scene.olga.ask(soon).await["type"], "link_described");
    scene.expect_cut(before, Instant::now(), "the end").await;
    for download in downloads {
        assert!(!download.takes_all().await);
    }
    scene.server.stop().await;
}
