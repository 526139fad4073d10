//! Where one is signed in.

use shared::account::{EndSessions, SessionInfo};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Html, html};

use crate::browser::time;
use crate::components::list::{button, list, row};
use crate::components::panel::{Panel, Shown};
use crate::components::sheet::Sheet;

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::ListSessions {
        request_id: RequestId::default(),
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::SessionsListed { sessions, .. } = shown.answer else {
        return None;
    };
    let rows = sessions.iter().map(|session| session_row(shown, session));
    let others = sessions.iter().any(|session| !session.current);
    Some(html! {
        <>
            { list(rows.collect(), "") }
            if others {
                <div class="page-actions">{ button("Sign out everywhere else", end_others(shown)) }</div>
            }
        </>
    })
}

fn session_row(shown: &Shown<'_>, session: &SessionInfo) -> Html {
    let now = shown.ui.driver.now();
    let used = time::moment(session.last_used_at_ms, now);
    let notes = [
        format!("Last used {used}"),
        format!("since {}", time::moment(session.created_at_ms, now)),
        session.address.clone(),
    ];
    let end = ClientFrame::EndSessions(EndSessions {
        request_id: RequestId::default(),
        session_ids: vec![session.session_id],
        all_others: false,
    });
    let action = match session.current {
        true => html! { <span class="chip">{ "This one" }</span> },
        false => button("Sign out", shown.act(end)),
    };
    let title = html! { { session.device.clone() } };
    let key = session.session_id.to_string();
    row(key, Html::default(), title, &notes, action)
}

fn end_others<E>(shown: &Shown<'_>) -> impl Fn(E) + 'static {
    let (ui, reload) = (shown.ui.clone(), shown.reload.clone());
    move |_| {
        let frame = ClientFrame::EndSessions(EndSessions {
            request_id: RequestId::default(),
            session_ids: Vec::new(),
            all_others: true,
        });
        let reload = reload.clone();
        let sheet = Sheet::confirm("Sign out everywhere else?", "Sign out", frame)
            .text("Every other browser and program of yours has to sign in again.")
            .then(move |_| reload.emit(()));
        ui.ask(sheet);
    }
}
