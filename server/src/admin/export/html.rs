//! A log as one page: no script, nothing from elsewhere, and nothing that was said can be markup in it.

use std::io::{self, Write};

use shared::frame::Person;
use shared::{Carried, EventBody, RoomEvent};

use crate::admin::words::{date, size};
use crate::markup::Escaped;
use crate::store::RoomOfLog;

/// Of a date as `words` writes it.
const DAY: std::ops::Range<usize> = 0..16;
const MINUTE: std::ops::Range<usize> = 17..22;

pub(super) struct HtmlPage<'a> {
    out: &'a mut dyn Write,
    /// Where links lead; without it, they would lead nowhere.
    public_url: Option<&'a str>,
    /// The day under whose heading one is.
    day: Option<String>,
}

impl<'a> HtmlPage<'a> {
    pub(super) fn new(out: &'a mut dyn Write, public_url: Option<&'a str>) -> Self {
        Self {
            out,
            public_url,
            day: None,
        }
    }

    pub(super) fn begin(&mut self, room: &RoomOfLog, server: &str) -> io::Result<()> {
        let (room_name, server) = (Escaped(&room.name), Escaped(server));
        let now = date(crate::now_ms());
        write!(
            self.out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>#{room_name} – {server}</title>\n<style>\n{}</style>\n</head>\n<body>\n\
             <header>\n<h1>#<bdi>{room_name}</bdi></h1>\n",
            include_str!("page.css"),
        )?;
        if !room.topic.is_empty() {
            let topic = Escaped(&room.topic);
            writeln!(self.out, "<p dir=\"auto\">{topic}</p>")?;
        }
        writeln!(
            self.out,
            "<p class=\"quiet\">{server}, as of {now}, {} events; times are UTC</p>\n</header>\n<main>",
            room.last_sequence,
        )
    }

    pub(super) fn event(&mut self, event: &RoomEvent) -> io::Result<()> {
        let date = date(event.at_ms);
        if self.day.as_deref() != date.get(DAY) {
            let day = date.get(DAY).unwrap_or_default();
            writeln!(self.out, "<h2>{day}</h2>")?;
            self.day = Some(day.to_owned());
        }
        let sequence = event.sequence;
        let name = Escaped(&event.person.name);
        let minute = date.get(MINUTE).unwrap_or_default();
        let time = format!("<a href=\"#e{sequence}\"><time title=\"{date}\">{minute}</time></a>");
        match &event.event {
            EventBody::MessageSent { text, .. } => {
                writeln!(
                    self.out,
                    "<article id=\"e{sequence}\">\n<p class=\"who\"><bdi>{name}</bdi> {time}</p>"
                )?;
                if !text.is_empty() {
                    writeln!(
                        self.out,
                        "<p class=\"text\" dir=\"auto\">{}</p>",
                        Escaped(text)
                    )?;
                }
                self.carried(&event.event.carried())?;
                writeln!(self.out, "</article>")
            }
            EventBody::RoomCreated { .. } => {
                self.note(sequence.0, &name, "created the room", &time)
            }
            EventBody::MemberJoined {} => self.note(sequence.0, &name, "joined", &time),
            EventBody::MemberLeft {} => self.note(sequence.0, &name, "left", &time),
            EventBody::MemberAdded { member } => {
                self.note(sequence.0, &name, &about("added", member), &time)
            }
            EventBody::MemberRemoved { member, banned } => {
                let did = if *banned { "banned" } else { "removed" };
                self.note(sequence.0, &name, &about(did, member), &time)
            }
            EventBody::BanLifted { member } => self.note(
                sequence.0,
                &name,
                &about("lifted the ban of", member),
                &time,
            ),
            EventBody::RoomRoleChanged { member, role } => {
                let did = format!(
                    "{}: {}",
                    about("changed the role of", member),
                    role.as_str()
                );
                self.note(sequence.0, &name, &did, &time)
            }
            EventBody::RoomChanged { .. } => {
                self.note(sequence.0, &name, "changed the room", &time)
            }
            // The message says what became of it.
            EventBody::FileArrived { .. } | EventBody::FileWithdrawn { .. } => Ok(()),
            EventBody::MessagesRemoved { from, to, .. } if from == to => {
                self.note(sequence.0, &name, "removed a message", &time)
            }
            EventBody::MessagesRemoved { .. } => {
                self.note(sequence.0, &name, "removed messages", &time)
            }
            EventBody::Removed {} => {
                self.note(sequence.0, &name, "wrote a message that was removed", &time)
            }
            EventBody::Unknown => self.note(
                sequence.0,
                &name,
                "did what this version cannot show",
                &time,
            ),
        }
    }

    fn note(&mut self, sequence: u64, name: &Escaped<'_>, did: &str, time: &str) -> io::Result<()> {
        writeln!(
            self.out,
            "<p class=\"note\" id=\"e{sequence}\"><bdi>{name}</bdi> {did} {time}</p>"
        )
    }

    fn carried(&mut self, files: &[Carried<'_>]) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "<ul>")?;
        for carried in files {
            let name = Escaped(carried.name().as_str());
            write!(self.out, "<li>")?;
            let Carried::File(file) = carried else {
                writeln!(
                    self.out,
                    "<bdi>{name}</bdi> <span class=\"quiet\">was not there yet</span></li>"
                )?;
                continue;
            };
            match self.public_url {
                Some(url) => {
                    let (url, link) = (Escaped(url), Escaped(&file.link));
                    write!(
                        self.out,
                        "<a href=\"{url}{link}\" rel=\"noreferrer\"><bdi>{name}</bdi></a>"
                    )?;
                }
                None => write!(self.out, "<bdi>{name}</bdi>")?,
            }
            writeln!(
                self.out,
                " <span class=\"quiet\">{}, {}</span><br><code>{}</code></li>",
                size(file.size_bytes),
                Escaped(&file.media_type),
                file.content_hash,
            )?;
        }
        writeln!(self.out, "</ul>")
    }

    pub(super) fn end(self) -> io::Result<()> {
        writeln!(self.out, "</main>\n</body>\n</html>")
    }
}

/// What was done to somebody, as HTML.
fn about(did: &str, member: &Person) -> String {
    format!("{did} <bdi>{}</bdi>", Escaped(&member.name))
}

#[cfg(test)]
mod tests {
    use shared::TimestampMs;

    use super::*;

    #[test]
    fn dates_fit_their_cuts_whatever_the_time() {
        for (at_ms, day, minute) in [
            (0, "Thu, 01 Jan 1970", "00:00"),
            (1_790_000_000_000, "Mon, 21 Sep 2026", "14:13"),
            (u64::MAX, "Fri, 31 Dec 9999", "00:00"),
        ] {
            let date = date(TimestampMs(at_ms));
            assert_eq!(date.get(DAY), Some(day));
            assert_eq!(date.get(MINUTE), Some(minute));
        }
    }
}
