//! Files of messages that one may read: of a room, or of all.

use shared::listing::{FileKind, ListFiles, SentFile};
use shared::{ClientFrame, RoomId, ServerFrame, TimestampMs};

use super::{Asked, Eyes, Items, Lead, Part, Row, request_id};
use crate::present::format;
use crate::present::rooms::label;
use crate::present::sheet::{Deed, Item};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The request for what was typed: words of the name, and `from:NAME`, `after:2026-01-31`, `before:2026-02-28` among
/// them. Days are those of Greenwich.
pub(super) fn frame(room: Option<RoomId>, asked: &Asked) -> ClientFrame {
    let mut list = ListFiles {
        request_id: request_id(),
        room: room.map(Into::into),
        kind: asked.kind,
        before: asked.file,
        ..ListFiles::default()
    };
    let mut words = Vec::new();
    for word in asked.query.split_whitespace() {
        let day = |date| day_of(date).map(|day| TimestampMs(day * DAY_MS));
        match word.split_once(':') {
            Some(("from", name)) => list.from = name.to_owned(),
            Some(("after", date)) if day(date).is_some() => list.since_ms = day(date),
            Some(("before", date)) if day(date).is_some() => list.until_ms = day(date),
            _ => words.push(word),
        }
    }
    list.query = words.join(" ");
    ClientFrame::ListFiles(Box::new(list))
}

/// Days since 1970 of a date as ISO 8601 writes it.
fn day_of(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let known =
        (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !known {
        return None;
    }
    // Years from March on, so that the day that some lack is the last one.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    // From 1 March of the year 0 to 1 January 1970.
    (before + of_year).checked_sub(719_468)
}

pub(super) fn parts(
    eyes: &Eyes<'_>,
    room: Option<RoomId>,
    asked: &Asked,
    answer: &ServerFrame,
) -> Option<Vec<Part>> {
    let ServerFrame::FilesListed { files, next, .. } = answer else {
        return None;
    };
    let empty = match next {
        Some(_) => "None so far.",
        None => "No such files.",
    };
    let mut parts = vec![
        Part::Text(
            "Words of the name; from:ann, after:2026-01-31 and before:2026-02-28 tell who sent it and when.",
        ),
        Part::Buttons(kinds(asked)),
        Part::List {
            rows: files.iter().map(|sent| row(eyes, room, sent)).collect(),
            empty,
        },
    ];
    if let Some(next) = next {
        let turn = Deed::Turn(Asked {
            file: Some(*next),
            ..asked.clone()
        });
        parts.push(Part::Buttons(vec![Item::new("Older files", turn)]));
    }
    Some(parts)
}

fn kinds(asked: &Asked) -> Vec<Item> {
    let all = [(None, "All")].into_iter();
    let kinds = all.chain(FileKind::ALL.map(|kind| (Some(kind), name(kind))));
    let item = |(kind, text)| {
        let turn = Deed::Turn(Asked {
            kind,
            file: None,
            ..asked.clone()
        });
        let item = Item::new(text, turn);
        if asked.kind == kind {
            item.primary()
        } else {
            item
        }
    };
    kinds.map(item).collect()
}

fn name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Image => "Images",
        FileKind::Video => "Videos",
        FileKind::Audio => "Audio",
        FileKind::Document => "Documents",
        FileKind::Archive => "Archives",
        FileKind::Other | FileKind::Unknown => "Others",
    }
}

fn row(eyes: &Eyes<'_>, room: Option<RoomId>, sent: &SentFile) -> Row {
    let place = match eyes.view.rooms.get(&sent.room_id) {
        Some(known) if room.is_none() => label(&known.info),
        _ => String::new(),
    };
    let file = Box::new(sent.file.clone());
    let mut items = vec![
        Item::new("Download", Deed::Save(file.clone())),
        Item::new("Copy link", Deed::CopyLink(file)),
    ];
    if room.is_none() {
        items.push(Item::new("Go to the room", Deed::Open(sent.room_id)));
    }
    let key = format!("{} {}", sent.file.file_id, sent.sequence.0);
    let lead = Lead::File(sent.file.media_type.clone());
    Row::new(key, lead, sent.file.name.as_str())
        .notes([
            format::size(sent.file.size_bytes),
            sent.person.name.clone(),
            place,
            eyes.moment(sent.sent_at_ms),
        ])
        .items(Items::Menu(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> ListFiles {
        let asked = Asked {
            kind: Some(FileKind::Image),
            ..Asked::query(query)
        };
        match frame(None, &asked) {
            ClientFrame::ListFiles(list) => *list,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_typed_is_taken_apart() {
        let list = asked("plan from:zoë after:2026-01-31 garden before:2026-03-01");
        assert_eq!(
            (list.query.as_str(), list.from.as_str()),
            ("plan garden", "zoë")
        );
        assert_eq!(list.kind, Some(FileKind::Image));
        assert_eq!(list.since_ms, Some(TimestampMs(1_769_817_600_000)));
        assert_eq!(list.until_ms, Some(TimestampMs(1_772_323_200_000)));
        // What is no date is a part of a name.
        let list = asked("after:noon before:2026-13-01 re:port");
        assert_eq!(list.query, "after:noon before:2026-13-01 re:port");
        assert_eq!((list.since_ms, list.until_ms), (None, None));
    }

    #[test]
    fn days_are_counted_as_calendars_do() {
        for (date, day) in [
            ("1970-01-01", Some(0)),
            ("1970-03-01", Some(59)),
            ("2000-02-29", Some(11_016)),
            ("2000-03-01", Some(11_017)),
            ("2026-11-26", Some(20_783)),
            ("1969-12-31", None),
            ("2026-11", None),
            ("2026-00-10", None),
            ("99999-01-01", None),
            ("", None),
        ] {
            assert_eq!(day_of(date), day, "{date}");
        }
    }
}
