//! Many WebSockets in one thread: opened, signed in, read and written by one readiness loop. It takes whole frames
//! right out of one read buffer, so that a delivery costs the load generator far less than it costs a server.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use mio::{Events, Interest, Poll, Token};
use rustls::ClientConfig;
use socket2::{Domain, Socket, Type};

use crate::stream::{self, Stream};
use crate::wire::{self, Frame, Kind};

/// What is read at most at once from one connection.
const READ_BYTES: usize = 256 * 1024;
/// The largest frame from a server, its neighbours in the same read included.
const SCRATCH_BYTES: usize = 4 * 1024 * 1024;
/// Few, so that what is due to be sent never waits long.
const EVENTS_AT_ONCE: usize = 64;
/// Connections that open and sign in at the same time.
const JOINING_AT_ONCE: usize = 200;
/// Nothing happened for this long while people sign in: the server is broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// One address has some 28,000 ports to connect from.
const CONNECTIONS_PER_SOURCE: usize = 2_000;

/// What a server expects after the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A `hello` that claims a name, answered by `welcome`.
    Chinwag,
    /// Nothing: everybody is in the one room there is.
    Plain,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Upgrading,
    SigningIn,
    Ready,
}

struct Member {
    stream: Stream,
    stage: Stage,
    /// The beginning of a frame whose end has not come.
    unfinished: Vec<u8>,
    /// What the socket did not take yet.
    outgoing: Vec<u8>,
}

/// Members that are all signed in.
pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    scratch: Vec<u8>,
    dialect: Dialect,
    /// Makes the names of this crowd its own.
    prefix: String,
    /// Where its members speak TLS.
    tls: Option<Arc<ClientConfig>>,
}

impl Crowd {
    /// Connects and signs in so many members from several loopback addresses. Names begin with `prefix`.
    pub(crate) fn join(
        address: SocketAddr,
        dialect: Dialect,
        count: usize,
        prefix: &str,
    ) -> Result<Self> {
        Self::join_over(address, dialect, count, prefix, None)
    }

    /// The same over TLS.
    pub(crate) fn join_by_tls(address: SocketAddr, count: usize, prefix: &str) -> Result<Self> {
        let tls = Some(stream::any_server()?);
        Self::join_over(address, Dialect::Chinwag, count, prefix, tls)
    }

    fn join_over(
        address: SocketAddr,
        dialect: Dialect,
        count: usize,
        prefix: &str,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self> {
        let mut crowd = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            members: Vec::with_capacity(count),
            scratch: vec![0; SCRATCH_BYTES],
            dialect,
            prefix: prefix.to_owned(),
            tls,
        };
        let mut ready = 0;
        let mut progress = Instant::now();
        while ready < count {
            while crowd.members.len() < count && crowd.members.len() - ready < JOINING_AT_ONCE {
                crowd.connect(address)?;
            }
            crowd.poll(Duration::from_millis(100), |_, _, _| ())?;
            let before = ready;
            // Those that joined last are last in the list, but for a few.
            ready = crowd
                .members
                .iter()
                .filter(|member| member.stage == Stage::Ready)
                .count();
            if ready > before {
                progress = Instant::now();
            }
            if progress.elapsed() > PATIENCE {
                bail!("{ready} of {count} connections are signed in, and no more come");
            }
        }
        Ok(crowd)
    }

    fn connect(&mut self, address: SocketAddr) -> Result<()> {
        let index = self.members.len();
        let source = u8::try_from(2 + index / CONNECTIONS_PER_SOURCE)?;
        let source = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, source)), 0);
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&source.into())?;
        socket
            .connect(&address.into())
            .with_context(|| format!("connecting to {address}"))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        let stream = mio::net::TcpStream::from_std(socket.into());
        let mut stream = Stream::new(stream, self.tls.as_ref())?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(stream.socket(), Token(index), interest)?;
        let mut member = Member {
            stream,
            stage: Stage::Upgrading,
            unfinished: Vec::new(),
            outgoing: wire::handshake(address),
        };
        member.flush()?;
        self.members.push(member);
        Ok(())
    }

    /// Sends a text message, or keeps it until the socket takes it.
    pub(crate) fn send(&mut self, member: usize, text: &[u8]) -> Result<()> {
        let member = &mut self.members[member];
        wire::push_text(&mut member.outgoing, text);
        member.flush()
    }

    /// Waits for readiness once, writes what waits, and hands every message that came to `heard`, with its member
    /// and the time at which it was read. It returns after a bounded number of reads.
    pub(crate) fn poll(
        &mut self,
        timeout: Duration,
        mut heard: impl FnMut(usize, &[u8], Instant),
    ) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            let index = event.token().0;
            let member = &mut self.members[index];
            if event.is_writable() {
                member.flush()?;
            }
            if event.is_readable() {
                let joining = Joining {
                    dialect: self.dialect,
                    prefix: &self.prefix,
                    index,
                };
                member
                    .read(&mut self.scratch, &joining, &mut heard)
                    .with_context(|| format!("member {index}"))?;
                // A handshake that has ended lets out what waited for it.
                member.flush()?;
            }
        }
        Ok(())
    }
}

/// What a member needs to know to sign in.
struct Joining<'a> {
    dialect: Dialect,
    prefix: &'a str,
    index: usize,
}

impl Joining<'_> {
    fn hello(&self) -> String {
        let (prefix, index) = (self.prefix, self.index);
        format!(
            r#"{{"type":"hello","protocol":1,"client":{{"name":"bench"}},"credentials":{{"type":"claim_name","name":"{prefix}{index}"}}}}"#
        )
    }
}

impl Member {
    fn flush(&mut self) -> Result<()> {
        while !self.outgoing.is_empty() {
            match self.stream.write(&self.outgoing) {
                Ok(0) => bail!("the server takes no more"),
                Ok(written) => drop(self.outgoing.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        // A thousand idle members keep no buffers.
        self.outgoing.shrink_to(256);
        Ok(())
    }

    fn read(
        &mut self,
        scratch: &mut [u8],
        joining: &Joining<'_>,
        heard: &mut impl FnMut(usize, &[u8], Instant),
    ) -> Result<()> {
        loop {
            let kept = self.unfinished.len();
            if kept + READ_BYTES > scratch.len() {
                bail!("a frame has more than {kept} bytes");
            }
            match self.stream.read(&mut scratch[kept..kept + READ_BYTES]) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(read) => {
                    scratch[..kept].copy_from_slice(&self.unfinished);
                    self.unfinished.clear();
                    self.take(&scratch[..kept + read], joining, heard)?;
                    // A short read means that the socket is empty.
                    if read < READ_BYTES && self.stream.is_plain() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(
        &mut self,
        mut bytes: &[u8],
        joining: &Joining<'_>,
        heard: &mut impl FnMut(usize, &[u8], Instant),
    ) -> Result<()> {
        let now = Instant::now();
        if self.stage == Stage::Upgrading {
            let Some(rest) = wire::after_handshake(bytes)? else {
                self.unfinished.extend_from_slice(bytes);
                return Ok(());
            };
            bytes = rest;
            self.stage = match joining.dialect {
                Dialect::Plain => Stage::Ready,
                Dialect::Chinwag => {
                    wire::push_text(&mut self.outgoing, joining.hello().as_bytes());
                    self.flush()?;
                    Stage::SigningIn
                }
            };
        }
        while let Some((Frame { kind, payload }, rest)) = wire::split(bytes)? {
            bytes = rest;
            match kind {
                Kind::Message if self.stage == Stage::Ready => heard(joining.index, payload, now),
                Kind::Message if payload.starts_with(br#"{"type":"welcome""#) => {
                    self.stage = Stage::Ready;
                }
                Kind::Message => bail!("sign-in failed: {}", String::from_utf8_lossy(payload)),
                Kind::Ping => {
                    wire::push_pong(&mut self.outgoing, payload);
                    self.flush()?;
                }
                Kind::Pong => {}
                Kind::Close => bail!("the server said goodbye"),
            }
        }
        if bytes.is_empty() {
            // Where nothing is left nothing is kept: an idle member costs no buffer.
            self.unfinished = Vec::new();
        } else {
            self.unfinished.extend_from_slice(bytes);
        }
        Ok(())
    }
}
