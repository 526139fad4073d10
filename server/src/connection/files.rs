//! Requests about uploads and files. All of them wait for the disk, so their replies come from `replies`.

use bytes::Bytes;
use shared::file::{BeginUpload, ChangeLink, FinishUpload};
use shared::listing::ListFiles;
use shared::{ChunkHash, ClientFrame, ErrorReply, FileId, RequestId, ServerFrame, UploadId};

use super::deliver::Reply;
use super::links;
use super::session::Connection;
use crate::error;
use crate::files::ChunkError;
use crate::payloads;
use crate::transport::Outgoing;

impl Connection {
    /// Begins what a request about uploads or files asks for; gives any other back.
    pub(super) fn handle_file_request(
        &mut self,
        request: ClientFrame,
        payload: Bytes,
    ) -> Result<(), Box<ClientFrame>> {
        match request {
            ClientFrame::BeginUpload(request) => self.begin_upload(request),
            ClientFrame::PutChunk {
                request_id,
                upload_id,
                index,
                hash,
                payload_bytes: _,
            } => self.put_chunk(request_id, upload_id, index, hash, payload),
            ClientFrame::DescribeUpload {
                request_id,
                upload_id,
            } => self.describe_upload(request_id, upload_id),
            ClientFrame::FinishUpload(request) => self.finish_upload(request),
            ClientFrame::CancelUpload {
                request_id,
                upload_id,
            } => self.cancel_upload(request_id, upload_id),
            ClientFrame::ListUploads { request_id } => self.list_uploads(request_id),
            ClientFrame::ListFiles(request) => self.list_files(*request),
            ClientFrame::DescribeFile {
                request_id,
                file_id,
            } => self.describe_file(request_id, file_id),
            ClientFrame::ReadChunk {
                request_id,
                file_id,
                index,
            } => self.read_chunk(request_id, file_id, index),
            ClientFrame::ChangeLink(request) => self.change_link(request),
            ClientFrame::ReadLink {
                request_id,
                file_id,
            } => self.read_link(request_id, file_id),
            other => return Err(Box::new(other)),
        }
        Ok(())
    }

    fn begin_upload(&mut self, request: BeginUpload) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let request_id = request.request_id;
            let begun = files.begin(person, request).await;
            begun
                .map(ServerFrame::UploadStatus)
                .map_err(|failed| error::from_upload(request_id, failed))
        });
    }

    fn put_chunk(
        &mut self,
        request_id: RequestId,
        upload_id: UploadId,
        index: u32,
        hash: Option<ChunkHash>,
        payload: Bytes,
    ) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        let payload = self.payloads.received(payload);
        self.reply_later(async move {
            let stored = async {
                let mut chunk = files.put_chunk(person, upload_id, index, hash).await?;
                chunk.write(vec![payload]).await?;
                chunk.finish().await
            };
            let hash = stored
                .await
                .map_err(|failed: ChunkError| error::from_chunk(request_id, failed))?;
            Ok(ServerFrame::ChunkStored {
                request_id,
                upload_id,
                index,
                hash,
            })
        });
    }

    fn describe_upload(&mut self, request_id: RequestId, upload_id: UploadId) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let status = files.describe(person, upload_id, request_id).await;
            status
                .map(ServerFrame::UploadStatus)
                .map_err(|failed| error::from_upload(request_id, failed))
        });
    }

    fn finish_upload(&mut self, request: FinishUpload) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let (request_id, upload_id) = (request.request_id, request.upload_id);
            let finished = files.finish(person, request).await;
            let file = finished.map_err(|failed| error::from_finish(request_id, failed))?;
            Ok(ServerFrame::UploadFinished {
                request_id,
                upload_id,
                file,
            })
        });
    }

    fn cancel_upload(&mut self, request_id: RequestId, upload_id: UploadId) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let cancelled = files.cancel(person, upload_id).await;
            cancelled.map_err(|failed| error::from_upload(request_id, failed))?;
            Ok(ServerFrame::Done { request_id })
        });
    }

    fn list_files(&mut self, request: ListFiles) {
        let (store, person) = (self.context.store.clone(), self.account.person.id);
        self.reply_later(async move {
            let request_id = request.request_id;
            let page = store.list_files(person, request, crate::now_ms()).await;
            let page = page.map_err(|failed| error::from_store(request_id, failed))?;
            Ok(ServerFrame::FilesListed {
                request_id,
                files: page.files,
                next: page.next,
            })
        });
    }

    fn list_uploads(&mut self, request_id: RequestId) {
        let (files, person) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let uploads = files.unfinished(person).await;
            Ok(ServerFrame::UploadsListed {
                request_id,
                uploads: uploads.map_err(|failed| error::from_store(request_id, failed))?,
            })
        });
    }

    fn describe_file(&mut self, request_id: RequestId, file_id: FileId) {
        let (files, reader) = (self.context.files.clone(), self.account.person.id);
        self.reply_later(async move {
            let described = files.describe_file(file_id, Some(reader), request_id).await;
            described
                .map(ServerFrame::FileDescribed)
                .map_err(|failed| error::from_read(request_id, failed))
        });
    }

    fn read_chunk(&mut self, request_id: RequestId, file_id: FileId, index: u32) {
        let (files, held) = (self.context.files.clone(), self.payloads.clone());
        let (reader, losses) = (self.account.person.id, self.context.hub.losses());
        self.replies.push(Box::pin(async move {
            let read = async {
                let (chunk, grant) = files.chunk(losses, file_id, reader, index).await?;
                // Read only once there is room, and counted until it is sent.
                let place = held.to_send(chunk.len()).await;
                Ok((files.read_chunk(&chunk).await?, place, grant))
            };
            match read.await {
                Ok((bytes, place, grant)) => {
                    let frame = ServerFrame::ChunkRead {
                        request_id,
                        file_id,
                        index,
                        payload_bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                    };
                    Reply {
                        outgoing: Outgoing::with_payload(&frame, payloads::hold(bytes, place)),
                        grant: Some(Box::new(grant)),
                    }
                }
                Err(failed) => ServerFrame::Error(error::from_read(request_id, failed)).into(),
            }
        }));
    }

    fn change_link(&mut self, request: ChangeLink) {
        let (request_id, file_id) = (request.request_id, request.file_id);
        let (context, by) = (self.context.clone(), self.account.person.clone());
        let address = self.address;
        self.reply_later(async move {
            let link = links::change(&context, &by, address, request).await?;
            Ok(ServerFrame::LinkDescribed {
                request_id,
                file_id,
                link,
            })
        });
    }

    fn read_link(&mut self, request_id: RequestId, file_id: FileId) {
        let (context, by) = (self.context.clone(), self.account.person.clone());
        self.reply_later(async move {
            let link = links::read(&context, &by, file_id, request_id).await?;
            Ok(ServerFrame::LinkDescribed {
                request_id,
                file_id,
                link,
            })
        });
    }

    fn reply_later(
        &mut self,
        reply: impl Future<Output = Result<ServerFrame, ErrorReply>> + Send + 'static,
    ) {
        self.replies.push(Box::pin(async move {
            reply.await.unwrap_or_else(ServerFrame::Error).into()
        }));
    }
}
