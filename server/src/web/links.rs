//! Files by their link. What people upload is served so that no browser runs it as a part of Chinwag.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};
use shared::http::ThumbnailBox;
use shared::{ErrorCode, ErrorReply, FileId, Operation, PersonId, RequestId, SessionId, http};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::Tail;
use warp::reply::{Reply as _, Response as Answer};

use super::caller::Caller;
use super::cookie::CookieName;
use super::headers::RESOURCE_POLICY;
use super::pieces::{Guard, Pieces};
use super::range::{Selection, select};
use super::session::bearer;
use super::{Cut, Elsewhere, api, plain};
use crate::connection::Context;
use crate::error;
use crate::files::{Files, Granted, ReadError, UploadError};
use crate::store::{Linked, Portion, SignedIn, StoreError};

mod door;
mod pass;
mod served;
mod share;
mod shown;
mod watch;

pub(crate) use door::KnownPasswords;
pub(super) use door::Visitor;
use door::challenge;
pub(crate) use pass::Passes;
use pass::{PARAMETER, PassError};
use served::Served;
pub(super) use shown::attachment;
use shown::{Asked, asked_thumbnail, has};
use watch::Watched;

/// Everything below `/files` and `/share`. Where that is on a host of its own, the page's is another one, and may embed them.
pub(super) fn routes(
    context: Arc<Context>,
    caller: Caller,
    cookie: CookieName,
) -> BoxedFilter<(Answer,)> {
    let links = Links {
        context,
        caller,
        cookie,
    };
    let pages = share::routes(links.clone());
    let query = warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) });
    let files = warp::path("files")
        .and(warp::method())
        .and(warp::path::tail())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Cut>())
        .and(warp::ext::optional::<Elsewhere>())
        .then(
            move |method, path: Tail, query: String, headers, cut, elsewhere| {
                let links = links.clone();
                let opening = Opening {
                    method,
                    path: path.as_str().to_owned(),
                    asked: Asked::of(&query),
                    is_preview: has(&query, "preview"),
                    thumbnail: asked_thumbnail(&query),
                    pass: pass_in(&query).map(str::to_owned),
                    headers,
                    cut,
                    elsewhere,
                };
                async move { links.answer(&opening).await }
            },
        );
    files.or(pages).unify().boxed()
}

/// What is shared by the requests of one connection.
#[derive(Clone)]
struct Links {
    context: Arc<Context>,
    caller: Caller,
    cookie: CookieName,
}

/// A request for a link.
struct Opening {
    method: Method,
    /// Behind `/files/`.
    path: String,
    asked: Asked,
    /// For a page that shows the file before it is downloaded.
    is_preview: bool,
    /// The box that a thumbnail is asked for in, if one is.
    thumbnail: Option<Result<ThumbnailBox, ErrorReply>>,
    pass: Option<String>,
    headers: HeaderMap,
    cut: Cut,
    elsewhere: Option<Elsewhere>,
}

impl Opening {
    /// The name behind it is for people and for whoever saves the file.
    fn file_id(&self) -> Result<FileId, ErrorReply> {
        let file_id = self.path.split('/').next().unwrap_or_default();
        let not_found = || ErrorReply::new(ErrorCode::FileNotFound, "There is no such file.");
        file_id.parse().map_err(|_| not_found())
    }
}

/// Who opens a link.
struct Reader {
    person: PersonId,
    session: SessionId,
}

/// The pass among a link's parameters.
fn pass_in(query: &str) -> Option<&str> {
    // The last one is the server's own, where somebody has put another one before it.
    let mut parameters = query.split('&').rev().filter_map(|it| it.split_once('='));
    let found = parameters.find(|(name, _)| *name == PARAMETER);
    found.map(|(_, pass)| pass)
}

impl Links {
    async fn answer(&self, opening: &Opening) -> Answer {
        let mut answer = match self.caller.check() {
            Ok(()) => self.serve(opening).await,
            Err(refusal) => refused(refusal, &opening.headers),
        };
        if self.context.server.files_url.is_some() {
            let everybody = HeaderValue::from_static("cross-origin");
            answer.headers_mut().insert(RESOURCE_POLICY, everybody);
        }
        answer
    }

    async fn serve(&self, opening: &Opening) -> Answer {
        if opening.method != Method::GET && opening.method != Method::HEAD {
            let mut response = plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "A link answers GET and HEAD.\n",
            );
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            return response.into_response();
        }
        let answer = match &opening.elsewhere {
            Some(Elsewhere(address)) => self.lead(opening, address).await,
            None => self.fetch(opening).await,
        };
        answer.unwrap_or_else(|refusal| match self.form(opening, &refusal) {
            Some(form) => form,
            None => refused(refusal, &opening.headers),
        })
    }

    /// Where whoever follows a link in a browser is asked for its password: on its page, which is on the page's host.
    fn form(&self, opening: &Opening, refusal: &ErrorReply) -> Option<Answer> {
        let is_asked = refusal.code == ErrorCode::PasswordNeeded;
        if !is_asked
            || !accepts_html(&opening.headers)
            || opening.headers.contains_key(header::AUTHORIZATION)
        {
            return None;
        }
        let page = http::share_path(opening.file_id().ok()?);
        let server = &self.context.server;
        let address = match (&server.files_url, &server.public_url) {
            (None, _) => page,
            (Some(_), Some(url)) => format!("{url}{page}"),
            (Some(_), None) => return None,
        };
        let mut answer = plain(StatusCode::SEE_OTHER, "The file has a password.\n");
        let headers = answer.headers_mut();
        headers.insert(header::LOCATION, HeaderValue::try_from(address).ok()?);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Some(answer.into_response())
    }

    /// Leads to the files' host. Whoever may open what others may not gets a pass for that way, as no cookie goes with
    /// them.
    async fn lead(&self, opening: &Opening, address: &str) -> Result<Answer, ErrorReply> {
        let (status, address) = match self.pass(opening).await? {
            Some(pass) => {
                let mark = if address.contains('?') { '&' } else { '?' };
                let address = format!("{address}{mark}{PARAMETER}={pass}");
                (StatusCode::TEMPORARY_REDIRECT, address)
            }
            None => (StatusCode::PERMANENT_REDIRECT, address.to_owned()),
        };
        let mut response = plain(status, "The file is on another host.\n");
        let headers = response.headers_mut();
        // It is made of an address and of what was a request line.
        if let Ok(address) = HeaderValue::try_from(address) {
            headers.insert(header::LOCATION, address);
        }
        // Operators change their minds, and browsers would keep the old answer for good.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response.into_response())
    }

    /// A pass for whoever opens the link, where that is for some only and they are among them: those who see the file
    /// in a room, or know its password.
    async fn pass(&self, opening: &Opening) -> Result<Option<String>, ErrorReply> {
        // What is no file is none over there as well.
        let Ok(file_id) = opening.file_id() else {
            return Ok(None);
        };
        let (store, passes, now) = (&self.context.store, &self.context.passes, crate::now_ms());
        let failed = |failed| error::from_store(RequestId::default(), failed);
        let reader = self.signed_in(&opening.method, &opening.headers).await;
        if let Some(reader) = &reader {
            let open = store.open_file(file_id, None, now).await;
            if open.map_err(failed)?.is_some() {
                return Ok(None);
            }
            let open = store.open_file(file_id, Some(reader.person), now).await;
            if open.map_err(failed)?.is_some() {
                return Ok(Some(passes.give(file_id, reader.session, now)));
            }
        }
        if !opening.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        let open = store.open_link(file_id, None, now).await.map_err(failed)?;
        let terms = open.as_ref().and_then(Linked::terms);
        let Some(hash) = terms.and_then(|terms| terms.password.as_deref()) else {
            return Ok(None);
        };
        self.visitor(opening).unlock(file_id, terms).await?;
        Ok(Some(passes.give_unlocked(file_id, hash, now)))
    }

    fn visitor<'a>(&'a self, opening: &'a Opening) -> Visitor<'a> {
        Visitor {
            context: &self.context,
            caller: &self.caller,
            headers: &opening.headers,
            pass: opening.pass.as_deref(),
        }
    }

    /// Who opens a link, where they say so by token or cookie. Nobody where the session has ended or may not read files:
    /// a link is open to whoever has it, and what is for members is not there for others.
    async fn signed_in(&self, method: &Method, headers: &HeaderMap) -> Option<Reader> {
        let cookie = || self.cookie.token_of(method, headers);
        let token = bearer(headers).or_else(cookie)?;
        let account = self.context.store.account_by_token(token).await;
        reader(account.ok()??)
    }

    /// Likewise, by a pass to the file.
    async fn passed(&self, pass: &str, file_id: FileId) -> Result<Option<Reader>, PassError> {
        let session = self.context.passes.check(pass, file_id, crate::now_ms())?;
        let account = self.context.store.account_of_session(session).await;
        Ok(account.ok().flatten().and_then(reader))
    }

    async fn fetch(&self, opening: &Opening) -> Result<Answer, ErrorReply> {
        let none = RequestId::default();
        let Opening {
            method, headers, ..
        } = opening;
        let file_id = opening.file_id()?;
        // Before anything is looked for, so that no loss is missed between.
        let losses = self.context.hub.losses();
        let mut reader = self.signed_in(&opening.method, &opening.headers).await;
        let mut is_late = false;
        if let (None, Some(pass)) = (&reader, &opening.pass) {
            match self.passed(pass, file_id).await {
                Ok(passed) => reader = passed,
                Err(refused) => is_late = refused == PassError::Expired,
            }
        }
        let files = &self.context.files;
        let person = reader.as_ref().map(|reader| reader.person);
        let opened = files.opened(losses, file_id, person).await;
        let (granted, grant) = opened.map_err(|failed| match failed {
            ReadError::Upload(UploadError::Store(StoreError::FileNotFound)) if is_late => {
                pass_expired()
            }
            ReadError::Upload(UploadError::Store(StoreError::FileNotFound)) => {
                no_such_file(&self.context)
            }
            failed => error::from_read(none, failed),
        })?;
        let (visitor, terms) = (self.visitor(opening), granted.terms().cloned());
        visitor.unlock(file_id, terms.as_ref()).await?;
        let terms = terms.as_ref();
        let is_limited = terms.is_some_and(|terms| terms.downloads_left.is_some());
        let served = match &opening.thumbnail {
            None => Served::from(granted),
            Some(_) if is_limited => {
                visitor.may_fetch(file_id, terms).await?;
                // It would be a download that nobody counts.
                return Err(no_thumbnail());
            }
            Some(fits) => thumbnail(files, granted, fits.clone()?).await?,
        };
        let mut selected = select(headers, served.etag.as_deref(), served.size_bytes);
        if *method == Method::HEAD && selected != Selection::NotModified {
            // A range is defined for GET alone.
            selected = Selection::Whole;
        }
        let (status, range) = match selected {
            Selection::Whole => (StatusCode::OK, Some(0..served.size_bytes)),
            Selection::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
            Selection::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, None),
            Selection::NotModified => (StatusCode::NOT_MODIFIED, None),
        };
        match status {
            _ if opening.thumbnail.is_some() => {}
            _ if *method == Method::HEAD => visitor.may_fetch(file_id, terms).await?,
            _ if opening.is_preview && !is_limited => {}
            StatusCode::OK => visitor.count(file_id, terms, Portion::Whole).await?,
            StatusCode::PARTIAL_CONTENT => visitor.count(file_id, terms, Portion::Part).await?,
            _nothing_is_sent => visitor.may_fetch(file_id, terms).await?,
        }
        let described = served.headers(opening.asked, status, range.as_ref());
        let mut response = match range {
            Some(range) if *method == Method::GET && !range.is_empty() => {
                let is_counted = terms.is_some() && status == StatusCode::OK && !opening.is_preview;
                // From here on, whatever fails breaks it off.
                let watch = is_counted.then(|| visitor.watch(file_id, range.end));
                let source = served.source(files).await;
                let source = source.map_err(|failed| error::from_read(none, failed))?;
                let grant = grant.within(reader.map(|reader| reader.session));
                let guard = Guard::new(grant, opening.cut.clone());
                let body = Pieces::new(files.disk().clone(), source, range, guard);
                warp::reply::stream(Watched { body, watch }).into_response()
            }
            Some(_) | None => Response::new(Bytes::new()).into_response(),
        };
        *response.status_mut() = status;
        response.headers_mut().extend(described);
        Ok(response)
    }
}

/// What is served instead of an image.
async fn thumbnail(
    files: &Arc<Files>,
    granted: Granted,
    fits: ThumbnailBox,
) -> Result<Served, ErrorReply> {
    let Granted::Whole(open) = granted else {
        return Err(no_thumbnail());
    };
    let thumbnail = files.thumbnail(&open.file, fits).await;
    let thumbnail = thumbnail.ok_or_else(no_thumbnail)?;
    Ok(Served::thumbnail(open, fits, thumbnail))
}

fn no_thumbnail() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::NoThumbnail,
        "There is no thumbnail of this file. Open the file itself.",
    )
}

fn reader(account: SignedIn) -> Option<Reader> {
    account.require(Operation::ReadFile).ok()?;
    Some(Reader {
        person: account.person.id,
        session: account.session_id,
    })
}

/// In the same words whatever the reason is. Where files have a host of their own, whoever was given its address instead
/// of the page's is told where to go.
fn no_such_file(context: &Context) -> ErrorReply {
    let text = match context.server.files_url {
        Some(_) => {
            "There is no such file. If it is for the members of a room, open it from its message."
        }
        None => "There is no such file.",
    };
    ErrorReply::new(ErrorCode::FileNotFound, text)
}

fn pass_expired() -> ErrorReply {
    ErrorReply::new(
        ErrorCode::PassExpired,
        "This address was good for some minutes only. Open the file again where you found it.",
    )
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// An error for whoever asked: a sentence for browsers, an object for programs.
fn refused(refusal: ErrorReply, headers: &HeaderMap) -> Answer {
    let needs_password = refusal.code == ErrorCode::PasswordNeeded;
    let mut answer = if accepts_html(headers) {
        let text = format!("{}\n", refusal.message);
        plain(error::status(refusal.code), text).into_response()
    } else {
        api::refuse(refusal)
    };
    if needs_password && let Some(challenge) = challenge(headers) {
        let headers = answer.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}
