//! Requests to the authority. Its certificate is verified by the roots of the system, and by those that the operator
//! has named.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::crypto::ring as provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A request and its answer together.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// More than any answer of an authority has.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why the authority cannot be asked at all; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("cannot read the roots of the authority in {}: {why}", path.display())]
    Roots { path: PathBuf, why: String },
    #[error(
        "this system has no certificates of authorities, without which none can be asked; install the package \
         ca-certificates"
    )]
    NoRoots,
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// A client that opens a connection for each request: there are a dozen of them in two months.
#[derive(Clone)]
pub(super) struct Https {
    config: Arc<ClientConfig>,
}

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

impl Https {
    /// `more_roots` is a PEM file.
    pub(super) fn new(more_roots: Option<&Path>) -> Result<Self, AuthorityError> {
        let mut roots = RootCertStore::empty();
        // What cannot be read vouches for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = more_roots {
            let unfit = |why: String| AuthorityError::Roots {
                path: path.to_owned(),
                why,
            };
            let own =
                CertificateDer::pem_file_iter(path).map_err(|error| unfit(error.to_string()))?;
            let own: Vec<_> = own.filter_map(Result::ok).collect();
            if roots.add_parsable_certificates(own).0 == 0 {
                return Err(unfit("it holds no certificate in PEM".to_owned()));
            }
        }
        if roots.is_empty() {
            return Err(AuthorityError::NoRoots);
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()));
        let config = builder
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
        })
    }

    async fn exchange(
        &self,
        mut request: Request<BodyWrapper<Bytes>>,
    ) -> Result<BytesResponse, BoxedError> {
        let uri = request.uri().clone();
        let (Some("https"), Some(host), Some(authority)) =
            (uri.scheme_str(), uri.host(), uri.authority())
        else {
            return Err(format!("{uri} is no https:// address").into());
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, uri.port_u16().unwrap_or(443))).await?;
        let name = ServerName::try_from(bare.to_owned())?;
        let connector = TlsConnector::from(self.config.clone());
        let stream = connector.connect(name, stream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender, and says through that what went wrong.
        tokio::spawn(connection);
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().insert(HOST, host);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse::<Uri>()?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body: Bytes = collect(body).await?.into();
        Ok(BytesResponse {
            parts,
            body: Box::new(body),
        })
    }
}

async fn collect(mut body: Incoming) -> Result<Vec<u8>, BoxedError> {
    let mut all = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Some(bytes) = frame?.data_ref() {
            all.extend_from_slice(bytes);
        }
        if all.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
    }
    Ok(all)
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move {
            let uri = request.uri().clone();
            let failed = |why: String| Error::Other(format!("{uri}: {why}").into());
            match timeout(ANSWER_TIMEOUT, client.exchange(request)).await {
                Ok(answer) => answer.map_err(|error| failed(error.to_string())),
                Err(_) => Err(failed("no answer in time".to_owned())),
            }
        })
    }
}
