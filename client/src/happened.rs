//! What the events of a log mean for what is known of its room: its name and rules, who is in it and as what, and what
//! was removed from it.

use shared::frame::Person;
use shared::room::{Member, RoomChanges, RoomInfo};
use shared::{EventBody, FileId, PersonId, RoomEvent, RoomName, RoomRole};

use crate::view::{Members, Room};

/// What is another now.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touched {
    /// What describes the room.
    pub(crate) info: bool,
    /// Who is in it, or as what.
    pub(crate) members: bool,
}

impl Room {
    /// Takes in an event that has just happened, where `own` is oneself.
    pub(crate) fn happened(&mut self, event: &RoomEvent, own: Option<PersonId>) -> Touched {
        self.info.last_sequence = event.sequence;
        let mut touched = Touched::default();
        match &event.event {
            EventBody::MemberJoined {} => touched.members = self.came(&event.person),
            EventBody::MemberAdded { member } => touched.members = self.came(member),
            EventBody::MemberLeft {} => touched.members = self.went(event.person.id),
            EventBody::MemberRemoved { member, .. } => touched.members = self.went(member.id),
            EventBody::RoomRoleChanged { member, role } => {
                touched.members = self.is_now(member.id, *role);
                if own == Some(member.id) {
                    self.info.role = told(*role);
                    touched.info = true;
                }
            }
            EventBody::RoomChanged { name, changes } => {
                change(&mut self.info, name.as_ref(), changes);
                touched.info = true;
            }
            EventBody::MessageSent { .. }
            | EventBody::RoomCreated { .. }
            | EventBody::BanLifted { .. }
            | EventBody::FileArrived { .. }
            | EventBody::FileWithdrawn { .. }
            | EventBody::MessagesRemoved { .. }
            | EventBody::Removed {}
            | EventBody::Unknown => {}
        }
        touched
    }

    /// Does to earlier messages what an event says became of them, whenever it happened. Whether any was there.
    pub(crate) fn amend_messages(&mut self, event: &RoomEvent) -> bool {
        match &event.event {
            EventBody::MessagesRemoved { from, to, of } => self.timeline.remove(*from, *to, *of),
            EventBody::FileArrived { sequence, file } => self
                .timeline
                .amend(*sequence, |message| message.arrive(file)),
            EventBody::FileWithdrawn { sequence, file_id } => self
                .timeline
                .amend(*sequence, |message| message.withdraw(*file_id)),
            EventBody::MessageSent { .. }
            | EventBody::RoomCreated { .. }
            | EventBody::MemberJoined {}
            | EventBody::MemberLeft {}
            | EventBody::MemberAdded { .. }
            | EventBody::MemberRemoved { .. }
            | EventBody::BanLifted { .. }
            | EventBody::RoomRoleChanged { .. }
            | EventBody::RoomChanged { .. }
            | EventBody::Removed {}
            | EventBody::Unknown => false,
        }
    }

    /// Files that messages awaited until this event.
    pub(crate) fn no_longer_awaited(&self, event: &RoomEvent) -> Vec<FileId> {
        let (from, to, of) = match &event.event {
            EventBody::FileWithdrawn { file_id, .. } => return vec![*file_id],
            EventBody::MessagesRemoved { from, to, of } if from <= to => (*from, *to, *of),
            _ => return Vec::new(),
        };
        let removed = self.timeline.range(from..=to);
        removed
            .filter(|message| of.is_none_or(|of| message.person.id == of))
            .flat_map(|message| message.event.arriving())
            .map(|file| file.file_id)
            .collect()
    }

    /// Does to a message what later events, which are known already, say became of its files: a page of history may have
    /// been read before them and come after them.
    pub(crate) fn catch_up(&self, event: &mut RoomEvent) {
        if event.event.arriving().is_empty() {
            return;
        }
        let at = event.sequence;
        for later in self.timeline.events_after(at) {
            match &later.event {
                EventBody::FileArrived { sequence, file } if *sequence == at => {
                    event.event.arrive(file);
                }
                EventBody::FileWithdrawn { sequence, file_id } if *sequence == at => {
                    event.event.withdraw(*file_id);
                }
                _ => {}
            }
        }
    }

    /// Somebody is a member now. Whether the list of members, where it is known, is another one.
    fn came(&mut self, person: &Person) -> bool {
        self.info.members = self.info.members.saturating_add(1);
        let Some(Members { total, listed }) = &mut self.members else {
            return false;
        };
        if listed.iter().all(|member| member.person.id != person.id) {
            *total = total.saturating_add(1);
            // Presence knows better whether they are here.
            listed.push(Member::new(person.clone(), false));
        }
        true
    }

    /// Likewise, no longer.
    fn went(&mut self, person_id: PersonId) -> bool {
        self.info.members = self.info.members.saturating_sub(1);
        self.read_by.remove(&person_id);
        let Some(Members { total, listed }) = &mut self.members else {
            return false;
        };
        *total = total.saturating_sub(1);
        listed.retain(|member| member.person.id != person_id);
        true
    }

    fn is_now(&mut self, person_id: PersonId, role: RoomRole) -> bool {
        let listed = self.members.iter_mut().flat_map(|all| &mut all.listed);
        let mut found = false;
        for member in listed.filter(|member| member.person.id == person_id) {
            member.role = told(role);
            found = true;
        }
        found
    }
}

/// As the server tells it: nothing of a plain member.
fn told(role: RoomRole) -> Option<RoomRole> {
    match role {
        RoomRole::Owner | RoomRole::Moderator => Some(role),
        RoomRole::Member | RoomRole::Unknown => None,
    }
}

fn change(info: &mut RoomInfo, name: Option<&RoomName>, changes: &RoomChanges) {
    let RoomChanges {
        topic,
        description,
        history,
        archived,
        retention_days,
    } = changes;
    if let Some(name) = name {
        info.name = name.clone();
    }
    if let Some(topic) = topic {
        info.topic.clone_from(topic);
    }
    if let Some(description) = description {
        info.description.clone_from(description);
    }
    if let Some(history) = history {
        info.history = *history;
    }
    if let Some(archived) = archived {
        info.archived = *archived;
    }
    if let Some(days) = retention_days {
        info.retention_days = Some(*days).filter(|days| *days > 0);
    }
}
