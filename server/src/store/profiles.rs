//! What people say of themselves, and who is found by name.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::account::{PresenceState, Profile};
use shared::frame::Person;
use shared::limits::{AVATAR_BYTES_MAX, PEOPLE_FOUND_MAX, PERSON_NAME_CHARS_MAX, STATUS_CHARS_MAX};
use shared::{FileId, FileName, PersonId, PersonName, TimestampMs, http, names};

use super::looks::{self, Named};
use super::{Store, StoreError, counter, named, to_integer};

/// What of a profile becomes another; what is `None` stays.
#[derive(Debug, Default, Clone)]
pub(crate) struct NewProfile {
    pub(crate) name: Option<PersonName>,
    pub(crate) status_text: Option<String>,
    /// `Some(None)` takes the picture away.
    pub(crate) avatar: Option<Option<FileId>>,
    pub(crate) hides_last_seen: Option<bool>,
}

/// The columns that [`profile_from`] reads; `?1` is now. A picture whose link nobody may open is none.
macro_rules! select_profiles {
    ($rest:literal) => {
        concat!(
            "SELECT people.id, people.name, role, status_text, files.id, files.name, last_seen_ms, hides_last_seen,
                    totp_step IS NOT NULL, password IS NOT NULL
             FROM people LEFT JOIN files ON files.id = avatar
                 AND access = 'anyone' AND coalesce(expires_ms > ?1, TRUE)
             WHERE removed_ms IS NULL AND ",
            $rest
        )
    };
}

impl Store {
    /// Everything that is known of the person, whoever may see it; whether they are here is not.
    pub(crate) async fn profile(
        &self,
        person: PersonId,
        now: TimestampMs,
    ) -> Result<Profile, StoreError> {
        self.read(move |db| profile(db, person, now)).await
    }

    /// People whose names hold the query: those that begin with it, then the others, at most
    /// [`PEOPLE_FOUND_MAX`]. Everyone's do, where it is empty.
    pub(crate) async fn find_people(
        &self,
        query: &str,
        now: TimestampMs,
    ) -> Result<Vec<Profile>, StoreError> {
        let words: Vec<&str> = query.split_whitespace().collect();
        let query = words.join(" ");
        if query.chars().nth(PERSON_NAME_CHARS_MAX).is_some() {
            // No name is so long.
            return Ok(Vec::new());
        }
        let key = names::key(&query);
        self.read(move |db| find(db, &key, now)).await
    }

    /// Changes what is given, all of it or nothing. [`StoreError::NameTaken`] and [`StoreError::NameLooksTaken`] as
    /// for a new person.
    pub(crate) async fn change_profile(
        &self,
        person: PersonId,
        new: NewProfile,
        now: TimestampMs,
    ) -> Result<Profile, StoreError> {
        self.write(move |db| Ok((change(db, person, &new, now)?, Vec::new())))
            .await
    }
}

fn profile(db: &Connection, person: PersonId, now: TimestampMs) -> Result<Profile, StoreError> {
    db.prepare_cached(select_profiles!("people.id = ?2"))?
        .query_row(params![to_integer(now.0), person.as_bytes()], profile_from)
        .optional()?
        .ok_or(StoreError::PersonNotFound)
}

fn profile_from(row: &Row<'_>) -> rusqlite::Result<Profile> {
    let link = |id: [u8; 16]| {
        let name = FileName::repaired(row.get_ref(5)?.as_str()?);
        Ok::<_, rusqlite::Error>(http::file_link(FileId::from_bytes(id), &name))
    };
    let last_seen: Option<i64> = row.get(6)?;
    Ok(Profile {
        person: Person {
            id: PersonId::from_bytes(row.get(0)?),
            name: row.get(1)?,
        },
        role: named(row, 2)?,
        status_text: row.get(3)?,
        avatar: row.get::<_, Option<_>>(4)?.map(link).transpose()?,
        presence: PresenceState::Offline,
        last_seen_ms: last_seen
            .map(|_| counter(row, 6).map(TimestampMs))
            .transpose()?,
        hides_last_seen: row.get(7)?,
        has_totp: row.get(8)?,
        has_password: row.get(9)?,
    })
}

fn find(db: &Connection, key: &str, now: TimestampMs) -> Result<Vec<Profile>, StoreError> {
    let now = to_integer(now.0);
    let limit = to_integer(PEOPLE_FOUND_MAX as u64);
    // Behind every key that begins with this one.
    let end = format!("{key}{}", char::MAX);
    let begin = select_profiles!("name_key >= ?2 AND name_key < ?3 ORDER BY name_key LIMIT ?4");
    let mut begin = db.prepare_cached(begin)?;
    let begin = begin.query_map(params![now, key, end, limit], profile_from)?;
    let mut found = begin.collect::<Result<Vec<_>, _>>()?;
    let left = limit - to_integer(found.len() as u64);
    if left > 0 && !key.is_empty() {
        let hold = select_profiles!("instr(name_key, ?2) > 1 ORDER BY name_key LIMIT ?3");
        let mut hold = db.prepare_cached(hold)?;
        for profile in hold.query_map(params![now, key, left], profile_from)? {
            found.push(profile?);
        }
    }
    Ok(found)
}

fn change(
    db: &Connection,
    person: PersonId,
    new: &NewProfile,
    now: TimestampMs,
) -> Result<Profile, StoreError> {
    let before = profile(db, person, now)?;
    if let Some(name) = new
        .name
        .as_ref()
        .filter(|name| name.as_str() != before.person.name)
    {
        rename(db, person, &before.person.name, name)?;
    }
    if let Some(text) = &new.status_text {
        let text = status_from(text)?;
        db.prepare_cached("UPDATE people SET status_text = ?2 WHERE id = ?1")?
            .execute(params![person.as_bytes(), text])?;
    }
    if let Some(avatar) = new.avatar {
        if let Some(file_id) = avatar {
            check_avatar(db, person, file_id, now)?;
        }
        db.prepare_cached("UPDATE people SET avatar = ?2 WHERE id = ?1")?
            .execute(params![
                person.as_bytes(),
                avatar.as_ref().map(FileId::as_bytes)
            ])?;
    }
    if let Some(hides) = new.hides_last_seen {
        db.prepare_cached("UPDATE people SET hides_last_seen = ?2 WHERE id = ?1")?
            .execute(params![person.as_bytes(), hides])?;
    }
    profile(db, person, now)
}

/// Events of before keep the name of their time, and anybody may take it from now on.
fn rename(
    db: &Connection,
    person: PersonId,
    before: &str,
    name: &PersonName,
) -> Result<(), StoreError> {
    let key = name.key();
    let is_taken = db
        .prepare_cached("SELECT 1 FROM people WHERE name_key = ?1 AND id <> ?2")?
        .exists(params![key, person.as_bytes()])?;
    if is_taken {
        return Err(StoreError::NameTaken);
    }
    db.prepare_cached("UPDATE people SET name = ?2, name_key = ?3 WHERE id = ?1")?
        .execute(params![person.as_bytes(), name.as_str(), key])?;
    looks::release(db, Named::Person, before, person.as_bytes())?;
    looks::take(db, Named::Person, name.as_str(), person.as_bytes())
}

fn status_from(text: &str) -> Result<&str, StoreError> {
    let text = text.trim();
    if text.chars().nth(STATUS_CHARS_MAX).is_some() || text.contains(leaves_its_line) {
        return Err(StoreError::Invalid(
            "A status is one line of at most 100 characters.",
        ));
    }
    Ok(text)
}

/// Control characters, and those that turn the direction of what stands beside them.
fn leaves_its_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn check_avatar(
    db: &Connection,
    person: PersonId,
    file_id: FileId,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let (is_image, bytes, is_open): (bool, u64, bool) = db
        .prepare_cached(
            "SELECT image_width IS NOT NULL, size_bytes, access = 'anyone' AND coalesce(expires_ms > ?3, TRUE)
             FROM files JOIN blobs ON blobs.content_hash = files.content_hash
             WHERE id = ?1 AND person_id = ?2",
        )?
        .query_row(
            params![file_id.as_bytes(), person.as_bytes(), to_integer(now.0)],
            |row| Ok((row.get(0)?, counter(row, 1)?, row.get(2)?)),
        )
        .optional()?
        .ok_or(StoreError::FileNotFound)?;
    if !is_image {
        return Err(StoreError::Invalid("A picture must be an image."));
    }
    if bytes > AVATAR_BYTES_MAX {
        return Err(StoreError::Invalid("A picture may have 2 MiB at most."));
    }
    if !is_open {
        return Err(StoreError::Invalid(
            "Everyone is to see the picture, so its link must be open to everyone.",
        ));
    }
    Ok(())
}
