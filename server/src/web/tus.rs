//! Uploads by tus 1.0 (https://tus.io/protocols/resumable-upload), below `/api/tus`: for uploaders that exist already.
//! They are the same uploads as any others, and each `PATCH` goes on where the one before ended, also within a chunk.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use shared::file::{BeginUpload, FinishUpload};
use shared::limits::FILE_BYTES_MAX;
use shared::{ErrorCode, ErrorReply, FileInfo, Operation, TransactionId, UploadId};
use tokio::time::{Instant, timeout};
use warp::reply::{Reply as _, Response as Answer};

use super::api::{Api, Failure, Head, NONE, invalid, unknown};
use super::body::{Incoming, PIECE_BYTES};
use super::headers::guard;
use super::session::SessionWatch;
use crate::error;
use crate::files::{ChunkError, Stated, Turn, UPLOAD_AGE_MS, UploadError};
use crate::payloads::Place;
use crate::store::{SignedIn, StoredUpload};
use crate::throttle::Class;

mod metadata;

use metadata::Metadata;

/// The first part of the path behind `/api/`.
pub(super) const PATH: &str = "tus";
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,termination";
/// The only type that a piece of a file has.
const PIECE_TYPE: &str = "application/offset+octet-stream";
/// Of a file that did not say its name.
const NAME: &str = "upload";
/// Where somebody else wants to go on with an upload, what comes within this pause is taken, and for no longer than that.
const DRAIN_PAUSE: Duration = Duration::from_millis(100);
const DRAIN_MAX: Duration = Duration::from_secs(2);
/// Has the whole address of what an upload became.
const LINK: HeaderName = HeaderName::from_static("chinwag-link");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSIONS: HeaderName = HeaderName::from_static("tus-version");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// What can be asked for.
enum Request {
    Options,
    Create,
    Describe(UploadId),
    Append(UploadId),
    Terminate(UploadId),
}

impl Request {
    fn of(head: &Head, path: &[&str]) -> Option<Self> {
        let id = |text: &str| text.parse().ok();
        Some(match (method(head), path) {
            ("OPTIONS", _) => Self::Options,
            ("POST", [] | [""]) => Self::Create,
            ("HEAD", [upload]) => Self::Describe(id(upload)?),
            ("PATCH", [upload]) => Self::Append(id(upload)?),
            ("DELETE", [upload]) => Self::Terminate(id(upload)?),
            (_, _) => return None,
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Create => Class::UploadsBegun,
            Self::Append(_) => Class::Chunks,
            Self::Options | Self::Describe(_) | Self::Terminate(_) => Class::Others,
        }
    }
}

/// Some programs can only `POST`, and say beside it what they mean. Beside what only reads nobody may say so: that is
/// checked less.
fn method(head: &Head) -> &str {
    match head.text(HeaderName::from_static("x-http-method-override")) {
        Some(meant) if head.method == Method::POST => meant,
        Some(_) | None => head.method.as_str(),
    }
}

impl Api {
    pub(super) async fn serve_tus(
        &self,
        head: &Head,
        path: &[&str],
        body: &mut Incoming,
    ) -> Result<Answer, Failure> {
        let request = Request::of(head, path).ok_or_else(|| unknown(head))?;
        if matches!(request, Request::Options) {
            return Ok(options());
        }
        if head.text(RESUMABLE) != Some(VERSION) {
            let mut answer = empty(StatusCode::PRECONDITION_FAILED);
            set(&mut answer, VERSIONS, VERSION);
            return Ok(answer);
        }
        let (account, watch) = self.watched(head, Operation::Upload).await?;
        self.caller
            .check_person(account.person.id, request.class())?;
        match request {
            Request::Options => Ok(options()),
            Request::Create => self.create(head, &account, watch, body).await,
            Request::Describe(upload_id) => self.describe_upload(head, &account, upload_id).await,
            Request::Append(upload_id) => self.append(head, &account, watch, upload_id, body).await,
            Request::Terminate(upload_id) => {
                let cancelled = self.context.files.cancel(account.person.id, upload_id);
                cancelled.await.map_err(refused)?;
                Ok(empty(StatusCode::NO_CONTENT))
            }
        }
    }

    async fn create(
        &self,
        head: &Head,
        account: &SignedIn,
        watch: SessionWatch,
        body: &mut Incoming,
    ) -> Result<Answer, Failure> {
        let (files, person) = (&self.context.files, account.person.id);
        let size_bytes = number(head, LENGTH)?;
        let stated = head.text(METADATA).map(str::to_owned);
        let metadata = Metadata::of(stated.as_deref().unwrap_or_default())?;
        let room = match &metadata.room {
            Some(room) => Some(self.room_to_post(account, room).await?),
            None => None,
        };
        let begin = BeginUpload {
            request_id: NONE,
            upload_id: None,
            name: metadata.name.unwrap_or_else(|| NAME.to_owned()),
            size_bytes,
            media_type: metadata.media_type,
        };
        let stated = Stated {
            metadata: stated,
            room,
        };
        let begun = files.begin_as(person, begin, stated).await;
        let upload_id = begun.map_err(refused)?.upload_id;
        let stored = files.upload(person, upload_id).await.map_err(refused)?;
        let mut turn = files.turn(person, upload_id).await.map_err(refused)?;
        if head.text(header::CONTENT_TYPE) == Some(PIECE_TYPE) {
            turn = self.receive(head, turn, watch, body).await?;
        }
        let mut answer = self.moved(head, account, &stored, turn).await?;
        *answer.status_mut() = StatusCode::CREATED;
        set(
            &mut answer,
            header::LOCATION,
            &format!("/api/{PATH}/{upload_id}"),
        );
        Ok(answer)
    }

    async fn describe_upload(
        &self,
        head: &Head,
        account: &SignedIn,
        upload_id: UploadId,
    ) -> Result<Answer, Failure> {
        let (files, person) = (&self.context.files, account.person.id);
        let stored = files.upload(person, upload_id).await.map_err(refused)?;
        let turn = files.turn(person, upload_id).await.map_err(refused)?;
        let mut answer = offset(&stored, &turn);
        *answer.status_mut() = StatusCode::OK;
        set(&mut answer, LENGTH, &stored.begun.size_bytes.to_string());
        if let Some(metadata) = &stored.begun.stated.metadata {
            set(&mut answer, METADATA, metadata);
        }
        // Whoever was cut off before they heard of the end asks here.
        if turn.is_complete() {
            match self.complete(account, &stored, turn).await {
                Ok(file) => set(&mut answer, LINK, &self.address_of(head, &file.link)),
                Err(refusal) => tracing::debug!(%refusal, "an upload is whole and not finished"),
            }
        }
        Ok(answer)
    }

    async fn append(
        &self,
        head: &Head,
        account: &SignedIn,
        watch: SessionWatch,
        upload_id: UploadId,
        body: &mut Incoming,
    ) -> Result<Answer, Failure> {
        let (files, person) = (&self.context.files, account.person.id);
        if head.text(header::CONTENT_TYPE) != Some(PIECE_TYPE) {
            let text = format!("A piece of a file has the type {PIECE_TYPE}.");
            let refusal = ErrorReply::new(ErrorCode::InvalidArgument, text);
            return Err(Failure::With(StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal));
        }
        let begins_at = number(head, OFFSET)?;
        let stored = files.upload(person, upload_id).await.map_err(refused)?;
        let turn = files.turn(person, upload_id).await.map_err(refused)?;
        if turn.offset() != begins_at {
            let text = format!("The upload goes on at {}; HEAD tells so.", turn.offset());
            return Err(ErrorReply::new(ErrorCode::UploadConflict, text).into());
        }
        let turn = self.receive(head, turn, watch, body).await?;
        self.moved(head, account, &stored, turn).await
    }

    /// Takes the body. What came of it stays where it is cut, or where the asker leaves.
    async fn receive(
        &self,
        head: &Head,
        turn: Turn,
        watch: SessionWatch,
        body: &mut Incoming,
    ) -> Result<Turn, Failure> {
        let taken = std::mem::replace(body, Incoming::empty());
        let length = match head.text(header::CONTENT_LENGTH) {
            Some(_) => Some(number(head, header::CONTENT_LENGTH)?),
            None => None,
        };
        // In a task of its own: whoever is cut off is no longer asked for.
        let receiving = tokio::spawn(receive(turn, watch, taken, length));
        let (turn, rest, received) = receiving
            .await
            .map_err(|stopped| refused(UploadError::Disk(std::io::Error::other(stopped))))?;
        *body = rest;
        received.map(|()| turn)
    }

    /// How far the upload is now, and what it became where that is all.
    async fn moved(
        &self,
        head: &Head,
        account: &SignedIn,
        stored: &StoredUpload,
        turn: Turn,
    ) -> Result<Answer, Failure> {
        let mut answer = offset(stored, &turn);
        if turn.is_complete() {
            let file = self.complete(account, stored, turn).await?;
            set(&mut answer, LINK, &self.address_of(head, &file.link));
        }
        Ok(answer)
    }

    /// Makes a file of it and posts it where that was asked for; again where both were done before.
    async fn complete(
        &self,
        account: &SignedIn,
        stored: &StoredUpload,
        turn: Turn,
    ) -> Result<FileInfo, ErrorReply> {
        let upload_id = stored.begun.upload_id;
        let request = FinishUpload {
            request_id: NONE,
            upload_id,
            content_hash: None,
        };
        let finished = self.context.files.finish(account.person.id, request).await;
        drop(turn);
        let file = finished.map_err(|failed| error::from_finish(NONE, failed))?;
        if let Some(room) = stored.begun.stated.room {
            // The same message each time, however often this is repeated.
            let transaction_id = TransactionId::from_bytes(*upload_id.as_bytes());
            self.post_file(account, room, file.file_id, transaction_id)
                .await?;
        }
        Ok(file)
    }
}

async fn receive(
    mut turn: Turn,
    mut watch: SessionWatch,
    mut body: Incoming,
    length: Option<u64>,
) -> (Turn, Incoming, Result<(), Failure>) {
    // One piece is written while the next one comes.
    let _place = Place::incoming(2 * PIECE_BYTES as u32).await;
    if let Some(length) = length {
        body.expect_bytes(length);
    }
    let received = loop {
        if length.is_none() {
            body.expect_piece();
        }
        let next = tokio::select! {
            biased;
            () = turn.is_wanted() => {
                let written = drain(&mut turn, &mut body).await;
                // Nobody is to wait for the rest.
                body = Incoming::empty();
                break written
                    .map_err(|failed| error::from_chunk(NONE, failed).into())
                    .and(Err(locked()));
            }
            () = watch.ended() => break Err(Failure::Ended),
            next = body.next() => next,
        };
        match next {
            Ok(Some(pieces)) => {
                if let Err(failed) = turn.write(pieces).await {
                    break Err(error::from_chunk(NONE, failed).into());
                }
            }
            Ok(None) => break Ok(()),
            Err(cut) => break Err(cut.into()),
        }
    };
    let settled = turn.settle().await;
    let received =
        received.and_then(|()| settled.map_err(|failed| error::from_chunk(NONE, failed).into()));
    (turn, body, received)
}

/// Takes what is there already: whoever wants the turn goes on behind it.
async fn drain(turn: &mut Turn, body: &mut Incoming) -> Result<(), ChunkError> {
    let end = Instant::now() + DRAIN_MAX;
    while Instant::now() < end
        && let Ok(Ok(Some(pieces))) = timeout(DRAIN_PAUSE, body.next()).await
    {
        turn.write(pieces).await?;
    }
    turn.write(body.gathered()).await
}

fn locked() -> Failure {
    let text = "Another request goes on with this upload.";
    let refusal = ErrorReply::new(ErrorCode::UploadConflict, text);
    Failure::With(StatusCode::LOCKED, refusal)
}

/// Every answer says by which version it is.
pub(super) fn mark(answer: &mut Answer) {
    set(answer, RESUMABLE, VERSION);
}

fn options() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    set(&mut answer, VERSIONS, VERSION);
    let extension = HeaderName::from_static("tus-extension");
    set(&mut answer, extension, EXTENSIONS);
    let max = HeaderName::from_static("tus-max-size");
    set(&mut answer, max, &FILE_BYTES_MAX.to_string());
    answer
}

/// Where the upload is, and when the server will forget it.
fn offset(stored: &StoredUpload, turn: &Turn) -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    set(&mut answer, OFFSET, &turn.offset().to_string());
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    if !turn.is_complete() {
        let end = Duration::from_millis(stored.touched_at_ms.0 + UPLOAD_AGE_MS);
        set(
            &mut answer,
            EXPIRES,
            &httpdate::fmt_http_date(UNIX_EPOCH + end),
        );
    }
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Bytes::new()).into_response();
    *answer.status_mut() = status;
    guard(answer.headers_mut());
    answer
}

fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    // Of our own making, or what was a header before.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn number(head: &Head, name: HeaderName) -> Result<u64, ErrorReply> {
    let number = head.text(&name).and_then(|text| text.parse().ok());
    number.ok_or_else(|| invalid(&format!("{name} is missing, or no number.")))
}

fn refused(failed: UploadError) -> ErrorReply {
    error::from_upload(NONE, failed)
}
