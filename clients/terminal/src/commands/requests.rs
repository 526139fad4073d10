//! What is asked of the server besides talking, for a command of its own and for a line in a chat.

use shared::ClientFrame;

use crate::arguments::Global;
use crate::arguments::requests::Request;
use crate::commands::{
    account, admin, bots, files, invite, link, messages, people, rooms, sessions, uploads,
};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Keeping, Session};

pub(crate) async fn run(
    global: &Global,
    request: Request,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut session = Session::open(global, Keeping::Passing(Vec::new()), output).await?;
    carry_out(&mut session, request, output).await?;
    session.close().await
}

pub(crate) async fn carry_out(
    session: &mut Session,
    request: Request,
    output: &mut Output,
) -> Result<(), Failure> {
    match request {
        Request::Account(account) => account::run(session, account, output).await,
        Request::Sessions(sessions) => sessions::run(session, sessions, output).await,
        Request::Files(what) => files::run(session, what, output).await,
        Request::Uploads(uploads) => uploads::run(session, uploads, output).await,
        Request::Bots(bots) => bots::run(session, bots, output).await,
        Request::Invite(invite) => invite::run(session, invite, output).await,
        Request::Rooms(rooms) => rooms::run(session, rooms, output).await,
        Request::Members { room } => people::list_members(session, room, output).await,
        Request::Add(who) => people::add(session, who, output).await,
        Request::Remove(who) => people::remove(session, who, false, output).await,
        Request::Ban(who) => people::remove(session, who, true, output).await,
        Request::Unban(who) => people::lift_bans(session, who, output).await,
        Request::Bans { room } => people::list_bans(session, room, output).await,
        Request::Role { room, person, role } => {
            people::set_role(session, room, &person, role, output).await
        }
        Request::People { query } => people::find(session, query, output).await,
        Request::Link(link) => link::run(session, &link, output).await,
        Request::Delete(message) => messages::delete(session, message, output).await,
        Request::Report { message, reason } => {
            messages::report(session, message, &reason.join(" "), output).await
        }
        Request::Admin(what) => admin::run(session, what, output).await,
    }
}

/// Has it done and says so.
pub(crate) async fn have_done(
    session: &mut Session,
    frame: ClientFrame,
    said: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    session.have_done(output, frame).await?;
    done(said, output)
}

/// What was asked for is done.
pub(crate) fn done(said: &str, output: &mut Output) -> Result<(), Failure> {
    output.object("done", serde_json::json!({}))?;
    output.line(&crate::text::line(said))
}
