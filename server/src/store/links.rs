//! Who may open a file: whoever has its link, unless its uploader says otherwise. What may not be opened is not there.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::file::{LinkAccess, LinkInfo};
use shared::{FileId, FileInfo, PersonId, TimestampMs};

use super::{Store, StoreError, at_one_moment, counter, files, named, to_integer};

/// A file that somebody may open.
#[derive(Debug, Clone)]
pub(crate) struct OpenFile {
    pub(crate) file: FileInfo,
    /// Its link works for everyone and without end, so that what was fetched by it may be kept.
    pub(crate) is_public: bool,
    pub(crate) link_ends_at: Option<TimestampMs>,
}

impl Store {
    /// The file, where `reader` may open it; `None` where there is no such file, or not for them.
    pub(crate) async fn open_file(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
        now: TimestampMs,
    ) -> Result<Option<OpenFile>, StoreError> {
        self.read(move |db| at_one_moment(db, |db| open(db, file_id, reader, now)))
            .await
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

/// Whether the person may read a message that carries the file.
fn is_member(db: &Connection, file_id: FileId, person: PersonId) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM file_rooms JOIN rooms ON rooms.id = file_rooms.room_id
             LEFT JOIN members ON members.room_id = rooms.id AND members.person_id = ?2
             WHERE file_id = ?1 AND (rooms.kind = 'lobby' OR members.first_sequence <= sequence) LIMIT 1",
        )?
        .exists([&file_id.as_bytes()[..], &person.as_bytes()[..]])?)
}
