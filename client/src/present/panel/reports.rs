//! Messages that somebody asked the admins to look at.

use shared::admin::{CloseReport, Report};
use shared::{ClientFrame, ServerFrame};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::sheet::Item;

pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::ReportsListed { reports, .. } = answer else {
        return None;
    };
    Some(vec![Part::List {
        rows: reports.iter().map(|report| row(eyes, report)).collect(),
        empty: "Nobody has reported anything.",
    }])
}

fn row(eyes: &Eyes<'_>, report: &Report) -> Row {
    let close = |remove_message: bool| {
        ClientFrame::CloseReport(CloseReport {
            request_id: request_id(),
            report_id: report.report_id,
            remove_message,
        })
    };
    let text = match report.text.as_str() {
        "" => "The message is gone.",
        text => text,
    };
    let title = format!("{} in #{}", report.author.name, report.room_name);
    let at = eyes.moment(report.at_ms);
    Row {
        quote: Some((text.to_owned(), report.reason.clone())),
        ..Row::new(report.report_id, Lead::None, title)
    }
    .notes([format!("Reported by {}, {at}", report.by.name)])
    .items(Items::Buttons(vec![
        Item::send("Remove message", close(true)).danger(),
        Item::send("Keep message", close(false)),
    ]))
}
