//! What programs and pages ask for over HTTP: the requests of the frames, and their replies without `type`.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::header::{self, AsHeaderName, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::file::{ChangeLink, LinkInfo};
use shared::{ErrorCode, ErrorReply, FileId, Operation, RequestId, Secret};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::Tail;
use warp::reply::{Reply as _, Response as Answer};

use super::body::Incoming;
use super::caller::Caller;
use super::cookie::CookieName;
use super::headers::guard;
use super::links::Visitor;
use super::tus;
use super::{Cut, Reached};
use crate::connection::{Context, describe, invalid_token, links};
use crate::error;
use crate::store::StoreError;

/// Of a request that is JSON.
const JSON_BYTES_MAX: usize = 64 * 1024;
/// Nothing that a request names has one.
pub(super) const NONE: RequestId = RequestId(0);

/// What is shared by the requests of one connection.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) context: Arc<Context>,
    pub(super) caller: Caller,
    pub(super) cookie: CookieName,
}

/// A request's head.
pub(super) struct Head {
    pub(super) method: Method,
    /// Behind what it is below, as it came.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) reached: Reached,
    pub(super) cut: Cut,
}

/// Why a request is not answered well.
pub(super) enum Failure {
    Refused(ErrorReply),
    /// By a status that says more than the code has elsewhere.
    With(StatusCode, ErrorReply),
    /// Its session has ended meanwhile: nothing more is heard from whoever sends it.
    Ended,
}

impl From<ErrorReply> for Failure {
    fn from(refusal: ErrorReply) -> Self {
        Self::Refused(refusal)
    }
}

impl Failure {
    fn into_answer(self) -> Answer {
        match self {
            Self::Refused(refusal) => refuse(refusal),
            Self::With(status, refusal) => {
                let mut answer = refuse(refusal);
                *answer.status_mut() = status;
                answer
            }
            Self::Ended => {
                let mut answer = refuse(invalid_token(NONE));
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
                answer
            }
        }
    }
}

impl Head {
    /// A header's value, where it is there and text.
    pub(super) fn text<N: AsHeaderName>(&self, name: N) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Everything below `/api`, and `/upload` for programs that only know `PUT`.
pub(super) fn routes(
    context: Arc<Context>,
    caller: Caller,
    cookie: CookieName,
) -> BoxedFilter<(Answer,)> {
    let api = Api {
        context,
        caller,
        cookie,
    };
    let requests = below("api").and_then({
        let api = api.clone();
        move |head, body| {
            let api = api.clone();
            async move { api.serve(head, body, Place::Api).await }
        }
    });
    let uploads = below("upload").and_then(move |head, body| {
        let api = api.clone();
        async move { api.serve(head, body, Place::Upload).await }
    });
    requests.or(uploads).unify().boxed()
}

/// Where a request is sent to.
#[derive(Clone, Copy)]
enum Place {
    Api,
    Upload,
}

fn below(place: &'static str) -> BoxedFilter<(Head, Incoming)> {
    let query = warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) });
    warp::path(place)
        .and(warp::method())
        .and(warp::path::tail())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Reached>())
        .and(warp::ext::get::<Cut>())
        .and(warp::body::stream())
        .map(
            |method, path: Tail, query: String, headers, reached, cut, body| {
                let path = path.as_str().to_owned();
                let head = Head {
                    method,
                    path,
                    query,
                    headers,
                    reached,
                    cut,
                };
                (head, Incoming::new(body))
            },
        )
        .untuple_one()
        .boxed()
}

impl Api {
    async fn serve(
        self,
        head: Head,
        mut body: Incoming,
        place: Place,
    ) -> Result<Answer, Infallible> {
        let answer = match (self.caller.check(), place) {
            (Err(refusal), _) => Err(refusal.into()),
            (Ok(()), Place::Api) => self.answer(&head, &mut body).await,
            (Ok(()), Place::Upload) => self.take_file(&head, &mut body).await,
        };
        let is_refused = !matches!(answer, Ok(_) | Err(Failure::Ended));
        if is_refused && !head.headers.contains_key(header::EXPECT) {
            // Whoever is still sending may not look for an answer before the end.
            body.discard().await;
        }
        let mut answer = answer.unwrap_or_else(Failure::into_answer);
        if head.path.split('/').next() == Some(tus::PATH) {
            tus::mark(&mut answer);
        }
        Ok(answer)
    }

    async fn answer(&self, head: &Head, body: &mut Incoming) -> Result<Answer, Failure> {
        let segments: Vec<&str> = head.path.split('/').collect();
        Ok(match (head.method.as_str(), segments.as_slice()) {
            ("GET" | "HEAD", ["server"]) => {
                reply(&describe::describe_server(&self.context, NONE).await?)?
            }
            ("POST", ["invitation"]) => self.describe_invitation(body).await?,
            ("POST", ["session"]) => self.open_session(head, body).await?,
            ("GET" | "HEAD", ["session"]) => self.describe_session(head).await?,
            ("DELETE", ["session"]) => self.close_session(head).await?,
            ("GET" | "HEAD", ["files", file_id]) => self.describe_file(head, file_id).await?,
            ("GET" | "HEAD", ["files", file_id, "link"]) => self.read_link(head, file_id).await?,
            ("POST", ["files", file_id, "link"]) => self.change_link(head, file_id, body).await?,
            (_, ["uploads", path @ ..]) => self.serve_upload(head, path, body).await?,
            ("GET" | "HEAD", ["zip"]) => self.zip(head).await?,
            (_, [tus::PATH, path @ ..]) => self.serve_tus(head, path, body).await?,
            (_, _) => return Err(unknown(head).into()),
        })
    }

    /// By its token, which does not belong into an address.
    async fn describe_invitation(&self, body: &mut Incoming) -> Result<Answer, ErrorReply> {
        #[derive(serde::Deserialize)]
        struct Asked {
            token: Secret,
        }
        let Asked { token } = json_of(body).await?;
        reply(&describe::describe_invitation(&self.context, NONE, &token).await?)
    }

    /// To whoever may fetch it by its link; but whoever says who they are must be allowed to.
    async fn describe_file(&self, head: &Head, file_id: &str) -> Result<Answer, ErrorReply> {
        let reader = match self.account(head).await {
            Ok(account) => {
                account
                    .require(Operation::ReadFile)
                    .map_err(|refused| error::not_allowed(NONE, refused))?;
                Some(account.person.id)
            }
            Err(refusal) if refusal.code == ErrorCode::NotSignedIn => None,
            Err(refusal) => return Err(refusal),
        };
        let (files, file_id) = (&self.context.files, file(file_id)?);
        let failed = |failed| error::from_read(NONE, failed);
        let open = files.file_on_terms(file_id, reader).await.map_err(failed)?;
        let visitor = Visitor {
            context: &self.context,
            caller: &self.caller,
            headers: &head.headers,
            pass: None,
        };
        visitor.unlock(file_id, open.terms.as_ref()).await?;
        visitor.may_fetch(file_id, open.terms.as_ref()).await?;
        let described = files.describe_open(open.file, NONE).await;
        reply(&described.map_err(failed)?)
    }

    async fn read_link(&self, head: &Head, file_id: &str) -> Result<Answer, ErrorReply> {
        let (account, _watch) = self.watched(head, Operation::ChangeLink).await?;
        let file_id = file(file_id)?;
        let link = links::read(&self.context, &account.person, file_id, NONE).await?;
        described(file_id, &link)
    }

    async fn change_link(
        &self,
        head: &Head,
        file_id: &str,
        body: &mut Incoming,
    ) -> Result<Answer, ErrorReply> {
        let (account, _watch) = self.watched(head, Operation::ChangeLink).await?;
        let file_id = file(file_id)?;
        let mut wanted: serde_json::Map<_, _> = json_of(body).await?;
        wanted.insert("file_id".to_owned(), json!(file_id));
        let change: ChangeLink = serde_json::from_value(wanted.into())
            .map_err(|error| ErrorReply::new(ErrorCode::MalformedFrame, format!("{error}")))?;
        let address = self.caller.address();
        let link = links::change(&self.context, &account.person, address, change).await?;
        described(file_id, &link)
    }
}

/// The reply to whoever asks for or has changed a file's link.
fn described(file_id: FileId, link: &LinkInfo) -> Result<Answer, ErrorReply> {
    reply(&json!({ "request_id": NONE, "file_id": file_id, "link": link }))
}

/// A body that is an object; an empty one is an empty object.
pub(super) async fn json_of<T>(body: &mut Incoming) -> Result<T, ErrorReply>
where
    T: DeserializeOwned,
{
    let mut bytes = bytes_of(body, JSON_BYTES_MAX).await?;
    if bytes.trim_ascii().is_empty() {
        bytes = b"{}".to_vec();
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| ErrorReply::new(ErrorCode::MalformedFrame, format!("{error}")))
}

fn file(text: &str) -> Result<FileId, ErrorReply> {
    // Whatever cannot be an id names no file either.
    text.parse()
        .map_err(|_| error::from_store(NONE, StoreError::FileNotFound))
}

/// A whole body of at most so many bytes.
pub(super) async fn bytes_of(body: &mut Incoming, max: usize) -> Result<Vec<u8>, ErrorReply> {
    body.expect_bytes(0);
    let mut bytes = Vec::new();
    while let Some(pieces) = body.next().await? {
        bytes.extend(pieces.iter().flatten());
        if bytes.len() > max {
            return Err(ErrorReply::new(
                ErrorCode::FrameTooLarge,
                "The body is too large for this request.",
            ));
        }
    }
    Ok(bytes)
}

pub(super) fn invalid(message: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::InvalidArgument, message)
}

pub(super) fn unknown(head: &Head) -> ErrorReply {
    let message = format!(
        "This server has no {} /api/{}.",
        head.method,
        head.path.chars().take(100).collect::<String>()
    );
    ErrorReply::new(ErrorCode::UnknownRequest, message)
}

pub(super) fn reply<T: Serialize>(body: &T) -> Result<Answer, ErrorReply> {
    Ok(json_response(StatusCode::OK, body))
}

/// There is nothing else to say.
pub(super) fn done() -> Result<Answer, ErrorReply> {
    reply(&json!({ "request_id": NONE }))
}

/// An error as every HTTP request gets it.
pub(super) fn refuse(refusal: ErrorReply) -> Answer {
    let mut response = json_response(error::status(refusal.code), &refusal);
    if let Some(ms) = refusal.retry_after_ms {
        let seconds = HeaderValue::from(ms.div_ceil(1000));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

pub(super) fn json_response<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    let mut line = shared::codec::encode_line(body);
    line.shrink_to_fit();
    let mut response = Response::new(bytes::Bytes::from(line)).into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, "application/json");
    set(header::CACHE_CONTROL, "no-store");
    guard(headers);
    response
}
