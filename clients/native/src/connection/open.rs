//! Opening a connection: with TLS wherever the server speaks it, and never without where it did before.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Failure, FailureKind, plain};
use crate::address::{Scheme, ServerAddress};
use crate::tls::{Handshake, Known, Secured, Trust, is_plain, no_way_back, untrusted};

/// Both directions of an open connection.
pub(super) type Halves = (
    Box<dyn AsyncRead + Send + Unpin>,
    Box<dyn AsyncWrite + Send + Unpin>,
);

pub(super) async fn open(
    address: &ServerAddress,
    trust: &Trust,
) -> Result<(Halves, Secured), Failure> {
    match address.scheme {
        Scheme::Plain => {
            if trust.stated().is_some() {
                let reason =
                    "a fingerprint was stated, which chinwag:// shows none of; write chinwags://";
                return Err(untrusted(reason.to_owned()));
            }
            let known = known(trust).await?;
            if matches!(known, Some(Known::Public | Known::Pinned { .. })) {
                return Err(untrusted(no_way_back(trust)));
            }
            let stream = connect(address).await?;
            in_background(trust, |trust| trust.remember(Known::Plain)).await?;
            Ok((plain_halves(stream), Secured::Plain))
        }
        Scheme::Tls => match with_tls(address, trust, connect(address).await?).await? {
            Some((stream, secured)) => Ok((tls_halves(stream), secured)),
            None => Err(Failure {
                kind: FailureKind::Foreign,
                reason: "it does not speak TLS".to_owned(),
            }),
        },
        Scheme::Unstated => {
            let stream = connect(address).await?;
            let peer = stream.peer_addr();
            let is_here = peer.is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
            match with_tls(address, trust, stream).await? {
                Some((stream, secured)) => Ok((tls_halves(stream), secured)),
                None => {
                    may_go_without(address, trust, is_here).await?;
                    Ok((plain_halves(connect(address).await?), Secured::Plain))
                }
            }
        }
    }
}

/// A server that does not speak TLS.
async fn may_go_without(
    address: &ServerAddress,
    trust: &Trust,
    is_here: bool,
) -> Result<(), Failure> {
    match known(trust).await? {
        Some(Known::Public | Known::Pinned { .. }) => Err(untrusted(no_way_back(trust))),
        Some(Known::Plain) => Ok(()),
        None if trust.stated().is_some() => {
            let reason = "it does not speak TLS, and so shows no certificate with the fingerprint that was stated";
            Err(untrusted(reason.to_owned()))
        }
        None if is_here => Ok(()),
        None => {
            let plain = ServerAddress {
                scheme: Scheme::Plain,
                ..address.clone()
            };
            Err(untrusted(format!(
                "it does not speak TLS, so that everyone on the way could read along and act as you. Ask whoever runs it \
                 to turn TLS on; to connect all the same, write {plain}"
            )))
        }
    }
}

async fn connect(address: &ServerAddress) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
    let stream = stream.map_err(|error| Failure {
        kind: FailureKind::Unreachable,
        reason: plain(&error),
    })?;
    // Only a delay is lost where it cannot be set.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Nothing where the server does not speak TLS.
async fn with_tls(
    address: &ServerAddress,
    trust: &Trust,
    stream: TcpStream,
) -> Result<Option<(TlsStream<TcpStream>, Secured)>, Failure> {
    let (trust, host) = (trust.clone(), address.host.clone());
    let handshake = blocking(move || Handshake::new(&trust, &host)).await?;
    let connector = TlsConnector::from(handshake.config.clone());
    match connector.connect(handshake.name.clone(), stream).await {
        Ok(stream) => {
            let secured = blocking(move || handshake.succeeded()).await?;
            Ok(Some((stream, secured)))
        }
        Err(error) if is_plain(&error) => Ok(None),
        Err(error) => Err(handshake.failed(&error)),
    }
}

async fn known(trust: &Trust) -> Result<Option<Known>, Failure> {
    in_background(trust, Trust::known).await
}

async fn in_background<T: Send + 'static>(
    trust: &Trust,
    work: impl FnOnce(&Trust) -> Result<T, crate::ProfileError> + Send + 'static,
) -> Result<T, Failure> {
    let trust = trust.clone();
    blocking(move || work(&trust))
        .await
        .map_err(|error| Failure {
            kind: FailureKind::Unreachable,
            reason: error.to_string(),
        })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.expect("it does not panic")
}

fn plain_halves(stream: TcpStream) -> Halves {
    let (reader, writer) = stream.into_split();
    (Box::new(reader), Box::new(writer))
}

fn tls_halves(stream: TlsStream<TcpStream>) -> Halves {
    let (reader, writer) = tokio::io::split(stream);
    (Box::new(reader), Box::new(writer))
}
