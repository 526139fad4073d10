//! Peers that come by TLS and look at the certificate instead of trusting it, and certificates for servers.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use server::config::{CertificateFiles, TlsSource};
use server::{Config, Server};
use shared::Fingerprint;
use tempfile::TempDir;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tungstenite::client::IntoClientRequest as _;

use crate::http::{Answer, read_answer};
use crate::peer::{Peer, config};

pub(crate) type Secure = TlsStream<TcpStream>;

/// Takes any certificate, if whoever shows it has its key; or even one that means nothing to it.
#[derive(Debug)]
struct Anybody {
    provider: Arc<CryptoProvider>,
    is_blind: bool,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_blind {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_blind {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Of a client that takes any certificate.
pub(crate) fn client_config() -> ClientConfig {
    config_of(false)
}

/// Of a client that takes what is no certificate for anybody else, too.
pub(crate) fn blind_config() -> ClientConfig {
    config_of(true)
}

fn config_of(is_blind: bool) -> ClientConfig {
    let provider = Arc::new(provider::default_provider());
    ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody { provider, is_blind }))
        .with_no_client_auth()
}

pub(crate) async fn connect(address: SocketAddr) -> Secure {
    connect_as(address, "localhost", client_config())
        .await
        .unwrap()
}

/// To the server that must be called so.
pub(crate) async fn connect_as(
    address: SocketAddr,
    name: &str,
    config: ClientConfig,
) -> std::io::Result<Secure> {
    let stream = TcpStream::connect(address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    connector.connect(name, stream).await
}

/// Of the certificate that the server has shown.
pub(crate) fn fingerprint_of(stream: &Secure) -> Fingerprint {
    let shown = stream.get_ref().1.peer_certificates().unwrap();
    let hash = digest(&SHA256, &shown[0]);
    Fingerprint(hash.as_ref().try_into().unwrap())
}

pub(crate) async fn shown_by(server: &Server) -> Fingerprint {
    fingerprint_of(&connect(server.http_address()).await)
}

pub(crate) async fn lines(server: &Server) -> Peer<Secure> {
    Peer::Tcp(BufReader::new(connect(server.tcp_address()).await))
}

pub(crate) async fn websocket(server: &Server) -> Peer<Secure> {
    let stream = connect(server.http_address()).await;
    let request = format!("wss://{}/ws", server.http_address());
    let request = request.into_client_request().unwrap();
    let socket = tokio_tungstenite::client_async(request, stream).await;
    Peer::WebSocket(Box::new(socket.unwrap().0))
}

/// Sends a request by HTTPS whose head is `head` without its end, and reads the answer.
pub(crate) async fn exchange(server: &Server, head: &str, body: &[u8]) -> Answer {
    let mut stream = connect(server.http_address()).await;
    let head = format!("{}\r\nconnection: close\r\n\r\n", head.trim_end());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream.flush().await.unwrap();
    read_answer(stream).await
}

/// A server with a certificate of its own making.
pub(crate) async fn start(folder: &TempDir) -> Server {
    let config = Config {
        tls: TlsSource::SelfSigned,
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// An operator's certificate, in files.
pub(crate) struct Operator {
    folder: PathBuf,
}

impl Operator {
    pub(crate) fn new(folder: &TempDir) -> Self {
        let folder = folder.path().to_owned();
        Self { folder }
    }

    pub(crate) fn files(&self) -> CertificateFiles {
        CertificateFiles {
            certificate: self.folder.join("certificate.pem"),
            key: self.folder.join("key.pem"),
        }
    }

    /// Puts a new certificate for these names in place and returns what it is known by.
    pub(crate) fn renew(&self, names: &[&str]) -> Fingerprint {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        self.put(&certificate.pem(), &key.serialize_pem());
        let hash = digest(&SHA256, certificate.der());
        Fingerprint(hash.as_ref().try_into().unwrap())
    }

    pub(crate) fn put(&self, certificate: &str, key: &str) {
        let files = self.files();
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
    }

    pub(crate) async fn start(&self, folder: &TempDir) -> Server {
        let config = Config {
            tls: TlsSource::Files(self.files()),
            ..config(folder)
        };
        Server::start(config).await.unwrap()
    }
}
