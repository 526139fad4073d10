//! Starting and stopping: the two ports, who is let in, and the drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use shared::frame::ServerInfo;
use shared::{ErrorCode, ErrorReply, RequestId, ServerFrame};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::admission::{Admission, Admissions, Refused};
use crate::blobs::{Blobs, OpenUploadsError};
use crate::config::Config;
use crate::connection::{self, Context};
use crate::files::{Files, collect_regularly};
use crate::hub::{Hub, Publisher};
use crate::metrics::Metrics;
use crate::store::{OpenError, Store};
use crate::throttle::{self, RetryAfter, Throttle};
use crate::transport::{STALL_TIMEOUT, Transport};
use crate::web;

mod impatient;

pub(crate) use impatient::Impatient;

/// Request headers must be whole by then.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that have not ended by then are cut.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Peers that are told at one time that there is no room for them; more are closed without a word.
const REFUSALS_MAX: usize = 64;
/// What refused peers are told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why the server did not start; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "cannot listen on {address}: {source}. Is another server running? --{flag} chooses another address"
    )]
    Listen {
        address: SocketAddr,
        flag: &'static str,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Uploads(#[from] OpenUploadsError),
}

/// A running server.
pub struct Server {
    http: SocketAddr,
    tcp: SocketAddr,
    drain: watch::Sender<bool>,
    accepting: Vec<JoinHandle<()>>,
    /// Ended with the server, wherever they are.
    tasks: Vec<JoinHandle<()>>,
    hub: Arc<Hub>,
    admissions: Arc<Admissions>,
    store: Store,
}

impl Server {
    /// Opens the database and both ports; once it returns, both are served.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (http_listener, http) = listen(config.http, "http").await?;
        let (tcp_listener, tcp) = listen(config.tcp, "tcp").await?;
        let hub = Arc::new(Hub::default());
        let metrics = Arc::new(Metrics::default());
        let publisher = Box::new(Publisher::new(hub.clone(), Handle::current()));
        let store = Store::open(&config.data_dir, metrics.clone(), publisher)?;
        let blobs = Blobs::open(&config.uploads_dir, store.uploads_owner())?;
        let files = Arc::new(Files::new(store.clone(), blobs));
        let collecting = tokio::spawn(collect_regularly(Arc::downgrade(&files)));
        let throttle = Arc::new(Throttle::new(
            config.rate_limit,
            config.loopback_is_exempt,
            metrics.clone(),
        ));
        let sweeping = tokio::spawn(throttle::sweep_regularly(Arc::downgrade(&throttle)));
        let admissions = Arc::new(Admissions::new(
            config.connections_max,
            config.connections_per_address_max,
            config.loopback_is_exempt,
            throttle.clone(),
        ));
        let (drain, draining) = watch::channel(false);
        let gate = web::Gate::new(&config);
        let context = Arc::new(Context {
            store: store.clone(),
            files,
            hub: hub.clone(),
            metrics,
            admissions: admissions.clone(),
            throttle,
            server: ServerInfo {
                name: config.name,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                public_url: config.public_url.map(|url| url.as_str().to_owned()),
                http_port: Some(http.port()),
                https: false,
            },
            limits: config.limits,
            gate,
            metrics_for_all: config.metrics_for_all,
            draining,
        });
        let accepting = vec![
            tokio::spawn(accept(http_listener, context.clone(), Port::Http)),
            tokio::spawn(accept(tcp_listener, context, Port::Tcp)),
        ];
        let teller = hub.clone();
        let presence = tokio::spawn(async move { teller.tell_presence().await });
        Ok(Self {
            http,
            tcp,
            drain,
            accepting,
            tasks: vec![collecting, presence, sweeping],
            hub,
            admissions,
            store,
        })
    }

    /// Where browsers connect.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where native clients connect.
    pub fn tcp_address(&self) -> SocketAddr {
        self.tcp
    }

    /// Accepts nobody any more, tells everyone to come back later, commits what is queued.
    pub async fn stop(self) {
        // Nobody listens where nobody is connected.
        let _ = self.drain.send(true);
        for accepting in self.accepting {
            let _ = accepting.await;
        }
        for task in self.tasks {
            task.abort();
            // Cancelled, that is.
            let _ = task.await;
        }
        self.hub.drain();
        if timeout(DRAIN_TIMEOUT, self.admissions.idle())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not end in time and are cut");
        }
        self.store.close().await;
    }
}

/// Which protocol a port speaks.
#[derive(Clone, Copy)]
enum Port {
    Http,
    Tcp,
}

/// Waits for the drain; the server going away counts as one.
pub(crate) async fn drain_begins(draining: &mut watch::Receiver<bool>) {
    // The guard that it returns must not live across another await.
    let _ = draining.wait_for(|draining| *draining).await;
}

async fn listen(
    address: SocketAddr,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen {
        address,
        flag,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Accepts until the drain begins.
async fn accept(listener: TcpListener, context: Arc<Context>, port: Port) {
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
                match port {
                    Port::Http => tokio::spawn(serve_http(context, stream, admission)),
                    Port::Tcp => tokio::spawn(connection::serve(
                        context,
                        Transport::lines(stream),
                        admission,
                    )),
                };
            }
            Err(why) => {
                context.metrics.refused();
                if let Ok(permit) = refusals.clone().try_acquire_owned() {
                    tokio::spawn(async move {
                        refuse(stream, port, why).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Tells the peer that there is no room for it.
async fn refuse(mut stream: TcpStream, port: Port, why: Refused) {
    let (status, reply) = refusal(why);
    let seconds = reply.retry_after_ms.unwrap_or_default().div_ceil(1000);
    let line = shared::codec::encode_line(&ServerFrame::Error(reply));
    let answer = match port {
        Port::Tcp => line,
        Port::Http => {
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
                 retry-after: {seconds}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                line.len()
            );
            [head.as_bytes(), &line].concat()
        }
    };
    // Its socket is new and takes this much at once, unless the peer is gone.
    if timeout(RETRY_AFTER, stream.write_all(&answer))
        .await
        .is_ok_and(|written| written.is_ok())
    {
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

async fn serve_http(context: Arc<Context>, stream: TcpStream, admission: Arc<Admission>) {
    let mut draining = context.draining.clone();
    let peer = stream.peer_addr().ok();
    let routes = web::routes(context.clone(), admission, peer);
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = service_fn(move |request| {
        let (context, routes) = (context.clone(), routes.clone());
        async move {
            match context.gate.pass(request).await {
                Ok(request) => routes.call(request).await,
                Err(refused) => Ok(refused),
            }
        }
    });
    let io = TokioIo::new(Impatient::new(stream, STALL_TIMEOUT));
    // Not hyper-util's: that waits for the first bytes, to learn the version, without a deadline.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .serve_connection(io, service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = drain_begins(&mut draining) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "HTTP connection ended");
    }
}
