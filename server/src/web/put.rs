//! `PUT /upload/<name>`: a whole file by one request, as `curl -T` sends it. The answer is its link.

use std::sync::Arc;

use hyper::header::{self, HeaderValue};
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use shared::file::{BeginUpload, FinishUpload};
use shared::{ErrorReply, FileInfo, Operation, PersonId, TransactionId, UploadId};
use warp::reply::{Reply as _, Response as Answer};

use super::api::{Api, Failure, Head, NONE, invalid, json_response};
use super::body::{Incoming, PIECE_BYTES};
use super::plain;
use super::session::is_tls;
use crate::error;
use crate::files::{Files, UploadError};
use crate::payloads::Place;
use crate::throttle::Class;

/// Of a file that came without one.
const NAME: &str = "upload";

impl Api {
    /// Takes the file, and posts it where `?room=` says so.
    pub(super) async fn take_file(
        &self,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<Answer, Failure> {
        if head.method != Method::PUT {
            let text = "A file is sent here by PUT: curl -T FILE.\n";
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, text);
            let allowed = HeaderValue::from_static("PUT");
            answer.headers_mut().insert(header::ALLOW, allowed);
            return Ok(answer.into_response());
        }
        let (account, mut watch) = self.watched(head, Operation::Upload).await?;
        let room = match parameter(&head.query, "room") {
            Some(room) => Some(self.room_to_post(&account, &room).await?),
            None => None,
        };
        self.caller
            .check_person(account.person.id, Class::UploadsBegun)?;
        let taken = tokio::select! {
            () = watch.ended() => return Err(Failure::Ended),
            taken = self.take_body(account.person.id, head, body) => taken?,
        };
        let posted = match room {
            Some(room) => {
                let id = TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes());
                let posted = self.post_file(&account, room, taken.file_id, id);
                Some(posted.await?)
            }
            None => None,
        };
        let place =
            posted.map(|it| json!({"room_id": it.event.room_id, "sequence": it.event.sequence}));
        Ok(self.taken(head, &taken, place))
    }

    async fn take_body(
        &self,
        person: PersonId,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<FileInfo, ErrorReply> {
        let stated = BeginUpload {
            request_id: NONE,
            upload_id: None,
            name: name(&head.path),
            size_bytes: size(head)?,
            media_type: head.text(header::CONTENT_TYPE).map(str::to_owned),
        };
        // One piece is written while the next one comes.
        let _place = Place::incoming(2 * PIECE_BYTES as u32).await;
        let upload = match head.headers.contains_key(header::TRANSFER_ENCODING) {
            true => self.spool(person, stated, body).await?,
            false => self.append_whole(person, stated, body).await?,
        };
        upload.finish().await
    }

    /// A body whose size only its end tells.
    async fn spool(
        &self,
        person: PersonId,
        stated: BeginUpload,
        body: &mut Incoming,
    ) -> Result<Unfinished, ErrorReply> {
        let files = &self.context.files;
        let mut spool = files.spool(person).await.map_err(refused)?;
        loop {
            body.expect_piece();
            match body.next().await? {
                Some(pieces) => spool.write(pieces).await.map_err(refused)?,
                None => break,
            }
        }
        let become_upload = async move {
            let upload = spool.into_upload(&stated.name, stated.media_type).await;
            upload.map_err(|failed| error::from_chunk(NONE, failed))
        };
        Unfinished::begin(files, person, become_upload).await
    }

    async fn append_whole(
        &self,
        person: PersonId,
        stated: BeginUpload,
        body: &mut Incoming,
    ) -> Result<Unfinished, ErrorReply> {
        let files = &self.context.files;
        body.expect_bytes(stated.size_bytes);
        let begin = {
            let files = files.clone();
            async move {
                let begun = files.begin(person, stated).await.map_err(refused)?;
                Ok(begun.upload_id)
            }
        };
        let upload = Unfinished::begin(files, person, begin).await?;
        let appender = files.append(person, upload.upload_id).await;
        let mut appender = appender.map_err(refused)?;
        while let Some(pieces) = body.next().await? {
            let written = appender.write(pieces).await;
            written.map_err(|failed| error::from_chunk(NONE, failed))?;
        }
        let settled = appender.settle().await;
        settled.map_err(|failed| error::from_chunk(NONE, failed))?;
        Ok(upload)
    }

    /// The link, as a line or among everything else about the file.
    fn taken(&self, head: &Head, file: &FileInfo, message: Option<serde_json::Value>) -> Answer {
        let url = self.address_of(head, &file.link);
        let accept = head.text(header::ACCEPT);
        let mut answer = match accept.is_some_and(|accept| accept.contains("application/json")) {
            true => {
                let mut body = json!({"request_id": NONE, "file": file, "url": url});
                if let Some(message) = message {
                    body["message"] = message;
                }
                json_response(StatusCode::CREATED, &body)
            }
            false => plain(StatusCode::CREATED, format!("{url}\n")).into_response(),
        };
        if let Ok(link) = HeaderValue::try_from(&file.link) {
            answer.headers_mut().insert(header::LOCATION, link);
        }
        answer
    }

    /// The whole address of a link, for who has reached the server by this request.
    pub(super) fn address_of(&self, head: &Head, link: &str) -> String {
        let server = &self.context.server;
        match server.files_url.as_ref().or(server.public_url.as_ref()) {
            Some(url) => format!("{url}{link}"),
            None => {
                let scheme = if is_tls(head) { "https" } else { "http" };
                let host = head.text(header::HOST).unwrap_or_default();
                format!("{scheme}://{host}{link}")
            }
        }
    }
}

/// An upload that is forgotten unless it is finished: nobody would go on with it.
struct Unfinished {
    files: Arc<Files>,
    person: PersonId,
    upload_id: UploadId,
    is_finished: bool,
}

impl Unfinished {
    /// Begins it in a task of its own: whoever is cut off in the middle of that leaves nothing behind either.
    async fn begin<F>(files: &Arc<Files>, person: PersonId, begin: F) -> Result<Self, ErrorReply>
    where
        F: Future<Output = Result<UploadId, ErrorReply>> + Send + 'static,
    {
        let files = files.clone();
        let begun = tokio::spawn(async move {
            Ok(Self {
                files,
                person,
                upload_id: begin.await?,
                is_finished: false,
            })
        });
        // It fails only where the runtime stops.
        let stopped = |stopped| refused(UploadError::Disk(std::io::Error::other(stopped)));
        begun.await.map_err(stopped)?
    }

    async fn finish(mut self) -> Result<FileInfo, ErrorReply> {
        let request = FinishUpload {
            request_id: NONE,
            upload_id: self.upload_id,
            content_hash: None,
        };
        let finished = self.files.finish(self.person, request).await;
        self.is_finished = finished.is_ok();
        finished.map_err(|failed| error::from_finish(NONE, failed))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        let (files, person, upload_id) = (self.files.clone(), self.person, self.upload_id);
        tokio::spawn(async move {
            if let Err(error) = files.cancel(person, upload_id).await {
                tracing::debug!(%error, %upload_id, "an upload that was cut off stays");
            }
        });
    }
}

fn refused(failed: UploadError) -> ErrorReply {
    error::from_upload(NONE, failed)
}

/// The last part of the path is the name, as `curl -T` appends it to an address that ends in `/`.
fn name(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    match percent_decode_str(last).decode_utf8_lossy() {
        name if name.is_empty() => NAME.to_owned(),
        name => name.into_owned(),
    }
}

/// Of a body that states it; one without is empty (RFC 9112, section 6.3).
fn size(head: &Head) -> Result<u64, ErrorReply> {
    match head.headers.get(header::CONTENT_LENGTH) {
        Some(_) => head
            .text(header::CONTENT_LENGTH)
            .and_then(|bytes| bytes.parse().ok())
            .ok_or_else(|| invalid("The length of the body is no number.")),
        None => Ok(0),
    }
}

/// The first value of this name in a query, or in a form, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let found = parameters(query).find(|(found, _)| found == name);
    found.map(|(_, value)| value)
}

/// What a query says, decoded.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(move |(name, value)| (decoded(name), decoded(value)))
}
