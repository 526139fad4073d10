//! From an accepted connection to who serves it: whether there is room for it, and whether it speaks what the port
//! does.

use std::sync::Arc;
use std::time::Duration;

use shared::{ErrorCode, ErrorReply, RequestId, ServerFrame};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::drain_begins;
use super::http::{redirect_http, serve_http};
use crate::admission::{Admission, Refused};
use crate::connection::{self, Context, Peer};
use crate::throttle::RetryAfter;
use crate::tls::{Begun, Spoken};
use crate::transport::{Stream, Transport};

/// A TLS handshake must be whole by then, from the first byte on.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Peers that are told at one time that there is no room for them; more are closed without a word.
const REFUSALS_MAX: usize = 64;
/// What refused peers are told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Accepts until the drain begins.
pub(super) async fn accept(listener: TcpListener, context: Arc<Context>, port: Spoken) {
    let mut draining = context.draining.clone();
    let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
    loop {
        let accepted = tokio::select! {
            () = drain_begins(&mut draining) => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, or the peer left between; a pause keeps the first from spinning.
                tracing::warn!(%error, "could not accept a connection");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Only a delay is lost where it cannot be set.
        let _ = stream.set_nodelay(true);
        match context.admissions.admit(address.ip()) {
            Ok(admission) => {
                let (context, admission) = (context.clone(), Arc::new(admission));
                match (&context.tls, port) {
                    (Some(_), _) => tokio::spawn(serve_tls(context, stream, admission, port)),
                    (None, Spoken::Http) => {
                        tokio::spawn(serve_http(context, stream.into(), address, admission))
                    }
                    (None, Spoken::Lines) => tokio::spawn(connection::serve(
                        context,
                        Transport::lines(stream.into()),
                        Peer::from(address),
                        admission,
                    )),
                };
            }
            Err(why) => {
                context.metrics.refused();
                if let Ok(permit) = refusals.clone().try_acquire_owned() {
                    let context = context.clone();
                    tokio::spawn(async move {
                        // Who takes nothing is not waited for.
                        let _ = timeout(RETRY_AFTER, refuse(&context, stream, port, why)).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Serves who comes with TLS, and tells the others how to.
async fn serve_tls(
    context: Arc<Context>,
    stream: TcpStream,
    admission: Arc<Admission>,
    port: Spoken,
) {
    let Ok(address) = stream.peer_addr() else {
        return;
    };
    let mut draining = context.draining.clone();
    let begun = tokio::select! {
        begun = timeout(HANDSHAKE_TIMEOUT, begin(&context, stream, port)) => begun,
        // Nothing was said so far.
        () = drain_begins(&mut draining) => return,
    };
    match (begun, port) {
        (Ok(Some(Begun::Tls(stream))), Spoken::Http) => {
            // Boxed, so that a handshake has no room for it; likewise below.
            Box::pin(serve_http(context, stream, address, admission)).await;
        }
        (Ok(Some(Begun::Tls(stream))), Spoken::Lines) => {
            Box::pin(connection::serve(
                context,
                Transport::lines(stream),
                Peer::from(address),
                admission,
            ))
            .await;
        }
        (Ok(Some(Begun::Plain(stream))), Spoken::Http) => {
            Box::pin(redirect_http(context, stream, address, admission)).await;
        }
        (Ok(Some(Begun::Plain(stream))), Spoken::Lines) => {
            Box::pin(require_tls(Transport::lines(stream.into()))).await;
        }
        (Ok(None | Some(Begun::Proven)), _) => {}
        (Err(_), _) => tracing::debug!(%address, "a handshake took too long"),
    }
}

/// Nothing where it fails.
async fn begin(context: &Context, stream: TcpStream, port: Spoken) -> Option<Begun> {
    let Some(tls) = &context.tls else {
        return Some(Begun::Plain(stream));
    };
    let begun = tls.begin(stream, port).await;
    begun
        .inspect_err(|error| tracing::debug!(%error, "a handshake failed"))
        .ok()
}

/// Tells a peer without TLS that it needs that.
async fn require_tls(mut transport: Transport) {
    let text = "This port speaks TLS only. Chinwag's own programs find that out by themselves, where the server's address \
                stands without chinwag://; for a script, openssl s_client -quiet -connect HOST:PORT is what nc is without.";
    let reply = ErrorReply::new(ErrorCode::TlsRequired, text);
    if transport.send(&ServerFrame::Error(reply)).await.is_ok() {
        transport.close().await;
    }
}

/// Tells the peer that there is no room for it.
async fn refuse(context: &Context, stream: TcpStream, port: Spoken, why: Refused) {
    let (status, reply) = refusal(why);
    let seconds = reply.retry_after_ms.unwrap_or_default().div_ceil(1000);
    let line = shared::codec::encode_line(&ServerFrame::Error(reply));
    let answer = match port {
        Spoken::Lines => line,
        Spoken::Http => {
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
                 retry-after: {seconds}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                line.len()
            );
            [head.as_bytes(), &line].concat()
        }
    };
    let mut stream = match begin(context, stream, port).await {
        Some(Begun::Tls(stream)) => stream,
        Some(Begun::Plain(stream)) => Stream::from(stream),
        None | Some(Begun::Proven) => return,
    };
    // Its socket is new and takes this much at once, unless the peer is gone.
    if stream.write_all(&answer).await.is_ok() && stream.flush().await.is_ok() {
        Transport::lines(stream).close().await;
    }
}

/// What a refused peer is told, and the status that says so over HTTP.
fn refusal(why: Refused) -> (&'static str, ErrorReply) {
    let (text, wait) = match why {
        Refused::Total => (
            "The server has as many connections as it takes; try again later.",
            RetryAfter(RETRY_AFTER),
        ),
        Refused::Address => (
            "There are too many connections from this address; close some.",
            RetryAfter(RETRY_AFTER),
        ),
        Refused::TooFast(wait) => {
            let text = "Too many connections came from this address; wait a moment.";
            let reply = wait.reply(RequestId::default(), text);
            return ("429 Too Many Requests", reply);
        }
    };
    let reply = ErrorReply {
        code: ErrorCode::TooManyConnections,
        ..wait.reply(RequestId::default(), text)
    };
    ("503 Service Unavailable", reply)
}
