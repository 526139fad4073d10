//! An authority that speaks ACME (RFC 8555), as small as it can be while it verifies signatures and proofs.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData,
    SignatureAlgorithm, date_time_ymd,
};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use warp::reply::Reply as _;

use crate::secure::blind_config;

/// What an authority that looks for proof speaks.
const PROOF: &[u8] = b"acme-tls/1";

pub(crate) struct Authority {
    pub(crate) directory: String,
    /// Its root, in PEM.
    pub(crate) root: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    origin: String,
    issuer: Issuer<'static, KeyPair>,
    root_pem: String,
    /// Where all names lead.
    proofs_at: Option<SocketAddr>,
    /// Until when, in years.
    issued_until: i32,
    nonces: HashSet<String>,
    accounts: Vec<Value>,
    orders: Vec<Order>,
}

#[derive(Default)]
struct Order {
    domain: String,
    /// `None` before anybody has looked.
    proven: Option<Result<(), String>>,
    certificate: Option<String>,
}

type Reply = Result<(u16, Option<String>, Value), String>;

impl Authority {
    pub(crate) async fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Root");
        let root_pem = params.self_signed(&key).unwrap().pem();
        let root = folder.join("root.pem");
        std::fs::write(&root, &root_pem).unwrap();
        let issuer = Issuer::new(params, key);
        let acceptor = acceptor(&issuer);
        let state = Arc::new(Mutex::new(State {
            origin: origin.clone(),
            issuer,
            root_pem,
            proofs_at: None,
            issued_until: 2099,
            nonces: HashSet::new(),
            accounts: Vec::new(),
            orders: Vec::new(),
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, shared.clone()));
            }
        });
        let directory = format!("{origin}/directory");
        Self {
            directory,
            root,
            state,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Where it looks for proof from now on, whatever the name.
    pub(crate) fn look_at(&self, server: SocketAddr) {
        self.state().proofs_at = Some(server);
    }

    pub(crate) fn issue_until(&self, year: i32) {
        self.state().issued_until = year;
    }

    /// Accounts, and certificates that were issued or refused.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.state();
        let is_done =
            |order: &&Order| order.certificate.is_some() || matches!(order.proven, Some(Err(_)));
        (
            state.accounts.len(),
            state.orders.iter().filter(is_done).count(),
        )
    }
}

fn acceptor(issuer: &Issuer<'static, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, issuer).unwrap().der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![own],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, state: Arc<Mutex<State>>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |request| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(answer(&state, request).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> warp::reply::Response {
    let (head, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes.extend_from_slice(frame.unwrap().data_ref().unwrap());
    }
    let path = head.uri.path();
    let replied = if head.method == Method::POST {
        reply(state, path, &bytes).await
    } else {
        let origin = state.lock().unwrap().origin.clone();
        let at = |path: &str| format!("{origin}{path}");
        let directory = json!({
            "newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"),
        });
        Ok((200, None, directory))
    };
    let (status, location, value) = replied.unwrap_or_else(|detail| {
        let kind = "urn:ietf:params:acme:error:malformed";
        (400, None, json!({"type": kind, "detail": detail}))
    });
    let nonce = BASE64.encode(native::random::<16>());
    state.lock().unwrap().nonces.insert(nonce.clone());
    let body = match value {
        Value::String(pem) => pem,
        other => other.to_string(),
    };
    let mut response = Response::builder().status(status);
    response = response.header("replay-nonce", nonce);
    if let Some(location) = location {
        response = response.header("location", location);
    }
    response.body(Bytes::from(body)).unwrap().into_response()
}

/// Answers a request that is signed.
async fn reply(state: &Mutex<State>, path: &str, body: &[u8]) -> Reply {
    let (payload, account) = {
        let mut state = state.lock().unwrap();
        state.verified(path, body)?
    };
    let (kind, number) = path[1..].split_once('/').unwrap_or((&path[1..], "0"));
    let number: usize = number.parse().unwrap();
    if kind == "challenge" {
        let proven = look(state, number, &account).await;
        state.lock().unwrap().orders[number].proven = Some(proven);
    }
    let mut state = state.lock().unwrap();
    if kind == "order" && payload != Value::Null {
        let domain = payload["identifiers"][0]["value"].as_str().unwrap();
        let order = Order {
            domain: domain.to_owned(),
            ..Order::default()
        };
        state.orders.push(order);
        let number = state.orders.len() - 1;
        let location = format!("{}/order/{number}", state.origin);
        return Ok((201, Some(location), state.order(number)));
    }
    match kind {
        "account" => {
            let location = format!("{}/account/{}", state.origin, state.accounts.len() - 1);
            Ok((201, Some(location), json!({"status": "valid"})))
        }
        "order" => Ok((200, None, state.order(number))),
        "authorization" => Ok((200, None, state.authorization(number))),
        "challenge" => Ok((200, None, state.challenge(number))),
        "finalize" => {
            state.issue(number, payload["csr"].as_str().unwrap());
            Ok((200, None, state.order(number)))
        }
        "certificate" => {
            let pem = state.orders[number].certificate.clone().unwrap();
            Ok((200, None, Value::String(pem)))
        }
        other => Err(format!("{other} is nothing")),
    }
}

impl State {
    /// The payload of a signed request, and the key of the account that it is for.
    fn verified(&mut self, path: &str, body: &[u8]) -> Result<(Value, Value), String> {
        let signed: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let part = |name: &str| signed[name].as_str().unwrap_or_default().to_owned();
        let decoded = |text: &str| BASE64.decode(text).map_err(|error| error.to_string());
        let protected: Value = serde_json::from_slice(&decoded(&part("protected"))?).unwrap();
        if protected["url"] != format!("{}{path}", self.origin) {
            return Err("another address is signed".to_owned());
        }
        if !self.nonces.remove(protected["nonce"].as_str().unwrap()) {
            return Err("no nonce of ours".to_owned());
        }
        if path == "/account" {
            self.accounts.push(protected["jwk"].clone());
        }
        let number = match protected["kid"].as_str() {
            Some(kid) => kid.rsplit('/').next().unwrap().parse().unwrap(),
            None => self.accounts.len() - 1,
        };
        let key = self.accounts.get(number).cloned();
        let key = key.ok_or("no such account")?;
        let coordinate = |name: &str| BASE64.decode(key[name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let text = format!("{}.{}", part("protected"), part("payload"));
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(text.as_bytes(), &decoded(&part("signature"))?)
            .map_err(|_| "the signature is wrong")?;
        let payload = decoded(&part("payload"))?;
        let payload = serde_json::from_slice(&payload).unwrap_or_default();
        Ok((payload, key))
    }

    fn order(&self, number: usize) -> Value {
        let Order {
            domain,
            proven,
            certificate,
        } = &self.orders[number];
        let status = match (proven, certificate) {
            (_, Some(_)) => "valid",
            (Some(Ok(())), None) => "ready",
            (Some(Err(_)), None) => "invalid",
            (None, None) => "pending",
        };
        let at = |kind: &str| format!("{}/{kind}/{number}", self.origin);
        let mut order = json!({
            "status": status, "identifiers": [{"type": "dns", "value": domain}],
            "authorizations": [at("authorization")], "finalize": at("finalize"),
        });
        if certificate.is_some() {
            order["certificate"] = at("certificate").into();
        }
        order
    }

    fn authorization(&self, number: usize) -> Value {
        let Order { domain, proven, .. } = &self.orders[number];
        json!({
            "status": status(proven), "identifier": {"type": "dns", "value": domain},
            "challenges": [
                {"type": "dns-01", "url": self.origin, "token": "x", "status": "pending"},
                self.challenge(number),
            ],
        })
    }

    fn challenge(&self, number: usize) -> Value {
        let proven = &self.orders[number].proven;
        let error = match proven {
            Some(Err(detail)) => {
                json!({"type": "urn:ietf:params:acme:error:tls", "detail": detail})
            }
            Some(Ok(())) | None => Value::Null,
        };
        json!({
            "type": "tls-alpn-01", "url": format!("{}/challenge/{number}", self.origin),
            "token": token(number), "status": status(proven), "error": error,
        })
    }

    fn issue(&mut self, number: usize, request: &str) {
        let request = BASE64.decode(request).unwrap();
        // A bit string of a point on the curve.
        let start = request
            .windows(4)
            .position(|window| window == [3, 66, 0, 4]);
        let start = start.unwrap() + 3;
        let key = Requested(request[start..start + 65].to_vec());
        let order = &mut self.orders[number];
        let mut params = CertificateParams::new([order.domain.clone()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(self.issued_until, 1, 1);
        let issued = params.signed_by(&key, &self.issuer).unwrap().pem();
        order.certificate = Some(format!("{issued}{}", self.root_pem));
    }
}

/// The key that a certificate is wanted for.
struct Requested(Vec<u8>);

impl PublicKeyData for Requested {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

fn status(proven: &Option<Result<(), String>>) -> &'static str {
    match proven {
        None => "pending",
        Some(Ok(())) => "valid",
        Some(Err(_)) => "invalid",
    }
}

fn token(number: usize) -> String {
    format!("token-{number}")
}

/// Looks for the proof (RFC 8737, section 3).
async fn look(state: &Mutex<State>, number: usize, account: &Value) -> Result<(), String> {
    let domain = state.lock().unwrap().orders[number].domain.clone();
    // A server is there before it is known where.
    let server = loop {
        if let Some(server) = state.lock().unwrap().proofs_at {
            break server;
        }
        sleep(Duration::from_millis(10)).await;
    };
    let key = format!(
        "{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":{},\"y\":{}}}",
        account["x"], account["y"]
    );
    let thumbprint = BASE64.encode(digest(&SHA256, key.as_bytes()));
    let wanted = format!("{}.{thumbprint}", token(number));
    let wanted = digest(&SHA256, wanted.as_bytes());
    let stream = TcpStream::connect(server)
        .await
        .map_err(|error| error.to_string())?;
    let mut config = blind_config();
    config.alpn_protocols = vec![PROOF.to_vec()];
    let name = ServerName::try_from(domain.clone()).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let connected = connector.connect(name, stream).await;
    let stream = connected.map_err(|error| error.to_string())?;
    let connection = stream.get_ref().1;
    if connection.alpn_protocol() != Some(PROOF) {
        return Err("it speaks something else".to_owned());
    }
    let shown: &CertificateDer<'_> = &connection.peer_certificates().unwrap()[0];
    let is_named = shown
        .windows(domain.len())
        .any(|window| window == domain.as_bytes());
    if !is_named {
        return Err("it is for another name".to_owned());
    }
    // id-pe-acmeIdentifier, critical, and a string of bytes in one.
    let extension = [
        &[6, 8, 43, 6, 1, 5, 5, 7, 1, 31, 1, 1, 255, 4, 34, 4, 32],
        wanted.as_ref(),
    ];
    let extension = extension.concat();
    let is_there = shown
        .windows(extension.len())
        .any(|window| window == extension);
    is_there
        .then_some(())
        .ok_or_else(|| "the proof is another one".to_owned())
}
