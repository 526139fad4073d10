//! Certificates from an authority, which looks for proof on the port of browsers.

use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::config::{Acme, TlsSource};
use server::{Config, Server};
use shared::Fingerprint;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::authority::Authority;
use crate::peer::config;
use crate::secure::{connect_as, exchange, fingerprint_of};

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const DOMAIN: &str = "chat.example";

async fn start(folder: &TempDir, authority: &Authority) -> Server {
    let acme = Acme {
        domains: vec![DOMAIN.to_owned()],
        email: Some("ann@example.org".to_owned()),
        directory: authority.directory.clone(),
        ca: Some(authority.root.clone()),
    };
    let config = Config {
        tls: TlsSource::Acme(acme),
        ..config(folder)
    };
    let server = Server::start(config).await.unwrap();
    authority.look_at(server.http_address());
    server
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

/// What whoever knows the authority makes of it.
fn verifying(authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(&authority.root).unwrap();
    roots.add(root).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn a_certificate_is_had_kept_and_renewed() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::start(folder.path()).await;
    // Due at once when it is looked at again.
    authority.issue_until(2021);
    let mut shown = Vec::<Fingerprint>::new();
    let server = start(&folder, &authority).await;
    until("there is one", || server.fingerprint().is_some()).await;
    shown.push(server.fingerprint().unwrap());
    server.stop().await;

    authority.issue_until(2099);
    let server = start(&folder, &authority).await;
    until("renewed", || server.fingerprint() != Some(shown[0])).await;
    shown.push(server.fingerprint().unwrap());
    for address in [server.http_address(), server.tcp_address()] {
        let config = verifying(&authority);
        let stream = connect_as(address, DOMAIN, config).await.unwrap();
        assert_eq!(fingerprint_of(&stream), shown[1]);
    }
    let head = format!("GET / HTTP/1.1\r\nhost: {DOMAIN}");
    let answer = exchange(&server, &head, b"").await;
    assert_eq!(answer.status, 200, "it answers to the name");
    assert_ne!(answer.header("strict-transport-security"), "");
    // The proof is not for others to see, nor for longer than it is needed.
    let mut curious = verifying(&authority);
    curious.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let refused = connect_as(server.http_address(), DOMAIN, curious).await;
    assert!(refused.is_err());
    server.stop().await;

    let server = start(&folder, &authority).await;
    assert_eq!(server.fingerprint(), Some(shown[1]), "from the start on");
    server.stop().await;
    assert_eq!(authority.counts(), (1, 2), "of one account");
}

#[tokio::test]
async fn who_cannot_prove_a_name_has_no_certificate_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::start(folder.path()).await;
    let server = start(&folder, &authority).await;
    // Where the name leads, somebody else is.
    authority.look_at(server.tcp_address());
    until("refused", || authority.counts() == (1, 1)).await;
    assert_eq!(server.fingerprint(), None);
    let handshake = connect_as(server.http_address(), DOMAIN, verifying(&authority)).await;
    let error = handshake.unwrap_err().to_string();
    assert!(error.contains("AccessDenied"), "{error}");
    timeout(Duration::from_secs(5), server.stop())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_authority_that_is_not_there_keeps_nobody_from_starting() {
    let folder = TempDir::new().unwrap();
    let mut nowhere = Authority::start(folder.path()).await;
    nowhere.directory = "https://127.0.0.1:1/directory".to_owned();
    let server = start(&folder, &nowhere).await;
    assert!(server.is_tls() && server.fingerprint().is_none());
    let stream = TcpStream::connect(server.http_address()).await.unwrap();
    let connector = TlsConnector::from(std::sync::Arc::new(verifying(&nowhere)));
    let name = ServerName::try_from(DOMAIN).unwrap();
    assert!(connector.connect(name, stream).await.is_err());
    server.stop().await;
}
