//! One connection from its first frame to its last, whatever carries it: here until somebody has signed in, in
//! `session` from then on.

use std::sync::Arc;
use std::time::Duration;

use shared::codec::DecodeError;
use shared::frame::{Hello, ServerInfo};
use shared::limits::Limits;
use shared::{ClientFrame, ErrorCode, ErrorReply, PROTOCOL_VERSION, ServerFrame};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::administration::Administration;
use crate::admission::{Admission, Admissions};
use crate::error;
use crate::files::Files;
use crate::hub::Hub;
use crate::listen::drain_begins;
use crate::marks::Marks;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::tls::Tls;
use crate::transport::{Transport, TransportError};
use crate::web::{Gate, KnownPasswords, Passes};

mod account;
mod admin;
mod bots;
mod deliver;
pub(crate) mod describe;
mod files;
mod invitations;
pub(crate) mod links;
mod membership;
mod people;
mod requests;
mod rooms;
mod session;
mod sign_in;

use session::Connection;
pub(crate) use sign_in::{Entered, Peer, SignIn, invalid_token};

/// A peer must have signed in by then.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Lines that are not frames which a peer may send before it is taken for something else.
const MALFORMED_MAX: u32 = 20;
/// After a drain, clients come back spread over this time at least.
const RECONNECT_AFTER_MS: u64 = 1_000;

/// What every connection shares.
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) files: Arc<Files>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) administration: Administration,
    pub(crate) marks: Arc<Marks>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) admissions: Arc<Admissions>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) passwords: Passwords,
    /// As clients are told.
    pub(crate) server: ServerInfo,
    pub(crate) limits: Limits,
    /// What HTTP requests must pass.
    pub(crate) gate: Gate,
    /// By which browsers open files for members on another host than the page's.
    pub(crate) passes: Passes,
    /// Of files, so that a file's parts do not cost a hash each.
    pub(crate) known_passwords: KnownPasswords,
    /// Where both ports speak it.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Whether others than this machine may read the metrics.
    pub(crate) metrics_for_all: bool,
    /// True once the server is stopping.
    pub(crate) draining: watch::Receiver<bool>,
}

/// Serves one peer until it has signed in, left or broken the rules; who has signed in is served on by a task of
/// its own, which is smaller than what signing in needs.
pub(crate) async fn serve(
    context: Arc<Context>,
    mut transport: Transport,
    peer: Peer,
    admission: Arc<Admission>,
) {
    let mut draining = context.draining.clone();
    // Boxed, so that who is being told goodbye has no room for it.
    let signing_in = Box::pin(sign_in(&context, &mut transport, &peer));
    let signing_in = timeout(HELLO_TIMEOUT, signing_in);
    let ended = tokio::select! {
        signed_in = signing_in => match signed_in {
            Ok(Ok(Some((hello, entered)))) => {
                transport.allow_payloads();
                let (connection, welcome) = Connection::open(context, entered, hello, peer).await;
                tokio::spawn(connection.serve(Box::new(transport), welcome, admission));
                return;
            }
            Ok(Ok(None)) => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                let late = ErrorReply::new(ErrorCode::TimedOut, "No valid hello came in time.");
                transport.send(&ServerFrame::Error(late)).await
            }
        },
        () = drain_begins(&mut draining) => transport.send(&draining_frame()).await,
    };
    end(transport, ended).await;
}

fn draining_frame() -> ServerFrame {
    ServerFrame::Draining {
        reconnect_after_ms: RECONNECT_AFTER_MS,
    }
}

/// Says why, where the peer can still hear it, and closes.
async fn end(mut transport: Transport, ended: Result<(), TransportError>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
        if matches!(error, TransportError::Withdrawn) {
            return;
        }
        if let Some(refusal) = refusal(&error)
            && transport.send(&refusal).await.is_err()
        {
            return;
        }
    }
    transport.close().await;
}

/// The answer to bytes that are not a frame; `None` where nobody is there to read it.
fn refusal(error: &TransportError) -> Option<ServerFrame> {
    use tungstenite::Error as Socket;
    let reply = match error {
        TransportError::Decode(error) => {
            let code = match error {
                DecodeError::Malformed(_)
                | DecodeError::MalformedWithPayload(_)
                | DecodeError::PayloadLength { .. } => ErrorCode::MalformedFrame,
                DecodeError::LineTooLong { .. } | DecodeError::PayloadTooLong { .. } => {
                    ErrorCode::FrameTooLarge
                }
            };
            ErrorReply::new(code, error.to_string())
        }
        TransportError::WebSocket(Socket::Capacity(error)) => {
            ErrorReply::new(ErrorCode::FrameTooLarge, error.to_string())
        }
        TransportError::WebSocket(Socket::Utf8(_)) => {
            ErrorReply::new(ErrorCode::MalformedFrame, "A text message must be UTF-8.")
        }
        TransportError::WebSocket(Socket::Protocol(error)) => {
            ErrorReply::new(ErrorCode::MalformedFrame, error.to_string())
        }
        TransportError::Http | TransportError::Tls => {
            ErrorReply::new(ErrorCode::MalformedFrame, error.to_string())
        }
        TransportError::WebSocket(_)
        | TransportError::Io(_)
        | TransportError::Stalled
        | TransportError::Withdrawn => return None,
    };
    Some(ServerFrame::Error(reply))
}

fn is_recoverable(error: &TransportError) -> bool {
    matches!(error, TransportError::Decode(error) if error.is_recoverable())
}

/// Reads until somebody has signed in; `None` where the peer left or was refused for good.
async fn sign_in(
    context: &Context,
    transport: &mut Transport,
    peer: &Peer,
) -> Result<Option<(Hello, Entered)>, TransportError> {
    for _ in 0..MALFORMED_MAX {
        let answer = match transport.read().await {
            Ok(None) => return Ok(None),
            Ok(Some(packet)) => match packet.frame {
                ClientFrame::Hello(hello) => match authenticate(context, peer, &hello).await {
                    Ok(entered) => return Ok(Some((*hello, entered))),
                    Err(refusal) => Some(ServerFrame::Error(refusal)),
                },
                ClientFrame::DescribeServer { request_id } => {
                    Some(answered(describe::server(context, request_id).await))
                }
                ClientFrame::DescribeInvitation { request_id, token } => Some(answered(
                    describe::invitation(context, request_id, &token).await,
                )),
                _other => Some(ServerFrame::Error(ErrorReply::new(
                    ErrorCode::NotSignedIn,
                    "Sign in first: {\"type\":\"hello\",\"protocol\":1,\"credentials\":{\"type\":\"sign_in\",\"name\":\"…\",\"password\":\"…\"}}",
                ))),
            },
            Err(error) if is_recoverable(&error) => refusal(&error),
            Err(error) => return Err(error),
        };
        if let Some(answer) = answer {
            transport.send(&answer).await?;
        }
    }
    Ok(None)
}

fn answered(answer: Result<ServerFrame, ErrorReply>) -> ServerFrame {
    answer.unwrap_or_else(ServerFrame::Error)
}

async fn authenticate(
    context: &Context,
    peer: &Peer,
    hello: &Hello,
) -> Result<Entered, ErrorReply> {
    let request_id = hello.request_id;
    if hello.protocol != PROTOCOL_VERSION {
        let message =
            format!("This server speaks protocol {PROTOCOL_VERSION}; update the older side.");
        return Err(error::reply(
            request_id,
            ErrorCode::UnsupportedProtocol,
            message,
        ));
    }
    let sign_in = SignIn {
        context,
        peer,
        client: &hello.client,
        request_id,
    };
    sign_in.with(&hello.credentials).await
}
