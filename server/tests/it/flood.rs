//! Hundreds of peers that only hold connections: they are closed by their deadlines, or not let in, and those who talk
//! notice nothing.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use server::{Config, Server};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::http::get;
use crate::peer::{Peer, config};

/// Ten seconds are granted; far more than that would be another deadline, or none.
const LATE: Duration = Duration::from_secs(30);
/// Of each kind.
const SLOW: usize = 60;
const HELLO: &[u8] = b"{\"type\":\"hello\",\"protocol\":1,\"credentials\":{\"type\":\"claim_name\",\"name\":\"Drip\"}}\n";
const REQUEST: &[u8] = b"GET /files/AAAAAAAAAAAAAAAAAAAAAA/a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
const UPGRADE: &[u8] =
    b"GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// How a peer wastes the server's time.
#[derive(Clone, Copy)]
struct Slow {
    /// At once.
    first: &'static [u8],
    /// Then a byte every half second.
    drip: &'static [u8],
}

const TCP: [Slow; 2] = [
    Slow {
        first: b"",
        drip: b"",
    },
    Slow {
        first: b"",
        drip: HELLO,
    },
];
const HTTP: [Slow; 3] = [
    Slow {
        first: b"",
        drip: b"",
    },
    Slow {
        first: b"",
        drip: REQUEST,
    },
    Slow {
        first: UPGRADE,
        drip: b"",
    },
];

impl Slow {
    /// Holds the connection until the server closes it.
    async fn hold(self, mut stream: TcpStream) {
        let _ = stream.write_all(self.first).await;
        let (mut reader, mut writer) = stream.into_split();
        let dripping = tokio::spawn(async move {
            for byte in self.drip {
                // It fails once the server has closed.
                if writer.write_all(&[*byte]).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(500)).await;
            }
            std::future::pending::<()>().await;
        });
        // A reset is an end as well.
        let _ = reader.read_to_end(&mut Vec::new()).await;
        dripping.abort();
    }
}

/// Connects as if from another machine.
async fn connect_from(source: &str, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    socket.connect(server).await.unwrap()
}

/// Two who say something in turns and hear each other.
struct Pair {
    peers: [Peer; 2],
    said: usize,
}

impl Pair {
    async fn sign_in(server: &Server) -> Self {
        let (mut ann, mut bob) = (Peer::tcp(server).await, Peer::websocket(server).await);
        ann.claim("Ann").await;
        bob.claim("Bob").await;
        Self {
            peers: [ann, bob],
            said: 0,
        }
    }

    async fn exchange(&mut self) {
        let text = self.said.to_string();
        self.peers[self.said % 2].say(&text).await;
        for peer in &mut self.peers {
            assert_eq!(peer.hear().await.1, text);
        }
        self.said += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_peers_are_closed_by_their_deadlines_and_others_talk_on() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(Config {
        connections_max: 1_000,
        ..config(&folder)
    })
    .await
    .unwrap();
    let mut held = JoinSet::new();
    for (address, kinds) in [
        (server.tcp_address(), &TCP[..]),
        (server.http_address(), &HTTP[..]),
    ] {
        for slow in kinds.iter().copied() {
            for _ in 0..SLOW {
                let stream = TcpStream::connect(address).await.unwrap();
                held.spawn(slow.hold(stream));
            }
        }
    }
    // Who comes while they are all there is let in.
    let mut pair = Pair::sign_in(&server).await;
    let closed = AtomicBool::new(false);
    let talking = async {
        while !closed.load(Ordering::Relaxed) {
            pair.exchange().await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    let closing = async {
        let all = timeout(LATE, async { while held.join_next().await.is_some() {} }).await;
        closed.store(true, Ordering::Relaxed);
        all
    };
    let (ended, ()) = tokio::join!(closing, talking);
    assert!(ended.is_ok(), "{} are still held", held.len());
    assert!(pair.said > 50, "{}", pair.said);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_takes_no_more_than_its_share() {
    const SHARE: usize = 100;
    let folder = TempDir::new().unwrap();
    let server = Server::start(Config {
        connections_max: 2 * SHARE,
        connections_per_address_max: SHARE,
        loopback_is_exempt: false,
        ..config(&folder)
    })
    .await
    .unwrap();
    let mut held = JoinSet::new();
    for number in 0..3 * SHARE {
        let address = [server.tcp_address(), server.http_address()][number % 2];
        let stream = connect_from("127.0.0.9", address).await;
        held.spawn(TCP[0].hold(stream));
    }
    // Those above the share are closed, long before any deadline of the others.
    let refused = async {
        while held.len() > SHARE {
            held.join_next().await;
        }
    };
    timeout(Duration::from_secs(9), refused).await.unwrap();
    let mut pair = Pair::sign_in(&server).await;
    for _ in 0..20 {
        pair.exchange().await;
    }
    let metrics = get(&server, "/metrics", "").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    let refused = format!("chinwag_connections_refused_total {}\n", 2 * SHARE);
    assert!(metrics.contains(&refused), "{metrics}");
    held.abort_all();
    server.stop().await;
}
