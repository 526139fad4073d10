//! A TCP proxy that counts what it passes on, stops passing it on, or damages it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Reads of at least so many bytes are payload and not lines or headers alone.
const PAYLOAD_BYTES: usize = 16 * 1024;

/// One direction of all connections together.
#[derive(Default)]
pub struct Direction {
    /// Passed on, and how much may be.
    bytes: Mutex<(u64, u64)>,
    changed: Condvar,
    damages: AtomicBool,
}

impl Direction {
    /// Begins to count anew and passes on at most so much.
    pub fn allow(&self, bytes: u64) {
        *self.bytes.lock().expect("nothing panics here") = (0, bytes);
        self.changed.notify_all();
    }

    /// In bytes, since the last time it was said how much may.
    pub fn passed(&self) -> u64 {
        self.bytes.lock().expect("nothing panics here").0
    }

    /// Waits until as much has passed as may.
    pub fn wait_until_full(&self) {
        let bytes = self.bytes.lock().expect("nothing panics here");
        let not_full = |(passed, allowed): &mut (u64, u64)| *passed < *allowed;
        let waited = self.changed.wait_timeout_while(bytes, PATIENCE, not_full);
        assert!(
            !waited.expect("nothing panics here").1.timed_out(),
            "too little passes"
        );
    }

    /// Changes a byte of every payload from now on.
    pub fn damage(&self, damages: bool) {
        self.damages.store(damages, Ordering::SeqCst);
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let bytes = self.bytes.lock().expect("nothing panics here");
            let full = |(passed, allowed): &mut (u64, u64)| *passed >= *allowed;
            let mut bytes = self
                .changed
                .wait_while(bytes, full)
                .expect("nothing panics here");
            bytes.0 += read as u64;
            drop(bytes);
            self.changed.notify_all();
            if read >= PAYLOAD_BYTES && self.damages.load(Ordering::SeqCst) {
                buffer[read / 2] ^= 1;
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    }
}

/// Passes connections on to one server.
pub struct Proxy {
    /// `HOST:PORT`.
    pub address: String,
    /// To the server.
    pub up: Arc<Direction>,
    /// From it.
    pub down: Arc<Direction>,
}

impl Proxy {
    /// In front of this server.
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let (up, down): (Arc<Direction>, Arc<Direction>) = Default::default();
        up.allow(u64::MAX);
        down.allow(u64::MAX);
        let proxy = Self {
            address,
            up: up.clone(),
            down: down.clone(),
        };
        let server = server.to_owned();
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a connection");
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                let (up, down) = (up.clone(), down.clone());
                let (from, to) = (
                    client.try_clone().expect("a second handle"),
                    server.try_clone().expect("a second handle"),
                );
                thread::spawn(move || up.pass(from, to));
                thread::spawn(move || down.pass(server, client));
            }
        });
        proxy
    }
}
