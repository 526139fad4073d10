//! One HTTP connection: what passes the gate goes to the routes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, STRICT_TRANSPORT_SECURITY};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::{Impatient, drain_begins};
use crate::admission::Admission;
use crate::connection::Context;
use crate::transport::{STALL_TIMEOUT, Stream};
use crate::web::{self, Cut, Reached};

/// Request headers must be whole by then.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// How long browsers do without HTTP once they have come by HTTPS: half a year.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=15552000");

/// Serves a connection to its end.
pub(super) async fn serve_http(
    context: Arc<Context>,
    stream: Stream,
    peer: SocketAddr,
    admission: Arc<Admission>,
) {
    let reached = Reached {
        peer,
        is_tls: matches!(stream, Stream::Tls(_)),
    };
    let routes = web::routes(context.clone(), admission, Some(reached.peer));
    let routes = TowerToHyperService::new(warp::service(routes));
    let (draining, cut) = (context.clone(), Cut::default());
    let end = cut.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (context, routes) = (context.clone(), routes.clone());
        request.extensions_mut().insert(reached);
        request.extensions_mut().insert(cut.clone());
        async move {
            let is_strict = context.gate.is_strict(&request, reached.is_tls);
            let answer = match context.gate.pass(request, reached.is_tls).await {
                Ok(request) => routes.call(request).await,
                Err(refused) => Ok(refused),
            };
            answer.map(|mut answer| {
                if is_strict {
                    let headers = answer.headers_mut();
                    headers.insert(STRICT_TRANSPORT_SECURITY, STRICT);
                }
                answer
            })
        }
    });
    run(&draining, stream, service, &end).await;
}

/// Tells a peer without TLS where to go. Only the health of the server is told to everybody.
pub(super) async fn redirect_http(
    context: Arc<Context>,
    stream: TcpStream,
    peer: SocketAddr,
    admission: Arc<Admission>,
) {
    let port = stream.local_addr().map_or(0, |address| address.port());
    let routes = web::routes(context.clone(), admission, Some(peer));
    let routes = TowerToHyperService::new(warp::service(routes));
    let draining = context.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (context, routes) = (context.clone(), routes.clone());
        async move {
            match context.gate.pass(request, false).await {
                Ok(request) if web::is_health(&request) => routes.call(request).await,
                Ok(request) => Ok(web::redirect(&request, port)),
                Err(refused) => Ok(refused),
            }
        }
    });
    run(&draining, stream.into(), service, &Cut::default()).await;
}

async fn run<S>(context: &Context, stream: Stream, service: S, cut: &Cut)
where
    S: Service<Request<Incoming>, Response = warp::reply::Response, Error = Infallible>,
{
    let io = TokioIo::new(Impatient::new(stream, STALL_TIMEOUT));
    // Not hyper-util's: that waits for the first bytes, to learn the version, without a deadline.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .serve_connection(io, service)
        .with_upgrades();
    tokio::pin!(connection);
    let mut draining = context.draining.clone();
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = drain_begins(&mut draining) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = cut.happened() => return,
            }
        }
        () = cut.happened() => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "HTTP connection ended");
    }
}
