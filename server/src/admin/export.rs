//! Writes down a room's log, page by page, as of the moment it begins.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use shared::codec::encode_line;
use shared::{RoomEvent, RoomRef, Sequence, ServerFrame};

use super::progress::Progress;
use super::{Format, Verdict};
use crate::Config;
use crate::store::{InspectError, Inspection, RoomOfLog};

mod html;

use html::HtmlPage;

const PAGE_EVENTS: u32 = 500;

/// Why the log was not written down, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("there is no room {room}; there are: {names}")]
    NoSuchRoom { room: String, names: String },
    #[error("several rooms are called {room}; use one of their ids: {ids}")]
    SeveralRooms { room: String, ids: String },
    #[error("event {0} is not in the log; chinwag-server fsck tells more")]
    Gap(Sequence),
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("cannot write: {0}")]
    Output(#[source] io::Error),
}

pub(super) fn run(
    config: &Config,
    room: &RoomRef,
    format: Format,
    output: Option<&Path>,
    out: &mut dyn Write,
) -> Result<Verdict, ExportError> {
    let inspection = Inspection::open(&config.data_dir)?;
    let found = room_of(&inspection, room)?;
    match output {
        None => write(config, &inspection, &found, format, out)?,
        Some(path) => {
            let unwritable = |source| ExportError::Unwritable {
                path: path.to_owned(),
                source,
            };
            let mut file = File::create(path).map_err(unwritable)?;
            write(config, &inspection, &found, format, &mut file).map_err(|error| match error {
                ExportError::Output(source) => unwritable(source),
                other => other,
            })?;
            file.sync_all().map_err(unwritable)?;
        }
    }
    Ok(Verdict::Clean)
}

fn room_of(inspection: &Inspection, room: &RoomRef) -> Result<RoomOfLog, ExportError> {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    let mut found = inspection.rooms_of(room)?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(one), false) => {
            let all = found.iter().chain([&one]);
            Err(ExportError::SeveralRooms {
                room: room.to_string(),
                ids: list(&mut all.map(|it| it.room_id.to_string())),
            })
        }
        (None, _) => Err(ExportError::NoSuchRoom {
            room: room.to_string(),
            names: list(&mut inspection.rooms()?.into_iter().map(|it| it.name)),
        }),
    }
}

fn write(
    config: &Config,
    inspection: &Inspection,
    room: &RoomOfLog,
    format: Format,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Json => for_each(inspection, room, |event| {
            out.write_all(&encode_line(&ServerFrame::RoomEvent(event)))
        })?,
        Format::Html => {
            let files = config.files_url.as_ref().map(|url| url.as_str());
            let url = files.or(config.public_url.as_ref().map(|url| url.as_str()));
            let mut page = HtmlPage::new(&mut out, url);
            let begun = page.begin(room, &config.name);
            begun.map_err(ExportError::Output)?;
            for_each(inspection, room, |event| page.event(&event))?;
            page.end().map_err(ExportError::Output)?;
        }
    }
    out.flush().map_err(ExportError::Output)
}

/// Calls for every event of the log, in order.
fn for_each(
    inspection: &Inspection,
    room: &RoomOfLog,
    mut then: impl FnMut(RoomEvent) -> io::Result<()>,
) -> Result<(), ExportError> {
    let last = room.last_sequence;
    let mut progress = Progress::new("exporting", last.0);
    let mut next = Sequence(1);
    while next <= last {
        let page = inspection.read_page(room.room_id, next, PAGE_EVENTS)?;
        if page.is_empty() {
            return Err(ExportError::Gap(next));
        }
        for event in page.into_iter().take_while(|event| event.sequence <= last) {
            if event.sequence != next {
                return Err(ExportError::Gap(next));
            }
            next = next.next();
            then(event).map_err(ExportError::Output)?;
        }
        progress.at(next.0 - 1, last.0);
    }
    Ok(())
}
