//! Who did what.

use shared::admin::AuditEntry;
use shared::{ClientFrame, RequestId, Sequence, ServerFrame};
use yew::{Html, html};

use crate::browser::time;
use crate::components::hooks::Ui;
use crate::components::list::{button, list, row};
use crate::components::panel::{Asked, Panel, Shown};

pub(super) const PANEL: Panel = Panel {
    ask: |asked| ClientFrame::ReadAuditLog {
        request_id: RequestId::default(),
        before: asked.before,
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::AuditPage { entries, .. } = shown.answer else {
        return None;
    };
    let oldest = entries.last().map(|entry| entry.sequence);
    let turn = |before: Option<Sequence>| {
        shown.turn(Asked {
            before,
            ..Asked::default()
        })
    };
    let rows = entries.iter().map(|entry| entry_row(shown.ui, entry));
    Some(html! {
        <>
            { list(rows.collect(), "Nothing has been done yet.") }
            <div class="page-actions">
                if shown.asked.before.is_some() { { button("Newest", turn(None)) } }
                if oldest.is_some_and(|oldest| oldest > Sequence::first()) { { button("Older", turn(oldest)) } }
            </div>
        </>
    })
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
