//! Starting and stopping: the two ports, how many connections they take, and the drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::blobs::{Blobs, OpenUploadsError};
use crate::config::Config;
use crate::connection::{self, Context};
use crate::files::{Files, collect_regularly};
use crate::hub::Hub;
use crate::store::{OpenError, Store};
use crate::transport::Lines;
use crate::web;

/// Request headers must be whole by then.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that have not ended by then are cut.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

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
    connections: Arc<Semaphore>,
    connections_max: usize,
    store: Store,
}

impl Server {
    /// Opens the database and both ports; once it returns, both are served.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (http_listener, http) = listen(config.http, "http").await?;
        let (tcp_listener, tcp) = listen(config.tcp, "tcp").await?;
        let hub = Arc::new(Hub::default());
        let published = hub.clone();
        let store = Store::open(
            &config.data_dir,
            Box::new(move |events| published.publish(events)),
        )?;
        let files = Arc::new(Files::new(store.clone(), Blobs::open(&config.uploads_dir)?));
        tokio::spawn(collect_regularly(Arc::downgrade(&files)));
        let (drain, draining) = watch::channel(false);
        let context = Arc::new(Context {
            store: store.clone(),
            files,
            hub,
            server_name: config.name,
            connections: Default::default(),
            draining: draining.clone(),
        });
        let connections = Arc::new(Semaphore::new(config.connections_max));
        let accepting = vec![
            tokio::spawn(accept(
                http_listener,
                connections.clone(),
                draining.clone(),
                {
                    let context = context.clone();
                    move |stream, permit| serve_http(context.clone(), stream, permit)
                },
            )),
            tokio::spawn(accept(
                tcp_listener,
                connections.clone(),
                draining,
                move |stream, permit| serve_tcp(context.clone(), stream, permit),
            )),
        ];
        let connections_max = config.connections_max;
        Ok(Self {
            http,
            tcp,
            drain,
            accepting,
            connections,
            connections_max,
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
        let all = u32::try_from(self.connections_max).unwrap_or(u32::MAX);
        if timeout(DRAIN_TIMEOUT, self.connections.acquire_many(all))
            .await
            .is_err()
        {
            tracing::warn!("some connections did not end in time and are cut");
        }
        self.store.close().await;
    }
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

/// Accepts until the drain begins. Above the connection limit, new ones wait in the kernel's queue.
async fn accept<F, S>(
    listener: TcpListener,
    connections: Arc<Semaphore>,
    mut draining: watch::Receiver<bool>,
    serve: F,
) where
    F: Fn(TcpStream, OwnedSemaphorePermit) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    loop {
        let accepted = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        tokio::select! {
            () = drain_begins(&mut draining) => return,
            (permit, accepted) = accepted => match (permit, accepted) {
                (Ok(permit), Ok((stream, _))) => {
                    // Only a delay is lost where it cannot be set.
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(serve(stream, permit));
                }
                (Err(_), _) => return,
                (_, Err(error)) => {
                    // Out of files, or the peer left between; a pause keeps the first from spinning.
                    tracing::warn!(%error, "could not accept a connection");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn serve_tcp(context: Arc<Context>, stream: TcpStream, _permit: OwnedSemaphorePermit) {
    connection::serve(context, Lines::new(stream)).await;
}

async fn serve_http(context: Arc<Context>, stream: TcpStream, permit: OwnedSemaphorePermit) {
    let mut draining = context.draining.clone();
    let service = TowerToHyperService::new(warp::service(web::routes(context, Arc::new(permit))));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
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
