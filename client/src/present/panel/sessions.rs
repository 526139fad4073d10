//! Where one is signed in.

use shared::account::{EndSessions, SessionInfo};
use shared::{ClientFrame, ServerFrame};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::sheet::{Item, Sheet};

pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::SessionsListed { sessions, .. } = answer else {
        return None;
    };
    let rows = sessions.iter().map(|session| row(eyes, session));
    let mut parts = vec![Part::List {
        rows: rows.collect(),
        empty: "",
    }];
    if sessions.iter().any(|session| !session.current) {
        let end = Item::ask("Sign out everywhere else", end_others());
        parts.push(Part::Buttons(vec![end]));
    }
    Some(parts)
}

fn row(eyes: &Eyes<'_>, session: &SessionInfo) -> Row {
    let end = ClientFrame::EndSessions(EndSessions {
        request_id: request_id(),
        session_ids: vec![session.session_id],
        all_others: false,
    });
    let items = match session.current {
        true => Items::Word("This one"),
        false => Items::Buttons(vec![Item::send("Sign out", end)]),
    };
    Row::new(session.session_id, Lead::None, &session.device)
        .notes([
            format!("Last used {}", eyes.moment(session.last_used_at_ms)),
            format!("since {}", eyes.moment(session.created_at_ms)),
            session.address.clone(),
        ])
        .items(items)
}

fn end_others() -> Sheet {
    let frame = ClientFrame::EndSessions(EndSessions {
        request_id: request_id(),
        session_ids: Vec::new(),
        all_others: true,
    });
    Sheet::confirm("Sign out everywhere else?", "Sign out", frame)
        .text("Every other browser and program of yours has to sign in again.")
}
