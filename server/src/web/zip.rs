//! `GET /api/zip`: several files as one archive, which is made while it is sent and is nowhere as a whole.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Response};
use serde_json::json;
use shared::{
    ErrorCode, ErrorReply, FileId, FileInfo, FileName, Operation, PersonId, RoomRef, Sequence,
    SessionId,
};
use warp::reply::{Reply as _, Response as Answer};

use super::Cut;
use super::api::{Api, Failure, Head, NONE, invalid};
use super::headers::guard;
use super::links::attachment;
use super::pieces::{Guard, Pieces, Source};
use super::put::parameters;
use crate::connection::Context;
use crate::error;
use crate::store::{SignedIn, StoreError};

mod names;
mod records;

use names::Names;
use records::{Entry, Writer};

/// Files of one archive; more do not fit into an address anyway.
const FILES_MAX: usize = 1_000;
/// Of an archive whose name nobody said.
const NAME: &str = "files";
const MEDIA_TYPE: &str = "application/zip";

/// Who gets the archive; each file is asked for when its turn comes.
struct Reader {
    context: Arc<Context>,
    person: PersonId,
    session: SessionId,
    cut: Cut,
}

/// What is still to be sent.
struct Archive {
    reader: Reader,
    writer: Writer,
    rest: VecDeque<(Entry, FileInfo)>,
    sending: Option<Sending>,
}

/// The file whose bytes are being sent.
struct Sending {
    entry: Entry,
    pieces: Pieces,
    checksum: crc32fast::Hasher,
}

impl Api {
    pub(super) async fn zip(&self, head: &Head) -> Result<Answer, Failure> {
        let account = self.account(head).await?;
        account
            .require(Operation::ReadFile)
            .map_err(|refused| error::not_allowed(NONE, refused))?;
        let (name, ids) = self.asked_for(head, &account).await?;
        let reader = Reader {
            context: self.context.clone(),
            person: account.person.id,
            session: account.session_id,
            cut: head.cut.clone(),
        };
        let (mut names, mut files) = (Names::default(), VecDeque::new());
        for file_id in ids {
            let file = reader.file(file_id).await?;
            let entry = Entry {
                name: names.give(&file.name),
                size_bytes: file.size_bytes,
            };
            files.push_back((entry, file));
        }
        let entries: Vec<Entry> = files.iter().map(|(entry, _)| entry.clone()).collect();
        let size_bytes = Writer::measure(&entries);
        let mut answer = match head.method == Method::HEAD {
            true => Response::new(Bytes::new()).into_response(),
            false => warp::reply::stream(Archive::new(reader, files).stream()).into_response(),
        };
        describe(&mut answer, &name, size_bytes);
        Ok(answer)
    }

    /// The archive's name, and the ids of its files, each once.
    async fn asked_for(
        &self,
        head: &Head,
        account: &SignedIn,
    ) -> Result<(FileName, Vec<FileId>), ErrorReply> {
        let (mut name, mut ids) = (None, Vec::new());
        for (key, value) in parameters(&head.query) {
            match &*key {
                "file" => ids.push(value.parse().map_err(|_| not_found(&value))?),
                "message" => {
                    let (of_message, files) = self.files_of(account, &value).await?;
                    name = name.or(Some(of_message));
                    ids.extend(files);
                }
                "name" => name = Some(value),
                _other => {}
            }
        }
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        if ids.is_empty() {
            return Err(invalid(
                "Say which files: ?file=ID&file=ID, or ?message=ROOM/SEQUENCE.",
            ));
        }
        if ids.len() > FILES_MAX {
            return Err(invalid("That are too many files for one archive."));
        }
        let name = name.unwrap_or_else(|| NAME.to_owned());
        let name = name.strip_suffix(".zip").unwrap_or(&name);
        Ok((FileName::repaired(&format!("{name}.zip")), ids))
    }

    /// The files of a message, `ROOM/SEQUENCE`, and a name for them all.
    async fn files_of(
        &self,
        account: &SignedIn,
        message: &str,
    ) -> Result<(String, Vec<FileId>), ErrorReply> {
        account
            .require(Operation::ReadHistory)
            .map_err(|refused| error::not_allowed(NONE, refused))?;
        let parsed = message.rsplit_once('/').and_then(|(room, sequence)| {
            let room: RoomRef = room.parse().ok()?;
            Some((room, sequence.parse::<u64>().ok()?))
        });
        let Some((room, sequence)) = parsed else {
            return Err(invalid("A message is ROOM/SEQUENCE."));
        };
        let before = Some(Sequence(sequence.saturating_add(1)));
        let store = &self.context.store;
        let page = store.history(account.person.id, room, before, 1).await;
        let (_, events) = page.map_err(|failed| error::from_store(NONE, failed))?;
        let event = events
            .into_iter()
            .find(|event| event.sequence.0 == sequence);
        let Some(event) = event else {
            return Err(error::from_store(NONE, StoreError::NotFound("message")));
        };
        let attached = event.event.attachments().iter().map(|file| file.file_id);
        let arriving = event.event.arriving().iter().filter(|file| !file.withdrawn);
        let ids = attached.chain(arriving.map(|file| file.file_id)).collect();
        Ok((message.replace('/', "-"), ids))
    }
}

impl Reader {
    /// The file, where they may open it without any terms.
    async fn file(&self, file_id: FileId) -> Result<FileInfo, ErrorReply> {
        let found = self.context.files.file(file_id, Some(self.person)).await;
        let open = found.map_err(|failed| ErrorReply {
            details: json!({ "file_id": file_id }),
            ..error::from_read(NONE, failed)
        })?;
        Ok(open.file)
    }

    /// Its bytes, for as long as they may read it.
    async fn pieces(&self, file: &FileInfo) -> io::Result<Pieces> {
        let (context, person) = (&self.context, Some(self.person));
        let losses = context.hub.losses();
        let granted = context.files.granted(losses, file.file_id, person).await;
        let (_, grant) = granted.map_err(io::Error::other)?;
        let mut grant = grant.within(Some(self.session));
        if !grant.is_good().await {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let content = context.files.open(file).await.map_err(io::Error::other)?;
        let guard = Guard::new(grant, self.cut.clone());
        let (disk, source) = (
            context.files.disk().clone(),
            Source::Whole(Box::new(content)),
        );
        Ok(Pieces::new(disk, source, 0..file.size_bytes, guard))
    }
}

impl Archive {
    fn new(reader: Reader, files: VecDeque<(Entry, FileInfo)>) -> Self {
        Self {
            reader,
            writer: Writer::new(crate::now_ms()),
            rest: files,
            sending: None,
        }
    }

    /// Its bytes. Where one of the files cannot be sent any more the archive ends there, which its length tells.
    fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold(Some(self), |archive| async {
            match archive?.next().await {
                Ok((bytes, rest)) => Some((Ok(bytes), rest)),
                Err(failed) => {
                    tracing::debug!(%failed, "an archive was cut");
                    Some((Err(failed), None))
                }
            }
        })
    }

    /// The next bytes, and what comes behind them, if anything does.
    async fn next(mut self) -> io::Result<(Bytes, Option<Self>)> {
        if let Some(mut sending) = self.sending.take() {
            return match sending.pieces.next().await {
                Some(piece) => {
                    let bytes = self.sum(sending, piece?).await?;
                    Ok((bytes, Some(self)))
                }
                None => {
                    let checksum = sending.checksum.finalize();
                    Ok((self.writer.end(&sending.entry, checksum), Some(self)))
                }
            };
        }
        let Some((entry, file)) = self.rest.pop_front() else {
            return Ok((self.writer.finish(), None));
        };
        let begin = self.writer.begin(&entry);
        self.sending = Some(Sending {
            entry,
            pieces: self.reader.pieces(&file).await?,
            checksum: crc32fast::Hasher::new(),
        });
        Ok((begin, Some(self)))
    }

    /// Adds the piece to the checksum of its file.
    async fn sum(&mut self, mut sending: Sending, piece: Bytes) -> io::Result<Bytes> {
        let mut checksum = sending.checksum;
        let add = move || {
            checksum.update(&piece);
            Ok((checksum, piece))
        };
        let (checksum, piece) = self.reader.context.files.disk().run(add).await?;
        sending.checksum = checksum;
        self.sending = Some(sending);
        Ok(piece)
    }
}

fn not_found(file: &str) -> ErrorReply {
    ErrorReply {
        details: json!({ "file_id": file }),
        ..ErrorReply::new(ErrorCode::FileNotFound, "There is no such file.")
    }
}

fn describe(answer: &mut Answer, name: &FileName, size_bytes: u64) {
    let headers = answer.headers_mut();
    guard(headers);
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, MEDIA_TYPE);
    set(header::CONTENT_LENGTH, &size_bytes.to_string());
    set(header::CONTENT_DISPOSITION, &attachment(name));
    set(header::ACCEPT_RANGES, "none");
    set(header::CACHE_CONTROL, "no-store");
}
