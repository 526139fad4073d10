//! Who did what.

use shared::admin::AuditEntry;
use shared::{ClientFrame, RequestId, Sequence, ServerFrame};
use yew::{Html, MouseEvent, component, html, use_state};

use crate::browser::time;
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{list, missing, row};
use crate::components::request::use_answer;

#[component]
pub(super) fn Audit() -> Html {
    let ui = use_ui();
    let before = use_state(|| None::<Sequence>);
    let loaded = use_answer(*before, |before| ClientFrame::ReadAuditLog {
        request_id: RequestId::default(),
        before: *before,
    });
    let Some(ServerFrame::AuditPage { entries, .. }) = loaded.answer.as_deref() else {
        return missing(&loaded);
    };
    let oldest = entries.last().map(|entry| entry.sequence);
    let turn = |to: Option<Sequence>| {
        let before = before.clone();
        move |_: MouseEvent| before.set(to)
    };
    html! {
        <>
            { list(entries.iter().map(|entry| entry_row(&ui, entry)).collect(), "Nothing has been done yet.") }
            <div class="page-actions">
                if before.is_some() {
                    <button class="button" onclick={turn(None)}>{ "Newest" }</button>
                }
                if oldest.is_some_and(|oldest| oldest > Sequence::first()) {
                    <button class="button" onclick={turn(oldest)}>{ "Older" }</button>
                }
            </div>
        </>
    }
}

fn entry_row(ui: &Ui, entry: &AuditEntry) -> Html {
    let who = match &entry.person {
        Some(person) => person.name.as_str(),
        None => "The operator",
    };
    let title = html! {
        <>
            { who }{ " " }<span class="chip">{ entry.action.replace('_', " ") }</span>{ " " }
            <span class="subject">{ &entry.subject }</span>
        </>
    };
    let notes = [
        format!("{}", entry.sequence.0),
        time::moment(entry.at_ms, ui.driver.now()),
    ];
    row(
        entry.sequence.to_string(),
        Html::default(),
        title,
        &notes,
        Html::default(),
    )
}
