//! `chinwag sessions`: where one is signed in.

use shared::account::{EndSessions, SessionInfo};
use shared::{ClientFrame, RequestId, ServerFrame};

use crate::arguments::requests::{Sessions, SessionsChange};
use crate::commands::requests::have_done;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

pub(crate) async fn run(
    session: &mut Session,
    sessions: Sessions,
    output: &mut Output,
) -> Result<(), Failure> {
    let request_id = RequestId(0);
    if let Some(SessionsChange::End { ids, all }) = sessions.what {
        let end = ClientFrame::EndSessions(EndSessions {
            request_id,
            session_ids: ids,
            all_others: all,
        });
        return have_done(session, end, "Signed out there.", output).await;
    }
    let ask = ClientFrame::ListSessions { request_id };
    let ServerFrame::SessionsListed { sessions, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for one in &sessions {
        output.object("session", one)?;
        output.line(&row(one))?;
    }
    Ok(())
}

fn row(session: &SessionInfo) -> String {
    let device = text::line(&session.device);
    let address = text::line(&session.address);
    let used = text::when(session.last_used_at_ms);
    let here = if session.current { "  (here)" } else { "" };
    format!(
        "{}  {device:<28} {address:<16} last used {used}{here}",
        session.session_id
    )
}
