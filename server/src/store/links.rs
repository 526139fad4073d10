//! Who may open a file: whoever has its link, unless its uploader says otherwise. What may not be opened is not there.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::file::{LinkAccess, LinkInfo};
use shared::{FileId, FileInfo, PersonId, TimestampMs};

use super::{
    Store, StoreError, StoredUpload, arrivals, at_one_moment, counter, files, named, to_integer,
};

/// A file that somebody may open.
#[derive(Debug, Clone)]
pub(crate) struct OpenFile {
    pub(crate) file: FileInfo,
    /// Its link works for everyone and without end, so that what was fetched by it may be kept.
    pub(crate) is_public: bool,
    pub(crate) link_ends_at: Option<TimestampMs>,
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
}

impl Store {
    /// The file, where `reader` may open it; `None` where there is no such file, or not for them. One that is still on
    /// its way is there for whoever sends it, and for those who may read a message that awaits it.
    pub(crate) async fn open_file(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
        now: TimestampMs,
    ) -> Result<Option<Linked>, StoreError> {
        let find = move |db: &Connection| match (open(db, file_id, reader, now)?, reader) {
            (Some(file), _) => Ok(Some(Linked::File(file))),
            (None, Some(reader)) => arriving(db, file_id, reader),
            (None, None) => Ok(None),
        };
        self.read(move |db| at_one_moment(db, find)).await
    }

    /// Says anew who may open a file of the person's own. [`StoreError::FileNotFound`] of all others.
    pub(crate) async fn change_link(
        &self,
        by: PersonId,
        file_id: FileId,
        wanted: LinkInfo,
    ) -> Result<LinkInfo, StoreError> {
        self.write(move |db| {
            let found = link(db, file_id)?.filter(|(_, uploader)| *uploader == by);
            let (link, _) = found.ok_or(StoreError::FileNotFound)?;
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
            db.prepare_cached("UPDATE files SET access = ?2, expires_ms = ?3 WHERE id = ?1")?
                .execute(params![
                    file_id.as_bytes(),
                    wanted.access.as_str(),
                    wanted.expires_at_ms.map(|end| to_integer(end.0)),
                ])?;
            Ok((wanted, Vec::new()))
        })
        .await
    }
}

/// The file, where `reader` may open it.
pub(super) fn open(
    db: &Connection,
    file_id: FileId,
    reader: Option<PersonId>,
    now: TimestampMs,
) -> Result<Option<OpenFile>, StoreError> {
    let Some((link, uploader)) = link(db, file_id)? else {
        return Ok(None);
    };
    if link.expires_at_ms.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let may_open = match link.access {
        LinkAccess::Anyone => true,
        LinkAccess::Members => match reader {
            Some(reader) => reader == uploader || is_member(db, file_id, reader)?,
            None => false,
        },
        LinkAccess::Revoked | LinkAccess::Unknown => false,
    };
    if !may_open {
        return Ok(None);
    }
    let file = files::file(db, file_id)?;
    Ok(file.map(|file| OpenFile {
        file,
        is_public: link == LinkInfo::default(),
        link_ends_at: link.expires_at_ms,
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

/// The file's link, and who uploaded it.
fn link(db: &Connection, file_id: FileId) -> Result<Option<(LinkInfo, PersonId)>, StoreError> {
    let found = db
        .prepare_cached("SELECT access, expires_ms, person_id FROM files WHERE id = ?1")?
        .query_row([file_id.as_bytes()], |row| {
            let expires_at_ms = match row.get_ref(1)? {
                rusqlite::types::ValueRef::Null => None,
                _some => Some(TimestampMs(counter(row, 1)?)),
            };
            let link = LinkInfo {
                access: named(row, 0)?,
                expires_at_ms,
            };
            Ok((link, PersonId::from_bytes(row.get(2)?)))
        })
        .optional()?;
    Ok(found)
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
