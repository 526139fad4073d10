//! One's files that are on their way to the server, from this device and from others.

use shared::{ClientFrame, ServerFrame, UploadId};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::sheet::{Item, Sheet};
use crate::present::words;

/// Made of the view, which goes on where the answer is as old as it is.
pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    if !matches!(answer, ServerFrame::UploadsListed { .. }) {
        return None;
    }
    let here = eyes.view.uploads.values();
    let here = here.filter(|upload| upload.file_id.is_some() && upload.file().is_none());
    let here = here.map(|upload| {
        let notes = [words::upload(upload), "from here".into(), String::new()];
        row(upload.upload_id, &upload.name, notes)
    });
    let elsewhere = eyes.view.elsewhere.values().map(|upload| {
        let notes = [
            words::share(upload.received_bytes, upload.size_bytes),
            "from another device".into(),
            format!("begun {}", eyes.moment(upload.begun_at_ms)),
        ];
        row(upload.upload_id, upload.name.as_str(), notes)
    });
    Some(vec![
        Part::Text(
            "Files on their way to the server. One that does not move goes on where the same file is sent again, by \
             any of your programs.",
        ),
        Part::List {
            rows: here.chain(elsewhere).collect(),
            empty: "None.",
        },
    ])
}

fn row(upload_id: UploadId, name: &str, notes: [String; 3]) -> Row {
    let cancel = ClientFrame::CancelUpload {
        request_id: request_id(),
        upload_id,
    };
    let cancel = Sheet::confirm(format!("Cancel {name}?"), "Cancel the upload", cancel)
        .text("What is there of it is thrown away. A message that carries it stays without it.");
    Row::new(upload_id, Lead::None, name)
        .notes(notes)
        .items(Items::Buttons(vec![Item::ask("Cancel", cancel)]))
}
