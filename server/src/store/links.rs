//! Who may open a file: whoever has its link, unless its uploader says otherwise. What may not be opened is not there.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::file::{LinkAccess, LinkInfo};
use shared::{FileId, FileInfo, FileName, PersonId, TimestampMs, http};

use super::{
    Store, StoreError, StoredUpload, arrivals, at_one_moment, counter, files, named, to_integer,
};

/// A limit that somebody sets is no higher.
const DOWNLOADS_MAX: u64 = 1_000_000;

/// A file that somebody may open.
#[derive(Debug, Clone)]
pub(crate) struct OpenFile {
    pub(crate) file: FileInfo,
    /// Its link works for everyone and without end, so that what was fetched by it may be kept.
    pub(crate) is_public: bool,
    pub(crate) link_ends_at: Option<TimestampMs>,
    /// What is asked of the reader; nothing of whoever sees the file in a room, or sent it.
    pub(crate) terms: Option<Terms>,
}

/// On what terms a file is given to whoever has nothing but its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The PHC string of the password that they must know.
    pub(crate) password: Option<Box<str>>,
    /// How many more downloads may begin, where that is limited.
    pub(crate) downloads_left: Option<u64>,
}

impl Terms {
    pub(crate) fn are_none(&self) -> bool {
        self.password.is_none() && self.downloads_left.is_none()
    }
}

/// How a link is to be from now on.
#[derive(Debug, Clone)]
pub(crate) struct NewLink {
    pub(crate) access: LinkAccess,
    pub(crate) expires_at_ms: Option<TimestampMs>,
    /// The PHC string.
    pub(crate) password: Change<String>,
    pub(crate) downloads_left: Change<u64>,
}

/// What becomes of something that need not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change<T> {
    Keep,
    Remove,
    Set(T),
}

impl<T> Change<T> {
    fn of(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Remove => None,
            Self::Set(new) => Some(new),
        }
    }
}

/// A file's link as it is stored.
struct StoredLink {
    path: String,
    uploader: PersonId,
    access: LinkAccess,
    expires_at_ms: Option<TimestampMs>,
    terms: Terms,
    downloads: u64,
}

/// What a link leads to.
#[derive(Debug, Clone)]
pub(crate) enum Linked {
    File(OpenFile),
    /// The file is still on its way, by this upload.
    Arriving(Box<StoredUpload>),
}

impl Linked {
    pub(crate) fn ends_at(&self) -> Option<TimestampMs> {
        match self {
            Self::File(open) => open.link_ends_at,
            Self::Arriving(_) => None,
        }
    }

    /// Those of [`OpenFile`]; whoever may read a file that is on its way is a member.
    pub(crate) fn terms(&self) -> Option<&Terms> {
        match self {
            Self::File(open) => open.terms.as_ref(),
            Self::Arriving(_) => None,
        }
    }
}

impl Store {
    /// The file, where `reader` may open it without any terms; `None` where there is no such file, or not for them. One
    /// that is still on its way is there for whoever sends it, and for those who may read a message that awaits it.
    pub(crate) async fn open_file(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
        now: TimestampMs,
    ) -> Result<Option<Linked>, StoreError> {
        let linked = self.open_link(file_id, reader, now).await?;
        Ok(linked.filter(|linked| linked.terms().is_none_or(Terms::are_none)))
    }

    /// As [`Self::open_file`], on the terms of the link, which the caller sees to.
    pub(crate) async fn open_link(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
        now: TimestampMs,
    ) -> Result<Option<Linked>, StoreError> {
        let find = move |db: &Connection| {
            let open = open_on_terms(db, file_id, reader, now)?;
            match (open, reader) {
                (Some(file), _) => Ok(Some(Linked::File(file))),
                (None, Some(reader)) => arriving(db, file_id, reader),
                (None, None) => Ok(None),
            }
        };
        self.read(move |db| at_one_moment(db, find)).await
    }

    /// The link of a file of the person's own. [`StoreError::FileNotFound`] of all others.
    pub(crate) async fn read_link(
        &self,
        by: PersonId,
        file_id: FileId,
    ) -> Result<LinkInfo, StoreError> {
        // By the writer, behind the downloads that are counted but not yet written.
        self.write(move |db| Ok((own(db, by, file_id)?.info(), Vec::new())))
            .await
    }

    /// Says anew who may open a file of the person's own. [`StoreError::FileNotFound`] of all others.
    pub(crate) async fn change_link(
        &self,
        by: PersonId,
        file_id: FileId,
        wanted: NewLink,
    ) -> Result<LinkInfo, StoreError> {
        self.write(move |db| Ok((change(db, by, file_id, wanted)?, Vec::new())))
            .await
    }
}

impl StoredLink {
    fn info(&self) -> LinkInfo {
        LinkInfo {
            path: self.path.clone(),
            access: self.access,
            expires_at_ms: self.expires_at_ms,
            has_password: self.terms.password.is_some(),
            downloads: self.downloads,
            downloads_left: self.terms.downloads_left,
        }
    }

    fn is_public(&self) -> bool {
        self.access == LinkAccess::Anyone && self.expires_at_ms.is_none() && self.terms.are_none()
    }
}

/// The file, where `reader` may open it without any terms.
pub(super) fn open(
    db: &Connection,
    file_id: FileId,
    reader: Option<PersonId>,
    now: TimestampMs,
) -> Result<Option<OpenFile>, StoreError> {
    let open = open_on_terms(db, file_id, reader, now)?;
    Ok(open.filter(|open| open.terms.as_ref().is_none_or(Terms::are_none)))
}

fn open_on_terms(
    db: &Connection,
    file_id: FileId,
    reader: Option<PersonId>,
    now: TimestampMs,
) -> Result<Option<OpenFile>, StoreError> {
    let Some(link) = link(db, file_id)? else {
        return Ok(None);
    };
    if link.expires_at_ms.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let sees_it = match reader {
        Some(reader) => reader == link.uploader || is_member(db, file_id, reader)?,
        None => false,
    };
    let may_open = match link.access {
        LinkAccess::Anyone => true,
        LinkAccess::Members => sees_it,
        LinkAccess::Revoked | LinkAccess::Unknown => false,
    };
    if !may_open {
        return Ok(None);
    }
    let file = files::file(db, file_id)?;
    Ok(file.map(|file| OpenFile {
        file,
        is_public: link.is_public(),
        link_ends_at: link.expires_at_ms,
        terms: (!sees_it).then_some(link.terms),
    }))
}

/// The file that is still on its way, where `reader` may open it.
fn arriving(
    db: &Connection,
    file_id: FileId,
    reader: PersonId,
) -> Result<Option<Linked>, StoreError> {
    let Some(upload) = arrivals::upload_of(db, file_id)? else {
        return Ok(None);
    };
    let may_open = upload.begun.person == reader || is_member(db, file_id, reader)?;
    Ok(may_open.then(|| Linked::Arriving(Box::new(upload))))
}

fn change(
    db: &Connection,
    by: PersonId,
    file_id: FileId,
    wanted: NewLink,
) -> Result<LinkInfo, StoreError> {
    let link = own(db, by, file_id)?;
    if wanted.access == LinkAccess::Unknown {
        return Err(StoreError::Invalid(
            "A link is for anyone, for members or revoked.",
        ));
    }
    if link.access == LinkAccess::Revoked && wanted.access != LinkAccess::Revoked {
        return Err(StoreError::Invalid(
            "This link is revoked for good; upload the file again.",
        ));
    }
    if matches!(wanted.downloads_left, Change::Set(left) if left > DOWNLOADS_MAX) {
        return Err(StoreError::Invalid(
            "The highest limit is 1,000,000 downloads; a link without one has none.",
        ));
    }
    let link = StoredLink {
        access: wanted.access,
        expires_at_ms: wanted.expires_at_ms,
        terms: Terms {
            password: wanted
                .password
                .of(link.terms.password.map(String::from))
                .map(Box::from),
            downloads_left: wanted.downloads_left.of(link.terms.downloads_left),
        },
        ..link
    };
    db.prepare_cached(
        "UPDATE files SET access = ?2, expires_ms = ?3, link_password = ?4, downloads_left = ?5
         WHERE id = ?1",
    )?
    .execute(params![
        file_id.as_bytes(),
        link.access.as_str(),
        link.expires_at_ms.map(|end| to_integer(end.0)),
        link.terms.password,
        link.terms.downloads_left.map(to_integer),
    ])?;
    Ok(link.info())
}

fn own(db: &Connection, by: PersonId, file_id: FileId) -> Result<StoredLink, StoreError> {
    let found = link(db, file_id)?.filter(|link| link.uploader == by);
    found.ok_or(StoreError::FileNotFound)
}

fn link(db: &Connection, file_id: FileId) -> Result<Option<StoredLink>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT access, expires_ms, person_id, link_password, downloads, downloads_left, name
             FROM files WHERE id = ?1",
        )?
        .query_row([file_id.as_bytes()], |row| {
            let name = FileName::repaired(row.get_ref(6)?.as_str()?);
            Ok(StoredLink {
                path: http::file_link(file_id, &name),
                access: named(row, 0)?,
                expires_at_ms: optional_counter(row, 1)?.map(TimestampMs),
                uploader: PersonId::from_bytes(row.get(2)?),
                terms: Terms {
                    password: row.get(3)?,
                    downloads_left: optional_counter(row, 5)?,
                },
                downloads: counter(row, 4)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn optional_counter(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _some => counter(row, column).map(Some),
    }
}

/// Whether the person may read a message that carries the file, or awaits it.
fn is_member(db: &Connection, file_id: FileId, person: PersonId) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM (SELECT room_id, sequence FROM file_rooms WHERE file_id = ?1
                            UNION ALL SELECT room_id, sequence FROM arrivals WHERE file_id = ?1) AS carried
             JOIN rooms ON rooms.id = carried.room_id
             LEFT JOIN members ON members.room_id = rooms.id AND members.person_id = ?2
             WHERE rooms.kind = 'lobby' OR members.first_sequence <= sequence LIMIT 1",
        )?
        .exists([&file_id.as_bytes()[..], &person.as_bytes()[..]])?)
}
