//! HTTPS for [`ureq`], which trusts servers as every other connection does.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read as _, Write as _};

use native::FailureKind;
use native::tls::Handshake;
use rustls::{ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
    TransportAdapter,
};

use crate::arguments::Global;
use crate::failure::Failure;
use crate::profile;

/// Whether the server of web pages at `authority` is to be asked by TLS alone.
pub(super) fn demands_tls(global: &Global, authority: &str) -> Result<bool, Failure> {
    let (_, trust) = profile::trust_of_web(global, authority)?;
    Ok(trust.demands_tls()?)
}

/// Puts TLS over connections to `https://` addresses.
#[derive(Debug)]
pub(super) struct TlsConnector(pub(super) Global);

/// Why a server is not trusted, or TLS did not come about.
#[derive(Debug)]
pub(super) struct TlsFailure(pub(super) Failure);

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for TlsFailure {}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else {
            return Ok(None);
        };
        let authority = details.uri.authority();
        let authority = authority.map_or("", |authority| authority.as_str());
        let own = |failure| Error::Other(Box::new(TlsFailure(failure)));
        if !details.needs_tls() {
            // Where the link led to, which may be elsewhere than it said.
            if demands_tls(&self.0, authority).map_err(own)? {
                let reason = "it has spoken TLS before, and nothing is fetched from it by http://";
                return Err(own(Failure::untrusted(authority, reason)));
            }
            return Ok(Some(Either::A(transport)));
        }
        let failed = |failure: native::Failure| {
            own(match failure.kind {
                FailureKind::Untrusted => Failure::untrusted(authority, &failure.reason),
                FailureKind::Unreachable | FailureKind::Foreign | FailureKind::Lost => {
                    let reason = failure.reason;
                    Failure::no_connection(format!("could not reach {authority}: {reason}"))
                }
            })
        };
        let (server, trust) = profile::trust_of_web(&self.0, authority).map_err(own)?;
        let handshake = Handshake::new(&trust, &server.host).map_err(failed)?;
        let connection = ClientConnection::new(handshake.config.clone(), handshake.name.clone());
        let mut connection = connection.map_err(|error| failed(handshake.failed(&other(error))))?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        while connection.is_handshaking() {
            let moved = connection.complete_io(&mut socket);
            moved.map_err(|error| failed(handshake.failed(&error)))?;
        }
        handshake.succeeded().map_err(failed)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Either::B(TlsTransport { buffers, stream })))
    }
}

fn other(error: rustls::Error) -> io::Error {
    io::Error::other(error)
}

/// A connection with TLS.
pub(super) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").finish_non_exhaustive()
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(self.stream.flush()?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
