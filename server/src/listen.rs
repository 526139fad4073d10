//! Starting and stopping: the two ports, who is let in, and the drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use shared::admin::ChangeSettings;
use shared::frame::ServerInfo;
use shared::{Fingerprint, Secret, SessionToken};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::administration::Administration;
use crate::admission::Admissions;
use crate::blobs::{Blobs, OpenUploadsError};
use crate::config::Config;
use crate::connection::Context;
use crate::files::{Files, collect_regularly, scrub_regularly};
use crate::hub::{Hub, Publisher};
use crate::marks::Marks;
use crate::metrics::Metrics;
use crate::operator::Socket;
use crate::passwords::Passwords;
use crate::store::{Actor, OpenError, Store, StoreError, TokenHash, enforce_regularly, random};
use crate::throttle::{self, Throttle};
use crate::tls::{OpenTlsError, Spoken, Tls};
use crate::web;

mod accept;
mod http;
mod impatient;

use accept::accept;
pub(crate) use impatient::Impatient;

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
    #[error(transparent)]
    Tls(#[from] OpenTlsError),
    #[error("cannot set who is let in: {0}")]
    Policy(#[from] StoreError),
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
    marks: Arc<Marks>,
    admissions: Arc<Admissions>,
    store: Store,
    tls: Option<Arc<Tls>>,
    owners_link: Option<SessionToken>,
}

impl Server {
    /// Opens the database and both ports; once it returns, both are served.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (http_listener, http) = listen(config.http, "http").await?;
        let (tcp_listener, tcp) = listen(config.tcp, "tcp").await?;
        let hub = Arc::new(Hub::default());
        let marks = Arc::new(Marks::default());
        let metrics = Arc::new(Metrics::default());
        let publisher = Box::new(Publisher::new(hub.clone(), Handle::current()));
        let store = Store::open(&config.data_dir, metrics.clone(), publisher)?;
        let owners_link = open_doors(&store, &config).await?;
        let blobs = Blobs::open(&config.uploads_dir, store.uploads_owner())?;
        let thumbnailer = config.thumbnailer.clone();
        let files = Arc::new(Files::new(
            store.clone(),
            hub.clone(),
            blobs,
            thumbnailer,
            metrics.clone(),
        ));
        let hosts = web::hosts(&config);
        let (tls, renewing) = match Tls::open(&config.tls, &config.data_dir, &hosts) {
            Ok(opened) => opened.unzip(),
            Err(error) => {
                // Whoever tries again finds it free.
                store.close().await;
                return Err(error.into());
            }
        };
        let collecting = tokio::spawn(collect_regularly(Arc::downgrade(&files)));
        let scrubbing = tokio::spawn(scrub_regularly(Arc::downgrade(&files)));
        let retention = tokio::spawn(enforce_regularly(store.clone()));
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
        let gate = web::Gate::new(&config, tls.clone());
        let administration = Administration {
            store: store.clone(),
            hub: hub.clone(),
            origin: origin(&config, http, tls.is_some()),
            uploads_dir: config.uploads_dir,
        };
        let operator = Socket::open(&config.data_dir);
        let operator = match operator {
            Ok(socket) => Some(tokio::spawn(socket.serve(administration.clone()))),
            Err(error) => {
                tracing::warn!(%error, "no socket for chinwag-server admin, which works once the server has stopped");
                None
            }
        };
        let context = Arc::new(Context {
            store: store.clone(),
            files,
            hub: hub.clone(),
            administration,
            marks: marks.clone(),
            metrics,
            admissions: admissions.clone(),
            throttle,
            passwords: Passwords::new(config.loopback_is_exempt),
            server: ServerInfo {
                name: config.name,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                public_url: config.public_url.map(|url| url.as_str().to_owned()),
                files_url: config.files_url.map(|url| url.as_str().to_owned()),
                http_port: Some(http.port()),
                https: tls.is_some(),
            },
            limits: config.limits,
            gate,
            passes: web::Passes::new(config.pass_life_ms),
            known_passwords: web::KnownPasswords::new(),
            tls: tls.clone(),
            metrics_for_all: config.metrics_for_all,
            draining,
        });
        let accepting = vec![
            tokio::spawn(accept(http_listener, context.clone(), Spoken::Http)),
            tokio::spawn(accept(tcp_listener, context, Spoken::Lines)),
        ];
        let teller = hub.clone();
        let presence = tokio::spawn(async move { teller.tell_presence().await });
        let (keeper, reader, keeping) = (marks.clone(), hub.clone(), store.clone());
        let keeping = tokio::spawn(async move { keeper.keep(&reader, &keeping).await });
        Ok(Self {
            http,
            tcp,
            drain,
            accepting,
            tasks: [
                collecting, scrubbing, retention, presence, sweeping, keeping,
            ]
            .into_iter()
            .chain(renewing.flatten())
            .chain(operator)
            .collect(),
            hub,
            marks,
            admissions,
            store,
            tls,
            owners_link,
        })
    }

    /// The token of the link by which somebody becomes the owner, where nobody is.
    pub fn owners_link(&self) -> Option<Secret> {
        let token = self.owners_link.as_ref()?;
        Some(token.reveal().into())
    }

    /// Where browsers connect.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where native clients connect.
    pub fn tcp_address(&self) -> SocketAddr {
        self.tcp
    }

    /// Whether both ports speak TLS.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// What clients know the present certificate by, where there is one.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.tls.as_ref()?.fingerprint()
    }

    /// Reads a certificate from files again, without waiting until it is seen that they have changed.
    pub fn reload_certificate(&self) {
        if let Some(tls) = &self.tls {
            tls.reload();
        }
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
        if let Err(error) = self.marks.store_all(&self.store).await {
            tracing::warn!(%error, "how far people have read of late is lost");
        }
        self.store.close().await;
    }
}

/// Where browsers find the server, without a slash at the end. `http` is what it listens on.
pub(crate) fn origin(config: &Config, http: SocketAddr, is_tls: bool) -> String {
    if let Some(url) = &config.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let scheme = if is_tls { "https" } else { "http" };
    // What stands for every address leads to this machine here, and nowhere elsewhere.
    match http.ip().is_unspecified() {
        true => format!("{scheme}://localhost:{}", http.port()),
        false => format!("{scheme}://{http}"),
    }
}

/// Lets in whom the operator says. Returns the token by which somebody becomes the owner, where nobody is.
async fn open_doors(store: &Store, config: &Config) -> Result<Option<SessionToken>, StoreError> {
    let settings = store.settings(Actor::Operator).await?;
    let request = ChangeSettings {
        registration: config
            .registration
            .filter(|it| *it != settings.registration),
        guests: config.guests.filter(|it| *it != settings.guests),
        ..ChangeSettings::default()
    };
    // Else nothing is to be written, and a server starts on a full disk too.
    if request != ChangeSettings::default() {
        store
            .change_settings(Actor::Operator, request, crate::now_ms())
            .await?;
    }
    let token = SessionToken::from_random(random());
    let hash = TokenHash::of(&token.reveal());
    match store.renew_owners_link(hash, crate::now_ms()).await {
        Ok(link) => Ok(link.map(|_| token)),
        Err(StoreError::Full) => {
            tracing::warn!(
                "the disk is full, so there is no link for the owner until the next start"
            );
            Ok(None)
        }
        Err(error) => Err(error),
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
