//! What every request must pass before any route sees it. The server answers only to names that nobody else can
//! point at it, so that a page elsewhere cannot reach it under a name of its own (DNS rebinding); and whoever changes
//! something or opens a WebSocket, and says for which page, must do so for the server's own. Where files have a host of
//! their own, they are there, and nothing else is.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};
use shared::{ErrorCode, ErrorReply};
use tokio::time::timeout;
use warp::reply::Reply as _;

use super::{Elsewhere, api, plain};
use crate::config::{Config, FilesUrl, Host, Origin, Scheme, authority_of};
use crate::system;
use crate::tls::Tls;

/// Whoever still sends a body when it is refused may not look for an answer before its end.
const DISCARD_BYTES_MAX: usize = 32 << 20;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// Host and port by which a request reached the server.
type Authority = (Host, Option<u16>);

/// The names that the server answers to, and the origins of its own pages.
#[derive(Debug)]
pub(crate) struct Gate {
    /// As the operator says.
    listed: Vec<Origin>,
    /// Names that mean this machine to whoever uses them.
    own: Vec<String>,
    /// Whose certificate names the server as well: nobody can show it for a name of their own.
    tls: Option<Arc<Tls>>,
    /// Where files are, if not beside the page.
    files: Option<FilesUrl>,
    has_warned: AtomicBool,
}

/// Why a request is not let in. The texts hold only what was understood.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// No `Host`, or several.
    NoHost,
    /// Reached by a name that is not the server's, or by what cannot be one.
    Host(Option<String>),
    /// Sent for a page that is not the server's.
    Origin(String),
    /// Not a file, on the host of files.
    NoFile,
}

impl Gate {
    pub(crate) fn new(config: &Config, tls: Option<Arc<Tls>>) -> Self {
        let public = config.public_url.iter().map(|url| url.origin().clone());
        Self {
            listed: public.chain(config.allow_origins.iter().cloned()).collect(),
            own: own_names(system::host_name().as_deref()),
            tls,
            files: config.files_url.clone(),
            has_warned: AtomicBool::new(false),
        }
    }

    /// The request, with where it leads if that is elsewhere, or the answer to one that is refused.
    pub(crate) async fn pass(
        &self,
        request: Request<Incoming>,
        is_tls: bool,
    ) -> Result<Request<Incoming>, warp::reply::Response> {
        let (mut head, body) = request.into_parts();
        match self.check(&head, is_tls) {
            Ok(elsewhere) => {
                if let Some(elsewhere) = elsewhere {
                    head.extensions.insert(elsewhere);
                }
                Ok(Request::from_parts(head, body))
            }
            Err(refusal) => {
                if refusal.is_unexpected() {
                    self.warn(&refusal);
                }
                if !head.headers.contains_key(header::EXPECT) {
                    discard(body).await;
                }
                Err(refusal.answer(head.uri.path()))
            }
        }
    }

    /// Whether browsers may be told to use nothing but HTTPS for the name that they have reached the server by: one that
    /// others vouch for, and that is this server's. This machine's own names may be those of other servers as well.
    pub(crate) fn is_strict<B>(&self, request: &Request<B>, is_tls: bool) -> bool {
        let Some(tls) = self
            .tls
            .as_ref()
            .filter(|tls| is_tls && !tls.is_self_signed())
        else {
            return false;
        };
        let host = request.headers().get(header::HOST);
        let host = host.and_then(|host| authority_of(host.to_str().ok()?));
        host.is_some_and(|(host, _)| match &host {
            Host::Address(_) => false,
            Host::Name(name) => !self.own.contains(name) && tls.covers(&host),
        })
    }

    fn check(&self, head: &Parts, is_tls: bool) -> Result<Option<Elsewhere>, Refusal> {
        let is_read = head.method == Method::GET || head.method == Method::HEAD;
        // It tells nothing, and what asks for it may know the server by any name.
        if is_read && head.uri.path() == "/health" {
            return Ok(None);
        }
        let reached_at = self.check_host(head)?;
        let elsewhere = self.check_place(head, reached_at.as_ref())?;
        if !is_read || head.headers.contains_key(header::UPGRADE) {
            let scheme = if is_tls { Scheme::Https } else { Scheme::Http };
            self.check_origin(&head.headers, reached_at, scheme)?;
        }
        Ok(elsewhere)
    }

    /// How the request reached the server; `None` for one that is older than `Host`, which no browser sends.
    fn check_host(&self, head: &Parts) -> Result<Option<Authority>, Refusal> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let host = hosts.next().map(|host| host.to_str().unwrap_or_default());
        if hosts.next().is_some() || (host.is_none() && head.version > Version::HTTP_10) {
            return Err(Refusal::NoHost);
        }
        let mut reached_at = None;
        // What the request line says goes before the header (RFC 9112, section 3.2.2).
        for text in host
            .into_iter()
            .chain(head.uri.authority().map(|it| it.as_str()))
        {
            let authority = authority_of(text).ok_or(Refusal::Host(None))?;
            if !self.answers_to(&authority.0) {
                return Err(Refusal::Host(Some(text.to_ascii_lowercase())));
            }
            reached_at = Some(authority);
        }
        Ok(reached_at)
    }

    /// Where what is asked for is, if not where it is asked for. Descriptions of files go with them: nobody shows those.
    fn check_place(
        &self,
        head: &Parts,
        reached_at: Option<&Authority>,
    ) -> Result<Option<Elsewhere>, Refusal> {
        let Some(files) = &self.files else {
            return Ok(None);
        };
        let path = head.uri.path();
        let is_link = path.starts_with("/files/");
        if reached_at.is_some_and(|(host, _)| host == files.host()) {
            let is_file = is_link || path.starts_with("/api/files/");
            return if is_file {
                Ok(None)
            } else {
                Err(Refusal::NoFile)
            };
        }
        Ok(is_link.then(|| {
            let rest = head.uri.path_and_query().map_or(path, |it| it.as_str());
            Elsewhere(format!("{}{rest}", files.as_str()))
        }))
    }

    /// Of an address and of this machine's names any port will do: a port forwarded by a container or a tunnel is
    /// another one than ours, and nobody can forge it.
    fn answers_to(&self, host: &Host) -> bool {
        let is_of_files = || {
            self.files
                .as_ref()
                .is_some_and(|files| files.host() == host)
        };
        self.is_own(host) || self.listed.iter().any(|listed| listed.host == *host) || is_of_files()
    }

    fn is_own(&self, host: &Host) -> bool {
        match host {
            Host::Address(_) => true,
            Host::Name(name) => {
                self.own.contains(name) || self.tls.as_ref().is_some_and(|tls| tls.covers(host))
            }
        }
    }

    /// Programs state no origin; browsers state that of the page.
    fn check_origin(
        &self,
        headers: &HeaderMap,
        reached_at: Option<Authority>,
        scheme: Scheme,
    ) -> Result<(), Refusal> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(text) = origins.next() else {
            return Ok(());
        };
        let stated = text.to_str().ok().and_then(Origin::stated);
        let (Some(origin), None) = (&stated, origins.next()) else {
            return Err(Refusal::Origin(String::new()));
        };
        let is_where_it_is = reached_at.is_some_and(|(host, port)| {
            let here = Origin {
                scheme,
                port: port.unwrap_or(scheme.port()),
                host,
            };
            self.is_own(&here.host) && here == *origin
        });
        if is_where_it_is || self.listed.contains(origin) {
            return Ok(());
        }
        let text = text.to_str().unwrap_or_default();
        Err(Refusal::Origin(text.to_owned()))
    }

    /// The first time, as the operator may have to do something; after that anybody could fill the log.
    fn warn(&self, refusal: &Refusal) {
        let text = refusal.text();
        if self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::debug!("refused a request: {text}");
        } else {
            tracing::warn!("refused a request, and will say so once: {text}");
        }
    }
}

impl Refusal {
    /// Whether an operator may have to do something about it.
    fn is_unexpected(&self) -> bool {
        match self {
            Self::NoHost | Self::Host(_) | Self::Origin(_) => true,
            Self::NoFile => false,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NoHost => "The request needs one Host header.".to_owned(),
            Self::Host(None) => {
                "This server does not answer to what the Host header says. Use its address."
                    .to_owned()
            }
            Self::Host(Some(name)) => format!(
                "This server does not answer to the name {name}. Use its address; or have it started with \
                 --public-url or --allow-origin and the address that browsers show, such as http://{name}."
            ),
            Self::Origin(origin) if origin.is_empty() => {
                "Another site's page may not do this.".to_owned()
            }
            Self::Origin(origin) => format!(
                "Another site's page may not do this. If {origin} is this server, start it with --public-url or \
                 --allow-origin {origin}."
            ),
            Self::NoFile => "Only files are here.".to_owned(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::NoFile => StatusCode::NOT_FOUND,
        }
    }

    /// An object for programs, a sentence for browsers.
    fn answer(&self, path: &str) -> warp::reply::Response {
        let text = self.text();
        if path.starts_with("/api/") {
            let refusal = ErrorReply::new(ErrorCode::InvalidArgument, text);
            return api::json_response(self.status(), &refusal);
        }
        plain(self.status(), text + "\n").into_response()
    }
}

/// `localhost`, this machine's name, with its domain and without, and what its network calls it without a server
/// for names (RFC 6762).
fn own_names(host_name: Option<&str>) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    if let Some(Host::Name(name)) = host_name.and_then(Host::parse) {
        let short = name.split('.').next().unwrap_or_default();
        if short != "localhost" {
            names.extend([short.to_owned(), format!("{short}.local"), name]);
        }
    }
    names
}

/// All that the server is called, as far as it knows.
pub(crate) fn hosts(config: &Config) -> Vec<Host> {
    let own = own_names(system::host_name().as_deref());
    let bound = [config.http.ip(), config.tcp.ip()];
    let bound = bound
        .into_iter()
        .filter(|address| !address.is_unspecified());
    let public = config.public_url.iter().map(|url| url.origin());
    let listed = public.chain(&config.allow_origins);
    own.into_iter()
        .map(Host::Name)
        .chain(bound.map(Host::Address))
        .chain(listed.map(|origin| origin.host.clone()))
        .collect()
}

/// Reads on for a while, so that the peer hears the answer.
async fn discard(body: Incoming) {
    let mut body = pin!(body);
    let mut left = DISCARD_BYTES_MAX;
    let reading = async {
        while let Some(Ok(frame)) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let bytes = frame.data_ref().map_or(0, bytes::Bytes::len);
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever takes longer is cut off.
    let _ = timeout(DISCARD_TIMEOUT, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_its_name_with_and_without_domain() {
        assert_eq!(
            own_names(Some("Mill.example.org")),
            ["localhost", "mill", "mill.local", "mill.example.org"]
        );
        assert_eq!(own_names(Some("mill"))[1..], ["mill", "mill.local", "mill"]);
        for odd in ["localhost.localdomain", "", "(none)", "127"] {
            assert_eq!(own_names(Some(odd)), ["localhost"], "{odd}");
        }
        assert_eq!(own_names(None), ["localhost"]);
    }
}
