//! Files by their link. What people upload is served so that no browser runs it as a part of Chinwag.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};
use shared::{ErrorCode, ErrorReply, FileId, FileInfo, Operation, PersonId, RequestId};
use tokio::task::JoinHandle;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::Tail;
use warp::reply::{Reply as _, Response as Answer};

use super::caller::Caller;
use super::cookie::CookieName;
use super::headers::RESOURCE_POLICY;
use super::range::{Selection, select};
use super::session::bearer;
use super::{api, plain};
use crate::blobs::{Disk, read_at};
use crate::connection;
use crate::error;
use crate::files::Files;
use crate::payloads::Place;
use crate::store::{OpenFile, Store};

mod shown;

use shown::{Asked, content_type, disposition};

/// Read and sent at once; while it is sent, the next is read.
const PIECE_BYTES: u64 = 512 * 1024;

/// Everything below `/files`. Where that is on a host of its own, the page's is another one, and may embed them.
pub(super) fn routes(
    context: &connection::Context,
    caller: Caller,
    cookie: CookieName,
    on_own_host: bool,
) -> BoxedFilter<(Answer,)> {
    let readers = Readers {
        store: context.store.clone(),
        cookie,
    };
    let files = context.files.clone();
    let query = warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) });
    warp::path("files")
        .and(warp::method())
        .and(warp::path::tail())
        .and(query)
        .and(warp::header::headers_cloned())
        .then(
            move |method: Method, path: Tail, query: String, headers: HeaderMap| {
                let (files, caller, readers) = (files.clone(), caller.clone(), readers.clone());
                async move {
                    let asked = Asked::of(&query);
                    let mut answer = match caller.check() {
                        Ok(()) => {
                            let reader = readers.of(&method, &headers).await;
                            let path = path.as_str();
                            serve(&files, &method, path, reader, asked, &headers).await
                        }
                        Err(refusal) => refused(refusal, &headers),
                    };
                    if on_own_host {
                        let everybody = HeaderValue::from_static("cross-origin");
                        answer.headers_mut().insert(RESOURCE_POLICY, everybody);
                    }
                    answer
                }
            },
        )
        .boxed()
}

/// Finds out who opens a link, where they say so.
#[derive(Clone)]
struct Readers {
    store: Store,
    cookie: CookieName,
}

impl Readers {
    /// Nobody where the session has ended or may not read files: a link is open to whoever has it, and what is for
    /// members is not there for others.
    async fn of(&self, method: &Method, headers: &HeaderMap) -> Option<PersonId> {
        let cookie = || self.cookie.token_of(method, headers);
        let token = bearer(headers).or_else(cookie)?;
        let account = self.store.account_by_token(token).await.ok()??;
        account.require(Operation::ReadFile).ok()?;
        Some(account.person.id)
    }
}

async fn serve(
    files: &Files,
    method: &Method,
    path: &str,
    reader: Option<PersonId>,
    asked: Asked,
    headers: &HeaderMap,
) -> Answer {
    if method != Method::GET && method != Method::HEAD {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "A link answers GET and HEAD.\n",
        );
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
        return response.into_response();
    }
    let answer = fetch(files, method, path, reader, asked, headers).await;
    answer.unwrap_or_else(|refusal| refused(refusal, headers))
}

async fn fetch(
    files: &Files,
    method: &Method,
    path: &str,
    reader: Option<PersonId>,
    asked: Asked,
    headers: &HeaderMap,
) -> Result<Answer, ErrorReply> {
    let none = RequestId::default();
    let not_found = || ErrorReply::new(ErrorCode::FileNotFound, "There is no such file.");
    // The name behind it is for people and for whoever saves the file.
    let file_id = path.split('/').next().unwrap_or_default();
    let file_id: FileId = file_id.parse().map_err(|_| not_found())?;
    let open = files.file(file_id, reader).await;
    let OpenFile { file, is_public } = open.map_err(|failed| error::from_read(none, failed))?;
    let etag = format!("\"{}\"", file.content_hash);
    let mut selected = select(headers, &etag, file.size_bytes);
    if method == Method::HEAD && selected != Selection::NotModified {
        // A range is defined for GET alone.
        selected = Selection::Whole;
    }
    let (status, range) = match selected {
        Selection::Whole => (StatusCode::OK, Some(0..file.size_bytes)),
        Selection::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Selection::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, None),
        Selection::NotModified => (StatusCode::NOT_MODIFIED, None),
    };
    let mut response = match &range {
        Some(range) if method == Method::GET && !range.is_empty() => {
            let content = files.open(&file).await;
            let content = content.map_err(|failed| error::from_read(none, failed))?;
            warp::reply::stream(Pieces::new(files.disk().clone(), content, range.clone()))
                .into_response()
        }
        Some(_) | None => Response::new(Bytes::new()).into_response(),
    };
    *response.status_mut() = status;
    describe(response.headers_mut(), &file, &etag, asked);
    if !is_public {
        // Whether it may be opened is to be asked each time.
        let again = HeaderValue::from_static("private, no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, again);
    }
    describe_range(response.headers_mut(), status, range, file.size_bytes);
    Ok(response)
}

/// An error for whoever asked: a sentence for browsers, an object for programs.
fn refused(refusal: ErrorReply, headers: &HeaderMap) -> Answer {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    if accept.is_none_or(|accept| !accept.contains("text/html")) {
        return api::refuse(refusal);
    }
    let text = format!("{}\n", refusal.message);
    plain(error::status(refusal.code), text).into_response()
}

fn describe_range(
    headers: &mut HeaderMap,
    status: StatusCode,
    range: Option<Range<u64>>,
    size_bytes: u64,
) {
    let mut set = |name, value: String| {
        let value = HeaderValue::try_from(value).expect("numbers are valid in a header");
        headers.insert(name, value);
    };
    match range {
        Some(range) => {
            set(
                header::CONTENT_LENGTH,
                (range.end - range.start).to_string(),
            );
            if status == StatusCode::PARTIAL_CONTENT {
                let (first, last) = (range.start, range.end - 1);
                let part = format!("bytes {first}-{last}/{size_bytes}");
                set(header::CONTENT_RANGE, part);
            }
        }
        None if status == StatusCode::RANGE_NOT_SATISFIABLE => {
            set(header::CONTENT_RANGE, format!("bytes */{size_bytes}"));
        }
        None => {}
    }
}

fn describe(headers: &mut HeaderMap, file: &FileInfo, etag: &str, asked: Asked) {
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::ACCEPT_RANGES, "bytes");
    // The link is a secret, and what it leads to never changes.
    set(
        header::CACHE_CONTROL,
        "private, max-age=31536000, immutable",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    // Styles are for browsers' own viewers, which place an image by them.
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
    );
    set(RESOURCE_POLICY, "same-origin");
    let disposition = disposition(file, asked);
    for (name, value) in [
        (header::ETAG, etag),
        (header::CONTENT_TYPE, content_type(file)),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
    ] {
        let value = HeaderValue::from_str(value);
        let value = value.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        headers.insert(name, value);
    }
}

/// The bytes of a range, read ahead by one piece.
struct Pieces {
    disk: Disk,
    file: Arc<File>,
    rest: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Pieces {
    fn new(disk: Disk, file: File, range: Range<u64>) -> Self {
        let mut pieces = Self {
            disk,
            file: Arc::new(file),
            rest: range,
            reading: None,
        };
        pieces.read_next();
        pieces
    }

    fn read_next(&mut self) {
        let start = self.rest.start;
        let end = self.rest.end.min(start + PIECE_BYTES);
        self.rest.start = end;
        self.reading = (start < end).then(|| {
            let (disk, file) = (self.disk.clone(), self.file.clone());
            let bytes = (end - start) as usize;
            let read = move || read_at(&file, start, bytes);
            tokio::spawn(async move {
                // Counted until it is sent: any number of peers who take nothing hold no more than that.
                let place = Place::outgoing(bytes as u32).await;
                Ok(place.hold(disk.run(read).await?))
            })
        });
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // Nobody is there any more for what may still wait for its place.
        if let Some(reading) = &self.reading {
            reading.abort();
        }
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let read = ready!(Pin::new(reading).poll(context));
        let read = read.map_err(io::Error::other).flatten();
        match &read {
            Ok(_) => self.read_next(),
            // The body is cut here, which the peer sees by its length.
            Err(error) => {
                tracing::error!(%error, "a file could not be read");
                self.reading = None;
            }
        }
        Poll::Ready(Some(read))
    }
}
