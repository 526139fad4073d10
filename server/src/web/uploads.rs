//! Uploads over HTTP. Whatever is under way for a session ends with it.

use serde_json::json;
use shared::file::{BeginUpload, FinishUpload};
use shared::http::CHUNK_HASH_HEADER;
use shared::{ChunkHash, ContentHash, ErrorReply, Operation, PersonId, UploadId};
use warp::reply::Response;

use super::api::{Api, Failure, Head, NONE, done, invalid, json_of, reply, unknown};
use super::body::{Incoming, PIECE_BYTES};
use crate::error;
use crate::payloads::Place;
use crate::throttle::Class;

/// What can be asked for below `/api/uploads`.
enum Request<'a> {
    Begin,
    Describe(&'a str),
    Cancel(&'a str),
    PutChunk { upload: &'a str, index: &'a str },
    Finish(&'a str),
}

impl<'a> Request<'a> {
    fn of(method: &str, path: &[&'a str]) -> Option<Self> {
        Some(match (method, path) {
            ("POST", []) => Self::Begin,
            ("GET" | "HEAD", [upload]) => Self::Describe(upload),
            ("DELETE", [upload]) => Self::Cancel(upload),
            ("PUT", [upload, "chunks", index]) => Self::PutChunk { upload, index },
            ("POST", [upload, "finish"]) => Self::Finish(upload),
            (_, _) => return None,
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Begin => Class::UploadsBegun,
            Self::PutChunk { .. } => Class::Chunks,
            Self::Describe(_) | Self::Cancel(_) | Self::Finish(_) => Class::Others,
        }
    }
}

impl Api {
    pub(super) async fn serve_upload(
        &self,
        head: &Head,
        path: &[&str],
        body: &mut Incoming,
    ) -> Result<Response, Failure> {
        let Some(request) = Request::of(head.method.as_str(), path) else {
            return Err(unknown(head).into());
        };
        let (account, mut watch) = self.watched(head, Operation::Upload).await?;
        let person = account.person.id;
        self.caller.check_person(person, request.class())?;
        tokio::select! {
            () = watch.ended() => Err(Failure::Ended),
            answer = self.answer_upload(person, request, head, body) => Ok(answer?),
        }
    }

    async fn answer_upload(
        &self,
        person: PersonId,
        request: Request<'_>,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<Response, ErrorReply> {
        let files = &self.context.files;
        match request {
            Request::Begin => {
                let request: BeginUpload = json_of(body).await?;
                let begun = files.begin(person, request).await;
                reply(&begun.map_err(|failed| error::from_upload(NONE, failed))?)
            }
            Request::Describe(upload) => {
                let status = files.describe(person, id(upload)?, NONE).await;
                reply(&status.map_err(|failed| error::from_upload(NONE, failed))?)
            }
            Request::Cancel(upload) => {
                let cancelled = files.cancel(person, id(upload)?).await;
                cancelled.map_err(|failed| error::from_upload(NONE, failed))?;
                done()
            }
            Request::PutChunk { upload, index } => {
                let index = index
                    .parse()
                    .map_err(|_| invalid("The index is no number."))?;
                self.put_chunk(person, id(upload)?, index, head, body).await
            }
            Request::Finish(upload) => self.finish(person, id(upload)?, body).await,
        }
    }

    async fn put_chunk(
        &self,
        person: PersonId,
        upload_id: UploadId,
        index: u32,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<Response, ErrorReply> {
        let stated: Option<ChunkHash> = match head.headers.get(CHUNK_HASH_HEADER) {
            Some(value) => {
                let parsed = value.to_str().ok().and_then(|hex| hex.parse().ok());
                Some(parsed.ok_or_else(|| invalid("x-chunk-hash is no hash."))?)
            }
            None => None,
        };
        let refused = |failed| error::from_chunk(NONE, failed);
        let files = &self.context.files;
        let chunk = files.put_chunk(person, upload_id, index, stated).await;
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
    ) -> Result<Response, ErrorReply> {
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
        let finished = self.context.files.finish(person, request).await;
        let file = finished.map_err(|failed| error::from_finish(NONE, failed))?;
        reply(&json!({ "request_id": NONE, "upload_id": upload_id, "file": file }))
    }
}

fn id(text: &str) -> Result<UploadId, ErrorReply> {
    text.parse()
        .map_err(|_| invalid("The upload's id is no id."))
}
