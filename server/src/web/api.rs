//! Uploads and descriptions of files over HTTP: the requests of the frames, and their replies without `type`.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use shared::file::{BeginUpload, FinishUpload};
use shared::http::CHUNK_HASH_HEADER;
use shared::{
    ChunkHash, ContentHash, ErrorCode, ErrorReply, FileId, PersonId, RequestId, UploadId,
};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::path::Tail;
use warp::reply::Reply as _;

use super::body::{Incoming, PIECE_BYTES};
use super::caller::Caller;
use super::headers::guard;
use crate::error;
use crate::files::Files;
use crate::payloads::Place;
use crate::store::Store;
use crate::throttle::Class;

/// Of a request that is JSON.
const JSON_BYTES_MAX: usize = 64 * 1024;
/// Nothing that a request names has one.
const NONE: RequestId = RequestId(0);

/// What is shared by the requests of one connection.
#[derive(Clone)]
struct Api {
    files: Arc<Files>,
    store: Store,
    caller: Caller,
}

/// A request's head.
struct Head {
    method: Method,
    path: String,
    headers: HeaderMap,
}

/// Everything below `/api`.
pub(super) fn routes(
    files: Arc<Files>,
    store: Store,
    caller: Caller,
) -> BoxedFilter<(warp::reply::Response,)> {
    let api = Api {
        files,
        store,
        caller,
    };
    warp::path("api")
        .and(warp::method())
        .and(warp::path::tail())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .and_then(move |method, path: Tail, headers, body| {
            let head = Head {
                method,
                path: path.as_str().to_owned(),
                headers,
            };
            serve(api.clone(), head, Incoming::new(body))
        })
        .boxed()
}

async fn serve(
    api: Api,
    head: Head,
    mut body: Incoming,
) -> Result<warp::reply::Response, Infallible> {
    let answer = api.answer(&head, &mut body).await;
    if answer.is_err() && !head.headers.contains_key(header::EXPECT) {
        // Whoever is still sending may not look for an answer before the end.
        body.discard().await;
    }
    Ok(answer.unwrap_or_else(refuse))
}

impl Api {
    async fn answer(
        &self,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<warp::reply::Response, ErrorReply> {
        self.caller.check()?;
        let segments: Vec<&str> = head.path.split('/').collect();
        match (head.method.as_str(), segments.as_slice()) {
            ("GET" | "HEAD", ["files", file_id]) => {
                let described = self.files.describe_file(file(file_id)?, NONE).await;
                reply(&described.map_err(|failed| error::from_read(NONE, failed))?)
            }
            ("POST", ["uploads"]) => {
                let person = self.sign_in(head, Class::UploadsBegun).await?;
                let request: BeginUpload = json_of(body).await?;
                let begun = self.files.begin(person, request).await;
                reply(&begun.map_err(|failed| error::from_upload(NONE, failed))?)
            }
            ("GET" | "HEAD", ["uploads", upload_id]) => {
                let person = self.sign_in(head, Class::Others).await?;
                let status = self.files.describe(person, upload(upload_id)?, NONE).await;
                reply(&status.map_err(|failed| error::from_upload(NONE, failed))?)
            }
            ("DELETE", ["uploads", upload_id]) => {
                let person = self.sign_in(head, Class::Others).await?;
                let cancelled = self.files.cancel(person, upload(upload_id)?).await;
                cancelled.map_err(|failed| error::from_upload(NONE, failed))?;
                reply(&json!({ "request_id": NONE }))
            }
            ("PUT", ["uploads", upload_id, "chunks", index]) => {
                let person = self.sign_in(head, Class::Chunks).await?;
                let index = index
                    .parse()
                    .map_err(|_| invalid("The index is no number."))?;
                self.put_chunk(person, upload(upload_id)?, index, head, body)
                    .await
            }
            ("POST", ["uploads", upload_id, "finish"]) => {
                let person = self.sign_in(head, Class::Others).await?;
                self.finish(person, upload(upload_id)?, body).await
            }
            (_, _) => Err(unknown(head)),
        }
    }

    /// Whose token the request carries, which counts as one of the class.
    async fn sign_in(&self, head: &Head, class: Class) -> Result<PersonId, ErrorReply> {
        let bearer = head
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else {
            return Err(ErrorReply::new(
                ErrorCode::NotSignedIn,
                "Send your session token: Authorization: Bearer <session token>.",
            ));
        };
        match self.store.sign_in(token.trim()).await {
            Ok(Some(account)) => {
                self.caller.check_person(account.person.id, class)?;
                Ok(account.person.id)
            }
            Ok(None) => Err(ErrorReply::new(
                ErrorCode::InvalidToken,
                "This session is not valid any more; choose a name to start a new one.",
            )),
            Err(failed) => Err(error::from_store(NONE, failed)),
        }
    }

    async fn put_chunk(
        &self,
        person: PersonId,
        upload_id: UploadId,
        index: u32,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<warp::reply::Response, ErrorReply> {
        let stated: Option<ChunkHash> = match head.headers.get(CHUNK_HASH_HEADER) {
            Some(value) => {
                let parsed = value.to_str().ok().and_then(|hex| hex.parse().ok());
                Some(parsed.ok_or_else(|| invalid("x-chunk-hash is no hash."))?)
            }
            None => None,
        };
        let refused = |failed| error::from_chunk(NONE, failed);
        let chunk = self.files.put_chunk(person, upload_id, index, stated).await;
        let mut chunk = chunk.map_err(refused)?;
        // One piece is written while the next one comes.
        let held = chunk.len().min(2 * PIECE_BYTES as u64);
        let _place = Place::incoming(held as u32).await;
        body.expect_bytes(chunk.len());
        while let Some(pieces) = body.next().await? {
            chunk.write(pieces).await.map_err(refused)?;
        }
        let hash = chunk.finish().await.map_err(refused)?;
        reply(&json!({
            "request_id": NONE, "upload_id": upload_id, "index": index, "hash": hash,
        }))
    }

    async fn finish(
        &self,
        person: PersonId,
        upload_id: UploadId,
        body: &mut Incoming,
    ) -> Result<warp::reply::Response, ErrorReply> {
        #[derive(Default, serde::Deserialize)]
        struct Finish {
            #[serde(default)]
            content_hash: Option<ContentHash>,
        }
        let request: Finish = json_of(body).await?;
        let request = FinishUpload {
            request_id: NONE,
            upload_id,
            content_hash: request.content_hash,
        };
        let finished = self.files.finish(person, request).await;
        let file = finished.map_err(|failed| error::from_finish(NONE, failed))?;
        reply(&json!({ "request_id": NONE, "upload_id": upload_id, "file": file }))
    }
}

/// A body that is an object; an empty one is an empty object.
async fn json_of<T>(body: &mut Incoming) -> Result<T, ErrorReply>
where
    T: DeserializeOwned,
{
    body.expect_bytes(0);
    let mut bytes = Vec::new();
    while let Some(pieces) = body.next().await? {
        bytes.extend(pieces.iter().flatten());
        if bytes.len() > JSON_BYTES_MAX {
            return Err(ErrorReply::new(
                ErrorCode::FrameTooLarge,
                "The body is too large for this request.",
            ));
        }
    }
    if bytes.trim_ascii().is_empty() {
        bytes = b"{}".to_vec();
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| ErrorReply::new(ErrorCode::MalformedFrame, format!("{error}")))
}

fn upload(text: &str) -> Result<UploadId, ErrorReply> {
    text.parse()
        .map_err(|_| invalid("The upload's id is no id."))
}

fn file(text: &str) -> Result<FileId, ErrorReply> {
    // Whatever cannot be an id names no file either.
    text.parse()
        .map_err(|_| error::from_store(NONE, crate::store::StoreError::FileNotFound))
}

fn invalid(message: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::InvalidArgument, message)
}

fn unknown(head: &Head) -> ErrorReply {
    let message = format!(
        "This server has no {} /api/{}.",
        head.method,
        head.path.chars().take(100).collect::<String>()
    );
    ErrorReply::new(ErrorCode::UnknownRequest, message)
}

fn reply<T: Serialize>(body: &T) -> Result<warp::reply::Response, ErrorReply> {
    Ok(json_response(StatusCode::OK, body))
}

/// An error as every HTTP request gets it.
pub(super) fn refuse(refusal: ErrorReply) -> warp::reply::Response {
    let mut response = json_response(error::status(refusal.code), &refusal);
    if let Some(ms) = refusal.retry_after_ms {
        let seconds = HeaderValue::from(ms.div_ceil(1000));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

pub(super) fn json_response<T: Serialize>(status: StatusCode, body: &T) -> warp::reply::Response {
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
