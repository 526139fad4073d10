//! Messages that somebody asked the admins to look at.

use shared::admin::{CloseReport, Report};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Html, html};

use crate::browser::time;
use crate::components::list::list;
use crate::components::panel::{Panel, Shown};

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::ListReports {
        request_id: RequestId::default(),
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::ReportsListed { reports, .. } = shown.answer else {
        return None;
    };
    let rows = reports.iter().map(|report| report_row(shown, report));
    Some(list(rows.collect(), "Nobody has reported anything."))
}

fn report_row(shown: &Shown<'_>, report: &Report) -> Html {
    let close = |remove_message: bool| {
        shown.act(ClientFrame::CloseReport(CloseReport {
            request_id: RequestId::default(),
            report_id: report.report_id,
            remove_message,
        }))
    };
    let at = time::moment(report.at_ms, shown.ui.driver.now());
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
