//! Programs that somebody lets in under a name of their own, with a token that is good for some things only.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::account::BotInfo;
use shared::frame::Person;
use shared::{Operation, PersonId, PersonName, Role, Scope, SessionId, TimestampMs};

use super::audit::{self, Action};
use super::people::{self, NewPerson};
use super::sessions::{self, NewSession};
use super::{Actor, Store, StoreError, admin, counter};

/// Bots of one person.
const BOTS_MAX: u64 = 20;

/// A bot to be made.
pub(crate) struct NewBot {
    pub(crate) name: PersonName,
    pub(crate) scopes: Vec<Scope>,
    /// What its token will stand for.
    pub(crate) session: NewSession,
}

impl Store {
    /// Makes a bot of `by`.
    pub(crate) async fn create_bot(&self, by: Person, new: NewBot) -> Result<BotInfo, StoreError> {
        self.write(move |db| Ok((create(db, &by, &new)?, Vec::new())))
            .await
    }

    /// The bots of `by`, or as an admin everyone's, by name.
    pub(crate) async fn bots(&self, by: Person) -> Result<Vec<BotInfo>, StoreError> {
        self.read(move |db| list(db, &by)).await
    }

    /// Gives a bot of `by` another token. Returns the session of the one of before as well.
    pub(crate) async fn renew_bot(
        &self,
        by: Person,
        bot: PersonId,
        session: NewSession,
    ) -> Result<(BotInfo, Vec<SessionId>), StoreError> {
        self.write(move |db| Ok((renew(db, &by, bot, &session)?, Vec::new())))
            .await
    }

    /// Removes a bot of `by`, or as an admin anyone's. Returns the sessions that ended.
    pub(crate) async fn remove_bot(
        &self,
        by: Person,
        bot: PersonId,
        now: TimestampMs,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.write(move |db| {
            let role = Actor::Person(by.clone()).require(db, Operation::ManageBots)?;
            let found = find(db, bot)?;
            if found.owner.id != by.id && !role.is_admin() {
                return Err(NOT_FOUND);
            }
            let what = described(&found);
            let removed = admin::remove_bot(db, &found.person, &by, now)?;
            audit::append(db, Some(&by), Action::RemoveBot, &what, now)?;
            Ok(removed)
        })
        .await
    }
}

const NOT_FOUND: StoreError = StoreError::NotFound("bot");

fn create(db: &Connection, by: &Person, new: &NewBot) -> Result<BotInfo, StoreError> {
    Actor::Person(by.clone()).require(db, Operation::ManageBots)?;
    let bots: u64 = db
        .prepare_cached(
            "SELECT count(*) FROM people WHERE made_by = ?1 AND removed_ms IS NULL AND role = 'bot'",
        )?
        .query_row([by.id.as_bytes()], |row| counter(row, 0))?;
    if bots >= BOTS_MAX {
        return Err(StoreError::QuotaExceeded {
            what: "bots of one person",
            max: BOTS_MAX,
        });
    }
    let now = new.session.visit.at_ms;
    let bot = NewPerson {
        name: &new.name,
        role: Role::Bot,
        password: None,
        made_by: Some(by.id),
    };
    let person = people::insert(db, &bot, now)?;
    sessions::open(db, person.id, &new.session, Some(&new.scopes))?;
    let bot = find(db, person.id)?;
    audit::append(db, Some(by), Action::CreateBot, &described(&bot), now)?;
    Ok(bot)
}

fn renew(
    db: &Connection,
    by: &Person,
    bot: PersonId,
    session: &NewSession,
) -> Result<(BotInfo, Vec<SessionId>), StoreError> {
    Actor::Person(by.clone()).require(db, Operation::ManageBots)?;
    let found = find(db, bot)?;
    // Not for admins: a token reads what the bot reads, which they might not.
    if found.owner.id != by.id {
        return Err(NOT_FOUND);
    }
    let ended = sessions::end_all(db, bot, None)?;
    sessions::open(db, bot, session, Some(&found.scopes))?;
    let now = session.visit.at_ms;
    audit::append(db, Some(by), Action::RenewBot, &described(&found), now)?;
    Ok((find(db, bot)?, ended))
}

/// As the audit log names it.
fn described(bot: &BotInfo) -> String {
    let scopes: Vec<_> = bot.scopes.iter().map(|scope| scope.as_str()).collect();
    let (name, owner) = (&bot.person.name, &bot.owner.name);
    format!("{name} of {owner}: {}", scopes.join(", "))
}

const BOTS: &str = "
    SELECT bot.id, bot.name, owner.id, owner.name, bot.created_ms, scopes, last_used_ms, sessions.created_ms
    FROM people AS bot JOIN people AS owner ON owner.id = bot.made_by JOIN sessions ON person_id = bot.id
    WHERE bot.role = 'bot' AND bot.removed_ms IS NULL";

fn find(db: &Connection, bot: PersonId) -> Result<BotInfo, StoreError> {
    db.prepare_cached(&format!("{BOTS} AND bot.id = ?1"))?
        .query_row([bot.as_bytes()], info)
        .optional()?
        .ok_or(NOT_FOUND)
}

fn list(db: &Connection, by: &Person) -> Result<Vec<BotInfo>, StoreError> {
    let role = Actor::Person(by.clone()).require(db, Operation::ManageBots)?;
    let query = format!("{BOTS} AND (?2 OR bot.made_by = ?1) ORDER BY bot.name_key LIMIT 1000");
    let mut statement = db.prepare_cached(&query)?;
    let bots = statement.query_map(params![by.id.as_bytes(), role.is_admin()], info)?;
    Ok(bots.collect::<Result<_, _>>()?)
}

fn info(row: &Row<'_>) -> rusqlite::Result<BotInfo> {
    let person = |column: usize| {
        Ok::<_, rusqlite::Error>(Person {
            id: PersonId::from_bytes(row.get(column)?),
            name: row.get(column + 1)?,
        })
    };
    let scopes: Option<String> = row.get(5)?;
    let (used, begun) = (counter(row, 6)?, counter(row, 7)?);
    Ok(BotInfo {
        person: person(0)?,
        owner: person(2)?,
        scopes: scopes
            .and_then(|list| serde_json::from_str(&list).ok())
            .unwrap_or_default(),
        created_at_ms: TimestampMs(counter(row, 4)?),
        // Whoever made the token has not used it.
        last_used_at_ms: (used > begun).then_some(TimestampMs(used)),
    })
}
