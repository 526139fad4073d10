//! The HTTP routes: the page, its WebSocket, uploads and files, and what operators ask.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tungstenite::handshake::derive_accept_key;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::FullPath;
use warp::reply::Reply as _;

use crate::admission::Admission;
use crate::connection::{self, Context, Peer};
use crate::listen::Impatient;
use crate::page;
use crate::transport::Transport;

mod api;
mod body;
mod caller;
mod cookie;
mod cut;
mod gate;
mod headers;
mod links;
mod pieces;
mod posting;
mod put;
mod range;
mod redirect;
mod session;
mod tus;
mod uploads;
mod zip;

use caller::Caller;
pub(crate) use cookie::CookieName;
pub(crate) use cut::Cut;
pub(crate) use gate::{Gate, hosts};
pub(crate) use links::{KnownPasswords, Passes};
pub(crate) use redirect::redirect;

/// The store answers a health check by then.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);

type Body = bytes::Bytes;

/// How a request came; every one has it as an extension.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached {
    pub(crate) peer: SocketAddr,
    /// Whether nobody on the way could read it, as far as the server can tell.
    pub(crate) is_tls: bool,
}

/// Of a request for a link that is on another host than the one that was reached: where it is.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere(String);

/// What is told to everyone, whatever name they know the server by.
pub(crate) fn is_health<B>(request: &Request<B>) -> bool {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    is_read && request.uri().path() == "/health"
}

/// Every route. `admission` is the connection's place under the limit; a WebSocket takes it along.
pub(crate) fn routes(
    context: Arc<Context>,
    admission: Arc<Admission>,
    peer: Option<SocketAddr>,
) -> BoxedFilter<(warp::reply::Response,)> {
    let checked = context.clone();
    let health = warp::path!("health")
        .and(warp::get())
        .then(move || check(checked.clone()))
        .map(Response::into_response)
        .boxed();
    let counted = context.clone();
    let metrics = warp::path!("metrics")
        .and(warp::get())
        .map(move || metrics(&counted, peer).into_response())
        .boxed();
    let caller = Caller::new(context.throttle.clone(), peer.map(|peer| peer.ip()));
    let cookie = CookieName::of(context.store.lobby());
    let api = api::routes(context.clone(), caller.clone(), cookie.clone());
    let files_url = context.server.files_url.clone();
    let links = links::routes(context.clone(), caller, cookie.clone());
    let socket = warp::path!("ws")
        .and(warp::get())
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Reached>())
        .and(warp::ext::get::<OnUpgrade>())
        .map(move |headers, reached: Reached, upgrade| {
            let token = cookie.token_of(&Method::GET, &headers);
            let peer = Peer {
                cookie: token.map(Box::from),
                ..Peer::from(reached.peer)
            };
            open_socket(&context, &admission, peer, &headers, upgrade).into_response()
        })
        .boxed();
    let page = warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and_then(move |method, path, headers| serve_page(files_url.clone(), method, path, headers))
        .boxed();
    let operators = health.or(metrics).unify().boxed();
    let files = api.or(links).unify().boxed();
    let clients = socket.or(files).unify().boxed();
    operators.or(clients).unify().or(page).unify().boxed()
}

fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    headers::guard(response.headers_mut());
    response
}

/// Whether the server can do its work.
async fn check(context: Arc<Context>) -> Response<Body> {
    match timeout(HEALTH_TIMEOUT, context.store.check()).await {
        Ok(Ok(())) => plain(StatusCode::OK, "ok\n"),
        Ok(Err(error)) => {
            tracing::error!(%error, "the store failed a health check");
            plain(StatusCode::SERVICE_UNAVAILABLE, "The store fails.\n")
        }
        Err(_) => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "The store does not answer.\n",
        ),
    }
}

/// The counters, for a peer on this machine unless all may read them.
fn metrics(context: &Context, peer: Option<SocketAddr>) -> Response<Body> {
    let is_local = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    if !context.metrics_for_all && !is_local {
        return plain(
            StatusCode::FORBIDDEN,
            "Only this machine may read the metrics.\n",
        );
    }
    let text = context.metrics.render(context.admissions.total());
    let mut response = plain(StatusCode::OK, text);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn serve_page(
    files_url: Option<String>,
    method: Method,
    path: FullPath,
    headers: HeaderMap,
) -> Result<warp::reply::Response, Infallible> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only GET and HEAD are served here.\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(response.into_response());
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let found = page::respond(
        path.as_str(),
        text(header::ACCEPT_ENCODING),
        text(header::IF_NONE_MATCH),
        files_url.as_deref(),
    );
    let response =
        found.unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "There is nothing here.\n"));
    Ok(response.into_response())
}

/// Answers a WebSocket handshake (RFC 6455, section 4.2) and serves what comes after it.
fn open_socket(
    context: &Arc<Context>,
    admission: &Arc<Admission>,
    peer: Peer,
    headers: &HeaderMap,
    upgrade: OnUpgrade,
) -> Response<Body> {
    let asked = |name, value: &str| {
        let found = headers
            .get(name)
            .and_then(|found: &HeaderValue| found.to_str().ok());
        found.is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let (true, true, Some(key)) = (
        asked(header::UPGRADE, "websocket"),
        asked(header::SEC_WEBSOCKET_VERSION, "13"),
        key,
    ) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "This address is for WebSockets of version 13.\n",
        );
    };
    let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) else {
        return plain(StatusCode::BAD_REQUEST, "The WebSocket key is not valid.\n");
    };
    let (context, admission) = (context.clone(), admission.clone());
    tokio::spawn(async move {
        match upgrade.await.map(Upgraded::downcast::<TokioIo<Impatient>>) {
            Ok(Ok(Parts { io, read_buf, .. })) => {
                let transport = Transport::websocket(io.into_inner().into_inner(), read_buf);
                connection::serve(context, transport, peer, admission).await;
            }
            Ok(Err(_)) => tracing::error!("a WebSocket came over something that is no stream"),
            Err(error) => tracing::debug!(%error, "the peer left during the upgrade"),
        }
    });
    let mut response = Response::new(Body::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    answer.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}
