//! `chinwag rooms`.

use client::Command;
use shared::room::{RoomInfo, RoomKind};

use crate::arguments::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Answer, Keeping, Session};
use crate::text;

pub(crate) async fn run(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::open(global, Keeping::Passing(Vec::new()), output).await?;
    session
        .request(output, Answer::Rooms, || Command::ListRooms)
        .await?;
    let rooms = session.handle.with_view(|view| view.directory.clone());
    for room in &rooms {
        output.object("room", room)?;
        output.line(&row(room))?;
    }
    session.close().await
}

/// As `rooms` and `/rooms` show a room.
pub(crate) fn row(room: &RoomInfo) -> String {
    let name = text::line(room.name.as_str());
    let people = match (room.kind, room.members) {
        (RoomKind::Lobby, count) => format!("everyone ({count})"),
        (_, 1) => "1 member".to_owned(),
        (_, count) => format!("{count} members"),
    };
    let joined = if room.joined { "joined" } else { "" };
    let topic = text::line(&room.topic);
    let row = format!("{name:<20} {people:<14} {joined:<6} {topic}");
    row.trim_end().to_owned()
}
