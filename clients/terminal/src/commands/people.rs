//! Who is in a room and as what, and who there is at all.

use shared::account::{PresenceState, Profile};
use shared::room::{Member, RemoveMember, SetRoomRole};
use shared::{ClientFrame, RequestId, Role, RoomRef, RoomRole, ServerFrame};

use crate::arguments::requests::Membership;
use crate::commands::requests::{done, have_done};
use crate::commands::who;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn list_members(
    session: &mut Session,
    room: RoomRef,
    output: &mut Output,
) -> Result<(), Failure> {
    let room_id = who::own_room(session, &room, output).await?;
    let (total, members) = who::members(session, room_id, output).await?;
    let name = who::room_name(session, room_id);
    for member in &members {
        who::print_object(&name, room_id, member, output)?;
        output.line(&row(member))?;
    }
    let more = u64::from(total).saturating_sub(members.len() as u64);
    if more > 0 {
        output.note(&format!("and {more} more, all of them offline"));
    }
    Ok(())
}

fn row(member: &Member) -> String {
    let name = text::line(&member.person.name);
    let role = match member.role {
        None | Some(RoomRole::Member | RoomRole::Unknown) => "",
        Some(role) => role.as_str(),
    };
    let here = who::presence_of(member);
    let row = format!("{name:<24} {:<16} {role}", presence(here));
    row.trim_end().to_owned()
}

/// In a word or a few.
pub(crate) fn presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "online",
        PresenceState::Away => "away",
        PresenceState::DoNotDisturb => "do not disturb",
        PresenceState::Offline | PresenceState::Unknown => "offline",
    }
}

pub(crate) async fn add(
    session: &mut Session,
    who: Membership,
    output: &mut Output,
) -> Result<(), Failure> {
    for person in &who.people {
        let person = session.person(output, person).await?;
        let add = ClientFrame::AddMember {
            request_id: REQUEST,
            room: who.room.clone(),
            person_id: person.id,
        };
        let said = format!("{} is in {} now.", person.name, who.room);
        have_done(session, add, &said, output).await?;
    }
    Ok(())
}

pub(crate) async fn remove(
    session: &mut Session,
    who: Membership,
    ban: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    for person in &who.people {
        let person = session.person(output, person).await?;
        let remove = ClientFrame::RemoveMember(RemoveMember {
            request_id: REQUEST,
            room: who.room.clone(),
            person_id: person.id,
            ban,
        });
        let for_good = if ban { " and may not come back" } else { "" };
        let said = format!("{} is out of {}{for_good}.", person.name, who.room);
        have_done(session, remove, &said, output).await?;
    }
    Ok(())
}

pub(crate) async fn lift_bans(
    session: &mut Session,
    who: Membership,
    output: &mut Output,
) -> Result<(), Failure> {
    for person in &who.people {
        let person = session.person(output, person).await?;
        let lift = ClientFrame::LiftBan {
            request_id: REQUEST,
            room: who.room.clone(),
            person_id: person.id,
        };
        let said = format!("{} may come back to {}.", person.name, who.room);
        have_done(session, lift, &said, output).await?;
    }
    Ok(())
}

pub(crate) async fn list_bans(
    session: &mut Session,
    room: RoomRef,
    output: &mut Output,
) -> Result<(), Failure> {
    let ask = ClientFrame::ListBans {
        request_id: REQUEST,
        room,
    };
    let ServerFrame::BansListed { people, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for person in &people {
        output.object("person", person)?;
        output.line(&text::line(&person.name))?;
    }
    Ok(())
}

pub(crate) async fn set_role(
    session: &mut Session,
    room: RoomRef,
    person: &str,
    role: RoomRole,
    output: &mut Output,
) -> Result<(), Failure> {
    let person = session.person(output, person).await?;
    let set = ClientFrame::SetRoomRole(SetRoomRole {
        request_id: REQUEST,
        room,
        person_id: person.id,
        role,
    });
    session.have_done(output, set).await?;
    let role = client::present::words::room_role(role);
    done(&format!("{} is {role} now.", person.name), output)
}

pub(crate) async fn find(
    session: &mut Session,
    query: String,
    output: &mut Output,
) -> Result<(), Failure> {
    let ask = ClientFrame::FindPeople {
        request_id: REQUEST,
        query,
    };
    let ServerFrame::PeopleFound { people, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for profile in &people {
        output.object("profile", profile)?;
        output.line(&profile_row(profile))?;
    }
    Ok(())
}

fn profile_row(profile: &Profile) -> String {
    let name = text::line(&profile.person.name);
    let role = match profile.role {
        Role::Member | Role::Unknown => "",
        role => role.as_str(),
    };
    let here = match (profile.presence, profile.last_seen_ms) {
        (PresenceState::Offline, Some(at)) => format!("last seen {}", text::when(at)),
        (state, _) => presence(state).to_owned(),
    };
    let status = text::line(&profile.status_text);
    let row = format!("{name:<24} {role:<7} {here:<26} {status}");
    row.trim_end().to_owned()
}
