//! Where one is signed in.

use shared::account::{EndSessions, SessionInfo};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Html, component, html};

use crate::browser::time;
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{button, list, missing, row};
use crate::components::request::{Loaded, use_answer};
use crate::components::sheet::Sheet;

#[component]
pub(super) fn Sessions() -> Html {
    let ui = use_ui();
    let loaded = use_answer((), |()| ClientFrame::ListSessions {
        request_id: RequestId::default(),
    });
    let Some(ServerFrame::SessionsListed { sessions, .. }) = loaded.answer.as_deref() else {
        return missing(&loaded);
    };
    let rows = sessions
        .iter()
        .map(|session| session_row(&ui, &loaded, session));
    let others = sessions.iter().any(|session| !session.current);
    html! {
        <>
            { list(rows.collect(), "") }
            if others {
                <div class="page-actions">{ button("Sign out everywhere else", end_others(&ui, &loaded)) }</div>
            }
        </>
    }
}

fn session_row(ui: &Ui, loaded: &Loaded, session: &SessionInfo) -> Html {
    let now = ui.driver.now();
    let used = time::moment(session.last_used_at_ms, now);
    let notes = [
        format!("Last used {used}"),
        format!("since {}", time::moment(session.created_at_ms, now)),
        session.address.clone(),
    ];
    let action = match session.current {
        true => html! { <span class="chip">{ "This one" }</span> },
        false => button("Sign out", end(ui, loaded, session)),
    };
    let title = html! { { session.device.clone() } };
    row(
        session.session_id.to_string(),
        Html::default(),
        title,
        &notes,
        action,
    )
}

fn end<E>(ui: &Ui, loaded: &Loaded, session: &SessionInfo) -> impl Fn(E) + 'static {
    let (ui, reload) = (ui.clone(), loaded.reload.clone());
    let session_ids = vec![session.session_id];
    move |_| {
        let frame = ClientFrame::EndSessions(EndSessions {
            request_id: RequestId::default(),
            session_ids: session_ids.clone(),
            all_others: false,
        });
        let reload = reload.clone();
        ui.act(frame, move |_| reload.emit(()));
    }
}

fn end_others<E>(ui: &Ui, loaded: &Loaded) -> impl Fn(E) + 'static {
    let (ui, reload) = (ui.clone(), loaded.reload.clone());
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
