//! Somebody, and what one may do with them; and who may not come into a room.

use shared::account::{PresenceState, Profile};
use shared::{ClientFrame, Operation, ServerFrame};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::people;
use crate::present::room_sheets::opens;
use crate::present::rooms::may;
use crate::present::sheet::{Deed, Item, Request};

pub(super) fn parts(eyes: &Eyes<'_>, profile: &Profile) -> Vec<Part> {
    let person_id = profile.person.id;
    let seen = profile.last_seen_ms;
    let seen = seen.map(|at| format!("Last seen {}", eyes.moment(at)));
    let presence = match profile.presence {
        PresenceState::Offline | PresenceState::Unknown => seen,
        state => Some(people::presence(state).into()),
    };
    let role = Some(people::role(profile.role).to_owned());
    let facts = role.into_iter().chain(presence).collect();
    let mut parts = vec![Part::Person(Box::new(profile.clone()), facts)];
    if eyes.own() != Some(person_id) && may(eyes.view, Operation::OpenDirect, None) {
        let direct = ClientFrame::OpenDirect {
            request_id: request_id(),
            people: vec![person_id],
        };
        let write = Deed::Send(Request::new(direct).then(opens));
        parts.push(Part::Buttons(vec![Item::new("Message", write).primary()]));
    }
    parts
}

pub(super) fn bans(answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::BansListed {
        room_id, people, ..
    } = answer
    else {
        return None;
    };
    let rows = people.iter().map(|person| {
        let lift = ClientFrame::LiftBan {
            request_id: request_id(),
            room: (*room_id).into(),
            person_id: person.id,
        };
        let lead = Lead::Person(person.clone());
        Row::new(person.id, lead, &person.name)
            .items(Items::Buttons(vec![Item::send("Let in again", lift)]))
    });
    Some(vec![Part::List {
        rows: rows.collect(),
        empty: "Nobody is banned.",
    }])
}
