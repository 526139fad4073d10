//! Who did what as an admin, an owner of a room or the operator: a log that only grows. Each entry's hash is over that
//! of the entry before it and the entry itself, so that none can be changed, taken out or put in unseen.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::admin::AuditEntry;
use shared::frame::Person;
use shared::{Operation, PersonId, Sequence, TimestampMs};

use super::inspect::{InspectError, Inspection};
use super::{Actor, Store, StoreError, check, counter, to_integer};

/// Entries of one page.
const PAGE_ENTRIES_MAX: u32 = 200;
/// Characters of a subject; what is above is cut off.
const SUBJECT_CHARS_MAX: usize = 500;

/// What is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Somebody became the owner of a server that had none.
    ClaimOwnership,
    /// Somebody is something else on the server.
    SetRole,
    /// An admin let somebody choose a new password.
    ResetPassword,
    /// An admin ended all sessions of somebody.
    SignOutPerson,
    /// Somebody was removed from the server.
    RemovePerson,
    /// The server's settings are others.
    ChangeSettings,
    /// There is a link that lets people in.
    CreateInvitation,
    /// A link that let people in does so no more.
    RevokeInvitation,
    /// Somebody has a bot.
    CreateBot,
    /// A bot has another token.
    RenewBot,
    /// A bot is gone.
    RemoveBot,
    /// Somebody may not come into a room any more.
    Ban,
    /// Somebody may come into a room again.
    LiftBan,
    /// Nobody may write in a room any more.
    ArchiveRoom,
    /// One may write in a room again.
    ReopenRoom,
    /// A room keeps what is said for another time.
    ChangeRetention,
    /// A moderator removed a message of somebody else.
    RemoveMessage,
    /// A report was looked at.
    CloseReport,
    /// The server found that its disk has lost a part of a file.
    FindDamage,
}

impl Action {
    /// As it is in the log, for good.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ClaimOwnership => "claim_ownership",
            Self::SetRole => "set_role",
            Self::ResetPassword => "reset_password",
            Self::SignOutPerson => "sign_out_person",
            Self::RemovePerson => "remove_person",
            Self::ChangeSettings => "change_settings",
            Self::CreateInvitation => "create_invitation",
            Self::RevokeInvitation => "revoke_invitation",
            Self::CreateBot => "create_bot",
            Self::RenewBot => "renew_bot",
            Self::RemoveBot => "remove_bot",
            Self::Ban => "ban",
            Self::LiftBan => "lift_ban",
            Self::ArchiveRoom => "archive_room",
            Self::ReopenRoom => "reopen_room",
            Self::ChangeRetention => "change_retention",
            Self::RemoveMessage => "remove_message",
            Self::CloseReport => "close_report",
            Self::FindDamage => "find_damage",
        }
    }
}

impl Store {
    /// The newest entries before `before`, or of all, the newest first.
    pub(crate) async fn audit_page(
        &self,
        actor: Actor,
        before: Option<Sequence>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(move |db| {
            actor.require(db, Operation::ReadAuditLog)?;
            page(db, before)
        })
        .await
    }
}

impl Inspection {
    /// Checks that the log is whole and that nobody has changed it; its last entry, and the hash of that.
    pub(crate) fn check_audit(
        &self,
        report: check::Report<'_>,
    ) -> Result<Option<(Sequence, blake3::Hash)>, InspectError> {
        let mut statement = self.db.prepare(
            "SELECT sequence, at_ms, person_id, person_name, action, subject, hash FROM audit
             ORDER BY sequence",
        )?;
        let mut rows = statement.query([])?;
        let (mut next, mut previous) = (1, [0; 32]);
        while let Some(row) = rows.next()? {
            let (entry, stored) = (Entry::from_row(row)?, row.get(6)?);
            let sequence = entry.sequence.0;
            if sequence != next {
                report(format!(
                    "audit log: before entry {sequence}, some are missing"
                ));
            } else if entry.hash_after(&previous) != stored {
                report(format!(
                    "audit log: entry {sequence} is not the one that was written"
                ));
            }
            (next, previous) = (sequence + 1, stored);
        }
        let hash = blake3::Hash::from_bytes(previous);
        Ok((next > 1).then_some((Sequence(next - 1), hash)))
    }
}

/// Writes down what `actor` does in the same transaction; the server's operator, where there is none.
pub(super) fn append(
    db: &Connection,
    actor: Option<&Person>,
    action: Action,
    subject: &str,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let last = db
        .prepare_cached("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok((counter(row, 0)?, row.get(1)?)))
        .optional()?;
    let (last, previous) = last.unwrap_or((0, [0; 32]));
    let entry = Entry {
        sequence: Sequence(last + 1),
        at_ms: now,
        person: actor.cloned(),
        action: action.as_str().to_owned(),
        subject: subject.chars().take(SUBJECT_CHARS_MAX).collect(),
    };
    db.prepare_cached(
        "INSERT INTO audit (sequence, at_ms, person_id, person_name, action, subject, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        to_integer(entry.sequence.0),
        to_integer(now.0),
        actor.map(|person| person.id.as_bytes()),
        actor.map(|person| &person.name),
        entry.action,
        entry.subject,
        entry.hash_after(&previous),
    ])?;
    Ok(())
}

fn page(db: &Connection, before: Option<Sequence>) -> Result<Vec<AuditEntry>, StoreError> {
    let before = to_integer(before.map_or(u64::MAX, |before| before.0));
    let mut statement = db.prepare_cached(
        "SELECT sequence, at_ms, person_id, person_name, action, subject, hash FROM audit
         WHERE sequence < ?1 ORDER BY sequence DESC LIMIT ?2",
    )?;
    let entries = statement.query_map(params![before, PAGE_ENTRIES_MAX], |row| {
        let entry = Entry::from_row(row)?;
        Ok(AuditEntry {
            sequence: entry.sequence,
            at_ms: entry.at_ms,
            person: entry.person,
            action: entry.action,
            subject: entry.subject,
            hash: blake3::Hash::from_bytes(row.get(6)?).to_hex().to_string(),
        })
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}

/// All of an entry but its hash.
struct Entry {
    sequence: Sequence,
    at_ms: TimestampMs,
    person: Option<Person>,
    action: String,
    subject: String,
}

impl Entry {
    /// Of the columns sequence, at_ms, person_id, person_name, action, subject.
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id: Option<[u8; 16]> = row.get(2)?;
        let person = match id {
            Some(id) => Some(Person {
                id: PersonId::from_bytes(id),
                name: row.get(3)?,
            }),
            None => None,
        };
        Ok(Self {
            sequence: Sequence(counter(row, 0)?),
            at_ms: TimestampMs(counter(row, 1)?),
            person,
            action: row.get(4)?,
            subject: row.get(5)?,
        })
    }

    /// PROTOCOL.md says how, so that whoever has read the log can check it.
    fn hash_after(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous);
        hasher.update(&self.sequence.0.to_le_bytes());
        hasher.update(&self.at_ms.0.to_le_bytes());
        let (id, name) = match &self.person {
            Some(person) => (person.id.to_string(), person.name.as_str()),
            None => (String::new(), ""),
        };
        for text in [id.as_str(), name, &self.action, &self.subject] {
            // The length keeps the end of one apart from the beginning of the next.
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

    /// The log of a new database, with an entry of the operator and two of a person.
    async fn with_entries(dir: &TempDir) -> Store {
        let store = Store::open(dir.path(), Default::default(), Box::new(|_: &[_]| {})).unwrap();
        let ada = store.claim("Ada", "token", NOW).await.unwrap().person;
        let written = store.write(move |db| {
            append(db, None, Action::SetRole, "Ada: owner", NOW)?;
            append(db, Some(&ada), Action::ChangeSettings, "guests: on", NOW)?;
            append(db, Some(&ada), Action::Ban, &"x".repeat(2_000), NOW)?;
            Ok(((), Vec::new()))
        });
        written.await.unwrap();
        store
    }

    fn findings(dir: &TempDir) -> Vec<String> {
        let mut findings = Vec::new();
        let inspection = Inspection::open(dir.path()).unwrap();
        inspection
            .check_audit(&mut |found| findings.push(found))
            .unwrap();
        findings
    }

    #[tokio::test]
    async fn entries_are_read_from_the_newest_on_and_hold_together() {
        let dir = TempDir::new().unwrap();
        let store = with_entries(&dir).await;
        let entries = store.audit_page(Actor::Operator, None).await.unwrap();
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["ban", "change_settings", "set_role"]);
        assert_eq!(entries[0].subject.len(), SUBJECT_CHARS_MAX);
        assert_eq!(entries[1].person.as_ref().unwrap().name, "Ada");
        assert_eq!(entries[2].person, None);
        let older = store
            .audit_page(Actor::Operator, Some(Sequence(2)))
            .await
            .unwrap();
        assert_eq!(older, entries[2..]);
        assert_eq!(findings(&dir), Vec::<String>::new());
    }

    #[tokio::test]
    async fn nothing_in_the_log_is_changed_unseen() {
        for (sql, finding) in [
            (
                "UPDATE audit SET subject = 'Eve' WHERE sequence = 2",
                "entry 2 is not",
            ),
            (
                "UPDATE audit SET person_id = NULL WHERE sequence = 2",
                "entry 2 is not",
            ),
            (
                "UPDATE audit SET at_ms = at_ms + 1 WHERE sequence = 1",
                "entry 1 is not",
            ),
            ("DELETE FROM audit WHERE sequence = 2", "before entry 3"),
            ("DELETE FROM audit WHERE sequence = 1", "before entry 2"),
        ] {
            let dir = TempDir::new().unwrap();
            with_entries(&dir).await.close().await;
            let db = Connection::open(dir.path().join("chinwag.db")).unwrap();
            let refused = db.execute(sql, []).unwrap_err().to_string();
            assert!(refused.contains("only grows"), "{refused}");
            let triggers = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened";
            db.execute_batch(triggers).unwrap();
            db.execute(sql, []).unwrap();
            let found = findings(&dir);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            assert!(found[0].contains(finding), "{sql}: {found:?}");
        }
    }
}
