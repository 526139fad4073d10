//! `/share/<file id>`: a file for people without an account, as a page that works without script. A password is sent by
//! a form, and its answer holds the pass by which the file is fetched.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use ring::digest;
use shared::{ErrorCode, ErrorReply, FileId, Secret};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::Tail;
use warp::reply::{Reply as _, Response as Answer};

use super::{Links, Visitor};
use crate::error;
use crate::store::{OpenFile, StoreError, Terms};
use crate::web::api::{NONE, bytes_of};
use crate::web::body::Incoming;
use crate::web::headers::guard;
use crate::web::put::parameter;

mod html;

use html::SharedFile;

/// Of a form with a password.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// A request for the page.
struct Asked {
    method: Method,
    /// Behind `/share/`.
    path: String,
    headers: HeaderMap,
}

pub(super) fn routes(links: Links) -> BoxedFilter<(Answer,)> {
    warp::path("share")
        .and(warp::method())
        .and(warp::path::tail())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(move |method, path: Tail, headers, body| {
            let links = links.clone();
            let asked = Asked {
                method,
                path: path.as_str().to_owned(),
                headers,
            };
            async move { links.share(&asked, Incoming::new(body)).await }
        })
        .boxed()
}

impl Links {
    async fn share(&self, asked: &Asked, mut body: Incoming) -> Answer {
        let server = &self.context.server.name;
        let page = match asked.method {
            Method::GET | Method::HEAD => self.shown(asked, None).await,
            Method::POST => match password(&mut body).await {
                Ok(password) => self.shown(asked, Some(&password)).await,
                Err(refusal) => Err(refusal),
            },
            _ => {
                let mut answer = self.document(
                    StatusCode::METHOD_NOT_ALLOWED,
                    html::refused(server, "This address is to be opened."),
                );
                let allowed = HeaderValue::from_static("GET, HEAD, POST");
                answer.headers_mut().insert(header::ALLOW, allowed);
                return answer;
            }
        };
        let refusal = match page {
            Ok(page) => return self.document(StatusCode::OK, page),
            Err(refusal) => refusal,
        };
        let status = error::status(refusal.code);
        match refusal.code {
            ErrorCode::FileNotFound | ErrorCode::FileArriving => {
                self.document(StatusCode::NOT_FOUND, html::missing(server))
            }
            // Nothing was sent yet, or what was sent was wrong; a browser is not to ask in its own way.
            ErrorCode::PasswordNeeded if asked.method == Method::POST => {
                let text = html::locked(server, Some(&refusal.message));
                self.document(StatusCode::FORBIDDEN, text)
            }
            ErrorCode::PasswordNeeded => self.document(StatusCode::OK, html::locked(server, None)),
            ErrorCode::RateLimited if asked.method == Method::POST => {
                let text = html::locked(server, Some(&refusal.message));
                retry(self.document(status, text), &refusal)
            }
            _any => {
                let text = html::refused(server, &refusal.message);
                retry(self.document(status, text), &refusal)
            }
        }
    }

    /// The file's page for whoever may open it; `password` is what their form has sent.
    async fn shown(&self, asked: &Asked, password: Option<&Secret>) -> Result<String, ErrorReply> {
        self.caller.check()?;
        let not_found = || error::from_store(NONE, StoreError::FileNotFound);
        let file_id: FileId = asked.path.parse().map_err(|_| not_found())?;
        let reader = self.signed_in(&asked.method, &asked.headers).await;
        let person = reader.map(|reader| reader.person);
        let open = self.context.files.file_on_terms(file_id, person).await;
        let open = open.map_err(|failed| error::from_read(NONE, failed))?;
        let visitor = Visitor {
            context: &self.context,
            caller: &self.caller,
            headers: &asked.headers,
            pass: None,
        };
        let hash = open
            .terms
            .as_ref()
            .and_then(|terms| terms.password.as_deref());
        let pass = match (hash, password) {
            (Some(hash), Some(password)) => {
                visitor.try_password(file_id, hash, password).await?;
                let passes = &self.context.passes;
                Some(passes.give_unlocked(file_id, hash, crate::now_ms()))
            }
            (_, _) => {
                visitor.unlock(file_id, open.terms.as_ref()).await?;
                None
            }
        };
        visitor.may_begin(file_id, open.terms.as_ref()).await?;
        Ok(self.page_of(&open, pass.as_deref()))
    }

    fn page_of(&self, open: &OpenFile, pass: Option<&str>) -> String {
        let server = &self.context.server;
        let terms = open.terms.as_ref();
        let shared = SharedFile {
            file: &open.file,
            pass,
            ends_at: open.link_ends_at,
            downloads_left: terms.and_then(|terms| terms.downloads_left),
            is_for_everybody: terms.is_some_and(Terms::are_none),
            public_url: server.public_url.as_deref(),
        };
        shared.page(&server.name)
    }

    fn document(&self, status: StatusCode, text: String) -> Answer {
        let mut answer = Response::new(bytes::Bytes::from(text)).into_response();
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        guard(headers);
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "text/html; charset=utf-8");
        set(header::CACHE_CONTROL, "no-store");
        // What is sent by the form says where it comes from, which the gate asks for.
        set(header::REFERRER_POLICY, "same-origin");
        set(HeaderName::from_static("x-robots-tag"), "noindex");
        set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
        let policy = policy(self.context.server.files_url.as_deref());
        let policy = HeaderValue::try_from(policy).expect("a policy is printable ASCII");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        answer
    }
}

/// The page shows files, which may be on another host, and its own styles, and sends its form to where it is from.
fn policy(files_url: Option<&str>) -> String {
    static STYLES: OnceLock<String> = OnceLock::new();
    let styles = STYLES.get_or_init(|| {
        let hash = digest::digest(&digest::SHA256, html::STYLES.as_bytes());
        BASE64_STANDARD.encode(hash)
    });
    let files = files_url.map(|url| format!(" {url}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'sha256-{styles}'; img-src 'self'{files}; media-src 'self'{files}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn retry(mut answer: Answer, refusal: &ErrorReply) -> Answer {
    if let Some(ms) = refusal.retry_after_ms {
        let seconds = HeaderValue::from(ms.div_ceil(1000));
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    answer
}

/// What the form has sent; no password where it has none.
async fn password(body: &mut Incoming) -> Result<Secret, ErrorReply> {
    let form = bytes_of(body, FORM_BYTES_MAX).await?;
    let form = String::from_utf8_lossy(&form);
    Ok(parameter(&form, "password").unwrap_or_default().into())
}
