//! A real server for the tests of native clients, in a folder of its own.

mod proxy;

use tempfile::TempDir;
use tokio::runtime::Runtime;

use server::config::RateLimit;
use server::{Config, Server};
use shared::Fingerprint;
use shared::account::Registration;
use shared::http::invitation_link;

pub use proxy::Proxy;
pub use server::config::{CertificateFiles, TlsSource};

/// A server on free ports, and the folder of its data and of everybody's profiles.
pub struct World {
    pub folder: TempDir,
    runtime: Runtime,
    server: Option<Server>,
    tcp: String,
    http: String,
    /// What the next server that is started shows of itself.
    pub tls: TlsSource,
    /// Who may make an account on the next server that is started.
    pub registration: Option<Registration>,
}

impl World {
    /// # Panics
    /// Like all of them, where it cannot be done: then the test has failed.
    pub fn start() -> Self {
        Self::start_with(TlsSource::Off)
    }

    /// With TLS, perhaps.
    pub fn start_with(tls: TlsSource) -> Self {
        let mut world = Self {
            folder: TempDir::new().expect("a folder for temporary files"),
            runtime: Runtime::new().expect("a runtime"),
            server: None,
            tcp: "127.0.0.1:0".to_owned(),
            http: "127.0.0.1:0".to_owned(),
            tls,
            registration: None,
        };
        world.start_server();
        world
    }

    /// On the ports of before, where there was a server before.
    pub fn start_server(&mut self) {
        let config = Config {
            http: self.http.parse().expect("an address"),
            tcp: self.tcp.parse().expect("an address"),
            data_dir: self.folder.path().join("data"),
            uploads_dir: self.folder.path().join("uploads"),
            rate_limit: RateLimit::OFF,
            tls: self.tls.clone(),
            guests: Some(true),
            registration: self.registration,
            ..Config::default()
        };
        let started = self.runtime.block_on(Server::start(config));
        let server = started.expect("the server starts");
        self.tcp = server.tcp_address().to_string();
        self.http = server.http_address().to_string();
        self.server = Some(server);
    }

    /// Drains it. Nothing where it is stopped already.
    pub fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }

    /// The link by which somebody becomes the server's owner, while nobody is.
    pub fn owners_link(&self) -> Option<String> {
        let token = self.server.as_ref()?.owners_link()?;
        Some(format!("http://{}{}", self.http, invitation_link(&token)))
    }

    /// What clients know its certificate by.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.server.as_ref()?.fingerprint()
    }

    /// `HOST:PORT` for native clients.
    pub fn tcp(&self) -> &str {
        &self.tcp
    }

    /// `HOST:PORT` for browsers.
    pub fn http(&self) -> &str {
        &self.http
    }
}
