//! The link of a file of one's own: who may open it, for how long and how often, and how others get it.

use std::rc::Rc;

use shared::file::{ChangeLink, LinkAccess, LinkInfo};
use shared::http::share_path;
use shared::{ClientFrame, FileId, Secret, ServerFrame, TimestampMs};

use super::{Eyes, Part, request_id};
use crate::present::day;
use crate::present::form::{Field, Kind, Values};
use crate::present::sheet::{Deed, Item, Next, Request, Reveal, Sheet};

const HOUR_MS: u64 = 3_600_000;
/// What a choice of an end means that is no number of hours.
const KEEP: &str = "keep";
const NEVER: &str = "never";

pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::LinkDescribed { file_id, link, .. } = answer else {
        return None;
    };
    let figures = Part::Figures(figures(eyes, link));
    if link.access == LinkAccess::Revoked {
        let gone = "This link is revoked for good. Upload the file again to give it to others.";
        return Some(vec![Part::Text(gone), figures]);
    }
    Some(vec![
        figures,
        Part::Buttons(vec![
            shown(
                "Link to the page",
                "For people in a browser: the file's name, size and a button to download it.",
                *file_id,
                share_path(*file_id),
            ),
            shown(
                "Link to the file",
                "It downloads at once, in any program.",
                *file_id,
                link.path.clone(),
            ),
        ]),
        Part::Form(Rc::new(form(eyes.now, *file_id, link))),
        Part::Buttons(vec![revoke(*file_id)]),
    ])
}

fn figures(eyes: &Eyes<'_>, link: &LinkInfo) -> Vec<(&'static str, String)> {
    let mut figures = vec![("Downloads by the link", link.downloads.to_string())];
    if let Some(left) = link.downloads_left {
        figures.push(("Downloads that are left", left.to_string()));
    }
    if let Some(end) = link.expires_at_ms {
        let name = if end <= eyes.now { "Ended" } else { "Ends" };
        figures.push((name, eyes.moment(end)));
    }
    figures
}

/// Shows an address to be copied, or read by a camera. The server is asked once more, so that what is shown is there.
fn shown(action: &'static str, text: &'static str, file_id: FileId, path: String) -> Item {
    let read = ClientFrame::ReadLink {
        request_id: request_id(),
        file_id,
    };
    let request = Request::new(read).then(move |_| {
        Some(Next::Reveal(Reveal {
            title: action.to_owned(),
            text: text.to_owned(),
            value: path.clone(),
            action: "Copy link",
            is_link: true,
        }))
    });
    Item::new(action, Deed::Send(request))
}

fn revoke(file_id: FileId) -> Item {
    let change = ChangeLink::new(file_id, LinkAccess::Revoked);
    let sheet = Sheet::confirm(
        "Revoke the link?",
        "Revoke",
        ClientFrame::ChangeLink(change),
    );
    let text =
        "Nobody can open the file by its link any more, for good; in messages it is lost as well.";
    Item::ask("Revoke", sheet.text(text)).danger()
}

fn form(now: TimestampMs, file_id: FileId, link: &LinkInfo) -> Sheet {
    let access = vec![
        ("anyone", "Whoever has it"),
        ("members", "Members of a room with the file"),
    ];
    let mut ends = vec![
        (NEVER, "Without end"),
        ("1", "For an hour"),
        ("24", "For a day"),
        ("168", "For a week"),
        ("720", "For a month"),
    ];
    if link.expires_at_ms.is_some() {
        ends.insert(0, (KEEP, "As long as now"));
    }
    let end = ends[0].0;
    let password = match link.has_password {
        true => "There is one. Another goes here; left empty, it stays.",
        false => "For those who have nothing but the link. Left empty, there is none.",
    };
    let autocomplete = "new-password";
    let mut fields = vec![
        Field::new("access", "Who may open it", Kind::Choice(access)).value(link.access.as_str()),
        Field::new("end", "It works", Kind::Choice(ends)).value(end),
        Field::line("day", "Or until the end of this day (UTC)")
            .example("2026-12-31")
            .chars_max(10)
            .optional(),
        Field::new("password", "Password", Kind::Password { autocomplete })
            .hint(password)
            .optional(),
    ];
    if link.has_password {
        fields.push(Field::switch(
            "open",
            "Without a password from now on",
            false,
        ));
    }
    let left = link.downloads_left.map(|left| left.to_string());
    fields.push(
        Field::new("downloads", "Downloads from now on", Kind::Number)
            .value(left.unwrap_or_default())
            .hint("Of those who have nothing but the link. Left empty, any number.")
            .chars_max(7)
            .optional(),
    );
    let known = link.clone();
    Sheet::new("Link", "Save", move |values| {
        change(now, file_id, &known, values).map(ClientFrame::ChangeLink)
    })
    .fields(fields)
    .then_say("The link is changed.")
}

/// What is as before is left out, so that a download meanwhile stays counted.
fn change(
    now: TimestampMs,
    file_id: FileId,
    known: &LinkInfo,
    values: &Values,
) -> Result<ChangeLink, String> {
    let access = match values.text("access").as_str() {
        "members" => LinkAccess::Members,
        _ => LinkAccess::Anyone,
    };
    let downloads_left = match values.given("downloads") {
        Some(text) => Some(text.parse().map_err(|_| "Give a number of downloads.")?),
        None => None,
    };
    let password = Some(values.raw("password")).filter(|password| !password.is_empty());
    let without_password = values.is_on("open");
    if password.is_some() && without_password {
        return Err("Give another password, or have none.".to_owned());
    }
    Ok(ChangeLink {
        expires_at_ms: end(now, known, values)?,
        password: password.map(Secret::from),
        without_password,
        without_limit: downloads_left.is_none() && known.downloads_left.is_some(),
        downloads_left: downloads_left.filter(|left| Some(*left) != known.downloads_left),
        ..ChangeLink::new(file_id, access)
    })
}

fn end(now: TimestampMs, known: &LinkInfo, values: &Values) -> Result<Option<TimestampMs>, String> {
    if let Some(text) = values.given("day") {
        let end = day::end_of(&text).ok_or("Give the day as 2026-12-31.")?;
        if end <= now {
            return Err("That day is over.".to_owned());
        }
        return Ok(Some(end));
    }
    Ok(match values.text("end").as_str() {
        KEEP => known.expires_at_ms,
        NEVER => None,
        hours => {
            let hours: u64 = hours.parse().map_err(|_| "Choose how long it works.")?;
            Some(now.plus_ms(hours * HOUR_MS))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_790_000_000_000);

    fn file_id() -> FileId {
        FileId::from_bytes([7; 16])
    }

    /// What the form asks for where this is filled in and the rest is as it was.
    fn asked(link: &LinkInfo, filled: &[(&str, &str)]) -> Result<ChangeLink, String> {
        let form = form(NOW, file_id(), link);
        let value = |name: &str| {
            let filled = filled.iter().find(|(other, _)| *other == name);
            filled.map(|(_, value)| (*value).to_owned())
        };
        let values = form.fields.iter().filter_map(|field| {
            let value = value(field.name).unwrap_or_else(|| field.value.clone());
            let is_off = field.kind == Kind::Switch && value.is_empty();
            (!is_off).then_some((field.name, value))
        });
        match form.frame(&values.collect())? {
            ClientFrame::ChangeLink(change) => Ok(change),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_left_as_it_was_is_not_changed() {
        let link = LinkInfo {
            access: LinkAccess::Members,
            expires_at_ms: Some(NOW.plus_ms(5)),
            has_password: true,
            downloads: 4,
            downloads_left: Some(2),
            ..LinkInfo::default()
        };
        let same = ChangeLink {
            expires_at_ms: link.expires_at_ms,
            ..ChangeLink::new(file_id(), LinkAccess::Members)
        };
        assert_eq!(asked(&link, &[]), Ok(same.clone()));
        let changed = asked(
            &link,
            &[
                ("access", "anyone"),
                ("end", "never"),
                ("open", "on"),
                ("downloads", " "),
            ],
        );
        let open = ChangeLink {
            without_password: true,
            without_limit: true,
            ..ChangeLink::new(file_id(), LinkAccess::Anyone)
        };
        assert_eq!(changed, Ok(open));
        let more = asked(&link, &[("downloads", "3"), ("password", " spaces count ")]);
        let more = more.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(more.downloads_left, Some(3));
        assert_eq!(more.password, Some(Secret::from(" spaces count ")));
    }

    #[test]
    fn a_panel_says_how_a_link_stands() {
        let view = crate::view::View::default();
        let eyes = Eyes {
            view: &view,
            now: NOW,
            moment: &|at| format!("at {}", at.0),
        };
        let shown = |link: &LinkInfo| {
            let answer = ServerFrame::LinkDescribed {
                request_id: request_id(),
                file_id: file_id(),
                link: link.clone(),
            };
            parts(&eyes, &answer).unwrap_or_default()
        };
        let mut link = LinkInfo {
            downloads: 3,
            downloads_left: Some(0),
            expires_at_ms: Some(NOW),
            path: "/files/x/a.txt".into(),
            ..LinkInfo::default()
        };
        let [
            Part::Figures(figures),
            Part::Buttons(items),
            Part::Form(_),
            Part::Buttons(_),
        ] = &shown(&link)[..]
        else {
            panic!("{:?}", shown(&link));
        };
        let expected = [
            ("Downloads by the link", "3".to_owned()),
            ("Downloads that are left", "0".to_owned()),
            ("Ended", format!("at {}", NOW.0)),
        ];
        assert_eq!(figures[..], expected);
        let addresses = items.iter().filter_map(|item| match &item.deed {
            Deed::Send(request) => match request.next(&ServerFrame::Unknown) {
                Some(Next::Reveal(reveal)) => Some(reveal.value),
                other => panic!("{other:?}"),
            },
            _ => None,
        });
        let page = format!("/share/{}", file_id());
        assert_eq!(addresses.collect::<Vec<_>>(), [&page, "/files/x/a.txt"]);
        link.access = LinkAccess::Revoked;
        assert!(matches!(
            shown(&link)[..],
            [Part::Text(_), Part::Figures(_)]
        ));
    }

    #[test]
    fn ends_are_hours_or_a_day() {
        let link = LinkInfo::default();
        let end = |filled: &[(&str, &str)]| asked(&link, filled).map(|change| change.expires_at_ms);
        assert_eq!(end(&[]), Ok(None));
        assert_eq!(end(&[("end", "24")]), Ok(Some(NOW.plus_ms(24 * HOUR_MS))));
        // 2026-09-21 is the day of NOW.
        let midnight = TimestampMs(1_790_035_200_000);
        assert_eq!(end(&[("day", "2026-09-21")]), Ok(Some(midnight)));
        assert!(end(&[("day", "2026-09-20")]).is_err());
        for odd in [
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "1-1-1",
            "9999999999",
        ] {
            assert!(end(&[("day", odd)]).is_err(), "{odd}");
        }
        assert!(asked(&link, &[("downloads", "-1")]).is_err());
        assert!(asked(&link, &[("downloads", "1.5")]).is_err());
    }
}
