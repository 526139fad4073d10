//! What a room is, by its log and by its rows.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use shared::room::{HistoryVisibility, RoomChanges, RoomKind};
use shared::{PersonId, RoomName, RoomRole};

use crate::store::inspect::{InspectError, RoomOfLog};
use crate::store::{counter, named, rooms};

/// What a new database calls the lobby.
const LOBBY_NAME: &str = "lobby";

/// What somebody is in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    role: RoomRole,
    /// The first event that they may read.
    first: u64,
}

#[derive(Debug)]
pub(super) struct Projection {
    kind: RoomKind,
    /// `None` until the log says it.
    name: Option<String>,
    topic: String,
    description: String,
    history: HistoryVisibility,
    is_archived: bool,
    /// 0 stands for: for good.
    retention_days: u32,
    /// Whoever created it, until they come in.
    creator: Option<PersonId>,
    members: BTreeMap<PersonId, Place>,
    bans: BTreeSet<PersonId>,
}

impl Projection {
    /// A room of which nothing has happened yet.
    pub(super) fn begin(kind: RoomKind) -> Self {
        Self {
            kind,
            name: (kind == RoomKind::Lobby).then(|| LOBBY_NAME.to_owned()),
            topic: String::new(),
            description: String::new(),
            history: HistoryVisibility::All,
            is_archived: false,
            retention_days: 0,
            creator: None,
            members: BTreeMap::new(),
            bans: BTreeSet::new(),
        }
    }

    pub(super) fn created_by(&mut self, person: PersonId) {
        self.creator = Some(person);
    }

    pub(super) fn came(&mut self, person: PersonId, sequence: u64) {
        let is_creator = self.creator.take_if(|it| *it == person).is_some();
        let role = match is_creator && self.kind != RoomKind::Direct {
            true => RoomRole::Owner,
            false => RoomRole::Member,
        };
        let reads_all = is_creator || self.history.is_all();
        let first = if reads_all { 1 } else { sequence };
        self.members.insert(person, Place { role, first });
    }

    pub(super) fn went(&mut self, person: PersonId, banned: bool) {
        self.members.remove(&person);
        if banned {
            self.bans.insert(person);
        }
    }

    pub(super) fn let_back(&mut self, person: PersonId) {
        self.bans.remove(&person);
    }

    pub(super) fn became(&mut self, person: PersonId, role: RoomRole) {
        if let Some(place) = self.members.get_mut(&person) {
            place.role = role;
        }
    }

    pub(super) fn change(&mut self, name: Option<RoomName>, changes: RoomChanges) {
        self.name = name
            .map(|name| name.as_str().to_owned())
            .or(self.name.take());
        self.topic = changes.topic.unwrap_or(std::mem::take(&mut self.topic));
        let description = std::mem::take(&mut self.description);
        self.description = changes.description.unwrap_or(description);
        self.history = changes.history.unwrap_or(self.history);
        self.is_archived = changes.archived.unwrap_or(self.is_archived);
        self.retention_days = changes.retention_days.unwrap_or(self.retention_days);
    }

    /// As the rows have it.
    pub(super) fn load(db: &Connection, room: &RoomOfLog) -> Result<Self, InspectError> {
        let id = room.room_id.as_bytes();
        let mut kept = db
            .prepare_cached(
                "SELECT description, history, archived_ms IS NOT NULL, ifnull(retention_days, 0) FROM rooms
                 WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok(Self {
                    name: Some(room.name.clone()),
                    topic: room.topic.clone(),
                    description: row.get(0)?,
                    history: named(row, 1)?,
                    is_archived: row.get(2)?,
                    retention_days: row.get(3)?,
                    ..Self::begin(room.kind)
                })
            })?;
        let mut statement = db.prepare_cached(
            "SELECT person_id, role, first_sequence FROM members WHERE room_id = ?1",
        )?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            let place = Place {
                role: named(row, 1)?,
                first: counter(row, 2)?,
            };
            kept.members
                .insert(PersonId::from_bytes(row.get(0)?), place);
        }
        let mut statement = db.prepare_cached("SELECT person_id FROM bans WHERE room_id = ?1")?;
        let bans = statement.query_map([id], |row| row.get(0).map(PersonId::from_bytes))?;
        kept.bans = bans.collect::<Result<_, _>>()?;
        Ok(kept)
    }

    /// How the rows differ from the log, which this is.
    pub(super) fn differences(&self, kept: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let is_named = self.name.is_none() || self.name == kept.name;
        for (is_same, what) in [
            (is_named && self.topic == kept.topic, "its name or topic is"),
            (self.description == kept.description, "its description is"),
            (self.history == kept.history, "what newcomers may read is"),
            (
                self.is_archived == kept.is_archived,
                "whether it is archived is",
            ),
            (
                self.retention_days == kept.retention_days,
                "how long it keeps messages is",
            ),
        ] {
            if !is_same {
                found.push(format!("{what} not that of its log"));
            }
        }
        for (person, place) in &kept.members {
            match self.members.get(person) {
                None => found.push(format!("{person} is a member, but not by its log")),
                Some(by_log) if by_log.role != place.role => {
                    let (role, by_log) = (place.role.as_str(), by_log.role.as_str());
                    found.push(format!("{person} is {role} in it, but {by_log} by its log"));
                }
                Some(by_log) if by_log.first != place.first => found.push(format!(
                    "{person} may read it from event {}, but by its log from {}",
                    place.first, by_log.first
                )),
                Some(_) => {}
            }
        }
        for person in self.members.keys() {
            if !kept.members.contains_key(person) {
                found.push(format!(
                    "{person} is a member by its log, but not on its list"
                ));
            }
        }
        // Who is removed from the server is on no list.
        for person in kept.bans.difference(&self.bans) {
            found.push(format!("{person} is banned, but not by its log"));
        }
        found
    }

    /// What in the room's rows contradicts itself.
    pub(super) fn disagreements(
        &self,
        db: &Connection,
        room: &RoomOfLog,
    ) -> Result<Vec<String>, InspectError> {
        let mut found = Vec::new();
        let (name_key, counted, direct): (String, u64, Option<Vec<u8>>) = db
            .prepare_cached(
                "SELECT name_key, member_count, direct_people FROM rooms WHERE id = ?1",
            )?
            .query_row([room.room_id.as_bytes()], |row| {
                Ok((row.get(0)?, counter(row, 1)?, row.get(2)?))
            })?;
        let key = room.name.parse::<RoomName>();
        let key = key.map(|name| rooms::name_key(&name, room.kind, room.room_id));
        if key.as_deref() != Ok(name_key.as_str()) {
            found.push("it is not to be found by its name".to_owned());
        }
        let members = match room.kind {
            RoomKind::Lobby => db
                .prepare_cached("SELECT count(*) FROM people WHERE removed_ms IS NULL")?
                .query_row([], |row| counter(row, 0))?,
            _other => self.members.len() as u64,
        };
        if counted != members {
            found.push(format!("it counts {counted} members, but has {members}"));
        }
        let people: Vec<u8> = self.members.keys().flat_map(|id| *id.as_bytes()).collect();
        let is_direct = room.kind == RoomKind::Direct;
        if direct != is_direct.then_some(people) {
            found.push("it is not the room of the people who are in it".to_owned());
        }
        Ok(found)
    }
}
