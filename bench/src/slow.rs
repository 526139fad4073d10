//! Peers that only hold connections: silent ones, ones that send a byte now and then, and ones that ask for a large file
//! and take nothing of it. Whoever is closed comes again at once.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use socket2::{Domain, Socket, Type};

use crate::systems::Running;

/// Each one sends a byte, or looks whether it was closed, this often.
const ROUND: Duration = Duration::from_millis(500);
/// They come from an address that nobody else has.
const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 200));
/// A line, or a head, that never ends.
const DRIP: &[u8] = b"{\"type\":\"hello\",\"protocol\":1,\"client\":{\"name\":\"";
const HEAD: &[u8] = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ";

/// How a peer is slow.
#[derive(Debug, Clone)]
enum Kind {
    Silent(SocketAddr),
    /// The bytes come one at a time, then the last one again and again.
    Dripping(SocketAddr, &'static [u8]),
    /// Asks, and reads nothing.
    Stalled(SocketAddr, Arc<str>),
}

struct Peer {
    kind: Kind,
    stream: TcpStream,
    sent: usize,
}

/// Slow peers, until it is dropped.
pub(crate) struct SlowPeers {
    done: Arc<AtomicBool>,
    came: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl SlowPeers {
    /// Opens so many connections to both ports of a server. `link` leads to a large file.
    pub(crate) fn open(running: &Running, count: usize, link: &str) -> Result<Self> {
        let get = format!("GET {link} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        let kinds = [
            Kind::Silent(running.tcp),
            Kind::Dripping(running.tcp, DRIP),
            Kind::Silent(running.http),
            Kind::Dripping(running.http, HEAD),
            Kind::Stalled(running.http, get.into()),
        ];
        let peers = kinds.iter().cycle().take(count).cloned();
        let mut peers: Vec<Peer> = peers
            .map(Peer::connect)
            .collect::<Result<_>>()
            .context("opening slow connections")?;
        let done = Arc::new(AtomicBool::new(false));
        let came = Arc::new(AtomicU64::new(count as u64));
        let (until, counted) = (done.clone(), came.clone());
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                let begun = Instant::now();
                for peer in &mut peers {
                    // Where the server is gone, so is the reason to come again.
                    if !peer.goes_on()
                        && let Ok(again) = Peer::connect(peer.kind.clone())
                    {
                        *peer = again;
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                }
                std::thread::sleep(ROUND.saturating_sub(begun.elapsed()));
            }
        });
        Ok(Self {
            done,
            came,
            thread: Some(thread),
        })
    }

    /// Connections that were opened until now.
    pub(crate) fn came(&self) -> u64 {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for SlowPeers {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no more to tell.
            let _ = thread.join();
        }
    }
}

impl Peer {
    fn connect(kind: Kind) -> Result<Self> {
        let (Kind::Silent(address) | Kind::Dripping(address, _) | Kind::Stalled(address, _)) =
            &kind;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(SOURCE, 0).into())?;
        socket.connect(&(*address).into())?;
        let mut stream: TcpStream = socket.into();
        if let Kind::Stalled(_, get) = &kind {
            stream.write_all(get.as_bytes())?;
        }
        stream.set_nonblocking(true)?;
        Ok(Self {
            kind,
            stream,
            sent: 0,
        })
    }

    /// Whether the server still holds the connection.
    fn goes_on(&mut self) -> bool {
        match &self.kind {
            Kind::Silent(_) => self.is_open(),
            Kind::Dripping(_, bytes) => {
                let next = bytes[self.sent.min(bytes.len() - 1)];
                self.sent += 1;
                self.stream.write_all(&[next]).is_ok() && self.is_open()
            }
            // What comes lies in front of the end, and is not read.
            Kind::Stalled(..) => self.stream.take_error().is_ok_and(|error| error.is_none()),
        }
    }

    /// Reads what the server says last, and whether that was the end.
    fn is_open(&mut self) -> bool {
        let mut some = [0; 256];
        match self.stream.read(&mut some) {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}
