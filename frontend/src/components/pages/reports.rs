//! Messages that somebody asked the admins to look at.

use shared::admin::{CloseReport, Report};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Callback, Html, component, html};

use crate::browser::time;
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{list, missing};
use crate::components::request::use_answer;

#[component]
pub(super) fn Reports() -> Html {
    let ui = use_ui();
    let loaded = use_answer((), |()| ClientFrame::ListReports {
        request_id: RequestId::default(),
    });
    match loaded.answer.as_deref() {
        Some(ServerFrame::ReportsListed { reports, .. }) => {
            let rows = reports
                .iter()
                .map(|report| report_row(&ui, &loaded.reload, report));
            list(rows.collect(), "Nobody has reported anything.")
        }
        _ => missing(&loaded),
    }
}

fn report_row(ui: &Ui, reload: &Callback<()>, report: &Report) -> Html {
    let close = |remove_message: bool| {
        let (ui, reload, report_id) = (ui.clone(), reload.clone(), report.report_id);
        move |_| {
            let close = ClientFrame::CloseReport(CloseReport {
                request_id: RequestId::default(),
                report_id,
                remove_message,
            });
            let reload = reload.clone();
            ui.act(close, move |_| reload.emit(()));
        }
    };
    let at = time::moment(report.at_ms, ui.driver.now());
    let about = format!("{} in #{}", report.author.name, report.room_name);
    let by = format!("Reported by {}, {at}", report.by.name);
    html! {
        <li key={report.report_id.to_string()} class="report">
            <p class="directory-name">{ about }</p>
            <blockquote>{ if report.text.is_empty() { "The message is gone." } else { &report.text } }</blockquote>
            if !report.reason.is_empty() {
                <p>{ &report.reason }</p>
            }
            <p class="meta">{ by }</p>
            <div class="page-actions">
                <button class="button danger" onclick={close(true)}>{ "Remove message" }</button>
                <button class="button" onclick={close(false)}>{ "Keep message" }</button>
            </div>
        </li>
    }
}
