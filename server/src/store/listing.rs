//! Files of messages, for those who may read these. Each of their rooms is gone through from its end, side by side, so
//! that neither the work nor any answer depends on rooms that they do not see.

use std::collections::VecDeque;

use rusqlite::{Connection, params};
use shared::frame::Person;
use shared::limits::FILES_PAGE_MAX;
use shared::listing::{FileCursor, FileKind, ListFiles, SentFile};
use shared::{FileId, PersonId, RoomId, RoomRef, Sequence, TimestampMs, names};

use super::{Store, StoreError, at_one_moment, counter, links, rooms, to_integer};

/// Files of one room that are read at once.
const BATCH: usize = 32;
/// Files that one request looks at; where they are not enough, the next one goes on.
const LOOKED_AT_MAX: usize = 5_000;

/// Some files, the newest first.
#[derive(Debug)]
pub(crate) struct FilesPage {
    pub(crate) files: Vec<SentFile>,
    /// Where the next page begins, where there may be more.
    pub(crate) next: Option<FileCursor>,
}

impl Store {
    /// The files that `reader` asks for, of messages that they may read. [`StoreError::RoomNotFound`] and
    /// [`StoreError::NotAMember`] as for the room's history.
    pub(crate) async fn list_files(
        &self,
        reader: PersonId,
        request: ListFiles,
        now: TimestampMs,
    ) -> Result<FilesPage, StoreError> {
        if request.kind == Some(FileKind::Unknown) {
            return Err(StoreError::Invalid("There is no such kind of file."));
        }
        self.read(move |db| at_one_moment(db, |db| list(db, reader, &request, now)))
            .await
    }
}

/// What a file must be like.
struct Wanted {
    words: Vec<String>,
    from: String,
    kind: Option<FileKind>,
    since: TimestampMs,
}

impl Wanted {
    fn of(request: &ListFiles) -> Self {
        let words = request.query.split_whitespace();
        Self {
            words: words.map(names::key).collect(),
            from: names::key(request.from.trim()),
            kind: request.kind,
            since: request.since_ms.unwrap_or_default(),
        }
    }

    fn takes_sender(&self, name: &str) -> bool {
        self.from.is_empty() || names::key(name).contains(&self.from)
    }

    fn takes(&self, file: &shared::FileInfo) -> bool {
        let is_kind = |kind| FileKind::of(file.name.as_str(), &file.media_type) == kind;
        let name = names::key(file.name.as_str());
        self.kind.is_none_or(is_kind) && self.words.iter().all(|word| name.contains(word))
    }
}

fn list(
    db: &Connection,
    reader: PersonId,
    request: &ListFiles,
    now: TimestampMs,
) -> Result<FilesPage, StoreError> {
    let wanted = Wanted::of(request);
    let end = Place::before(request);
    let mut sources = Vec::new();
    for (room, first) in readable(db, reader, request.room.as_ref())? {
        sources.push(RoomFiles::of(db, room, first, end)?);
    }
    let mut page = FilesPage {
        files: Vec::new(),
        next: None,
    };
    for _ in 0..LOOKED_AT_MAX {
        let newest = sources.iter_mut().max_by_key(|source| source.top());
        let Some(sent) = newest.map(|source| source.take(db)).transpose()?.flatten() else {
            page.next = None;
            return Ok(page);
        };
        if sent.place.sent_at < wanted.since {
            page.next = None;
            return Ok(page);
        }
        page.next = Some(sent.place.cursor());
        if !wanted.takes_sender(&sent.person.name) {
            continue;
        }
        let file = links::open(db, sent.place.file(), Some(reader), now)?.map(|open| open.file);
        if let Some(file) = file.filter(|file| wanted.takes(file)) {
            page.files.push(sent.with(file));
        }
        if page.files.len() == FILES_PAGE_MAX {
            break;
        }
    }
    Ok(page)
}

/// The rooms whose files are looked at, and from which event on they may be read.
fn readable(
    db: &Connection,
    reader: PersonId,
    room: Option<&RoomRef>,
) -> Result<Vec<(RoomId, Sequence)>, StoreError> {
    if let Some(room) = room {
        let found = rooms::find(db, reader, room)?;
        return Ok(vec![(found.room_id, found.standing()?.first_sequence)]);
    }
    let mut statement = db.prepare_cached(
        "SELECT id, 1 FROM rooms WHERE kind = 'lobby'
         UNION ALL SELECT room_id, first_sequence FROM members WHERE person_id = ?1",
    )?;
    let rooms = statement.query_map([reader.as_bytes()], |row| {
        Ok((RoomId::from_bytes(row.get(0)?), Sequence(counter(row, 1)?)))
    })?;
    Ok(rooms.collect::<Result<_, _>>()?)
}

/// Where a file stands in all lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    sent_at: TimestampMs,
    file: [u8; 16],
}

impl Place {
    /// Behind all that are asked for.
    fn before(request: &ListFiles) -> Self {
        let until = Self {
            sent_at: request.until_ms.unwrap_or(TimestampMs(u64::MAX)),
            file: [0; 16],
        };
        let page = request.before.map(|cursor| Self {
            sent_at: cursor.sent_at_ms,
            file: *cursor.file_id.as_bytes(),
        });
        page.map_or(until, |page| page.min(until))
    }

    fn file(self) -> FileId {
        FileId::from_bytes(self.file)
    }

    fn cursor(self) -> FileCursor {
        FileCursor {
            sent_at_ms: self.sent_at,
            file_id: self.file(),
        }
    }
}

/// A file as its message has it.
struct Sent {
    place: Place,
    room: RoomId,
    sequence: Sequence,
    person: Person,
}

impl Sent {
    fn with(self, file: shared::FileInfo) -> SentFile {
        SentFile {
            file,
            room_id: self.room,
            sequence: self.sequence,
            sent_at_ms: self.place.sent_at,
            person: self.person,
        }
    }
}

/// The files of a room, of which some are read ahead.
struct RoomFiles {
    room: RoomId,
    first: Sequence,
    read: VecDeque<Sent>,
    is_all: bool,
}

impl RoomFiles {
    fn of(db: &Connection, room: RoomId, first: Sequence, end: Place) -> Result<Self, StoreError> {
        let mut source = Self {
            room,
            first,
            read: VecDeque::new(),
            is_all: false,
        };
        source.read_on(db, end)?;
        Ok(source)
    }

    fn top(&self) -> Option<Place> {
        self.read.front().map(|sent| sent.place)
    }

    fn take(&mut self, db: &Connection) -> Result<Option<Sent>, StoreError> {
        let taken = self.read.pop_front();
        if let Some(sent) = taken
            .as_ref()
            .filter(|_| self.read.is_empty() && !self.is_all)
        {
            self.read_on(db, sent.place)?;
        }
        Ok(taken)
    }

    fn read_on(&mut self, db: &Connection, end: Place) -> Result<(), StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT file_id, file_rooms.sequence, sent_ms, person_id, person_name FROM file_rooms
             JOIN events ON events.room_id = file_rooms.room_id AND events.sequence = file_rooms.sequence
             WHERE file_rooms.room_id = ?1 AND (sent_ms, file_id) < (?2, ?3) AND file_rooms.sequence >= ?4
             ORDER BY sent_ms DESC, file_id DESC LIMIT ?5",
        )?;
        let room = self.room;
        let arguments = params![
            room.as_bytes(),
            to_integer(end.sent_at.0),
            end.file,
            to_integer(self.first.0),
            to_integer(BATCH as u64),
        ];
        let sent = statement.query_map(arguments, |row| {
            Ok(Sent {
                place: Place {
                    sent_at: TimestampMs(counter(row, 2)?),
                    file: row.get(0)?,
                },
                room,
                sequence: Sequence(counter(row, 1)?),
                person: Person {
                    id: PersonId::from_bytes(row.get(3)?),
                    name: row.get(4)?,
                },
            })
        })?;
        self.read = sent.collect::<Result<_, _>>()?;
        self.is_all = self.read.len() < BATCH;
        Ok(())
    }
}
